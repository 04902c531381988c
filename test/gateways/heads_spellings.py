# heads_spellings.py: one file, spelled in all the ways that Python has for it.
#
# The client must agree with Alembic, which runs the file: the same head, or both
# refuse.  Where only running the file could tell, or only a Python that knows
# more than literals, the client must refuse, with file and line, whatever
# Alembic makes of it.

import judge

# A file ends in this unless it is one of WHOLE.
DOWN = b"down_revision = None\n"

SAME = {
    "prefix u": b"revision = u'abc'\n",
    "fstring const": b"revision = f'abc'\n",
    "conditional then": b"if True:\n    revision = 'x'\nrevision='abc'\n",
    "inline class": b"revision='abc'\nclass A: revision = 'x'\n",
    "del": b"revision='abc'\ndel revision\n",
    "import as": b'import os as revision\n',
    "from import": b'from os import revision\n',
    "annot": b"revision: 'str' = 'abc'\n",
    "annot only": b'revision: str\n',
    "latin1": b"# -*- coding: latin-1 -*-\nx='\xfc'\nrevision = 'abc\xfc'\n",
    "no cookie": b"x='\xfc'\nrevision = 'abc'\n",
    "cp1252": b"# vim: set fileencoding=cp1252 :\nx='\xfc'\nrevision = 'abc'\n",
    "cookie line2": b"#!/usr/bin/python\n# coding: latin-1\nx='\xfc'\nrevision = 'abc'\n",
    "cookie line3": b"#!/usr/bin/python\n#\n# coding: latin-1\nx='\xfc'\nrevision = 'abc'\n",
    "unknown cookie": b"# coding: nonsense\nrevision='abc'\n",
    "bom": b"\xef\xbb\xbfrevision='abc'\n",
    "bom latin": b"\xef\xbb\xbf# coding: latin-1\nrevision='abc'\n",
    "null": b"revision='abc'\n\x00",
    "indent": b" revision='abc'\n",
    "unterminated": b"revision='abc\n",
    "unterminated3": b"revision='''abc\n",
    "open paren": b"revision=('abc'\n",
    "close paren": b"revision='abc')\n",
    "mismatch": b"revision=('abc']\n",
    "bad char": b"revision='abc'\n$\n",
    "number": b'revision=123\n',
    "none": b'revision=None\n',
    "chained": b"revision = x = y = 'abc'\n",
    "backslash": b"revision = \\\n  'abc'\n",
    "escape": b"revision = 'a\\x62\\u0063'\n",
    "octal": b"revision = '\\141bc'\n",
    "nl in string": b"revision = 'ab\\\nc'\n",
    "raw": b"revision = r'ab\\c'\n",
    "illegal": b"revision = 'a@b'\n",
    "lambda default": b"f = lambda revision='x': revision\nrevision='abc'\n",
    "deco": b'def d(f): return f\n@d\ndef revision(): pass\n',
    "docstring": b'"""\nrevision = "no"\nRevises: x\n"""\nrevision="abc"\n',
    "dict assign": b"x={}\nx['revision']='no'\nrevision='abc'\n",
    "attr": b"class X: pass\nX.revision='no'\nrevision='abc'\n",
    "kwargs": b"dict(revision='no')\nrevision='abc'\n",
    "comparison": b"revision='abc'\nrevision=='x'\n",
    "match": b"x=1\nmatch x:\n    case 1:\n        revision='no'\nrevision='abc'\n",
    "match name": b"match = 1\nrevision='abc'\n",
    "async": b"async def f():\n    revision='no'\nrevision='abc'\n",
    "big": b"x = [\n" + b"  ('some data', {'k': \"v\"}),\n" * 6000 + b"]\nrevision='abc'\n",
    "type comment": b"revision = 'abc'  # type: str\n",
    "dedent": b"def f():\n        x=1\n    y=2\nrevision='abc'\n",
    "unexpected": b"x=1\n    y=2\nrevision='abc'\n",
    "no body": b"def f():\nrevision='abc'\n",
    "print stmt": b"print 'x'\nrevision='abc'\n",
    "tabs": b"def f():\n\tif 1:\n\t\trevision=1\n\tpass\nrevision='abc'\n",
    "fstring nested312": b'x={\'a\':1}\ny=f\'{x["a"]}\'\nrevision=\'abc\'\n',
    "fstring spec": b"x=1\ny=f'{x:>{10}}{{}}'\nrevision='abc'\n",
}

