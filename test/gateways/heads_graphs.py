# heads_graphs.py [SEED [COUNT]]: migration sets made at random, of up to a dozen
# revisions with branches, merges, labels and dependencies, some of them broken.
#
# The client must say what Alembic does: the same rows, or both refuse.  It may
# refuse a cycle that Alembic does not see, and must refuse a value that only
# running the file could tell.

import random
import sys
from dataclasses import dataclass, field

import judge
import spelling


@dataclass
class Revision:
    id: str
    down: list
    labels: list
    depends_on: list = field(default_factory=list)


def identifier(rnd):
    return rnd.choice([
        "%012x" % rnd.getrandbits(48),
        "r.%d" % rnd.getrandbits(30),
        "\u00fc%d" % rnd.getrandbits(30),
        "very_long_" * 4 + str(rnd.getrandbits(40)),
        "%03d" % rnd.randrange(1000),
    ])


def graph(rnd):
    revisions = []
    heads = []
    for number in range(rnd.randrange(1, 12)):
        revision = Revision(identifier(rnd), [], [f"label{number}"] if rnd.random() < 0.15 else [])
        ids = [r.id for r in revisions]
        if revision.id in ids:
            continue
        kind = rnd.random()
        if ids and kind >= 0.25:
            revision.down = rnd.sample(ids, min(len(ids), rnd.randrange(1, 4)))
        if heads and 0.12 <= kind < 0.75:
            revision.down = [rnd.choice(heads if kind < 0.6 else ids)]
        if ids and rnd.random() < 0.25:
            named = ids + [label for r in revisions for label in r.labels]
            revision.depends_on = rnd.sample(named, min(len(named), rnd.randrange(1, 3)))
        revisions.append(revision)
        heads = [h for h in heads if h not in revision.down] + [revision.id]
    if rnd.random() < 0.25:
        damage(rnd, rnd.choice(revisions), revisions[-1].id)
    return revisions


def damage(rnd, revision, last):
    kind = rnd.randrange(7)
    if kind == 0:
        revision.down = ["missing"]
    elif kind == 1:
        revision.down = [revision.id]
    elif kind == 2:
        revision.depends_on = [revision.id]
    elif kind == 3:
        revision.down = [last]
    elif kind == 4:
        revision.depends_on = [last]
    elif kind == 5:
        revision.down = [last[:4]]
    else:
        revision.id = "a-b"


def compare(tap, rnd, number):
    revisions = graph(rnd)
    computed = rnd.randrange(len(revisions)) if rnd.random() < 0.15 else None
    scripts = judge.MigrationSet()
    for i, revision in enumerate(revisions):
        text, line = spelling.source(rnd, revision, computed == i)
        scripts.write(f"{i:03d}_x.py", text)
        if line:
            wanted = line
    answer = judge.Answer(scripts.path)
    if computed is not None:
        tap.ok(answer.names_line(f"{computed:03d}_x.py", wanted), f"set {number}: computed", f"line {wanted}", f"client: {answer}")
        return "computed"
    rows = scripts.rows()
    if isinstance(rows, list) and answer.refused and "cycle" in answer.error:
        tap.ok(True, f"set {number}: a cycle that Alembic does not see")
        return "cycles"
    if isinstance(rows, list):
        tap.ok(answer.heads == rows, f"set {number}", f"Alembic: {rows}", f"client: {answer}", *revisions)
        return "accepted"
    tap.ok(answer.refused, f"set {number}: refused", f"Alembic: {rows}", f"client: {answer}", *revisions)
    return "refused"


seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
rnd = random.Random(seed)
tap = judge.Tap()
outcomes = [compare(tap, rnd, number) for number in range(count)]
for outcome in ("accepted", "refused", "computed"):
    tap.ok(outcomes.count(outcome) >= count / 40, f"seed {seed}: {outcomes.count(outcome)} of {count} are {outcome}")
tap.done()
