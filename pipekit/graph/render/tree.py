"""The graph as a tree of lines: each target with its deps indented below it, every task spelt out once. It owns how the
lines hang together, and must never colour them."""

from __future__ import annotations

from collections.abc import Iterator

from pipekit.graph.render.picture import Edge, Picture

DEEPEST = 24
"""Levels of indentation before a task's deps are spelt out further below instead."""


def draw(picture: Picture) -> str:
    """One line a task and edge: `name  kind -> product`; a task met again says where it is spelt out."""
    return "".join(line + "\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    below: list[list[Edge]] = [[] for _ in picture.nodes]
    for edge in picture.edges:
        below[edge.end].append(edge)
    spelt: set[int] = set()
    roots = list(picture.dag.sinks)
    for root in roots:  # grows while it is read: tasks too deep to be indented further become roots
        if root not in spelt:
            yield from _tree(picture, root, below, spelt, roots)


def _tree(picture: Picture, root: int, below: list[list[Edge]], spelt: set[int], roots: list[int]) -> Iterator[str]:
    stack = [(root, "", "", "", 0)]
    while stack:
        node, mark, before, inside, depth = stack.pop()
        text = before + picture.nodes[node].name + mark
        if node in spelt:
            yield f"{text}  (above)"
        elif depth == DEEPEST and below[node]:
            roots.append(node)
            yield f"{text}  (below)"
        else:
            spelt.add(node)
            yield f"{text}  {picture.nodes[node].caption}"
            edges = below[node]
            for edge in reversed(edges):
                last = edge is edges[-1]
                mark = "" if edge.via in ("product", "items") else f".{edge.via}"
                stack.append(
                    (
                        edge.start,
                        mark,
                        inside + ("└── " if last else "├── "),
                        inside + ("    " if last else "│   "),
                        depth + 1,
                    )
                )
