# Revision files of Alembic, spelled at random in the ways that Python has.

NOISE = [
    "import sqlalchemy as sa\nfrom alembic import op\n",
    "def helper():\n    revision = 'inner'\n    down_revision = 'inner'\n\n    if revision:\n        depends_on = 1\n",
    "class A:\n\trevision = 'class'\n\tdown_revision = ('a', 'b')\n",
    "x = {'revision': 'abc', \"down_revision\": [1, 2, (3)]}\n",
    "s = 'it''s; revision = \"q\"'; t = 5\n",
    "#revision = 'comment'\n",
    "if 0: pass\n",
    "y = f\"{x['revision']!r:>{10}} {{revision}}\"\n",
    "z = lambda revision=1: revision\n",
    "SQL = '''\nrevision = 'sql'\n'''\n",
    "a = \\\n  1\n",
    "\f\n",
    "def downgrade(): pass\n",
    "sa_revision = 'a'\n",
    "@staticmethod\ndef deco(revision, down_revision=None): return revision\n",
    "for i in range(2):\n    j = i\n",
    "try:\n    import json\nexcept ImportError:\n    json = None\n",
]

DOCSTRING = '"""doc\n\nRevision ID: zzz\nRevises: yyy\nrevision = "no"\n"""\n'

# Assignments whose value only running the file tells.
COMPUTED = [
    "{name} = str({value})\n",
    "{name} = {value} or 1\n",
    "{name} = [str({value})]\n",
    "{name} = (lambda: {value})()\n",
    "if x: {name} = {value}\n",
    "for {name} in [{value}]: pass\n",
    "from x import {name}\n",
]


def literal(rnd, text):
    quote = rnd.choice(["'", '"', '"""', "'''"])
    prefix = rnd.choice(["", "", "", "u", "r", "R", "U"])
    if prefix == "" and rnd.random() < 0.1:
        text = "".join("\\x%02x" % ord(c) if rnd.random() < 0.3 else c for c in text)
    return prefix + quote + text + quote


def string(rnd, text):
    if len(text) < 3 or rnd.random() < 0.8:
        return literal(rnd, text)
    cut = rnd.randrange(1, len(text))
    between = rnd.choice([" ", "\n   ", "\t# c ' \n"])
    return f"({literal(rnd, text[:cut])}{between}{literal(rnd, text[cut:])})"


def strings(rnd, texts):
    if not texts:
        return rnd.choice(["None", "None", "()", "[]", "(None)"])
    if len(texts) == 1 and rnd.random() < 0.7:
        value = string(rnd, texts[0])
        return value if rnd.random() < 0.8 else f"(\n  {value}  # x)\n)"
    items = [string(rnd, text) for text in texts]
    separator = rnd.choice([", ", ",", ",\n    ", ",  # a comment ' \" )\n  "])
    if len(texts) > 1 and rnd.random() < 0.2:
        return ", ".join(items)
    opening, closing = rnd.choice(["()", "[]", "{}"])
    comma = "," if len(texts) == 1 or rnd.random() < 0.4 else ""
    return opening + separator.join(items) + comma + closing


def assignment(rnd, name, value):
    return rnd.choice([
        f"{name} = {value}\n",
        f"{name} = {value}\n",
        f"{name} = {value}\n",
        f"{name}: str = {value}\n",
        f"{name} = other_{name} = {value}\n",
        f"{name}: dict[\n    str, None\n] = {value}\n",
        f"{name}={value};unrelated = 1\n",
        f"{name} = 'overwritten'\n{name} = {value}\n",
    ])


def together(rnd, revision, down):
    """revision and down_revision in one statement."""
    if len(down) == 1:
        return f"revision, down_revision = {string(rnd, revision)}, {string(rnd, down[0])}\n"
    values = ", ".join(string(rnd, d) for d in down)
    return f"(revision, down_revision) = ({string(rnd, revision)}, ({values}))\n"


def source(rnd, revision, computed=False):
    """The bytes of a file, and the line of the value that is computed, or None."""
    core = []
    if rnd.random() < 0.1 and not computed:
        core.append(together(rnd, revision.id, revision.down))
    else:
        core.append(assignment(rnd, "revision", string(rnd, revision.id)))
        core.append(assignment(rnd, "down_revision", strings(rnd, revision.down)))
    for name, value in (("depends_on", revision.depends_on), ("branch_labels", revision.labels)):
        if value or rnd.random() < 0.5:
            core.append(assignment(rnd, name, strings(rnd, value)))
    rnd.shuffle(core)
    parts = []
    for statement in core:
        parts += [rnd.choice(NOISE) for _ in range(rnd.randrange(3))] + [statement]
    parts += [rnd.choice(NOISE) for _ in range(rnd.randrange(4))]
    text = (DOCSTRING if rnd.random() < 0.6 else "") + "x = {'revision': 1}\n" + "".join(parts)
    line = None
    if computed:
        line = text.count("\n") + 1
        name = rnd.choice(["revision", "down_revision", "depends_on"])
        text += rnd.choice(COMPUTED).format(name=name, value="'guess'")
    text += "def upgrade(): pass\n"
    newline = rnd.choice(["\n"] * 7 + ["\r\n", "\r\n", "\r"])
    mark = "\ufeff" if rnd.random() < 0.1 else ""
    return (mark + text.replace("\n", newline)).encode(), line
