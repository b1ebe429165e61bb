"""The closed union of what a run says, and its JSON form. Faces are folds over it; it must never know a face."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from pipekit.execution.reasons import Reason


class _Event(Struct, frozen=True, tag_field="event", tag=lambda name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()):
    """`{"event": "step_started", "time": ..., ...}` in JSON."""


class RunStarted(_Event, frozen=True):
    """`time` is Unix seconds everywhere; `steps` is how many StepPlanned follow; `jobs` is the worker count."""

    time: float
    run: str
    invocation: str
    jobs: int
    steps: int
    pid: int


class StepPlanned(_Event, frozen=True):
    """`state` is cached, would_run or may_run; `deps` are step numbers; `stored`: its product is kept, and not only given to those who
    read it."""

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
    stored: bool = True


class StepReady(_Event, frozen=True):
    """All that the step takes is known, and it must run."""

    time: float
    step: int


class StepStarted(_Event, frozen=True):
    """The first unit of the step went to a worker."""

    time: float
    step: int
    worker: int


class StepProgress(_Event, frozen=True):
    """What the task itself said with `pipekit.progress(done, total)`."""

    time: float
    step: int
    done: float
    total: float


class StepFinished(_Event, frozen=True):
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


class StepCached(_Event, frozen=True):
    """The step has a record; `size` is in bytes; `items` counts a stream's items."""

    time: float
    step: int
    key: str
    product: str
    size: int
    items: int | None = None
    reason: Reason = field(default=Reason("cached"))


class StepFailed(_Event, frozen=True):
    """`message` is `ClassName: text`; `traceback` shows the user's own frames; `item` names the item, if it was one."""

    time: float
    step: int
    seconds: float
    message: str
    traceback: str
    log: str = ""
    item: str = ""
    where: str = ""


class StepBlocked(_Event, frozen=True):
    """The step cannot run because the step `by` failed."""

    time: float
    step: int
    by: int


class StepCancelled(_Event, frozen=True):
    """The run was stopped before the step was done."""

    time: float
    step: int


class StepUnneeded(_Event, frozen=True):
    """The step was planned, and then nothing that ran read its product."""

    time: float
    step: int


class Items(_Event, frozen=True):
    """How far a stream is, in totals since the run began; `total` is None while the producer still runs."""

    time: float
    step: int
    ran: int
    cached: int
    failed: int
    skipped: int
    running: int = 0
    total: int | None = None


class EdgeWeight(_Event, frozen=True):
    """What waits on an edge: items, bytes; `rate` in items a second, `left` in seconds (negative: unknown)."""

    time: float
    source: int
    target: int
    items: int
    size: int
    rate: float
    left: float


class Outlook(_Event, frozen=True):
    """`path`: the first steps of the chain that takes longest from now on; `seconds_left` until the run ends (negative: unknown)."""

    time: float
    path: tuple[int, ...]
    seconds_left: float


class LogLines(_Event, frozen=True):
    """What a step printed, as it came: any part of a line."""

    time: float
    step: int
    text: str


class ObjectsStored(_Event, frozen=True):
    """Objects of the step are in the store; `size` is in bytes."""

    time: float
    step: int
    objects: int
    size: int


class ObjectsFreed(_Event, frozen=True):
    """Nobody reads these objects any more, and they are gone."""

    time: float
    step: int
    objects: int
    size: int


class ObjectsSpilled(_Event, frozen=True):
    """Objects that wait for a reader moved from memory to disk."""

    time: float
    step: int
    objects: int
    size: int


class Warned(_Event, frozen=True):
    """Something that the person should know and that stops nothing; `step` is None where it is about the run."""

    time: float
    step: int | None
    message: str


class OutputWritten(_Event, frozen=True):
    """The product of a step was written to `path`, relative to the project; `size` is in bytes."""

    time: float
    step: int
    path: str
    size: int


class Accepted(_Event, frozen=True):
    """`by` said that the product which `was` (a key) had made stands for `key` too."""

    time: float
    step: int
    key: str
    was: str
    product: str
    by: str


class RunFinished(_Event, frozen=True):
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
    | StepBlocked | StepCancelled | StepUnneeded | Items | EdgeWeight | Outlook | LogLines | ObjectsStored | ObjectsFreed
    | ObjectsSpilled | Warned | OutputWritten | Accepted | RunFinished
)  # fmt: skip
