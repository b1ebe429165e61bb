"""Where each task and each live product stands in the picture of a graph: an order, and a lane per product. It must never know what a task is or how a lane is coloured."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

N = TypeVar("N", bound=Hashable)


class LaneRow(Struct, frozen=True):
    """One row: the node's `lane`, the lanes it `taps`, those of them that `end` here, and every lane that is `live`."""

    lane: int
    taps: tuple[int, ...]
    ends: frozenset[int]
    live: int


class Picture(Struct, Generic[N], frozen=True):
    """Nodes from top to bottom and the row of each; `lanes` is how many stand side by side at most."""

    order: tuple[N, ...]
    rows: Mapping[N, LaneRow]
    lanes: int


def picture(deps: Mapping[N, Sequence[N]]) -> Picture[N]:
    """Lays out a graph given as node -> the nodes it uses; deps on nodes that are not there, or cyclic ones, do not count."""
    order = follow(deps)
    used = _usable(deps, order)
    left = Counter(dep for node in order for dep in used[node])
    lanes = _Lanes()
    rows: dict[N, LaneRow] = {}
    held: dict[N, int] = {}
    for node in order:
        left.subtract(used[node])
        taps = sorted(held[dep] for dep in used[node])
        ends = frozenset(held[dep] for dep in used[node] if not left[dep])
        lane = min(ends) if ends else lanes.free_after(taps[-1] if taps else -1)
        rows[node] = LaneRow(lane, tuple(taps), ends, lanes.live)
        for end in ends:
            lanes.free(end)
        if left[node]:
            lanes.take(lane)
            held[node] = lane
    return Picture(tuple(order), rows, lanes.most)


def _usable(deps: Mapping[N, Sequence[N]], order: Sequence[N]) -> dict[N, list[N]]:
    place = {node: index for index, node in enumerate(order)}
    return {
        node: [dep for dep in dict.fromkeys(deps[node]) if place.get(dep, len(order)) < place[node]] for node in order
    }


def follow(deps: Mapping[N, Sequence[N]]) -> list[N]:
    """A topological order in which a node comes as soon after its newest producer as it can; ties by the order given."""
    rank = {node: index for index, node in enumerate(deps)}
    below: dict[N, list[N]] = {node: [] for node in deps}
    waits: dict[N, int] = {}
    for node, above in deps.items():
        known = [dep for dep in dict.fromkeys(above) if dep in rank]
        waits[node] = len(known)
        for dep in known:
            below[dep].append(node)
    ready = [(0, rank[node], node) for node in deps if not waits[node]]
    order: list[N] = []
    while ready:
        node = heapq.heappop(ready)[2]
        order.append(node)
        for after in below[node]:
            waits[after] -= 1
            if not waits[after]:
                heapq.heappush(ready, (-len(order), rank[after], after))
    placed = set(order)
    return order + [node for node in deps if node not in placed]


def drawn(row: LaneRow, most: int) -> str:
    """The row as text, two columns a lane, at most `most` lanes: `"│ ●─│─╯"`; `…` where lanes are cut off."""
    first, last = min((row.lane, *row.taps)), max((row.lane, *row.taps))
    count = max(last + 1, row.live.bit_length())
    shown = min(count, most)
    cells = [_cell(row, lane, first, last) for lane in range(shown)]
    return "".join(cells).rstrip() if count <= most else "".join(cells)[:-1] + "…"


def _cell(row: LaneRow, lane: int, first: int, last: int) -> str:
    run = "─" if first <= lane < last else " "
    if lane == row.lane:
        return "●" + run
    if lane in row.taps:
        side = 0 if lane == first else 2 if lane == last else 1
        return ("╰┴╯" if lane in row.ends else "├┼┤")[side] + run
    if row.live >> lane & 1:
        return "│" + run
    return ("─" if first < lane < last else " ") + run


class _Lanes:
    """Which lanes hold a product. `live` has one bit per lane."""

    def __init__(self) -> None:
        self.live, self.most = 0, 0
        self._free: list[int] = []

    def free_after(self, lane: int) -> int:
        at = bisect_left(self._free, lane + 1)
        found = self._free[at] if at < len(self._free) else max(self.most, lane + 1)
        self._grow(found + 1)
        return found

    def take(self, lane: int) -> None:
        self._grow(lane + 1)
        self.live |= 1 << lane
        if lane in self._free:
            self._free.remove(lane)

    def free(self, lane: int) -> None:
        self.live &= ~(1 << lane)
        insort(self._free, lane)

    def _grow(self, most: int) -> None:
        for lane in range(self.most, most):
            insort(self._free, lane)
        self.most = max(self.most, most)
