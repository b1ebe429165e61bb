"""The closed union of what a run says, and its JSON form. Faces are folds over it; it must never know a face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pipekit.execution.reasons import Reason


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`time` is Unix seconds everywhere; `steps` is how many StepPlanned follow; `jobs` is the worker count."""

    time: float
    run: str
    invocation: str
    jobs: int
    steps: int
    pid: int


@dataclass(frozen=True, slots=True)
class StepPlanned:
    """`state` is cached, would_run or may_run; `deps` are step numbers; `total` is the number of items, where known."""

    time: float
    step: int
    name: str
    task: str
    kind: str
    deps: tuple[int, ...]
    state: str
    reason: Reason
    where: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepReady:
    time: float
    step: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    time: float
    step: int
    worker: int


@dataclass(frozen=True, slots=True)
class StepProgress:
    """What the task itself said with `pipekit.progress(done, total)`."""

    time: float
    step: int
    done: float
    total: float


@dataclass(frozen=True, slots=True)
class StepFinished:
    """`seconds` is the time in user code; `size` is in bytes; `items` counts a stream's items."""

    time: float
    step: int
    seconds: float
    key: str
    product: str
    size: int
    items: int | None = None
    reason: Reason = field(default=Reason("new"))
    partial: bool = False


@dataclass(frozen=True, slots=True)
class StepCached:
    time: float
    step: int
    key: str
    product: str
    size: int
    items: int | None = None
    reason: Reason = field(default=Reason("cached"))


@dataclass(frozen=True, slots=True)
class StepFailed:
    """`message` is `ClassName: text`; `traceback` shows the user's own frames; `item` names the item, if it was one."""

    time: float
    step: int
    seconds: float
    message: str
    traceback: str
    log: str = ""
    item: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class StepBlocked:
    time: float
    step: int
    by: int


@dataclass(frozen=True, slots=True)
class StepCancelled:
    time: float
    step: int


@dataclass(frozen=True, slots=True)
class StepUnneeded:
    time: float
    step: int


@dataclass(frozen=True, slots=True)
class Items:
    """How far a stream is, in totals since the run began; `total` is None while the producer still runs."""

    time: float
    step: int
    ran: int
    cached: int
    failed: int
    skipped: int
    running: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class EdgeWeight:
    """What waits on an edge: items, bytes; `rate` in items a second, `left` in seconds (negative: unknown)."""

    time: float
    source: int
    target: int
    items: int
    size: int
    rate: float
    left: float


@dataclass(frozen=True, slots=True)
class LogLines:
    time: float
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class ObjectsStored:
    time: float
    step: int
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class ObjectsFreed:
    time: float
    step: int
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class ObjectsSpilled:
    time: float
    step: int
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the person should know and that stops nothing; `step` is None where it is about the run."""

    time: float
    step: int | None
    message: str


@dataclass(frozen=True, slots=True)
class OutputWritten:
    time: float
    step: int
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """`status` is succeeded, failed or interrupted; `counts` has one number per final state."""

    time: float
    run: str
    status: str
    seconds: float
    partial: bool
    counts: Mapping[str, int]
    lower_bound_seconds: float


Event = (
    RunStarted | StepPlanned | StepReady | StepStarted | StepProgress | StepFinished | StepCached | StepFailed
    | StepBlocked | StepCancelled | StepUnneeded | Items | EdgeWeight | LogLines | ObjectsStored | ObjectsFreed
    | ObjectsSpilled | Warned | OutputWritten | RunFinished
)  # fmt: skip
