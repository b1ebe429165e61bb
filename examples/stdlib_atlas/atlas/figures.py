"""The smaller pictures: who imports whom, who stands on whom, and how long functions are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import cos, pi, sin, sqrt
from statistics import fmean, median

from .markup import Markup, join, tag, text_of
from .shades import described, shade
from .source import Facts, Function

BINS = (1, 2, 4, 8, 16, 32, 64, 128)  # a function belongs to the first bin it is not longer than, else to one more


def inner_circle(names: Sequence[str], modules: Mapping[str, Facts], imports: Mapping[str, Sequence[str]]) -> Markup:
    """The modules `names`, clockwise from the top in their order, with a thread for every import among them."""
    radius = 280.0
    centre = radius + 26 + 6.7 * max(map(len, names))
    at = {name: _on_circle(centre, radius, i / len(names)) for i, name in enumerate(names)}
    members: list[Markup] = []
    for i, name in enumerate(names):
        x, y = at[name]
        facts = modules[name]
        threads = [tag("path", d=_thread(at[name], at[target], centre)) for target in imports[name] if target in at]
        dot = tag("circle", cx=x, cy=y, r=min(17, 3 + sqrt(facts.lines) / 4.2), class_=shade(facts.complexity))
        members.append(
            tag("g", described(facts), *threads, dot, _spoke_label(name, centre, radius + 21, i / len(names)))
        )
    side = text_of(2 * centre)
    return tag(
        "svg", tag("title", "Imports among the highest ranked modules"), *members,
        class_="circle", view_box=f"0 0 {side} {side}", role="img", aria_label="Imports among the highest ranked modules",
    )  # fmt: skip


WIDE, PITCH, LEFT = 60, 11.5, 30.0  # dots in a line, pixels from one to the next, pixels for the storey's number


def strata(storeys: Mapping[str, int], modules: Mapping[str, Facts], ranks: Mapping[str, float]) -> Markup:
    """A dot for every module, the foundation at the bottom; a row stands on the rows below it."""
    rows: list[Markup] = []
    y = 8.0
    for storey in range(max(storeys.values()), -1, -1):
        names = sorted((n for n in storeys if storeys[n] == storey), key=lambda n: (modules[n].complexity or 0, n))
        best = sorted(names, key=lambda n: (-ranks[n], n))[:3]
        rows.append(_row(storey, [modules[name] for name in names], ", ".join(best), y))
        y += _height(len(names)) + 6
    return tag(
        "svg", tag("title", "Modules by the number of storeys they stand on"), *rows,
        class_="strata", view_box=f"0 0 1180 {text_of(y + 8)}", role="img",
        aria_label="Modules by the number of storeys they stand on",
    )  # fmt: skip


def _row(storey: int, modules: Sequence[Facts], names: str, y: float) -> Markup:
    dots = [
        tag(
            "circle", described(facts), cx=LEFT + i % WIDE * PITCH + PITCH / 2, cy=y + i // WIDE * PITCH + PITCH / 2,
            r=4.6, class_=shade(facts.complexity),
        )
        for i, facts in enumerate(modules)
    ]  # fmt: skip
    middle = y + _height(len(modules)) / 2 + 3.5
    number = tag("text", str(storey), x=LEFT - 10, y=middle, class_="storey")
    return join(*dots, number, tag("text", names, x=LEFT + WIDE * PITCH + 14, y=middle, class_="who"))


def _height(dots: int) -> float:
    return ((dots - 1) // WIDE + 1) * PITCH


def function_lengths(packages: Mapping[str, Iterable[Facts]], most: int = 18) -> Markup:
    """Small multiples: for each of the packages with the most functions, how many there are of each length."""
    functions = {name: [function for facts in rows for function in facts.functions] for name, rows in packages.items()}
    chosen = sorted(functions, key=lambda name: (-len(functions[name]), name))[:most]
    return tag("div", *(_histogram(name, functions[name]) for name in chosen if functions[name]), class_="multiples")


def _histogram(name: str, functions: Sequence[Function]) -> Markup:
    bins: list[list[Function]] = [[] for _ in range(len(BINS) + 1)]
    for function in functions:
        bins[sum(function.lines > bound for bound in BINS)].append(function)
    tallest = max(map(len, bins))
    ranges = [f"up to {bound} lines" for bound in BINS] + [f"more than {BINS[-1]} lines"]
    bars = [
        tag(
            "rect", tag("title", f"{len(found)} functions of {text}"), x=2 + i * 22, width=20,
            y=66 - 60 * len(found) / tallest, height=60 * len(found) / tallest,
            class_=shade(fmean(function.complexity for function in found)),
        )
        for i, (found, text) in enumerate(zip(bins, ranges, strict=True))
        if found
    ]  # fmt: skip
    ticks = [tag("text", str(bound), x=12 + i * 44, y=79) for i, bound in enumerate(BINS[::2])]
    middle = median(function.lines for function in functions)
    words = f"{len(functions):,} functions, median {middle:g} lines"
    picture = tag(
        "svg", *bars, tag("line", x1=0, x2=200, y1=66.5, y2=66.5), *ticks,
        view_box="0 0 200 82", role="img", aria_label=f"{name}: {words}",
    )  # fmt: skip
    return tag("figure", tag("figcaption", tag("b", name), " ", tag("span", words)), picture)


def _on_circle(centre: float, radius: float, turn: float) -> tuple[float, float]:
    return centre + radius * sin(2 * pi * turn), centre - radius * cos(2 * pi * turn)


def _thread(start: tuple[float, float], end: tuple[float, float], centre: float) -> str:
    """A curve that bends towards the centre, the more the farther its ends lie apart."""
    bend = (centre + (start[0] + end[0] - 2 * centre) * 0.12, centre + (start[1] + end[1] - 2 * centre) * 0.12)
    x0, y0, x1, y1, x2, y2 = map(text_of, (*start, *bend, *end))
    return f"M{x0} {y0}Q{x1} {y1} {x2} {y2}"


def _spoke_label(name: str, centre: float, radius: float, turn: float) -> Markup:
    """The name, read outwards on the right half and inwards on the left, so that none stands on its head."""
    x, y = _on_circle(centre, radius, turn)
    right = turn < 0.5
    angle = text_of(360 * turn - 90 if right else 360 * turn + 90)
    return tag(
        "text", join(name), x=x, y=y, dy="0.33em", class_="right" if right else "left",
        transform=f"rotate({angle} {text_of(x)} {text_of(y)})",
    )  # fmt: skip
