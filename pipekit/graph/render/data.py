"""The graph as JSON for other programs. It owns the names of the fields, which stay what they are."""

from __future__ import annotations

import json
from typing import Any

from pipekit.graph.render.picture import Edge, Node, Picture


def draw(picture: Picture) -> str:
    """`{"name", "tasks": [...], "edges": [...], "targets": [...]}`, tasks with deps first."""
    return json.dumps(data(picture), indent=2, ensure_ascii=False) + "\n"


def data(picture: Picture) -> dict[str, Any]:
    """What `draw` writes; `via` of an edge is product, items, cells or failed."""
    return {
        "name": picture.name,
        "tasks": [_task(node) for node in picture.nodes],
        "edges": [_edge(picture, edge) for edge in picture.edges],
        "targets": [picture.nodes[place].name for place in picture.dag.sinks],
    }


def _task(node: Node) -> dict[str, Any]:
    options = [{"name": knob.name, "type": knob.type, "default": knob.default} for knob in node.options]
    where = None if node.origin is None else {"file": node.origin.file, "line": node.origin.line}
    facts: dict[str, Any] = {"name": node.name, "kind": node.kind, "product": node.product, "pinned": node.pinned}
    return facts | {"options": options, "tags": list(node.tags), "doc": node.doc, "where": where}


def _edge(picture: Picture, edge: Edge) -> dict[str, str]:
    return {"from": picture.nodes[edge.start].name, "to": picture.nodes[edge.end].name, "via": edge.via}
