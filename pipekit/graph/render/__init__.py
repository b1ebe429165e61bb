"""A graph as text in one of six formats. It owns which format is drawn by whom, and must never know where the text goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from pipekit.errors import GraphError
from pipekit.graph.query import meant, names
from pipekit.graph.render.picture import Picture, picture

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph

FORMATS = {"tree": "tree", "mermaid": "mermaid", "dot": "dot", "svg": "svg", "html": "page", "json": "data"}
"""Each format and the module beside this one whose `draw(picture)` makes it."""

__all__ = ["FORMATS", "Picture", "picture", "render"]


def render(graph: Graph, format: str, selection: Iterable[str] | None = None) -> str:
    """`graph`, or of it only `selection` and the edges inside, as text that ends in a newline; GraphError for an unknown
    format or task."""
    if format not in FORMATS:
        raise GraphError(f"a graph has no format {format!r}", hint=meant(format, FORMATS, "format"))
    wanted = None if selection is None else frozenset(names(graph, [selection]))
    draw: Callable[[Picture], str] = import_module(f"pipekit.graph.render.{FORMATS[format]}").draw
    return draw(picture(graph, wanted))
