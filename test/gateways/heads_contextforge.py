# heads_contextforge.py FOLDER: "gw_bootstrap heads" and "alembic heads" as
# somebody would run them for ContextForge, which FOLDER has installed with all
# that it needs.  Whole processes are timed, the best of three.

import glob
import os
import subprocess
import sys
import time

import judge


def best_of_three(command):
    times = []
    for _ in range(3):
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        times.append(time.monotonic() - start)
    return done, min(times) * 1000


folder = os.path.abspath(sys.argv[1])
tap = judge.Tap()
(package,) = glob.glob(f"{folder}/lib/python3*/site-packages/mcpgateway")
os.chdir(package)
alembic, alembic_ms = best_of_three([f"{folder}/bin/alembic", "heads"])
ours, ours_ms = best_of_three([judge.CLIENT, "heads", "--alembic", "alembic.ini"])
# "1975ea83b712 (head)"
listed = sorted(line.split()[0] for line in alembic.stdout.splitlines())
tap.ok(
    alembic.returncode == 0 and listed != [] and sorted(ours.stdout.split()) == listed,
    f"{' '.join(listed)}: alembic heads {alembic_ms:.0f} ms, gw_bootstrap heads {ours_ms:.0f} ms",
    alembic.stdout + alembic.stderr, ours.stdout + ours.stderr)
tap.done()
