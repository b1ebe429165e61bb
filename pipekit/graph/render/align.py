"""How far down each member of a column stands: as near to its neighbours as the others in its column allow, in the
order given. It owns that one optimisation, and must never reorder a column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

SWEEPS, LARGE = 18, 20_000
"""How often each column looks at its neighbours; with more members than `LARGE` a quarter of that."""
BEND_PULL = 6.0
"""How much harder a bend pulls at a bend than a box at a box: long edges run straight."""


def align(
    members: Sequence[Sequence[int]],
    left: Sequence[Sequence[int]],
    right: Sequence[Sequence[int]],
    sizes: Sequence[float],
    gap: float,
    boxes: int,
) -> list[float]:
    """The middle of each member, in pixels; ids from `boxes` on are bends of edges."""
    middle = [0.0] * len(sizes)
    for column in members:
        offsets = _offsets(column, sizes, gap)
        for node, offset in zip(column, offsets, strict=True):
            middle[node] = offset - offsets[-1] / 2

    def near(sweep: int, node: int) -> Sequence[int]:
        """The side that has just been placed; at last both, and where there is but one, that one."""
        one = left[node] if sweep % 2 == 0 else right[node]
        return [*left[node], *right[node]] if sweep >= sweeps // 2 or not one else one

    sweeps = SWEEPS if len(sizes) < LARGE else SWEEPS // 4
    for sweep in range(sweeps):
        for column in members if sweep % 2 == 0 else reversed(members):
            offsets = _offsets(column, sizes, gap)
            wanted = [_wanted(node, near(sweep, node), middle, boxes) for node in column]
            for node, at in zip(column, _apart(wanted, offsets), strict=True):
                middle[node] = at
    return middle


def _offsets(column: Sequence[int], sizes: Sequence[float], gap: float) -> list[float]:
    """The middle of each where all stand as close as they may, the first at 0."""
    offsets = [0.0]
    for above, below in pairwise(column):
        offsets.append(offsets[-1] + (sizes[above] + sizes[below]) / 2 + gap)
    return offsets


def _wanted(node: int, near: Sequence[int], middle: Sequence[float], boxes: int) -> tuple[float, float]:
    """Where a member would like to stand, and how strongly."""
    if not near:
        return middle[node], 0.1
    pulls = [BEND_PULL if node >= boxes and other >= boxes else 1.0 for other in near]
    total = sum(pulls)
    return sum(middle[other] * pull for other, pull in zip(near, pulls, strict=True)) / total, total


def _apart(wanted: Sequence[tuple[float, float]], offsets: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares) that keep order and distance: neighbours that would overlap
    move as one block to their common mean."""
    blocks: list[list[float]] = []  # mean, weight, how many
    for (place, weight), offset in zip(wanted, offsets, strict=True):
        blocks.append([place - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight_, count = blocks.pop()
            above = blocks[-1]
            above[0] = (above[0] * above[1] + mean * weight_) / (above[1] + weight_)
            above[1] += weight_
            above[2] += count
    means = [mean for mean, _, count in blocks for _ in range(int(count))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
