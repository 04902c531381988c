"""create table

Revision ID: 1975ea83b712
Revises:
"""
from typing import Sequence, Union
import sqlalchemy as sa

revision: str = "1975ea83b712"
down_revision: Union[str, None] = None
branch_labels = ('core',)
depends_on: Union[str, Sequence[str], None] = ["a", "b"]


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer()), f"{x!r:>{width}}")
