"""The map: every package an island, every module a circle on it, its area in proportion to its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import sqrt

from .markup import Markup, join, tag, text_of
from .packing import Circle, around, packed
from .shades import described, shade
from .source import Facts

UNIT = 0.66  # radius in pixels of a module of one line; a thousand lines are thus 42 pixels across
SHORTEST = 12  # lines: anything shorter is drawn as large as this, to be seen at all
LABELLED = 19.0  # pixels: an island from this radius on has its name along the coast
MARGIN = 16.0


@dataclass
class Land:
    """A package with what is in it, or a module."""

    name: str
    facts: Facts | None = None
    inside: dict[str, Land] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    land: Land
    circle: Circle
    level: int

    def moved(self, x: float, y: float) -> Shape:
        return replace(self, circle=Circle(self.circle.x + x, self.circle.y + y, self.circle.r), level=self.level + 1)


def world_map(modules: Iterable[Facts]) -> Markup:
    """The whole map as one SVG picture."""
    shapes = list(_archipelago(_lands(modules)))
    left = min(s.circle.x - s.circle.r for s in shapes) - MARGIN
    top = min(s.circle.y - s.circle.r for s in shapes) - MARGIN
    width = max(s.circle.x + s.circle.r for s in shapes) + MARGIN - left
    height = max(s.circle.y + s.circle.r for s in shapes) + MARGIN - top
    coasts = [_coast(s) for s in shapes if s.level == 0]
    lands = [_drawn(s) for s in sorted(shapes, key=lambda s: s.level)]
    names = [_name_along_the_coast(s, i) for i, s in enumerate(shapes) if s.land.inside and s.circle.r >= LABELLED]
    return tag(
        "svg",
        tag("title", "Map of the library"),
        tag("desc", "Each circle is a module, each island a package. The tables below hold the same facts as text."),
        tag("g", *coasts, class_="coasts"),
        *lands,
        tag("g", *names, class_="names", aria_hidden="true"),
        class_="world",
        view_box=" ".join(map(text_of, (left, top, width, height))),
        role="img",
        aria_label="Map of the library",
    )


def _lands(modules: Iterable[Facts]) -> Land:
    root = Land("")
    for facts in modules:
        land = root
        for part in facts.name.split("."):
            land = land.inside.setdefault(part, Land(f"{land.name}.{part}".lstrip(".")))
        if facts.is_package:
            land = land.inside.setdefault("__init__", Land(land.name))
        land.facts = facts
    return root


def _archipelago(root: Land) -> Iterator[Shape]:
    islands = [_island(land) for land in root.inside.values()]
    room = [shapes[0].circle.r + (11 if shapes[0].land.inside else 3) for shapes in islands]
    for shapes, place in zip(islands, packed(room, wide=1.75), strict=True):
        yield from (replace(shape.moved(place.x, place.y), level=shape.level) for shape in shapes)


def _island(land: Land) -> list[Shape]:
    """The land around the origin, then everything in it."""
    if not land.inside and land.facts:
        return [Shape(land, Circle(0, 0, UNIT * sqrt(max(land.facts.lines, SHORTEST))), 0)]
    parts = [_island(inner) for inner in land.inside.values()]
    room = packed([shapes[0].circle.r + 1.2 for shapes in parts])
    coast = around(room)
    around_origin = [
        shape.moved(place.x - coast.x, place.y - coast.y)
        for shapes, place in zip(parts, room, strict=True)
        for shape in shapes
    ]
    return [Shape(land, Circle(0, 0, coast.r + 2.5), 0), *around_origin]


def _coast(shape: Shape) -> Markup:
    """Depth lines in the sea, as on old charts."""
    x, y, r = shape.circle.x, shape.circle.y, shape.circle.r
    return join(*(tag("circle", cx=x, cy=y, r=r + out, class_=f"depth{i}") for i, out in enumerate((13, 8, 3.5))))


def _drawn(shape: Shape) -> Markup:
    land, at = shape.land, shape.circle
    facts = land.facts
    if facts is None:
        count = sum(1 for _ in _modules(land))
        title = tag("title", f"{land.name}: a package of {count} modules")
        return tag("circle", title, cx=at.x, cy=at.y, r=at.r, class_="land")
    css = shade(facts.complexity)
    circle = tag("circle", described(facts), cx=at.x, cy=at.y, r=at.r, class_=css)
    name = facts.name.rpartition(".")[2]
    size = min(13.0, 1.6 * at.r / (0.56 * len(name)))
    if size < 5.5:
        return circle
    return join(circle, tag("text", name, x=at.x, y=at.y + size / 3, font_size=size, class_=f"on-{css}"))


def _modules(land: Land) -> Iterator[Facts]:
    if land.facts:
        yield land.facts
    for inner in land.inside.values():
        yield from _modules(inner)


def _name_along_the_coast(shape: Shape, number: int) -> Markup:
    at, name = shape.circle, shape.land.name
    outside = shape.level == 0
    if not outside or len(name) * 6.2 > 3 * at.r:
        return Markup()
    r = at.r + 3.5
    path = (
        f"M {text_of(at.x - r)} {text_of(at.y)} A {text_of(r)} {text_of(r)} 0 0 1 {text_of(at.x + r)} {text_of(at.y)}"
    )
    along = tag("textPath", name, href=f"#coast{number}", startOffset="50%")
    return join(tag("path", d=path, id=f"coast{number}", class_="unseen"), tag("text", along))
