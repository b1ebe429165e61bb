"""Where an each stands during a run: which items are known, which go out together, results in any order. It must never know a worker,
a message or the store."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, groupby
from typing import Protocol, cast

from msgspec import Struct, field

from pipekit.execution.failed import Left
from pipekit.execution.flow import Flow
from pipekit.store.blocks import Block, join
from pipekit.store.segments import Results, RowFile
from pipekit.values import Digest

BATCH_SECONDS = 0.01
MOST = 4096
LARGEST = 1 << 20
"""A batch of items is as many as take about this long, and no more than this many, or so many bytes."""

_WORD = struct.Struct("<q24x")  # eight bytes of a digest tell items apart

Span = tuple[int, int]
"""Items from a number up to another one."""


class Past(Protocol):
    """What items are recorded to have given, each under its key's place."""

    def known(self, keys: bytes) -> Sequence[int]:
        """The place of each of the keys that stand side by side; -1 where nothing is known. Empty where nothing is known at all."""
        ...

    @property
    def plain(self) -> bool:
        """Can every row stand as it is?"""
        ...

    @property
    def names_files(self) -> bool:
        """Are there rows that name files?"""
        ...

    def results(self, places: Sequence[int]) -> Results:
        """What these gave."""
        ...

    def seconds(self, places: Sequence[int]) -> bytes:
        """How long these took, as a column."""
        ...

    def references(self, places: Sequence[int]) -> list[RowFile]:
        """The files that these name, each with its number among them."""
        ...

    def left(self, place: int) -> Left | None:
        """What was left out there."""
        ...

    def checked(self, place: int) -> bool:
        """Has it passed the predicates of today?"""
        ...


class Batch(Struct):
    """A unit: spans of items, of which `done` have ended; `known` is what they are recorded to have given, where that is only checked."""

    spans: list[Span]
    known: Results | None = None
    done: int = 0

    @property
    def size(self) -> int:
        return sum(stop - start for start, stop in self.spans)

    def after(self, skipped: int, count: int | None = None) -> list[Span]:
        """The spans of the next `count` items after so many; of all the rest where there is no count."""
        found: list[Span] = []
        for start, stop in self.spans:
            start, skipped = min(stop, start + skipped), max(0, skipped - (stop - start))
            if count is not None:
                stop = min(stop, start + count)
                count -= stop - start
            if start < stop:
                found.append((start, stop))
        return found


