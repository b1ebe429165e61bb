"""What a simulation is told and what it tells: values alone. It must never hold state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from pipekit.parallel.bounds import Bound, Work
from pipekit.parallel.channel import Amount
from pipekit.parallel.errors import ParallelError
from pipekit.parallel.machine import Machine
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import Command, Event

Watch = Callable[[Machine, Event, Sequence[Command]], None]
Happening = Callable[[], Sequence[Event]]


class Stuck(ParallelError):
    """Nothing is under way any more, and yet the machine has not finished."""


class Role(Struct, frozen=True):
    """How a node behaves.

    `known`: its product is known from before, for as long as those of its deps come out as they were; `present`: it can
    be read. `same`: when it runs, its product comes out as it was; else as another one every time. The first `failures`
    tries of each unit fail, and there are `retries` after the first.
    """

    work: Work = field(default_factory=Work)
    known: bool = False
    present: bool = True
    same: bool = True
    failures: int = 0
    retries: int = 0


class Luck(Struct, frozen=True):
    """What nobody decides, from a seed. `deaths`: the chance that a unit, or a start, takes its worker down (it is then
    tried again). In seconds: `delay`, the longest that news takes to arrive; `startup`, until a worker is there;
    `stop`, when somebody stops the run. `slow`: the chance that, when something has happened, somebody takes a worker for
    slow. `ahead`, `slice`: how far a producer may be ahead of who reads its items, and of who would but has no
    room to (None: any)."""

    seed: int = 0
    deaths: float = 0.0
    delay: float = 0.0
    startup: float = 0.0
    stop: float | None = None
    ahead: Amount | None = None
    slice: Amount | None = None
    slow: float = 0.0


class Span(Struct, frozen=True):
    """A unit on a worker, from when to when; `lost` with it."""

    node: int
    unit: int
    worker: int
    began: float
    ended: float
    lost: bool = False


class Outcome(Struct, frozen=True):
    """`versions`: what each product came out as (0: as it was known, None: not at all); `inputs`: of each node that ran,
    the versions of its deps that it read; `events` can be replayed. `bound` holds where nothing had to run again."""

    makespan: float
    states: tuple[State, ...]
    spans: tuple[Span, ...]
    events: tuple[Event, ...]
    versions: tuple[int | None, ...]
    inputs: dict[int, tuple[int | None, ...]]
    bound: Bound
