# get_sets.py FOLDER [PACKAGE]: make a folder with the sources of published migration
# sets, one folder a package, unless they are there; or of that one alone.  Nothing of a package is
# installed, and only what lies in or beside a folder "versions" is kept.

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile


def download(requirement, to):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "1", "--timeout", "20",
             "download", "-q", "--no-cache-dir", "--no-deps", "--only-binary", ":all:",
             "--ignore-requires-python", "-d", scratch, requirement],
            check=True)
        (wheel,) = glob.glob(scratch + "/*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            roots = {n.split("/versions/")[0] + "/" for n in names if "/versions/" in n}
            archive.extractall(to, [n for n in names if n.endswith(".py") and n.startswith(tuple(roots))])


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
with open(os.path.dirname(os.path.abspath(__file__)) + "/packages.list") as requirements:
    for line in requirements:
        requirement = line.strip()
        name = requirement.replace("==", "-")
        wanted = len(sys.argv) == 2 or requirement.startswith(sys.argv[2] + "==")
        if requirement.startswith("#") or not wanted or os.path.exists(f"{folder}/{name}"):
            continue
        print(f"fetching {requirement}", flush=True)
        shutil.rmtree(f"{folder}/{name}.new", ignore_errors=True)
        download(requirement, f"{folder}/{name}.new")
        os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