class Each(Struct):
    """An each at work. `keys_of` are the keys of a block's items, side by side; `past` knows what such keys gave."""

    node: int
    source: Flow
    prefix: Digest
    keys_of: Callable[[Block], bytes]
    past: Past | None = None
    batches: dict[int, Batch] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    out: Flow = field(default_factory=Flow)
    forced: frozenset[int] = frozenset()  # items that run though they are known
    sealed: bool = False
    follows: bool = False  # its source is the flow of a step of this run
    closed: bool = False
    ran: int = 0
    cached: int = 0
    failed: int = 0
    tries: dict[int, int] = field(default_factory=dict)
    _keys: bytearray = field(default_factory=bytearray)
    _todo: deque[Span] = field(default_factory=deque)
    _checks: deque[Batch] = field(default_factory=deque)
    _ready: dict[int, Results] = field(default_factory=dict)  # by the number of their first item
    _first: dict[int, int] = field(default_factory=dict)
    _same: dict[int, int] = field(default_factory=dict)
    _lefts: dict[int, Left] = field(default_factory=dict)
    _placed: list[tuple[int, int, bytes]] = field(default_factory=list)  # first item, where in `out` that is, counts
    _released: int = 0
    _units: int = 0
    _seconds: float | None = None

    @property
    def running(self) -> int:
        """Items that are with a worker now."""
        return sum(one.size - one.done for unit in self.started if (one := self.batches.get(unit)) is not None)

    @property
    def done(self) -> int:
        """Items that have a result, or were left out."""
        return self.ran + self.cached + self.failed

    @property
    def pace(self) -> float | None:
        """Seconds that an item took of late; None before the first."""
        return self._seconds

    @property
    def taken(self) -> int:
        """How many items it has looked at."""
        return len(self._keys) // 32

    @property
    def whole(self) -> bool:
        """Every item has come and has a result."""
        return self.source.ended and self._released == len(self.source) == self.taken

    def follow_on(self, before: Each) -> None:
        """It takes the place of another one, of which units may still be at work: its own have other numbers."""
        self._units, self.tries = before._units, before.tries

    # --- items come ---------------------------------------------------------------------------------------------------

    def take(self) -> list[Span]:
        """Take in the items that have come since the last time; gives those that need no work, as what they give is known."""
        done: list[Span] = []
        for block in self.source.since(self.taken):
            start, keys = self.taken, self.keys_of(block)
            self._keys += keys
            known = self.past.known(keys) if self.past is not None else ()
            if known and self._all_known(known):
                done.append(self._take_known(start, start + len(block), known))
                continue
            fresh = self._fresh(start, keys)
            if fresh is None and not known:
                self._todo.append((start, start + len(block)))
            else:
                done += self._sort(start, len(block), fresh, known)
        return done

    def _all_known(self, known: Sequence[int]) -> bool:
        return self.past is not None and self.past.plain and not self.forced and min(known) >= 0

    def _take_known(self, start: int, stop: int, places: Sequence[int]) -> Span:
        assert self.past is not None
        self._ready[start] = self.past.results(places)
        self.cached += stop - start
        return start, stop

    def _fresh(self, start: int, keys: bytes) -> Collection[int] | None:
        """The items with keys that came for the first time; None where all did."""
        words = list(cast("Iterator[int]", chain.from_iterable(_WORD.iter_unpack(keys))))
        new = dict(zip(words, range(start, start + len(words))))
        if len(new) == len(words) and self._first.keys().isdisjoint(new):
            self._first.update(new)
            return None
        found: set[int] = set()
        for at, word in enumerate(words, start):
            first = self._first.setdefault(word, at)
            if first == at:
                found.add(at)
            else:
                self._same[at] = first
        return found

    def _sort(self, start: int, count: int, fresh: Collection[int] | None, known: Sequence[int]) -> list[Span]:
        """Items that run, those whose results are known, those that are checked once more, and those that are like earlier ones."""
        done: list[Span] = []
        for which, first, last in self._runs(start, count, fresh, known):
            places = known[first - start : last - start] if known else ()
            if which == "todo":
                self._todo.append((first, last))
                continue
            if which == "check" and self.past is not None:
                self._checks.append(Batch([(first, last)], self.past.results(places)))
                continue
            done.append((first, last))
            if which == "known":
                self._take_known(first, last, places)
            elif which == "left":
                self._leave_known(range(first, last), places)
        return done

    def _runs(
        self, start: int, count: int, fresh: Collection[int] | None, known: Sequence[int]
    ) -> Iterator[tuple[str, int, int]]:
        """What becomes of which items, in order."""
        past = self.past

        def kind(at: int) -> str:
            if fresh is not None and at not in fresh:
                return "same"
            place = known[at - start] if known else -1
            if place < 0 or past is None or at in self.forced:
                return "todo"
            if past.plain:
                return "known"
            return "left" if past.left(place) is not None else "known" if past.checked(place) else "check"

        at = start
        for which, group in groupby(range(start, start + count), kind):
            end = at + sum(1 for _ in group)
            yield which, at, end
            at = end

    def _leave_known(self, run: Sequence[int], places: Sequence[int]) -> None:
        for at, place in zip(run, places):
            left = self.past.left(place) if self.past is not None else None
            assert left is not None
            self._lefts[at] = left
            self._ready[at] = Results.of(Block(), [0])
            self.cached += 1

    # --- units --------------------------------------------------------------------------------------------------------

    def batch(self, workers: int, largest: int = MOST) -> int | None:
        """The number of a new unit with the next items that are to run or be checked; None if there are none."""
        if self._checks:
            return self._unit(self._checks.popleft())
        if not self._todo:
            return None
        size = 1 if self._seconds is None else int(BATCH_SECONDS / max(self._seconds, 1e-7))
        waiting = sum(stop - start for start, stop in self._todo)
        share = -(-waiting // (2 * workers))
        size = max(1, min(size, largest, share if self.source.ended else largest))
        spans: list[Span] = []
        while size and self._todo:
            start, stop = self._todo.popleft()
            end = min(stop, start + size)
            spans.append((start, end))
            size -= end - start
            if end < stop:
                self._todo.appendleft((end, stop))
        return self._unit(Batch(spans))

    def alone(self, index: int) -> int:
        """The number of a new unit with just this item."""
        return self._unit(Batch([(index, index + 1)]))

    def split(self, unit: int) -> list[int]:
        """Units of one item each for what is left of a batch that took its worker down."""
        batch = self.batches.pop(unit)
        return [self.alone(index) for start, stop in batch.after(batch.done) for index in range(start, stop)]

    def _unit(self, batch: Batch) -> int:
        self._units += 1
        self.batches[self._units] = batch
        return self._units

    def items(self, spans: Sequence[Span]) -> Block:
        """The items of a unit."""
        return join([self.source.part(start, stop) for start, stop in spans])

    def keys(self, spans: Sequence[Span]) -> bytes:
        """Their keys, side by side."""
        return b"".join([bytes(self._keys[32 * start : 32 * stop]) for start, stop in spans])

    # --- results ------------------------------------------------------------------------------------------------------

    def put(self, unit: int, results: Results, seconds: float, again: Collection[int] = ()) -> None:
        """The next items of a unit gave this, in `seconds` together; those at the places `again` are to be tried once more."""
        batch = self.batches[unit]
        at = 0
        for start, stop in batch.after(batch.done, len(results)):
            for is_in, group in groupby(range(start, stop), lambda item: item - start + at not in again):  # noqa: B023
                run = list(group)
                if is_in:
                    first = run[0] - start + at
                    self._ready[run[0]] = results.part(range(first, first + len(run)))
            at += stop - start
        batch.done += at
        each = seconds / max(1, at)
        self._seconds = each if self._seconds is None else self._seconds + 0.25 * (each - self._seconds)

    def leave(self, index: int, left: Left) -> None:
        """The item failed, and is left out."""
        self._lefts[index] = left
        self.failed += 1

    def release(self) -> list[Block]:
        """Move the results that are next in order to `out`."""
        found: list[Block] = []
        while True:
            results = self._ready.pop(self._released, None)
            if results is None:
                first = self._same.get(self._released)
                if first is None:
                    return found
                results = self._again(self._released, first)
            self._placed.append((self._released, len(self.out), results.counts))
            self.out.add(results.block)
            found.append(results.block)
            self._released += len(results)

    def _again(self, index: int, first: int) -> Results:
        """What an earlier item with the same key gave."""
        self.cached += 1
        if first in self._lefts:
            self._lefts[index] = self._lefts[first]
        start, place, counts = self._placed[bisect_right(self._placed, first, key=lambda one: one[0]) - 1]
        ends = Results(Block(), counts).ends() if counts else range(first - start + 2)
        begin, end = place + ends[first - start], place + ends[first - start + 1]
        return Results.of(self.out.part(begin, end), [end - begin])

    def left(self) -> list[Left]:
        """What was left out, in the order of the items."""
        return [self._lefts[index] for index in sorted(self._lefts)]
