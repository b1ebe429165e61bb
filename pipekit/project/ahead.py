"""Starts what a run will need while all else is still being imported and planned. It must never start a worker, nor anything of the
user's, and imports next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipekit.errors import ProjectError
from pipekit.execution.pools import PRELOAD, THREADS
from pipekit.parallel.errors import PoolError
from pipekit.project import layout

if TYPE_CHECKING:
    from pipekit.parallel.pools.forks import ForkServer

_begun: list[ForkServer] = []


def begin(folder: str) -> None:
    """`server` will be called for the project that this folder is or lies in, if it is one: it gets what is started now."""
    try:
        found = _server(layout.find(Path(folder)).folder)
    except ProjectError:
        return  # whoever opens it is told
    _begun.extend([found] if found is not None else [])


@contextmanager
def server(folder: str) -> Iterator[ForkServer | None]:
    """What worker processes for the project that `folder` is or lies in will be forks of, until the end at the latest; None where they
    are made otherwise. Raises ProjectError where there is no project."""
    home = layout.find(Path(folder)).folder
    found = _taken(str(home)) or _server(home)
    try:
        yield found
    finally:
        if found is not None:
            found.close(0.0)


def _taken(home: str) -> ForkServer | None:
    """What was begun for this project, if it was; for another one nobody will ask."""
    found = None
    while _begun:
        one = _begun.pop()
        if one.cwd == home and found is None:
            found = one
        else:
            one.close(0.0)
    return found


def _server(folder: Path) -> ForkServer | None:
    if sys.platform != "linux":
        return None
    from pipekit.parallel.pools.forks import ForkServer
    from pipekit.parallel.pools.launch import environment

    env = environment(layout.environ(), THREADS)
    try:
        return ForkServer(path=layout.module_path(), env=env, cwd=str(folder), preload=PRELOAD)
    except PoolError:
        return None  # whoever needs it is told


def prepare(found: ForkServer, preload: Sequence[str]) -> None:
    """The tasks are imported: now it is known which packages they use, and where modules lie."""
    found.prepare(layout.module_path(), preload)