COMPUTED = {
    "bytes": b"revision = b'abc'\n",
    "fstring computed": b"x=1\nrevision = f'abc{x}'\n",
    "concat plus": b"revision = 'ab' + 'c'\n",
    "name": b"R='abc'\nrevision = R\n",
    "conditional": b"if True:\n    revision = 'abc'\n",
    "after cond": b"revision='abc'\nif False:\n    revision = 'x'\n",
    "inline if": b"revision='abc'\nif False: revision = 'x'\n",
    "try": b"try:\n    revision = 'abc'\nexcept E:\n    pass\n",
    "with global": b"revision='abc'\ndef f():\n    global revision\n    revision='y'\nf()\n",
    "aug": b"revision='ab'\nrevision+='c'\n",
    "walrus": b"print(revision := 'abc')\n",
    "tuple rev": b"revision='abc',\n",
    "starred": b"revision, *x = 'abc', 1\n",
    "named escape": b"revision = '\\N{LATIN SMALL LETTER A}bc'\n",
    "for": b"for revision in ['abc']: pass\n",
    "with": b"import contextlib\nwith contextlib.nullcontext('abc') as revision: pass\n",
    "star import": b"revision='abc'\nfrom os.path import *\n",
    "star import first": b"from os.path import *\nrevision='abc'\n",
    "ternary": b"revision = 'abc' if True else 'x'\n",
    "call": b"revision = str('abc')\n",
    "format": b"revision = 'ab%s' % 'c'\n",
    "method": b"revision = 'abc'.strip()\n",
    "index": b"revision = ['abc'][0]\n",
}

# Some assign down_revision themselves, or not at all.
WHOLE = {
    "bare cr": b"revision='abc'\rdown_revision=None\r",
    "ff": b"\x0crevision='abc'\n\x0c\n  \x0cdown_revision=None\n",
    "no down": b"revision='abc'\n",
    "empty": b'',
    "unpack list": b"[revision, down_revision] = ['abc', None]\n",
    "semicolon": b"revision = 'abc'; down_revision = None",
    "set none": b"revision='abc'\ndown_revision={}\n",
    "nested": b"revision='abc'\ndown_revision=((),)\n",
    "empty down": b"revision='abc'\ndown_revision=''\n",
}

WHOLE_COMPUTED = {
    "a name in a list": b"revision='abc'\nX='x'\ndown_revision=[X]\n",
    "down list none": b"revision='abc'\ndown_revision=[None]\n",
    "multi annot": b"from typing import *\ndown_revision: Union[\n  str,\n  None\n] = None\nrevision: str = (\n  'ab'\n  'c'\n)\n",
}


def compare(tap, name, source, computed):
    scripts = judge.MigrationSet()
    scripts.write("zz.py", source)
    answer = judge.Answer(scripts.path)
    rows = scripts.rows() if not computed else None
    if computed:
        tap.ok(answer.names_line("zz.py"), f"{name}: only running it could tell", f"client: {answer}")
    elif isinstance(rows, list):
        tap.ok(answer.heads == rows, name, f"Alembic: {rows}", f"client: {answer}")
    else:
        tap.ok(answer.refused and "zz.py" in answer.error, f"{name}: refused", f"Alembic: {rows}", f"client: {answer}")


tap = judge.Tap()
for name, source in SAME.items():
    compare(tap, name, source + DOWN, False)
for name, source in WHOLE.items():
    compare(tap, name, source, False)
for name, source in COMPUTED.items():
    compare(tap, name, source + DOWN, True)
for name, source in WHOLE_COMPUTED.items():
    compare(tap, name, source, True)
tap.done()
