revision = f"a{b:{c}}d" 
b"x" 
down_revision = """
x
"""
type X = int
match revision:
    case {"a": depends_on}: pass
@decorator
class revision: pass
async def f(): pass
