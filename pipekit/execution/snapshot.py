"""A run at one moment, for any thread to ask for and to keep. It takes plain reads and copies of what the loop's thread alone changes, so
that the loop need not wait for anybody. It must never change anything."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pipekit.execution.events import EdgeWeight
from pipekit.execution.forecast import Ahead, Forecast, Moment
from pipekit.execution.history import Likely
from pipekit.execution.ledger import STATES as FINAL
from pipekit.execution.ledger import Entry
from pipekit.parallel.standing import BLOCKED, CANCELLED, FAILED, OPEN, RESOLVING, RUNNING, SETTLED, WAITING

if TYPE_CHECKING:
    from pipekit.execution.drive import Drive
    from pipekit.execution.run import Run

STATES = ("waiting", "ready", "running", *FINAL)

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


_AT_WORK = (RUNNING, OPEN, RESOLVING)
_FINAL = {SETTLED: "ran", FAILED: "failed", BLOCKED: "blocked", CANCELLED: "cancelled"}


class StepNow(Struct, frozen=True):
    """One step: its state (one of STATES), when it `began` (Unix seconds; None where it did not), the `items` of a stream or an each so
    far, and how many there will be, where that is known."""

    name: str
    state: str
    began: float | None = None
    items: int | None = None
    total: int | None = None


class Memory(Struct, frozen=True):
    """In bytes: products that are not stored, as long as somebody reads them; items of streams that are kept for the same reason; what this
    process and the workers take of the machine's memory (0 where it does not tell)."""

    passing: int = 0
    waiting: int = 0
    resident: int = 0


class Snapshot(Struct, frozen=True):
    """A run at the moment `time` (Unix seconds). `steps` by their numbers, `counts` by state, `edges` by (producer, reader).

    `path`: the steps from now on that take longest one after the other, and the `seconds` they take; `end`: when everything is likely to be
    done, in Unix seconds, None while something is still to be done of which nobody knows how long it takes.
    """

    time: float
    status: str
    steps: tuple[StepNow, ...]
    counts: Mapping[str, int]
    edges: Mapping[tuple[int, int], EdgeWeight]
    path: tuple[int, ...]
    seconds: float
    end: float | None
    memory: Memory


class Live:
    """What is there to look at while the loop of a run goes on; `likely` is for the forecast, which is made when it is asked for."""

    def __init__(self, drive: Drive, likely: Mapping[str, Likely]) -> None:
        self.drive, self._likely = drive, likely

    @cached_property
    def forecast(self) -> Forecast:
        """Of this run."""
        return Forecast(self.drive.desk.ledger, self.drive.machine, self._likely)

    def moment(self, now: float) -> Moment:
        """The loop as it is `now`, in Unix seconds."""
        drive = self.drive
        said = {job.node: job.said for job in drive.jobs.copy() if job.said is not None}
        states, items = drive.machine.state.copy(), drive.items
        return Moment(now, states, items.eaches.copy(), items.flows.copy(), drive.machine.crew.measured, said)

    def memory(self) -> Memory:
        """What the run takes."""
        drive = self.drive
        passing, waiting = drive.desk.dispatcher.passing.size, drive.items.shelf.held
        return Memory(passing, waiting, resident({os.getpid(), *drive.pids.copy().values()}))


def snapshot(run: Run) -> Snapshot:
    """What is true now."""
    live = run.live
    status, now = run.status, time.time()  # after that: when there is nothing live any more, the status is final
    if live is not None:
        at = live.moment(now)
        ahead, memory, edges = live.forecast.ahead(at), live.memory(), live.drive.weights.latest.copy()
    else:
        at = _at_rest(run, status, now)
        ahead, memory, edges = Ahead(), Memory(resident=resident([os.getpid()])), {}
    steps = tuple(_step(row, state, at) for row, state in zip(run.ledger.rows, at.states))
    counted = Counter(step.state for step in steps)
    counts = {state: counted[state] for state in STATES}
    end = run.ended if run.ended is not None else now + ahead.left if ahead.left is not None else None
    return Snapshot(now, status, steps, counts, edges, ahead.path, ahead.seconds, end, memory)


def _at_rest(run: Run, status: str, now: float) -> Moment:
    """Before the run begins, and after it has ended."""
    state = WAITING if status == "running" else CANCELLED
    return Moment(now, [state] * len(run.ledger.rows))


def _step(row: Entry, state: int, at: Moment) -> StepNow:
    if state == WAITING and row.planned.state != "cached":
        return StepNow(row.planned.step.name, "waiting", row.began)
    items, total = _items(row, at)
    return StepNow(row.planned.step.name, _state(row, state, items), row.began, items, total)


def _state(row: Entry, state: int, items: int | None) -> str:
    if row.planned.pinned is not None:
        return "cached"
    if state >= SETTLED:
        return row.state or _FINAL[state]
    if state <= RESOLVING and row.planned.state == "cached" and not row.planned.unchecked:
        return "cached"
    if (row.began is not None or items) and state in _AT_WORK:
        return "running"
    return "ready" if state == RUNNING else "waiting"


def _items(row: Entry, at: Moment) -> tuple[int | None, int | None]:
    """How many so far, and of how many."""
    number = row.planned.step.id
    if not row.planned.task.streams:
        return None, None
    if (each := at.eaches.get(number)) is not None:
        return each.done, len(each.source) if each.source.ended else None
    if (flow := at.flows.get(number)) is not None:
        return len(flow), len(flow) if flow.ended else None
    if row.items is not None:
        done = sum(number for state, number in row.items.items() if state != "skipped")
        return done, done
    items = row.product.items if row.product is not None and row.state else None
    return items, items


def resident(pids: Iterable[int]) -> int:
    """Bytes of the machine's memory that these processes take; 0 where it does not tell."""
    return sum(_pages(pid) for pid in pids) * _PAGE


def _pages(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
