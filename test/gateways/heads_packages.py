# heads_packages.py FOLDER: the migration sets of published packages.
#
# The client reads them as they are.  For Alembic, which imports them, modules
# that are not installed here are stand-ins.  Where upgrading leaves other rows
# than the heads that Alembic lists, both are told.

import glob
import importlib.abc
import importlib.machinery
import os
import sys
import time
import types

import judge


class Anything(str):
    """Stands for whatever a migration takes from a module that is not here; as text, for its name."""

    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name)

    def __getitem__(self, key):
        return self

    def __iter__(self):
        return iter(())

    def __or__(self, other):
        return self

    def __mro_entries__(self, bases):  # as a class to inherit from: none
        return ()


class StandIn(types.ModuleType):
    __path__ = []
    __all__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


def milliseconds(function):
    start = time.monotonic()
    result = function()
    return result, (time.monotonic() - start) * 1000


sys.meta_path.append(Finder())
folder = os.path.abspath(sys.argv[1])
tap = judge.Tap()
packages = set()
for versions in sorted(glob.glob(f"{folder}/**/versions", recursive=True)):
    # others call their folders "versions", too
    if not os.path.exists(f"{versions}/../env.py"):
        continue
    package, where = versions[len(folder) + 1:].split("/", 1)
    scripts = judge.MigrationSet(versions, recursive=True)
    files = len(glob.glob(f"{versions}/**/*.py", recursive=True))
    answer, client_ms = milliseconds(lambda: judge.Answer(scripts.ini))
    rows = scripts.rows()
    listed, alembic_ms = milliseconds(scripts.listed) if isinstance(rows, list) else (rows, 0)
    tap.ok(
        answer.heads == rows,
        f"{package}, {where}, {files} files: {' '.join(answer.heads or ['none'])}"
        + (f" (Alembic lists {' '.join(listed)})" if listed != rows else "")
        + f": Alembic {alembic_ms:.0f} ms, gw_bootstrap {client_ms:.0f} ms",
        f"Alembic: {rows}", f"client: {answer}")
    if answer.heads == rows:
        packages.add(package)
tap.ok(len(packages) >= 10, f"{len(packages)} packages, at least ten")
tap.done()
