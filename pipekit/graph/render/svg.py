"""The graph as one SVG picture that stands alone: cards in columns, from the first deps on the left to the targets on the
right, in light and dark. It owns how a task looks, and must never reach for a font, script or image elsewhere."""

from __future__ import annotations

from html import escape

from pipekit.graph.render.layout import Layout, layout
from pipekit.graph.render.picture import Edge, Node, Picture

HEIGHT, MARGIN = 46.0, 28.0
NAME, CAPTION = 7.9, 6.5
"""Pixels a character of a name and of a caption takes."""
LONGEST = 34

STYLE = """
.graph { --page: #ffffff; --card: #ffffff; --line: #d5dae1; --ink: #1d2530; --soft: #667182; --edge: #9aa5b4;
  --task: #4569d4; --stream: #0d8f7f; --each: #b56a12; --pin: #8a56c2; --failed: #cc3d46;
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { .graph { --page: #14181f; --card: #1d232d; --line: #343d4b; --ink: #e8ecf2;
  --soft: #93a0b3; --edge: #5e6b7e; --task: #7f9dff; --stream: #3cc7b3; --each: #e6a04a; --pin: #bd93ef; --failed: #ff7b82; } }
.graph .page { fill: var(--page); }
.graph .card { fill: var(--card); stroke: var(--line); }
.graph .name { fill: var(--ink); font-size: 13px; font-weight: 600; }
.graph .caption { fill: var(--soft); font-size: 10.5px; }
.graph .edge { fill: none; stroke: var(--edge); stroke-width: 1.4; }
.graph .edge.items { stroke: var(--stream); stroke-width: 2.6; }
.graph .edge.cells { stroke: var(--pin); stroke-dasharray: 6 4; }
.graph .edge.failed { stroke: var(--failed); stroke-dasharray: 2 4; stroke-linecap: round; }
.graph .head { fill: var(--edge); } .graph .head.items { fill: var(--stream); }
.graph .head.cells { fill: var(--pin); } .graph .head.failed { fill: var(--failed); }
.graph .bar { fill: var(--task); } .graph .stream .bar { fill: var(--stream); }
.graph .each .bar { fill: var(--each); } .graph .pin .bar { fill: var(--pin); }
""".strip()


def draw(picture: Picture) -> str:
    """A whole SVG document."""
    return figure(picture, f"<style>{STYLE}</style>")


def figure(picture: Picture, style: str = "") -> str:
    """The `<svg>` element alone, for a page that brings `STYLE` itself. Each task is a `<g data-task=name>`, each edge a
    `<path data-from data-to>`."""
    widths = [_width(node) for node in picture.nodes]
    placed = layout(picture.dag, widths, HEIGHT)
    width, height = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(picture.name or "graph")}">',
        style,
        _heads(),
        '<rect class="page" width="100%" height="100%"/>',
        f'<g transform="translate({MARGIN:g} {MARGIN:g})">',
        *(_edge(picture, edge, placed) for edge in picture.edges),
        *(_card(node, placed.boxes[at], widths[at]) for at, node in enumerate(picture.nodes)),
        "</g></svg>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _heads() -> str:
    shape = '<path d="M0 0L9 4.5L0 9z" class="head {0}"/>'
    size = 'viewBox="0 0 9 9" refX="8" refY="4.5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"'
    heads = [
        f'<marker id="head-{via}" {size}>{shape.format(via)}</marker>'
        for via in ("product", "items", "cells", "failed")
    ]
    return f"<defs>{''.join(heads)}</defs>"


def _width(node: Node) -> float:
    return max(len(_cut(node.name)) * NAME, len(_cut(node.caption)) * CAPTION) + 34


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _card(node: Node, corner: tuple[float, float], width: float) -> str:
    """A card with a bar in the colour of its kind; what makes many items lies on a pile."""
    x, y = corner
    pile = [
        f'<rect class="card" x="{step}" y="{step}" width="{width:.1f}" height="{HEIGHT:g}" rx="9"/>'
        for step in (7, 3.5)
    ]
    parts = [
        f'<g class="{"pin" if node.pinned else node.kind}" data-task="{escape(node.name)}"'
        f' transform="translate({x:.1f} {y:.1f})">',
        f"<title>{escape(_told(node))}</title>",
        *(pile if node.streams else ()),
        f'<rect class="card" width="{width:.1f}" height="{HEIGHT:g}" rx="9"/>',
        f'<rect class="bar" x="8" y="11" width="4" height="{HEIGHT - 22:g}" rx="2"/>',
        f'<text class="name" x="21" y="20">{escape(_cut(node.name))}</text>',
        f'<text class="caption" x="21" y="35">{escape(_cut(node.caption).replace("->", "→"))}</text></g>',
    ]
    return "".join(parts)


def _told(node: Node) -> str:
    lines = [f"{node.name}  {node.caption}", *(f"  {knob}" for knob in node.options)]
    return "\n".join([*lines, node.doc] if node.doc else lines)


def _edge(picture: Picture, edge: Edge, placed: Layout) -> str:
    start, end = picture.nodes[edge.start].name, picture.nodes[edge.end].name
    names = f'data-from="{escape(start)}" data-to="{escape(end)}"'
    return f'<path class="edge {edge.via}" {names} marker-end="url(#head-{edge.via})" d="{_curve(placed.routes[edge.start, edge.end])}"/>'


def _curve(points: tuple[tuple[float, float], ...]) -> str:
    """Level through each column, a smooth S between them."""
    (x, y), *rest = points
    steps = [f"M{x:.1f} {y:.1f}"]
    for at, (x_next, y_next) in enumerate(rest):
        if at % 2 or abs(y_next - y) < 0.05:
            steps.append(f"L{x_next:.1f} {y_next:.1f}")
        else:
            bend = (x + x_next) / 2
            steps.append(f"C{bend:.1f} {y:.1f} {bend:.1f} {y_next:.1f} {x_next:.1f} {y_next:.1f}")
        x, y = x_next, y_next
    return "".join(steps)
