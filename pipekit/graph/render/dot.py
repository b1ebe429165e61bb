"""The graph in Graphviz's language. It owns DOT's spelling and nothing else."""

from __future__ import annotations

from pipekit.graph.render.picture import Edge, Node, Picture

SHAPES = {"task": "box", "stream": "cds", "each": "box3d", "pin": "cylinder"}
STYLES = {
    "product": "",
    "items": " [penwidth=2.2]",
    "cells": ' [style=dashed, label="cells"]',
    "failed": ' [style=dotted, label="failed"]',
}


def draw(picture: Picture) -> str:
    """A digraph from left to right; thick arrows carry items."""
    lines = [
        f"digraph {_quoted(picture.name or 'graph')} {{",
        "    rankdir=LR;",
        '    node [fontname="Helvetica", fontsize=11];',
    ]
    lines += [f"    {_node(node)}" for node in picture.nodes]
    lines += [f"    {_edge(picture, edge)}" for edge in picture.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    shape = SHAPES["pin" if node.pinned else node.kind]
    return f"{_quoted(node.name)} [shape={shape}, label={_quoted(node.name, node.caption)}];"


def _edge(picture: Picture, edge: Edge) -> str:
    start, end = (_quoted(picture.nodes[place].name) for place in (edge.start, edge.end))
    return f"{start} -> {end}{STYLES[edge.via]};"


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
