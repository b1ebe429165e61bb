"""A process that finds out the identity of code, or what that cannot do without, and prints how many seconds this took. `python
identify.py PART` in a project that `modules` made."""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipekit import canon
from pipekit.project import load
from pipekit.project.codes import Bodies, project_codes
from pipekit.store.store import open_store


def compiling(folder: Path) -> float:
    """What Python needs to make code of every file, before anybody has looked at it."""
    files = [(str(one), one.read_bytes()) for one in sorted(folder.glob("*.py"))]
    return seconds(lambda: [compile(content, file, "exec", dont_inherit=True) for file, content in files])


def dumping(folder: Path) -> float:
    """What Python's own parser and dump need for every file: the least that a canonical text of it could cost with them."""
    files = [(str(one), one.read_bytes()) for one in sorted(folder.glob("*.py"))]
    return seconds(lambda: [ast.dump(ast.parse(content, file)) for file, content in files])


def importing(folder: Path) -> float:
    """The import of every module."""
    return seconds(lambda: load.load(folder))


def functions(folder: Path) -> float:
    """The identity of each function, with what the store remembers of files."""
    load.load(folder)
    return identities(folder, sys.modules["tasks"].FUNCTIONS)


def closures(folder: Path) -> float:
    """The identity of each closure."""
    load.load(folder)
    return identities(folder, sys.modules["tasks"].CLOSURES)


def identities(folder: Path, things: Iterable[Any]) -> float:
    bodies = Bodies(lambda: store)
    store = open_store(folder / ".pipekit")
    store.notes([canon.digest(b"")])  # so that it is open

    def find() -> None:
        codes = project_codes(folder, bodies)
        for one in things:
            _ = codes.of_thing(one).digest
        bodies.flush()

    return seconds(find)


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


PARTS: dict[str, Callable[[Path], float]] = {
    one.__name__: one for one in (compiling, dumping, importing, functions, closures)
}

if __name__ == "__main__":
    print(PARTS[sys.argv[1]](Path.cwd()))
