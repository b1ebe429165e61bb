"""The graph as a Mermaid flowchart, as Markdown pages show it. It owns Mermaid's spelling and nothing else."""

from __future__ import annotations

from pipekit.graph.render.picture import Edge, Node, Picture

ARROWS = {"product": "-->", "items": "==>", "cells": "-. cells .->", "failed": "-. failed .->"}
SHAPES = {"task": ("[", "]"), "stream": ("([", "])"), "each": ("[[", "]]"), "pin": ("[(", ")]")}


def draw(picture: Picture) -> str:
    """A flowchart from left to right; tasks are boxes, streams are round, an each has bars, thick arrows carry items."""
    lines = ["flowchart LR"]
    lines += [f"    {_node(place, node)}" for place, node in enumerate(picture.nodes)]
    lines += [f"    {_edge(edge)}" for edge in picture.edges]
    return "\n".join(lines) + "\n"


def _node(place: int, node: Node) -> str:
    opening, closing = SHAPES["pin" if node.pinned else node.kind]
    return f'n{place}{opening}"{_text(node.name)}<br/><small>{_text(node.product)}</small>"{closing}'


def _edge(edge: Edge) -> str:
    return f"n{edge.start} {ARROWS[edge.via]} n{edge.end}"


def _text(text: str) -> str:
    """Mermaid reads `#name;` as a character of that name, so the sign itself goes first."""
    for sign, name in (("#", "#35;"), ("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, name)
    return text
