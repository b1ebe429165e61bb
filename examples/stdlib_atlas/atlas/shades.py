"""What the colours mean: one class of style.css per range of complexity."""

from __future__ import annotations

from bisect import bisect_right

from .markup import Markup, tag
from .source import Facts

BOUNDS = (1.5, 2.25, 3.0, 4.0, 6.0)
RANGES = ("below 1.5", "to 2.25", "to 3", "to 4", "to 6", "6 and more")


def shade(complexity: float | None) -> str:
    return "none" if complexity is None else f"k{bisect_right(BOUNDS, complexity)}"


def legend() -> Markup:
    swatches = [(f"k{i}", text) for i, text in enumerate(RANGES)] + [("none", "no function")]
    shown = [tag("li", tag("i", class_=f"swatch {css}"), text) for css, text in swatches]
    return tag("ul", tag("li", "complexity of its functions, on average:"), *shown, class_="legend")


def described(facts: Facts) -> Markup:
    """The text that appears over a module: what it is and how large."""
    of_each = "" if facts.complexity is None else f", complexity {facts.complexity:.1f}"
    size = f"{facts.lines:,} lines, {len(facts.functions):,} functions{of_each}"
    return tag("title", f"{facts.name}: {facts.title}\n{size}" if facts.title else f"{facts.name}\n{size}")
