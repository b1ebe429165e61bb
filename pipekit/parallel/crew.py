"""Who works on what: workers, the units they hold, and how long units of a family take. It must never know what a unit does."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct, field

from pipekit.parallel.admission import Lane, Queue, Room
from pipekit.parallel.vocabulary import Command, Node, Resume, Spawn, Start

SHORT = 0.005
"""Seconds: units that take less are given to a worker ahead, so that it never waits for the next message."""

AHEAD = 0.002
MOST_AHEAD = 64
"""One unit ahead, or as many as take so many seconds together, and no more than this: so they travel many at a time."""

_PROOFS = 20
"""So many units of a family must go well alone after a worker was lost with one."""


class _Worker(Struct, eq=False):
    """`holds` are units in the order in which they are worked on; `lane` is that of the first, which takes what this grants unless it
    `waits`."""

    number: int
    holds: deque[tuple[int, int]] = field(default_factory=deque)
    lane: Lane | None = None
    waits: bool = False


class Crew:
    """The workers of a run. At most `jobs` of them and one for each unit that waits; they are asked for when there is something to
    do; then for as many as are `expected`, so that these are there in time."""

    def __init__(self, room: Room, expected: int = 0) -> None:
        self.room = room
        self.expected = expected
        self.limit = room.capacity.jobs
        self.busy = 0
        self.wakes: dict[int, tuple[float, int, int]] = {}  # workers whose units could go on: rank, number and node
        self.idle: list[int] = []
        self._workers: dict[int, _Worker] = {}
        self._starting: set[int] = set()
        self._where: dict[tuple[int, int], _Worker] = {}
        self._seconds: dict[int, float] = {}
        self._depth: dict[int, int] = {}  # how many units of a family a worker may hold, if more than one
        self._doubts: dict[int, int] = {}  # how many units of a family are still to go alone
        self._first = 1.0  # seconds that the first units of families took of late
        self._depth_of_new = 1  # how many units a worker may hold of a family of which nothing is known
        self._next = 0
        self._waiting = 0

    @property
    def measured(self) -> dict[int, float]:
        """Seconds that a unit took of late, by family: a copy."""
        return self._seconds.copy()

    def working(self) -> list[int]:
        return [number for number, worker in self._workers.items() if worker.holds]

    def is_ahead(self, node: int, unit: int) -> bool:
        """Was the unit given to a worker that had another one?"""
        return self._where[node, unit].holds[0] != (node, unit)

    def up(self, number: int) -> None:
        self._starting.discard(number)
        self._workers[number] = _Worker(number)
        self.idle.append(number)

    def lost(self, number: int) -> list[tuple[int, int]]:
        """The worker is gone; gives what it held, the unit that it was at first."""
        self._starting.discard(number)
        worker = self._workers.pop(number, None)
        if worker is None:
            return []
        if worker.lane is None:
            self.idle.remove(number)
        else:
            worker.lane.takers.pop(number, None)
            if worker.waits:
                self._forget(worker)
            else:
                self.room.give(worker.lane.granted)
            self.busy -= 1
        for unit in worker.holds:
            self._where.pop(unit, None)
        return list(worker.holds)

    def end(self, node: int, unit: int, seconds: float, nodes: Sequence[Node]) -> bool:
        """The unit is off its worker; False if it was on none."""
        key = node, unit
        worker = self._where.pop(key, None)
        if worker is None:
            return False
        lane = worker.lane
        assert lane is not None
        worker.holds.remove(key)
        if worker.waits:
            self._take(worker, lane)
        self._learn(nodes[node].family, seconds)
        if worker.holds:
            self._note(worker, lane, nodes[worker.holds[0][0]])
            return True
        lane.takers.pop(worker.number, None)
        self.room.give(lane.granted)
        worker.lane = None
        self.busy -= 1
        self.idle.append(worker.number)
        return True

    def waits(self, node: int, unit: int) -> bool:
        """The unit waits, and gives back what it takes; False if it is on no worker, or not the one that is worked on. If it kept any of
        it, whom it waits for might wait for that."""
        worker = self._where.get((node, unit))
        if worker is None or worker.waits or worker.holds[0] != (node, unit):
            return False
        assert worker.lane is not None
        self.room.give(worker.lane.granted)
        worker.waits = True
        self._waiting += 1
        return True

    def ready(self, node: Node, unit: int) -> None:
        """The unit could go on."""
        worker = self._where.get((node.id, unit))
        if worker is not None and worker.waits:
            self.wakes[worker.number] = -node.rank, worker.number, node.id

    def take_back(self, number: int) -> list[tuple[int, int]]:
        """The units that wait on the worker for their turn; it has them no more."""
        worker = self._workers.get(number)
        if worker is None or len(worker.holds) < 2:
            return []
        first, *rest = worker.holds
        worker.holds = deque([first])
        for unit in rest:
            del self._where[unit]
        if worker.lane is not None:
            worker.lane.takers.pop(number, None)
        return rest

    def disown(self, node: int, unit: int) -> int | None:
        """Nobody wants the unit any more: the worker that has it, and that is to be ended."""
        worker = self._where.pop((node, unit), None)
        if worker is None:
            return None
        worker.holds.remove((node, unit))
        self.wakes.pop(worker.number, None)
        return worker.number

    def _take(self, worker: _Worker, lane: Lane) -> None:
        """The worker's unit takes what it was granted again."""
        self._forget(worker)
        self.room.take(lane.granted)

    def _forget(self, worker: _Worker) -> None:
        worker.waits = False
        self._waiting -= 1
        self.wakes.pop(worker.number, None)

    def resume(self) -> list[Command]:
        """Let units that could go on do so, as far as there is room."""
        out: list[Command] = []
        for _, number, _ in sorted(self.wakes.values()):
            worker = self._workers[number]
            if worker.lane is not None and self.room.fits(worker.lane.granted):
                self._take(worker, worker.lane)
                out.append(Resume(*worker.holds[0], number))
        return out

    def _learn(self, family: int, seconds: float) -> None:
        known = self._seconds.get(family)
        if known is not None:
            seconds = _average(known, seconds)
        else:
            self._first = _average(self._first, seconds)
            self._depth_of_new = _depth_of(self._first)
        self._seconds[family] = seconds
        if family in self._doubts:
            self._doubts[family] -= 1
            if not self._doubts[family]:
                del self._doubts[family]
        depth = _depth_of(seconds)
        if depth > 1:
            self._depth[family] = depth
        else:
            self._depth.pop(family, None)

    def doubt(self, node: Node) -> None:
        """A worker was lost that had a unit of the node: those like it go alone, until many have gone well."""
        self._doubts[node.family] = _PROOFS

    def depth(self, node: Node) -> int:
        """How many units like this one a worker may hold; one that waits is alone."""
        if node.waits or node.family in self._doubts:
            return 1
        return self._depth.get(node.family, 1) if node.family in self._seconds else self._depth_of_new

    def assign(self, queue: Queue, nodes: Sequence[Node]) -> list[Command]:
        """Let waiting units go on, give ready ones to idle workers, then ahead to those on short ones, then ask for more
        workers."""
        out = self.resume() if self.wakes and queue.has_room() else []
        while self.idle and (found := queue.next()) is not None:
            node, unit, lane = found
            worker = self._workers[self.idle.pop()]
            worker.lane = lane
            self.room.take(lane.granted)
            self.busy += 1
            self._note(worker, lane, nodes[node])
            out.append(self._put(worker, node, unit))
        if queue.size and not self.idle:
            if self._depth or self._depth_of_new > 1:
                self._ahead(queue, nodes, out)
            if len(self._workers) < self.limit + self._waiting:
                self._spawn(queue, out)
        return out

    def _put(self, worker: _Worker, node: int, unit: int) -> Start:
        key = node, unit
        worker.holds.append(key)
        self._where[key] = worker
        return Start(node, unit, worker.number)

    def _note(self, worker: _Worker, lane: Lane, node: Node) -> None:
        """The worker holds units like `node`, and may hold more of them, if that is worth a message."""
        deep = self.depth(node)
        if 1 < deep >= 2 * len(worker.holds):
            lane.takers[worker.number] = None

    def _ahead(self, queue: Queue, nodes: Sequence[Node], out: list[Command]) -> None:
        for lane in queue.lanes:
            takers = lane.takers
            while takers and lane.heap and (deep := self.depth(nodes[lane.heap[0][3]])) > 1:
                found = queue.ahead(lane)
                if found is None:
                    break
                number = next(iter(takers))
                worker = self._workers[number]
                out.append(self._put(worker, found[0], found[1]))
                del takers[number]
                if len(worker.holds) < deep:
                    takers[number] = None  # behind the others, so that all get as many

    def _spawn(self, queue: Queue, out: list[Command]) -> None:
        most = self.limit + self._waiting - len(self._workers)
        wanted = min(max(queue.size, self.expected - len(self._workers)), most) - len(self._starting)
        if wanted > 0 and queue.admits():
            new = range(self._next, self._next + wanted)
            self._next += wanted
            self._starting.update(new)
            out += map(Spawn, new)


def _average(before: float, seconds: float) -> float:
    return before + 0.25 * (seconds - before)


def _depth_of(seconds: float) -> int:
    """How many units that take so long a worker may hold."""
    if seconds >= SHORT:
        return 1
    if seconds <= AHEAD / MOST_AHEAD:
        return 1 + MOST_AHEAD
    return 1 + max(1, int(AHEAD / seconds))
