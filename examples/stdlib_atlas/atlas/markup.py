"""HTML and SVG from Python: what is not markup already is escaped."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is markup; everything else is escaped when it becomes part of one."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: str | float) -> Markup:
    """An element: `tag("rect", x=1, stroke_width=2)`. `class_` is `class`, other underscores are hyphens."""
    shown = "".join(f' {_name(key)}="{escape(text_of(value))}"' for key, value in attributes.items())
    return Markup(f"<{name}{shown}>{join(*inside)}</{name}>")


def join(*parts: str) -> Markup:
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def text_of(value: str | float) -> str:
    """Numbers with one decimal, which is finer than a pixel, and without a trailing zero."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def _name(key: str) -> str:
    return "viewBox" if key == "view_box" else key.removesuffix("_").replace("_", "-")
