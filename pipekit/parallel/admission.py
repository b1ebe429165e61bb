"""Which ready unit goes next and whether the run has room for it. It must never know what a unit does."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

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

    def take(self, granted: Needs, sign: int = 1) -> None:
        self.cpu -= sign * granted.cpu
        self.memory -= sign * granted.memory
        for name, amount in granted.named:
            self.named[name] -= sign * amount

    def give(self, granted: Needs) -> None:
        self.take(granted, -1)


Entry = tuple[float, float, int, int, int]
"""A ready unit: rank, bytes freed (both negative, so that the most comes first), age, node, unit."""


class Queue:
    """Ready units by what they need, each need a heap by rank, bytes freed and age: choosing looks at one head per need."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._granted: dict[Needs, Needs] = {}
        self._heaps: dict[Needs, list[Entry]] = {}
        self.overtaken: dict[Needs, int] = {}
        self._age = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, node: Node, unit: int) -> None:
        self._age += 1
        self._size += 1
        granted = self._granted.get(node.needs)
        if granted is None:
            granted = self._granted[node.needs] = self.room.granted(node.needs)
        heap = self._heaps.setdefault(granted, [])
        heappush(heap, (-node.rank, -node.frees, self._age, node.id, unit))

    def heads(self) -> list[tuple[Entry, Needs]]:
        """The first unit of each need, best first."""
        return sorted((heap[0], needs) for needs, heap in self._heaps.items() if heap)

    def next(self) -> tuple[int, int, Needs] | None:
        """Take out the best unit there is room for; None if there is none. A unit overtaken too often is waited for."""
        if len(self._heaps) == 1:
            return self._only()
        passed: list[Needs] = []
        for _, needs in self.heads():
            if self.room.fits(needs) and not self._held_back(needs, passed):
                self._pass(passed)
                return self.pop(needs)
            passed.append(needs)
        return None

    def _only(self) -> tuple[int, int, Needs] | None:
        [(needs, heap)] = self._heaps.items()
        return self.pop(needs) if heap and self.room.fits(needs) else None

    def ahead(self, needs: Needs) -> tuple[int, int, Needs] | None:
        """Take out the best unit of one need for a worker that has not yet given back as much; None if that would be at
        the cost of a better one."""
        heap = self._heaps.get(needs)
        if not heap:
            return None
        passed = [other for other, heads in self._heaps.items() if heads and heads[0] < heap[0]]
        if passed:
            self.room.give(needs)
            instead = any(self.room.fits(other) for other in passed)
            self.room.take(needs)
            if instead or self._held_back(needs, passed):
                return None
            self._pass(passed)
        return self.pop(needs)

    def _held_back(self, needs: Needs, passed: list[Needs]) -> bool:
        return any(self.overtaken.get(other, 0) >= PATIENCE and self.room.delays(needs, other) for other in passed)

    def _pass(self, passed: list[Needs]) -> None:
        for other in passed:
            self.overtaken[other] = self.overtaken.get(other, 0) + 1

    def pop(self, needs: Needs) -> tuple[int, int, Needs]:
        """Take out the best unit of one need, of which there are some."""
        self._size -= 1
        self.overtaken.pop(needs, None)
        *_, node, unit = heappop(self._heaps[needs])
        return node, unit, needs

    def head(self, needs: Needs) -> int | None:
        """The node of the best unit of one need."""
        heap = self._heaps.get(needs)
        return heap[0][3] if heap else None

    def admits(self) -> bool:
        """Is there room for any unit that is ready?"""
        return any(heap and self.room.fits(needs) for needs, heap in self._heaps.items())

    def drop(self, node: int) -> int:
        """Take out every unit of `node`; gives how many there were."""
        gone = 0
        for needs, heap in self._heaps.items():
            kept = [entry for entry in heap if entry[3] != node]
            if len(kept) < len(heap):
                gone += len(heap) - len(kept)
                heapify(kept)
                self._heaps[needs] = kept
        self._size -= gone
        return gone

    def clear(self) -> None:
        """Take out everything."""
        self._heaps.clear()
        self._size = 0
