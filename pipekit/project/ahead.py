"""Starts what a run will need while its tasks are still being imported and planned. It must never start a worker, nor anything of the
user's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipekit.execution.run import PRELOAD, THREADS
from pipekit.parallel.errors import PoolError
from pipekit.project import layout

if TYPE_CHECKING:
    from pipekit.parallel.pools.forks import ForkServer


@contextmanager
def server(folder: str) -> Iterator[ForkServer | None]:
    """What worker processes for the project that `folder` is or lies in will be forks of, until the end at the latest; None where they
    are made otherwise. Raises ProjectError where there is no project."""
    found = _server(layout.find(Path(folder)).folder) if sys.platform == "linux" else None
    try:
        yield found
    finally:
        if found is not None:
            found.close(0.0)


def _server(folder: Path) -> ForkServer | None:
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
