"""The short ways in: open a project, run an invocation without one. It must never leave anything
behind."""

from __future__ import annotations

import atexit
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pipekit.execution import plan
from pipekit.execution.run import How, Run
from pipekit.execution.world import World
from pipekit.fingerprint.environment import environment
from pipekit.invocation.files import check_files
from pipekit.invocation.invocation import Invocation
from pipekit.invocation.steps import expand
from pipekit.project import layout, machine
from pipekit.project.codes import free_codes
from pipekit.project.project import Project
from pipekit.store import files
from pipekit.store.store import Store, open_store

R = TypeVar("R")


def open(where: str | Path = ".") -> Project:
    """The project that the folder `where` is or lies in, its tasks imported afresh.

    Raises ProjectError where there is none, DefinitionError as its tasks raise it.
    """
    return Project(layout.find(Path(where)))


def run(invocation: Invocation[R]) -> R:
    """Run an invocation and give its target's product (of several targets None); a stream's as a lazy sequence.

    It runs in worker processes, with a temporary store that lives until the interpreter ends. Raises TaskFailed.
    """
    done = start(invocation, _store()).wait()
    product: R = done.product(invocation.targets[0])
    return product


def start(invocation: Invocation[Any], store: Store, *, pool: str = "processes") -> Run:
    """A run of `invocation` on `store`, not begun."""
    check_files(invocation, machine.look, None)
    steps = expand(invocation)
    world = World(free_codes(), files.identity, None, environment(), layout.environ(), now=time.time())
    made = plan.make(invocation, steps, store, world)
    path = layout.module_path()
    how = How(
        invocation.settings.jobs or machine.cpus(), pool, None, frozenset(), path, layout.environ(), (),
        None, False, machine.memory(),
    )  # fmt: skip
    return Run(made, store, how)


@cache
def _store() -> Store:
    folder = Path(tempfile.mkdtemp(prefix="pipekit-"))
    store = open_store(folder / "store")
    atexit.register(_remove, store, folder)
    return store


def _remove(store: Store, folder: Path) -> None:
    store.close()
    files.remove(folder)
