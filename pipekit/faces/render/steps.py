"""What is known of one step, and of a family of steps, at one moment of a run. It must never change once made."""

from __future__ import annotations

import re

from msgspec import Struct

from pipekit.execution.events import (
    Items,
    StepBlocked,
    StepCached,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepPlanned,
    StepProgress,
    StepUnneeded,
)
from pipekit.execution.reasons import Reason

Ending = StepFinished | StepCached | StepFailed | StepBlocked | StepCancelled | StepUnneeded

# In the order in which a list shows them: what wants attention first.
STATES = ("failed", "running", "ready", "waiting", "blocked", "ran", "cached", "cancelled", "unneeded")
FINAL = frozenset(("failed", "blocked", "ran", "cached", "cancelled", "unneeded"))
STREAMS = frozenset(("stream", "each"))
ORDER = {state: index for index, state in enumerate(STATES)}
_NUMBERED = re.compile(r"[-_]?\d+\Z")


class StepView(Struct, frozen=True):
    """One step: its plan, its state (one of STATES) and the last event of each sort that told of it."""

    plan: StepPlanned
    state: str
    worker: int | None = None
    started: float | None = None
    progress: StepProgress | None = None
    items: Items | None = None
    ending: Ending | None = None

    @property
    def reason(self) -> Reason:
        """Why it runs, or does not: as it turned out, else as planned."""
        return self.ending.reason if isinstance(self.ending, StepFinished | StepCached) else self.plan.reason

    @property
    def failure(self) -> StepFailed | None:
        """What went wrong, if it failed."""
        return self.ending if isinstance(self.ending, StepFailed) else None

    @property
    def size(self) -> int | None:
        """Bytes of the product, once there is one."""
        return self.ending.size if isinstance(self.ending, StepFinished | StepCached) else None

    def seconds(self, now: float) -> float | None:
        """How long it took, or has been running by `now` (Unix seconds); None where it never started."""
        if isinstance(self.ending, StepFinished | StepFailed):
            return self.ending.seconds
        if self.started is None or self.state != "running":
            return None
        return max(now - self.started, 0.0)

    def share(self) -> tuple[float, float]:
        """How much of it is done and how much of that was cached, each from 0 to 1."""
        if self.items is not None and self.items.total:
            total = self.items.total
            return min(items_done(self.items) / total, 1.0), min(self.items.cached / total, 1.0)
        if self.state in ("ran", "cached"):
            return 1.0, float(self.state == "cached")
        if self.progress is not None and self.progress.total > 0 and self.state in ("running", "failed"):
            return min(max(self.progress.done / self.progress.total, 0.0), 1.0), 0.0
        return 0.0, 0.0


class Family(Struct, frozen=True):
    """Steps that belong together: `counts` has one number per state, in the order of STATES.

    `seconds` is the sum of those that ran, `began` when the oldest one that still runs was started.
    """

    name: str
    first: int
    counts: tuple[int, ...]
    total: int
    seconds: float = 0.0
    size: int = 0
    deps: frozenset[str] = frozenset()
    began: float | None = None

    def count(self, state: str) -> int:
        """How many of its steps are in `state`."""
        return self.counts[ORDER[state]]

    @property
    def done(self) -> int:
        """Steps with a product."""
        return self.count("ran") + self.count("cached")

    @property
    def over(self) -> int:
        """Steps that nothing more will happen to."""
        return sum(self.counts[ORDER[state]] for state in FINAL)

    @property
    def state(self) -> str:
        """The one state that says most about all of them."""
        for state in ("failed", "running", "ready"):
            if self.count(state):
                return state
        if self.count("waiting"):
            return "running" if self.over > self.count("cached") else "waiting"
        return next((state for state in ("blocked", "ran", "cached", "cancelled") if self.count(state)), "unneeded")


def family_of(plan: StepPlanned) -> str:
    """The family a step belongs to: the cells of a task are one, and so are the tasks `load_17` and `load_18` (`load_*`)."""
    task = plan.task
    if plan.name != task:
        return task
    stem = _NUMBERED.sub("", task)
    return f"{stem}_*" if stem and stem != task else task


def items_done(items: Items) -> int:
    """Items that are over: ran, cached, failed or skipped."""
    return items.ran + items.cached + items.failed + items.skipped
