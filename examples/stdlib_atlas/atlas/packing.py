"""Circles within circles, without overlap: the coastlines of the map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, sqrt


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    r: float

    def overlaps(self, other: Circle) -> bool:
        return hypot(self.x - other.x, self.y - other.y) < self.r + other.r - 1e-6


def packed(radii: Sequence[float], wide: float = 1.0) -> list[Circle]:
    """A place for each radius, the largest around the origin; `wide` > 1 makes the whole wider than high.

    Each circle, from the largest to the smallest, goes where it touches two that already touch, at the free place
    nearest to the origin, so that small ones fill the gaps between large ones. The order of the result is that of
    `radii`.
    """
    order = sorted(range(len(radii)), key=lambda i: (-radii[i], i))
    placed: list[Circle] = []
    gaps: list[tuple[Circle, Circle]] = []
    for index in order:
        r = radii[index]
        if len(placed) < 2:
            circle = Circle(placed[0].r + r if placed else 0.0, 0.0, r)
            gaps = [(placed[0], circle), (circle, placed[0])] if placed else []
        else:
            a, b, circle = next(_places(gaps, placed, r, wide))
            gaps.remove((a, b))
            gaps += [(a, circle), (circle, b)]
        placed.append(circle)
    found = dict(zip(order, placed, strict=True))
    return [found[i] for i in range(len(radii))]


def around(circles: Sequence[Circle]) -> Circle:
    """Nearly the smallest circle that holds all of them.

    The centre walks towards whichever reaches out farthest, in ever smaller steps: Bădoiu and Clarkson, "Smaller
    Core-Sets for Balls" (2003).
    """
    x = y = 0.0
    for step in range(2, 200):
        far = max(circles, key=lambda c: hypot(c.x - x, c.y - y) + c.r)
        distance = hypot(far.x - x, far.y - y)
        reach = (distance + far.r) / distance if distance else 0.0
        x, y = x + (far.x - x) * reach / step, y + (far.y - y) * reach / step
    return Circle(x, y, max(hypot(c.x - x, c.y - y) + c.r for c in circles))


def _places(
    gaps: Sequence[tuple[Circle, Circle]], placed: Sequence[Circle], r: float, wide: float
) -> Iterator[tuple[Circle, Circle, Circle]]:
    """The free places for a circle of radius `r`, the nearest to the origin first."""
    candidates = [(a, b, _touching(a, b, r)) for a, b in gaps]
    candidates.sort(key=lambda place: hypot(place[2].x / wide, place[2].y))
    return (place for place in candidates if _is_free(place[2], placed))


def _is_free(circle: Circle, placed: Sequence[Circle]) -> bool:
    return not any(circle.overlaps(other) for other in reversed(placed))


def _touching(a: Circle, b: Circle, r: float) -> Circle:
    """The circle of radius `r` that touches both, on the left of the way from `a` to `b`."""
    across = hypot(b.x - a.x, b.y - a.y)
    to_a, to_b = a.r + r, b.r + r
    along = (across**2 + to_a**2 - to_b**2) / (2 * across)
    aside = sqrt(max(0.0, to_a**2 - along**2))
    ux, uy = (b.x - a.x) / across, (b.y - a.y) / across
    return Circle(a.x + ux * along - uy * aside, a.y + uy * along + ux * aside, r)
