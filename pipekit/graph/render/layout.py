"""Where the nodes of a graph stand and how its edges run: columns by depth, few crossings, straight lines. It owns the
geometry of ids and sizes, and must never know what is drawn in a box."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from pipekit.graph.dag import Dag
from pipekit.graph.render.align import align

Point = tuple[float, float]

COLUMN_GAP, ROW_GAP, BEND = 72.0, 22.0, 10.0
"""Pixels between columns, between boxes, and what an edge that passes through a column takes there."""
MOST_BENDS, MOST_SWEPT = 20_000, 60_000
"""Above this many bends long edges run straight; above this many stretches of edges the order is not improved."""


class Layout(Struct, frozen=True):
    """`boxes[id]` is the upper left corner; `routes` gives for each edge (start, end) the points it runs through, in
    pairs that are level with each other inside a column; `width` and `height` hold all of it."""

    boxes: tuple[Point, ...]
    routes: dict[tuple[int, int], tuple[Point, ...]]
    width: float
    height: float


class Columns(Struct, frozen=True):
    """The boxes and, numbered after them, the bends: which column each is in, and its neighbours one column away."""

    members: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    bends: dict[tuple[int, int], int]


def layout(dag: Dag, widths: Sequence[float], height: float) -> Layout:
    """Place boxes of the given widths and one height, dependents to the right of their deps."""
    columns = _ordered(_columns(dag))
    sizes = [height] * len(dag) + [BEND] * len(columns.bends)
    rows = align(columns.members, columns.left, columns.right, sizes, ROW_GAP, len(dag))
    starts, ends = _places(columns, widths, len(dag))
    top = min(rows, default=0.0) - height / 2
    middle = [row - top for row in rows]
    column_of = {node: column for column, members in enumerate(columns.members) for node in members}
    boxes = tuple((starts[column_of[node]], middle[node] - height / 2) for node in range(len(dag)))
    routes = {}
    for end, deps in enumerate(dag.deps):
        for start in deps:
            through = [columns.bends.get((start, column)) for column in range(column_of[start] + 1, column_of[end])]
            points = [(boxes[start][0] + widths[start], middle[start])]
            for bend in through:
                if bend is not None:
                    points += [(starts[column_of[bend]], middle[bend]), (ends[column_of[bend]], middle[bend])]
            routes[start, end] = (*points, (boxes[end][0], middle[end]))
    return Layout(boxes, routes, ends[-1] if ends else 0.0, max(middle, default=0.0) + height / 2)


def _columns(dag: Dag) -> Columns:
    """A column per layer; a long edge bends in every column it passes, together with the others from its start."""
    layer = _layers(dag)
    last = max(layer, default=-1)
    members: list[list[int]] = [[] for _ in range(last + 1)]
    for node in range(len(dag)):
        members[layer[node]].append(node)
    bends: dict[tuple[int, int], int] = {}
    reach = {start: max((layer[end] for end in ends), default=0) for start, ends in enumerate(dag.dependents)}
    if sum(max(0, reach[start] - layer[start] - 1) for start in reach) <= MOST_BENDS:
        for start in range(len(dag)):
            for column in range(layer[start] + 1, reach[start]):
                bends[start, column] = len(dag) + len(bends)
                members[column].append(bends[start, column])
    left: list[list[int]] = [[] for _ in range(len(dag) + len(bends))]
    right: list[list[int]] = [[] for _ in left]
    for before, after in _stretches(dag, layer, bends):
        right[before].append(after)
        left[after].append(before)
    return Columns(members, left, right, bends)


def _layers(dag: Dag) -> list[int]:
    """The longest path from a start, but starts themselves stand right before their first dependent."""
    layer = list(dag.layers)
    for node, deps in enumerate(dag.deps):
        if not deps and dag.dependents[node]:
            layer[node] = min(layer[end] for end in dag.dependents[node]) - 1
    return layer


def _stretches(dag: Dag, layer: Sequence[int], bends: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    """The pairs of neighbours in adjacent columns that edges run between, each once."""
    found: dict[tuple[int, int], None] = {}
    for end, deps in enumerate(dag.deps):
        for start in deps:
            path = [start]
            if bends or layer[end] == layer[start] + 1:
                path += [bends[start, column] for column in range(layer[start] + 1, layer[end])] + [end]
            found.update(dict.fromkeys(pairwise(path)))
    return list(found)


def _ordered(columns: Columns) -> Columns:
    """The order inside each column that crosses least of those that sweeping by the middle of neighbours finds."""
    best = members = _from_left(columns)
    small = sum(map(len, columns.right)) <= MOST_SWEPT
    fewest = _crossings(members, columns.right) if small else 0
    for sweep in range(10 if fewest else 0):
        members = _swept(members, columns.left if sweep % 2 == 0 else columns.right, sweep % 2 == 1)
        crossings = _crossings(members, columns.right)
        if crossings < fewest:
            best, fewest = members, crossings
    return Columns(best, columns.left, columns.right, columns.bends)


def _from_left(columns: Columns) -> list[list[int]]:
    """A first order: as a walk from the right end meets them, so that what belongs together stands together."""
    met: dict[int, int] = {}
    stack = [node for column in columns.members for node in reversed(column) if not columns.right[node]]
    while stack:
        node = stack.pop()
        if node not in met:
            met[node] = len(met)
            stack += reversed(columns.left[node])
    return [sorted(column, key=lambda node: met.get(node, 0)) for column in columns.members]


def _swept(members: list[list[int]], neighbours: list[list[int]], backwards: bool) -> list[list[int]]:
    place: dict[int, int] = {}
    swept: list[list[int]] = []
    for column in reversed(members) if backwards else members:
        own = {node: float(at) for at, node in enumerate(column)}
        for node in column:
            near = sorted(place[other] for other in neighbours[node])
            if near:
                own[node] = (near[(len(near) - 1) // 2] + near[len(near) // 2]) / 2
        ordered = sorted(column, key=own.__getitem__)
        place.update((node, at) for at, node in enumerate(ordered))
        swept.append(ordered)
    return swept[::-1] if backwards else swept


def _crossings(members: list[list[int]], right: list[list[int]]) -> int:
    total = 0
    for column, after in pairwise(members):
        place = {node: at for at, node in enumerate(after)}
        seen: list[int] = []
        for node in column:
            ends = [place[other] for other in right[node]]
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _places(columns: Columns, widths: Sequence[float], boxes: int) -> tuple[list[float], list[float]]:
    """Where each column starts and ends."""
    starts, ends, at = [], [], 0.0
    for members in columns.members:
        width = max((widths[node] for node in members if node < boxes), default=0.0)
        starts.append(at)
        ends.append(at + width)
        at += width + COLUMN_GAP
    return starts, ends
