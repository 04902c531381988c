# What Alembic makes of a migration set, what the client does, and TAP.
#
# Alembic is asked by what it does, not by what it lists: the rows that an
# upgrade to "heads" leaves in the version table of an empty database, in SQLite.
# The migrations themselves are not run.

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import warnings

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

warnings.simplefilter("ignore")

CLIENT = os.environ.get("GW_BOOTSTRAP", "gw_bootstrap")

# Far more than any of them takes.
UPGRADE_SECONDS = 5

ENV = """
from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""


class MigrationSet:
    """A folder with an alembic.ini, an env.py of ours and, if no other folder is named, versions."""

    def __init__(self, versions=None, recursive=False):
        self.folder = tempfile.TemporaryDirectory(prefix="heads.")
        self.path = self.folder.name
        self.ini = self.path + "/alembic.ini"
        self.versions = versions or self.path + "/versions"
        os.makedirs(self.versions, exist_ok=True)
        with open(self.path + "/env.py", "w") as env:
            env.write(ENV)
        with open(self.ini, "w") as ini:
            ini.write(
                f"[alembic]\nscript_location = %(here)s\npath_separator = newline\n"
                f"version_locations = {self.versions}\nrecursive_version_locations = {str(recursive).lower()}\n")

    def write(self, name, source):
        with open(f"{self.versions}/{name}", "wb") as file:
            file.write(source if isinstance(source, bytes) else source.encode())

    def config(self):
        return Config(self.ini)

    def listed(self):
        """What "alembic heads" lists."""
        return sorted(ScriptDirectory.from_config(self.config()).get_heads())

    def rows(self):
        """The rows after "alembic upgrade heads", or the reason why there are none."""
        config = self.config()
        try:
            script = ScriptDirectory.from_config(config)
            script.get_heads()
            try:
                with limit(UPGRADE_SECONDS):
                    return upgrade(config)
            except (KeyError, Endless):
                # It loads a merge of a revision with its own ancestor, and a
                # cycle that it does not see, but trips over them here.
                return sorted(script.revision_map._real_heads)
        except BaseException as error:  # a file may even exit
            return f"{type(error).__name__}: {error}"


class Endless(Exception):
    pass


@contextlib.contextmanager
def limit(seconds):
    def end(*_):
        raise Endless()

    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def upgrade(config):
    from_config = ScriptDirectory.from_config
    engine = create_engine("sqlite://", poolclass=StaticPool)

    def without_work(config):
        script = from_config(config)
        for revision in script.walk_revisions():
            revision.module.upgrade = lambda **kwargs: None
        return script

    ScriptDirectory.from_config = without_work
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")
            return sorted(row[0] for row in connection.execute(text("SELECT version_num FROM alembic_version")))
    finally:
        ScriptDirectory.from_config = from_config
        engine.dispose()


class Answer:
    """What "gw_bootstrap heads" says."""

    def __init__(self, path):
        done = subprocess.run([CLIENT, "heads", "--alembic", path], capture_output=True, timeout=30)
        self.heads = sorted(done.stdout.decode().split("\n")[:-1]) if done.returncode == 0 else None
        self.refused = done.returncode == 2 and done.stdout == b""
        self.error = done.stderr.decode(errors="replace").strip()

    def names_line(self, file, line=r"\d+"):
        return self.refused and re.search(rf"/{re.escape(file)}:{line}: ", self.error) is not None \
            and "--expect-head" in self.error

    def __str__(self):
        return str(self.heads) if self.heads is not None else self.error


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, *diagnostics):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        for diagnostic in diagnostics if not good else ():
            print("# " + str(diagnostic).replace("\n", "\n# "), flush=True)

    def done(self):
        print(f"1..{self.count}")
        raise SystemExit(self.failed > 0)
