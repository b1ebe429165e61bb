"""Which ready unit goes next and whether the run has room for it. It must never know what a unit does."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from pipekit.parallel.vocabulary import Capacity, Needs, Node

PATIENCE = 64
"""How often a ready unit may be overtaken by lower-ranked ones before nothing else is admitted until it fits."""


def capacity_for(nodes: tuple[Node, ...], capacity: Capacity) -> Capacity:
    """`capacity` with every named resource that nobody declared at its largest request."""
    named: dict[str, float] = {}
    for needs in {node.needs for node in nodes}:
        for name, amount in needs.named:
            named[name] = max(named.get(name, 0.0), amount)
    return Capacity(max(1, capacity.jobs), capacity.memory, {**named, **capacity.named})


class Room:
    """What the run has left. More than all of it is asked for as all of it, so that it runs alone."""

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
        return Needs(min(needs.cpu, float(self.capacity.jobs)), memory, named)

    def fits(self, granted: Needs) -> bool:
        return (
            granted.cpu <= self.cpu + 1e-9
            and granted.memory <= self.memory
            and all(amount <= self.named[name] + 1e-9 for name, amount in granted.named)
        )

    def take(self, granted: Needs, sign: int = 1) -> None:
        self.cpu -= sign * granted.cpu
        self.memory -= sign * granted.memory
        for name, amount in granted.named:
            self.named[name] -= sign * amount

    def give(self, granted: Needs) -> None:
        self.take(granted, -1)


class Queue:
    """Ready units by what they need, each need a heap by rank, then age: choosing looks at one head per need."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._heaps: dict[Needs, list[tuple[float, int, int, int]]] = {}
        self._overtaken: dict[Needs, int] = {}
        self._age = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, node: Node, unit: int) -> None:
        self._age += 1
        self._size += 1
        heap = self._heaps.setdefault(self.room.granted(node.needs), [])
        heappush(heap, (-node.rank, self._age, node.id, unit))

    def heads(self) -> list[tuple[tuple[float, int, int, int], Needs]]:
        """The first unit of each need, best first."""
        return sorted((heap[0], needs) for needs, heap in self._heaps.items() if heap)

    def next(self) -> tuple[int, int, Needs] | None:
        """Take out the best unit there is room for; None if there is none. A unit overtaken too often is waited for."""
        passed: list[Needs] = []
        for _, needs in self.heads() if len(self._heaps) > 1 else [((), n) for n, h in self._heaps.items() if h]:
            if self.room.fits(needs):
                for other in passed:
                    self._overtaken[other] = self._overtaken.get(other, 0) + 1
                self._overtaken.pop(needs, None)
                return self.pop(needs)
            if self._overtaken.get(needs, 0) >= PATIENCE:
                return None
            passed.append(needs)
        return None

    def pop(self, needs: Needs) -> tuple[int, int, Needs] | None:
        """Take out the best unit of one need."""
        heap = self._heaps.get(needs)
        if not heap:
            return None
        self._size -= 1
        _, _, node, unit = heappop(heap)
        return node, unit, needs

    def head(self, needs: Needs) -> int | None:
        """The node of the best unit of one need."""
        heap = self._heaps.get(needs)
        return heap[0][2] if heap else None

    def admits(self) -> bool:
        """Is there room for any unit that is ready?"""
        return any(heap and self.room.fits(needs) for needs, heap in self._heaps.items())

    def drop(self, node: int) -> int:
        """Take out every unit of `node`; gives how many there were."""
        gone = 0
        for needs, heap in self._heaps.items():
            kept = sorted(entry for entry in heap if entry[2] != node)
            gone += len(heap) - len(kept)
            self._heaps[needs] = kept
        self._size -= gone
        return gone
