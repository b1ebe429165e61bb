"""Who works on what: workers, the units they hold, and how long units of a family take. It must never know what a unit does."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct, field

from pipekit.parallel.admission import Queue, Room
from pipekit.parallel.vocabulary import Command, Needs, Node, Resume, Spawn, Start

SHORT = 0.005
"""Seconds: units that take less are given to a worker ahead, so that it never waits for the next message."""

AHEAD = 0.001
MOST_AHEAD = 32
"""One unit ahead, or as many as take so many seconds together, and no more than this: so they travel many at a time."""


class _Worker(Struct):
    """`holds` are units in the order in which they are worked on; `granted` is what the first of them takes, unless it `waits`."""

    holds: deque[tuple[int, int]] = field(default_factory=deque)
    granted: Needs | None = None
    waits: bool = False


class Crew:
    """The workers of a run. At most `jobs` of them and one for each unit that waits; they are asked for when there is something to
    do; then for as many as are `expected`, so that these are there in time."""

    def __init__(self, room: Room, expected: int = 0) -> None:
        self.room = room
        self.expected = expected
        self.limit = room.capacity.jobs
        self.busy = 0
        self._workers: dict[int, _Worker] = {}
        self.idle: list[int] = []
        self._starting: set[int] = set()
        self._where: dict[tuple[int, int], int] = {}
        self._seconds: dict[int, float] = {}
        self._soon: dict[Needs, dict[int, None]] = {}  # workers that could hold more short units, by what these take
        self._next = 0
        self._waiting = 0
        self._ready: list[tuple[float, int, int]] = []  # workers whose units could go on: rank, number and node

    @property
    def wakes(self) -> bool:
        """Could a unit that waits go on?"""
        return bool(self._ready)

    @property
    def measured(self) -> dict[int, float]:
        """Seconds that a unit took of late, by family: a copy."""
        return self._seconds.copy()

    def working(self) -> list[int]:
        return [number for number, worker in self._workers.items() if worker.holds]

    def is_ahead(self, node: int, unit: int) -> bool:
        """Was the unit given to a worker that had another one?"""
        holds = self._workers[self._where[node, unit]].holds
        return holds[0] != (node, unit)

    def up(self, worker: int) -> None:
        self._starting.discard(worker)
        self._workers[worker] = _Worker()
        self.idle.append(worker)

    def lost(self, number: int) -> list[tuple[int, int]]:
        """The worker is gone; gives what it held, the unit that it was at first."""
        self._starting.discard(number)
        worker = self._workers.pop(number, None)
        if worker is None:
            return []
        if worker.granted is None:
            self.idle.remove(number)
        else:
            self._soon.get(worker.granted, {}).pop(number, None)
            self._give(number, worker)
            self.busy -= 1
        for unit in worker.holds:
            self._where.pop(unit, None)
        return list(worker.holds)

    def end(self, node: int, unit: int, seconds: float, nodes: Sequence[Node]) -> bool:
        """The unit is off its worker; False if it was on none."""
        number = self._where.pop((node, unit), None)
        if number is None:
            return False
        worker = self._workers[number]
        worker.holds.remove((node, unit))
        if worker.waits:
            self._take(number, worker)
        self._learn(nodes[node].family, seconds)
        granted = worker.granted
        assert granted is not None
        if worker.holds:
            self._note(number, granted, nodes[worker.holds[0][0]])
            return True
        self._soon.get(granted, {}).pop(number, None)
        self.room.give(granted)
        worker.granted = None
        self.busy -= 1
        self.idle.append(number)
        return True

    def waits(self, node: int, unit: int) -> bool:
        """The unit waits, and gives back what it takes; False if it is on no worker, or not the one that is worked on. If it kept any of
        it, whom it waits for might wait for that."""
        number = self._where.get((node, unit))
        worker = self._workers[number] if number is not None else None
        if number is None or worker is None or worker.waits or worker.holds[0] != (node, unit):
            return False
        assert worker.granted is not None
        self.room.give(worker.granted)
        worker.waits = True
        self._waiting += 1
        return True

    def ready(self, node: Node, unit: int) -> None:
        """The unit could go on."""
        number = self._where.get((node.id, unit))
        if number is not None and self._workers[number].waits:
            entry = (-node.rank, number, node.id)
            if entry not in self._ready:
                self._ready.append(entry)

    def disown(self, node: int, unit: int) -> int | None:
        """Nobody wants the unit any more: the worker that has it, and that is to be ended."""
        number = self._where.pop((node, unit), None)
        if number is not None:
            self._workers[number].holds.remove((node, unit))
            self._ready = [entry for entry in self._ready if entry[1] != number]
        return number

    def _give(self, number: int, worker: _Worker) -> None:
        """What the worker's unit takes is free again."""
        assert worker.granted is not None
        if worker.waits:
            self._forget(number, worker)
        else:
            self.room.give(worker.granted)

    def _take(self, number: int, worker: _Worker) -> None:
        """The worker's unit takes what it was granted again."""
        assert worker.granted is not None
        self._forget(number, worker)
        self.room.take(worker.granted)

    def _forget(self, number: int, worker: _Worker) -> None:
        worker.waits = False
        self._waiting -= 1
        self._ready = [entry for entry in self._ready if entry[1] != number]

    def resume(self) -> list[Command]:
        """Let units that could go on do so, as far as there is room."""
        out: list[Command] = []
        for _, number, _ in sorted(self._ready):
            worker = self._workers[number]
            if worker.granted is not None and self.room.fits(worker.granted):
                self._take(number, worker)
                out.append(Resume(*worker.holds[0], number))
        return out

    def _learn(self, family: int, seconds: float) -> None:
        known = self._seconds.get(family)
        self._seconds[family] = seconds if known is None else known + 0.25 * (seconds - known)

    def assign(self, queue: Queue, nodes: Sequence[Node]) -> list[Command]:
        """Let waiting units go on, give ready ones to idle workers, then one ahead to those on short ones, then ask for more
        workers."""
        out = self.resume() if self._ready else []
        while self.idle and (found := queue.next()) is not None:
            node, unit, granted = found
            number = self.idle.pop()
            self._workers[number].granted = granted
            self.room.take(granted)
            self.busy += 1
            self._note(number, granted, nodes[node])
            out.append(self._put(number, node, unit))
        if queue and not self.idle:
            if self._soon:
                out += self._ahead(queue, nodes)
            if len(self._workers) < self.limit + self._waiting:
                out += self._spawn(queue)
        return out

    def _put(self, number: int, node: int, unit: int) -> Start:
        self._workers[number].holds.append((node, unit))
        self._where[node, unit] = number
        return Start(node, unit, number)

    def _short(self, node: Node) -> bool:
        return not node.waits and self._seconds.get(node.family, 1.0) < SHORT

    def _depth(self, node: Node) -> int:
        """How many units like this one a worker may hold."""
        seconds = self._seconds.get(node.family, 1.0)
        return 1 + max(1, min(MOST_AHEAD, int(AHEAD / max(seconds, 1e-6))))

    def _note(self, number: int, granted: Needs, node: Node) -> None:
        """The worker holds units like `node`, and may hold more of them."""
        if self._short(node) and 2 * len(self._workers[number].holds) <= self._depth(node):
            self._soon.setdefault(granted, {})[number] = None

    def _ahead(self, queue: Queue, nodes: Sequence[Node]) -> list[Command]:
        out: list[Command] = []
        for granted, workers in self._soon.items():
            while workers and (head := queue.head(granted)) is not None and self._short(nodes[head]):
                found = queue.ahead(granted)
                if found is None:
                    break
                number = next(iter(workers))
                out.append(self._put(number, found[0], found[1]))
                del workers[number]
                if len(self._workers[number].holds) < self._depth(nodes[head]):
                    workers[number] = None  # behind the others, so that all get as many
        return out

    def _spawn(self, queue: Queue) -> list[Command]:
        most = self.limit + self._waiting - len(self._workers)
        wanted = min(max(len(queue), self.expected - len(self._workers)), most) - len(self._starting)
        if wanted <= 0 or not queue.admits():
            return []
        new = range(self._next, self._next + wanted)
        self._next += wanted
        self._starting.update(new)
        return [Spawn(number) for number in new]
