"""Why a record with the right key is no hit after all: one predicate per reason, all with the same signature. It must never look at
the world by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from pipekit.definition.measures import seconds
from pipekit.definition.tasks import Task
from pipekit.execution import reasons
from pipekit.execution.reasons import Reason
from pipekit.execution.world import World
from pipekit.values import Digest


class Claimed(Protocol):
    """What the predicates look at: a record has it, and so have the rows of items."""

    @property
    def partial(self) -> bool: ...
    @property
    def references(self) -> Sequence[tuple[str, Digest | None]]: ...
    @property
    def created(self) -> float: ...


class Claim(NamedTuple):
    """What is claimed of items."""

    partial: bool = False
    references: Sequence[tuple[str, Digest | None]] = ()
    created: float = 0.0


def partial(record: Claimed, task: Task[..., Any], world: World) -> Reason | None:
    """Items were left out, and are to be tried again."""
    return Reason(reasons.FAILED) if record.partial else None


def reference_changed(record: Claimed, task: Task[..., Any], world: World) -> Reason | None:
    """A file that the product names, and that lies where the task left it, is not what it was."""
    if world.folder is None:
        return None
    for path, content in record.references:
        now = world.identity(world.folder / path)
        if now != content:
            return Reason(reasons.FILE, path, _hex(content), _hex(now))
    return None


def refresh_due(record: Claimed, task: Task[..., Any], world: World) -> Reason | None:
    """The task reads the outside world, and the period in which it did so is over."""
    every = task.config.refresh
    if every is None:
        return None
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(record.created))
    if every == "always":
        return Reason(reasons.REFRESH, task.name, when, every)
    period = seconds(every)
    due = record.created // period < world.now // period
    return Reason(reasons.REFRESH, task.name, when, every) if due else None


PREDICATES: tuple[Callable[[Claimed, Task[..., Any], World], Reason | None], ...] = (
    partial, reference_changed, refresh_due,
)  # fmt: skip


def stale(record: Claimed, task: Task[..., Any], world: World) -> Reason | None:
    """The first reason why the record is no hit; None if it is one."""
    for predicate in PREDICATES:
        if (found := predicate(record, task, world)) is not None:
            return found
    return None


def _hex(digest: Digest | None) -> str:
    return digest.hex()[:8] if digest else "absent"
