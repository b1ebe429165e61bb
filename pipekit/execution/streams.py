"""Where a stream and an each over it stand during a run: items in order, results in any order. It must never know a
worker, a message or the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipekit.execution import keys
from pipekit.execution.failed import Left
from pipekit.store.products import Product
from pipekit.values import Digest

BATCH_SECONDS = 0.01
MOST = 256
"""A batch of items is as many as take about this long, and no more than this."""

Result = tuple[Product, ...] | Left


@dataclass(frozen=True, slots=True)
class Known:
    """What an item is recorded to have given; not `checked` where it has passed other predicates than those of today."""

    result: Result
    checked: bool = True


@dataclass(slots=True)
class Flow:
    """The items of a stream so far, in order; `ended` when there will be no more."""

    items: list[Product] = field(default_factory=list)
    ended: bool = False


@dataclass(slots=True)
class Each:
    """An each at work. `results[i]` is what item i gave, None while it is not known; `checks[i]` what it is recorded to have given, and
    is to be checked again. `part` is an item as it counts in its key."""

    node: int
    source: Flow
    prefix: Digest
    part: Callable[[Product], bytes]
    results: list[Result | None] = field(default_factory=list)
    todo: deque[int] = field(default_factory=deque)
    batches: dict[int, tuple[int, ...]] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    out: Flow = field(default_factory=Flow)
    sealed: bool = False
    follows: bool = False  # its source is the flow of a step of this run
    closed: bool = False
    ran: int = 0
    cached: int = 0
    failed: int = 0
    tries: dict[int, int] = field(default_factory=dict)
    checks: dict[int, tuple[Product, ...]] = field(default_factory=dict)
    _keys: list[Digest] = field(default_factory=list)
    _first: dict[Digest, int] = field(default_factory=dict)
    _same: dict[int, list[int]] = field(default_factory=dict)
    _released: int = 0
    _units: int = 0
    _seconds: float | None = None

    @property
    def running(self) -> int:
        """Items that are with a worker now."""
        return sum(len(self.batches.get(unit, ())) for unit in self.started)

    @property
    def done(self) -> int:
        return self.ran + self.cached + self.failed

    def key(self, index: int) -> Digest:
        return self._keys[index]

    def take(self, look_up: Callable[[Sequence[Digest]], Mapping[Digest, Known]]) -> None:
        """Take in the items that have come since the last time: known ones have their results at once."""
        start = len(self.results)
        fresh = self.source.items[start:]
        if not fresh:
            return
        new = [keys.item_key(self.prefix, self.part(item)) for item in fresh]
        known = look_up([key for key in dict.fromkeys(new) if key not in self._first])
        self._keys += new
        self.results += [None] * len(new)
        for index, key in enumerate(new, start):
            first = self._first.setdefault(key, index)
            found = known.get(key) if first == index else None
            if found is not None and (found.checked or isinstance(found.result, Left)):
                self.results[index] = found.result
                self.cached += 1
            elif first == index:
                if found is not None and not isinstance(found.result, Left):
                    self.checks[index] = found.result
                self.todo.append(index)
            elif self.results[first] is not None:
                self.results[index] = self.results[first]
                self.cached += 1
            else:
                self._same.setdefault(first, []).append(index)

    def batch(self, workers: int, largest: int = MOST) -> int | None:
        """The number of a new unit with the next items that are to run; None if there are none."""
        if not self.todo:
            return None
        size = 1 if self._seconds is None else int(BATCH_SECONDS / max(self._seconds, 1e-7))
        share = -(-len(self.todo) // (2 * workers))
        size = max(1, min(size, largest, share if self.source.ended else largest))
        self._units += 1
        self.batches[self._units] = tuple(self.todo.popleft() for _ in range(min(size, len(self.todo))))
        return self._units

    def alone(self, index: int) -> int:
        """The number of a new unit with just this item."""
        self._units += 1
        self.batches[self._units] = (index,)
        return self._units

    def split(self, unit: int) -> list[int]:
        """Units of one item each for what is left of a batch that took its worker down."""
        return [self.alone(index) for index in self.batches.pop(unit, ()) if self.results[index] is None]

    def put(self, index: int, result: Result, seconds: float) -> None:
        """The result of an item that has run, or has passed its check; equal items share it."""
        if self.results[index] is not None:
            return
        self.results[index] = result
        self._seconds = seconds if self._seconds is None else self._seconds + 0.25 * (seconds - self._seconds)
        if isinstance(result, Left):
            self.failed += 1
        elif index in self.checks:
            self.cached += 1
        else:
            self.ran += 1
        for other in self._same.pop(index, ()):
            self.results[other] = result
            self.cached += 1

    def release(self) -> bool:
        """Move the results that are next in order to `out`; False if there were none."""
        start = self._released
        while self._released < len(self.results):
            result = self.results[self._released]
            if result is None:
                break
            if not isinstance(result, Left):
                self.out.items.extend(result)
            self._released += 1
        return self._released > start

    def left(self) -> list[Left]:
        """What was left out, in the order of the items."""
        return [result for result in self.results if isinstance(result, Left)]

    @property
    def whole(self) -> bool:
        """Every item has come and has a result."""
        return self.source.ended and self._released == len(self.source.items) == len(self.results)
