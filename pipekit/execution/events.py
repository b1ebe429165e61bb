"""The closed union of what a run says, and its JSON form. Faces are folds over it; it must never know a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """All that the step takes is known, and it must run."""

    time: float
    step: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The first unit of the step went to a worker."""

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
    """The step has a record; `size` is in bytes; `items` counts a stream's items."""

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
    """The step cannot run because the step `by` failed."""

    time: float
    step: int
    by: int


@dataclass(frozen=True, slots=True)
class StepCancelled:
    """The run was stopped before the step was done."""

    time: float
    step: int


@dataclass(frozen=True, slots=True)
class StepUnneeded:
    """The step was planned, and then nothing that ran read its product."""

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
    """What a step printed, as it came: any part of a line."""

    time: float
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class ObjectsStored:
    """Objects of the step are in the store; `size` is in bytes."""

    time: float
    step: int
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class ObjectsFreed:
    """Nobody reads these objects any more, and they are gone."""

    time: float
    step: int
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class ObjectsSpilled:
    """Objects that wait for a reader moved from memory to disk."""

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
    """The product of a step was written to `path`, relative to the project; `size` is in bytes."""

    time: float
    step: int
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """`by` said that the product which `was` (a key) had made stands for `key` too."""

    time: float
    step: int
    key: str
    was: str
    product: str
    by: str


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
    | ObjectsSpilled | Warned | OutputWritten | Accepted | RunFinished
)  # fmt: skip
