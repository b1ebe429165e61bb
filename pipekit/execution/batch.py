"""A batch of an each's items in a worker: what each one gives, how long it took, what went wrong. It must never let one item stand in
for another: each has values, a seed and an end of its own."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipekit import canon
from pipekit.definition.show import show
from pipekit.execution import yielding
from pipekit.execution.failure import veil
from pipekit.execution.making import Pieces, must_be
from pipekit.execution.messages import Call, Fault, ItemsDone
from pipekit.store.blocks import Block
from pipekit.store.codecs.short import FIXED
from pipekit.store.columns import column, column_of_seconds, numbers, split
from pipekit.values import call_user
from pipekit.values.call import Raised

if TYPE_CHECKING:
    from pipekit.execution.call import Work

SECONDS = 0.01
"""What has ended is told when this long has passed."""


class Batch:
    """The items of one call. What is done and not told yet: `counts` of what items gave, `times`, `faults`."""

    def __init__(self, work: Work, task: Any, options: Mapping[str, Any]) -> None:
        self.work, self.task, self.options = work, task, options
        self.block = work.call.block
        self.pieces = Pieces(work.maker, task.product)
        self.counts: list[int] = []
        self.times = array("d")
        self.faults: list[tuple[int, Fault]] = []
        self._until = 0.0
        self._told = 0
        self._seeds = split(self.block.digests) if work.call.seed else []

    def run(self) -> None:
        """All of them, one after the other."""
        self._until = time.perf_counter() + SECONDS
        alone = not self.task.flat and len(self.work.call.sources) == 1
        values, at = self._values() if alone else None, 0
        while at < len(self.block):
            at = self._several(values, at) if values is not None else self._one(at)
            if time.perf_counter() >= self._until and at < len(self.block):
                self._tell(last=False)
        self._tell(last=True)

    def _values(self) -> list[Any] | None:
        """All values at once, where they are small and none can fail for itself."""
        forms = self.block.forms
        if len(forms) != 1 or forms[0].codec not in ("plain", "str", "bytes"):
            return None
        found = call_user(lambda: list(self.work.inputs.values(self.block)))
        return None if isinstance(found, Raised) else found.value

    def _several(self, values: Sequence[Any], at: int) -> int:
        """Some of them at once; gives where to go on."""
        results: list[Any] = []
        work, before = self.work, len(self.times)
        work.worker.reads.forget()
        outcome = work.timed(
            _apply, self.task.fn, values, at, self.options, results, self.times, self._until, self._plant()
        )
        del self.times[before + len(results) :]
        self._put(results)
        if isinstance(outcome, Raised):
            self.times.append(0.0)
            self._fault(work.fault(outcome.error))
            return at + len(results) + 1
        return at + len(results)

    def _put(self, results: Sequence[Any]) -> None:
        start = 0
        while start < len(results):
            had = len(self.pieces)
            made = call_user(self.pieces.extend, results[start:])
            count = len(self.pieces) - had
            self.counts += [1] * count
            start += count
            if isinstance(made, Raised):  # by how many are in, it is clear which one
                self._fault(self.work.fault(made.error))
                start += 1

    def _plant(self) -> Callable[[int], None] | None:
        """What seeds the generators for an item."""
        if not self._seeds:
            return None
        seed, seeds, plant = self.work.call.seed, self._seeds, self.work.worker.plant
        return lambda at: plant(canon.digest(seed + seeds[at])[:16])

    def _one(self, at: int) -> int:
        work = self.work
        plant = self._plant()
        if plant is not None:
            plant(at)
        work.worker.reads.forget()
        work.seconds = 0.0
        had = len(self.pieces)
        fault = self._make(at)
        self.times.append(work.seconds)
        if fault is None:
            self.counts.append(len(self.pieces) - had)
        else:
            self.pieces.cut(had)
            self._fault(fault)
        return at + 1

    def _make(self, at: int) -> Fault | None:
        work, task = self.work, self.task
        received = call_user(lambda: [*work.inputs.values(self.block.part(range(at, at + 1))), *work.receive(task, 1)])
        if isinstance(received, Raised):
            return work.fault(received.error)
        result = work.timed(task.fn, *received.value, **self.options)
        if isinstance(result, Raised):
            return work.fault(result.error)
        if task.flat:
            return yielding.several(work, self.pieces, result.value)
        made = call_user(self.pieces.add, result.value)
        return work.fault(made.error) if isinstance(made, Raised) else None

    def _fault(self, fault: Fault) -> None:
        at = self._told + len(self.counts)
        value = call_user(lambda: next(self.work.inputs.values(self.block.part(range(at, at + 1)))))
        shown = "" if isinstance(value, Raised) else veil(show(value.value), self.work.secrets)
        self.faults.append((len(self.counts), fault._replace(item=shown)))
        self.counts.append(0)

    def _tell(self, *, last: bool) -> None:
        work = self.work
        block, files = self.pieces.take()
        ends, counts = 0, self.counts
        rows = []
        for row, count in enumerate(counts if files else ()):
            rows += [one._replace(row=row) for one in files if ends <= one.row < ends + count]
            ends += count
        packed = b"" if len(block) == len(counts) and not self.task.flat and not self.faults else column(counts)
        log = work.log()
        if not last:
            work.worker.capture.begin()
        work.worker.port.send(
            ItemsDone(
                work.call.job, len(counts), block, packed, column_of_seconds(self.times), tuple(self.faults), tuple(rows),
                log, last, work.used() if last else (), work.worker.peak() if last else 0,
            )
        )  # fmt: skip
        self._told += len(self.counts)
        self.counts, self.times, self.faults = [], array("d"), []
        self._until = time.perf_counter() + SECONDS


def recheck(work: Work, task: Any) -> None:
    """What items are recorded to have given, against a type whose predicates are others by now."""
    faults: list[tuple[int, Fault]] = []
    at = 0
    for place, count in enumerate(_counts(work.call)):
        passed = call_user(_must_be, work, task, work.call.block.part(range(at, at + count)))
        if isinstance(passed, Raised):
            faults.append((place, work.fault(passed.error)))
        at += count
    _told(work, faults)


def refuse(work: Work, fault: Fault) -> None:
    """None of the items could even begin."""
    _told(work, [(place, fault) for place in range(len(_counts(work.call)))])


def _counts(call: Call) -> Sequence[int]:
    return numbers(call.counts) if call.counts else [1] * len(call.block)


def _told(work: Work, faults: Sequence[tuple[int, Fault]]) -> None:
    """All have ended, and gave nothing."""
    rows = len(_counts(work.call))
    nothing = column([0] * rows), column_of_seconds([0.0] * rows)
    done = ItemsDone(work.call.job, rows, Block(), *nothing, tuple(faults), (), work.log(), True, work.used())
    work.worker.port.send(done)


def _must_be(work: Work, task: Any, block: Block) -> None:
    for value in work.inputs.values(block):
        must_be(task.product, value)


def _apply(
    fn: Callable[..., Any], values: Sequence[Any], at: int, options: Mapping[str, Any], results: list[Any], times: array[float],
    until: float, plant: Callable[[int], None] | None,
) -> None:  # fmt: skip
    """Call `fn` with one value after the other, until it is time or one gave something that could still change."""
    clock = time.perf_counter
    before = clock()
    for place in range(at, len(values)):
        if plant is not None:
            plant(place)
        result = fn(values[place], **options)
        results.append(result)
        now = clock()
        times.append(now - before)
        before = now
        if result.__class__ not in FIXED or now >= until:
            return
