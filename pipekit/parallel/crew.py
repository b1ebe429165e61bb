"""Who works on what: workers, the units they hold, and how long units of a family take. It must never know what a unit does."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipekit.parallel.admission import Queue, Room
from pipekit.parallel.vocabulary import Command, Needs, Node, Spawn, Start

SHORT = 0.005
"""Seconds: units that take less are given to a worker one ahead, so that it never waits for the next message."""


@dataclass(slots=True)
class _Worker:
    """`holds` are units in the order in which they are worked on; `granted` is what the first of them takes."""

    holds: deque[tuple[int, int]] = field(default_factory=deque)
    granted: Needs | None = None


class Crew:
    """The workers of a run. At most `jobs` of them; they are asked for when there is something to do."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.limit = room.capacity.jobs
        self.busy = 0
        self._workers: dict[int, _Worker] = {}
        self.idle: list[int] = []
        self._starting: set[int] = set()
        self._where: dict[tuple[int, int], int] = {}
        self._seconds: dict[int, float] = {}
        self._soon: dict[Needs, dict[int, None]] = {}  # workers that hold one short unit, by what it takes
        self._next = 0

    def working(self) -> list[int]:
        return [number for number, worker in self._workers.items() if worker.holds]

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
            self.room.give(worker.granted)
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

    def _learn(self, family: int, seconds: float) -> None:
        known = self._seconds.get(family)
        self._seconds[family] = seconds if known is None else known + 0.25 * (seconds - known)

    def assign(self, queue: Queue, nodes: Sequence[Node]) -> list[Command]:
        """Give ready units to idle workers, then one ahead to those on short ones, then ask for more workers."""
        out: list[Command] = []
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
            if len(self._workers) < self.limit:
                out += self._spawn(queue)
        return out

    def _put(self, number: int, node: int, unit: int) -> Start:
        self._workers[number].holds.append((node, unit))
        self._where[node, unit] = number
        return Start(node, unit, number)

    def _short(self, node: Node) -> bool:
        return self._seconds.get(node.family, 1.0) < SHORT

    def _note(self, number: int, granted: Needs, node: Node) -> None:
        """The worker holds just one unit, of `node`."""
        if self._short(node):
            self._soon.setdefault(granted, {})[number] = None

    def _ahead(self, queue: Queue, nodes: Sequence[Node]) -> list[Command]:
        out: list[Command] = []
        for granted, workers in self._soon.items():
            while workers and (head := queue.head(granted)) is not None and self._short(nodes[head]):
                found = queue.ahead(granted)
                if found is None:
                    break
                number, _ = workers.popitem()
                out.append(self._put(number, found[0], found[1]))
        return out

    def _spawn(self, queue: Queue) -> list[Command]:
        wanted = min(len(queue) - len(self._starting), self.limit - len(self._workers) - len(self._starting))
        if wanted <= 0 or not queue.admits():
            return []
        new = range(self._next, self._next + wanted)
        self._next += wanted
        self._starting.update(new)
        return [Spawn(number) for number in new]
