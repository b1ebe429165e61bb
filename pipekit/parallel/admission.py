"""Which ready unit goes next and whether the run has room for it. It must never know what a unit does."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

from msgspec import Struct, field

from pipekit.parallel.vocabulary import Capacity, Needs, Node

PATIENCE = 64
"""How often a ready unit may be overtaken by lower-ranked ones before nothing is admitted that takes what it waits for."""

_CPU_SLACK, _MEMORY_SLACK = 1e-6, 1e-3
"""Sums of fractions are not exact: what is missing by less than this is not missing."""


def capacity_for(nodes: tuple[Node, ...], capacity: Capacity) -> Capacity:
    """`capacity` with every named resource that nobody declared at its largest request."""
    named: dict[str, float] = {}
    for needs in {node.needs for node in nodes}:
        for name, amount in needs.named:
            named[name] = max(named.get(name, 0.0), amount)
    return Capacity(max(1, capacity.jobs), capacity.memory, {**named, **capacity.named})


class Room:
    """What the run has left. Who asks for more than all of it gets all of it; of cpu or memory: runs alone."""

    def __init__(self, capacity: Capacity) -> None:
        self.capacity = capacity
        self.cpu = float(capacity.jobs)
        self.memory = capacity.memory
        self.named = dict(capacity.named)

    def granted(self, needs: Needs) -> Needs:
        """What a unit with `needs` really gets."""
        limits: Mapping[str, float] = self.capacity.named
        memory = min(needs.memory, self.capacity.memory) if self.capacity.memory else 0.0
        named = tuple((name, min(amount, limits[name])) for name, amount in needs.named)
        alone = needs.memory > memory > 0.0
        return Needs(float(self.capacity.jobs) if alone else min(needs.cpu, float(self.capacity.jobs)), memory, named)

    def fits(self, granted: Needs) -> bool:
        """Is there room for it now?"""
        return (
            granted.cpu <= self.cpu + _CPU_SLACK
            and granted.memory <= self.memory + _MEMORY_SLACK
            and (not granted.named or all(amount <= self.named[name] + _CPU_SLACK for name, amount in granted.named))
        )

    def delays(self, granted: Needs, waiting: Needs) -> bool:
        """Would `granted` take some of everything that `waiting` lacks? Else that one waits for somebody else."""
        if waiting.cpu > self.cpu + _CPU_SLACK and not granted.cpu:
            return False
        if waiting.memory > self.memory + _MEMORY_SLACK and not granted.memory:
            return False
        takes = dict(granted.named)
        return all(amount <= self.named[name] + _CPU_SLACK or takes.get(name) for name, amount in waiting.named)

    def take(self, granted: Needs) -> None:
        self.cpu -= granted.cpu
        self.memory -= granted.memory
        for name, amount in granted.named:
            self.named[name] -= amount

    def give(self, granted: Needs) -> None:
        self.cpu += granted.cpu
        self.memory += granted.memory
        for name, amount in granted.named:
            self.named[name] += amount


Entry = tuple[float, float, int, int, int]
"""A ready unit: rank, bytes freed (both negative, so that the most comes first), age, node, unit."""


class Lane(Struct, eq=False):
    """The ready units that all get the same, `granted`: a heap by rank, bytes freed and age. `overtaken`: how often its first one was.
    `takers`: workers on a unit of this lane that may be given more of them ahead."""

    granted: Needs
    heap: list[Entry] = field(default_factory=list)
    overtaken: int = 0
    takers: dict[int, None] = field(default_factory=dict)


class Queue:
    """All ready units, in lanes: choosing looks at the first of each lane. `size` is how many there are."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.lanes: list[Lane] = []
        self.size = 0
        self._lane_of: dict[Needs, Lane] = {}  # by what is asked for
        self._lanes: dict[Needs, Lane] = {}  # by what is granted
        self._last: tuple[Needs, Lane] | tuple[None, None] = None, None
        self._age = 0

    def __len__(self) -> int:
        return self.size

    def push(self, node: Node, unit: int) -> None:
        self._age += 1
        self.size += 1
        needs, lane = self._last
        if needs is not node.needs or lane is None:
            lane = self.lane(node.needs)
            self._last = node.needs, lane
        heappush(lane.heap, (-node.rank, -node.frees, self._age, node.id, unit))

    def lane(self, needs: Needs) -> Lane:
        """Where units with these needs are."""
        lane = self._lane_of.get(needs)
        if lane is None:
            granted = self.room.granted(needs)
            lane = self._lane_of[needs] = self._lanes.setdefault(granted, Lane(granted))
            self.lanes = list(self._lanes.values())
        return lane

    def heads(self) -> list[Lane]:
        """The lanes in which there is a unit, in the order of the first of each."""
        return sorted((lane for lane in self.lanes if lane.heap), key=_first)

    def next(self) -> tuple[int, int, Lane] | None:
        """Take out the best unit there is room for; None if there is none. A unit overtaken too often is waited for."""
        if len(self.lanes) == 1:
            lane = self.lanes[0]
            return self.pop(lane) if lane.heap and self.room.fits(lane.granted) else None
        passed: list[Lane] = []
        for lane in self.heads():
            if self.room.fits(lane.granted) and not self._held_back(lane, passed):
                self._pass(passed)
                return self.pop(lane)
            passed.append(lane)
        return None

    def ahead(self, lane: Lane) -> tuple[int, int, Lane] | None:
        """Take out the best unit of one lane for a worker that has not yet given back as much; None if that would be at
        the cost of a better one."""
        if not lane.heap:
            return None
        passed = [other for other in self.lanes if other is not lane and other.heap and other.heap[0] < lane.heap[0]]
        if passed:
            self.room.give(lane.granted)
            instead = any(self.room.fits(other.granted) for other in passed)
            self.room.take(lane.granted)
            if instead or self._held_back(lane, passed):
                return None
            self._pass(passed)
        return self.pop(lane)

    def _held_back(self, lane: Lane, passed: list[Lane]) -> bool:
        return any(other.overtaken >= PATIENCE and self.room.delays(lane.granted, other.granted) for other in passed)

    def _pass(self, passed: list[Lane]) -> None:
        for other in passed:
            other.overtaken += 1

    def pop(self, lane: Lane) -> tuple[int, int, Lane]:
        """Take out the best unit of one lane, of which there are some."""
        self.size -= 1
        lane.overtaken = 0
        _, _, _, node, unit = heappop(lane.heap)
        return node, unit, lane

    def has_room(self) -> bool:
        """Is there room for any unit, if it were ready?"""
        return any(self.room.fits(lane.granted) for lane in self.lanes)

    def admits(self) -> bool:
        """Is there room for any unit that is ready?"""
        return any(lane.heap and self.room.fits(lane.granted) for lane in self.lanes)

    def drop(self, node: int) -> int:
        """Take out every unit of `node`; gives how many there were."""
        gone = 0
        for lane in self.lanes:
            kept = [entry for entry in lane.heap if entry[3] != node]
            if len(kept) < len(lane.heap):
                gone += len(lane.heap) - len(kept)
                heapify(kept)
                lane.heap = kept
        self.size -= gone
        return gone

    def clear(self) -> None:
        """Take out everything."""
        for lane in self.lanes:
            lane.heap.clear()
        self.size = 0


def _first(lane: Lane) -> Entry:
    return lane.heap[0]
