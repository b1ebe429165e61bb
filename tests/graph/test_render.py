"""Renders: each holds every task and every edge, and its text is what programs that read it expect."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from support.graphs import graph, graphs, task

from pipekit.definition.tasks import dep_task
from pipekit.errors import GraphError
from pipekit.graph import Graph
from pipekit.graph.dag import Dag
from pipekit.graph.render import FORMATS
from pipekit.graph.render.layout import layout
from pipekit.graph.render.svg import HEIGHT
from pipekit.graph.render.tree import DEEPEST

Edges = set[tuple[str, str]]
SVG = "{http://www.w3.org/2000/svg}"


def edges_of(of: Graph) -> Edges:
    return {(dep_task(dep), name) for name, one in of.tasks.items() for dep in one.deps}


def from_tree(text: str) -> tuple[set[str], Edges]:
    names, edges = set(), set()
    path: list[str] = []
    for line in text.splitlines():
        bare = line.lstrip("│├└─ ")
        depth = (len(line) - len(bare)) // 4
        name = dep_task(bare.split("  ")[0])
        path[depth:] = [name]
        names.add(name)
        if depth:
            edges.add((name, path[depth - 1]))
    return names, edges


def from_mermaid(text: str) -> tuple[set[str], Edges]:
    names = dict(re.findall(r'^    (n\d+)\W+"([^<"]+)<br/>', text, re.M))
    arrows = re.findall(r"^    (n\d+) (?:-->|==>|-\. cells \.->|-\. failed \.->) (n\d+)$", text, re.M)
    return set(names.values()), {(names[start], names[end]) for start, end in arrows}


def from_dot(text: str) -> tuple[set[str], Edges]:
    arrows = re.findall(r'^    "([^"]+)" -> "([^"]+)"', text, re.M)
    return set(re.findall(r'^    "([^"]+)" \[shape', text, re.M)), {(start, end) for start, end in arrows}


def from_json(text: str) -> tuple[set[str], Edges]:
    data = json.loads(text)
    return {one["name"] for one in data["tasks"]}, {(edge["from"], edge["to"]) for edge in data["edges"]}


def from_svg(text: str) -> tuple[set[str], Edges]:
    root = ElementTree.fromstring(text)
    names = {group.attrib["data-task"] for group in root.iter(f"{SVG}g") if "data-task" in group.attrib}
    return names, {
        (path.attrib["data-from"], path.attrib["data-to"])
        for path in root.iter(f"{SVG}path")
        if "data-from" in path.attrib
    }


def from_html(text: str) -> tuple[set[str], Edges]:
    found = from_svg(text[text.index("<svg") : text.index("</svg>") + 6])
    facts = re.search(r'<script type="application/json" id="facts">(.*?)</script>', text, re.S)
    assert facts is not None and from_json(facts[1]) == found
    return found


READ = {
    "tree": from_tree,
    "mermaid": from_mermaid,
    "dot": from_dot,
    "json": from_json,
    "svg": from_svg,
    "html": from_html,
}


def test_every_format_is_read_here() -> None:
    assert set(READ) == set(FORMATS)


@given(graphs())
@settings(max_examples=60)
def test_every_render_has_every_task_and_edge(of: Graph) -> None:
    for format, read in READ.items():
        assert read(of.render(format)) == (set(of.tasks), edges_of(of)), format  # type: ignore[arg-type]


@given(graphs(least=2))
@settings(max_examples=30)
def test_a_selection_is_drawn_with_the_edges_inside(of: Graph) -> None:
    chosen = set(list(of.tasks)[::2])
    for format, read in READ.items():
        inside = {(start, end) for start, end in edges_of(of) if start in chosen and end in chosen}
        assert read(of.render(format, chosen)) == (chosen, inside), format  # type: ignore[arg-type]


WORDS = graph(
    task("lines", kind="stream", options=["path"]),
    task("words", ["lines"], kind="each", options={"lower": True}),
    task("counts", ["words"]),
    task("problems", ["words.failed"]),
    task("ranking", ["counts", "words"], options={"top": 20}, tags=["slow"]),
    task("best", ["ranking.cells"]),
    name="words",
)


def test_the_tree() -> None:
    assert (
        WORDS.render("tree")
        == """\
problems  task -> Any
└── words.failed  each -> Any
    └── lines  stream -> Any
best  task -> Any
└── ranking.cells  task -> Any
    ├── counts  task -> Any
    │   └── words  (above)
    └── words  (above)
"""
    )
    assert WORDS.render() == WORDS.render("tree")


def test_mermaid() -> None:
    assert (
        WORDS.only("counts").render("mermaid")
        == """\
flowchart LR
    n0(["lines<br/><small>Any</small>"])
    n1[["words<br/><small>Any</small>"]]
    n2["counts<br/><small>Any</small>"]
    n0 ==> n1
    n1 ==> n2
"""
    )


def test_json_tells_what_each_task_is() -> None:
    data = json.loads(WORDS.render("json"))
    assert data["name"] == "words" and data["targets"] == ["problems", "best"]
    ranking = next(one for one in data["tasks"] if one["name"] == "ranking")
    assert ranking["options"] == [{"name": "top", "type": "Any", "default": "20"}] and ranking["tags"] == ["slow"]
    assert {"from": "ranking", "to": "best", "via": "cells"} in data["edges"]
    assert {"from": "words", "to": "counts", "via": "items"} in data["edges"]
    assert next(one for one in data["tasks"] if one["name"] == "lines")["options"][0]["default"] is None


def test_a_pin_is_drawn_as_one() -> None:
    pinned = WORDS.pin(WORDS.tasks["counts"], 3)
    assert "counts  pinned -> Any" in pinned.render("tree")
    assert '[("counts<br/>' in pinned.render("mermaid") and "shape=cylinder" in pinned.render("dot")
    assert 'class="pin" data-task="counts"' in pinned.render("svg")


def test_unknown_formats_and_tasks() -> None:
    with pytest.raises(GraphError, match="no format 'mermaidd'") as caught:
        WORDS.render("mermaidd")  # type: ignore[arg-type]
    assert caught.value.hint == "did you mean 'mermaid'?"
    with pytest.raises(GraphError, match="no task 'wrds'"):
        WORDS.render("tree", ["wrds"])


def test_nothing_in_a_docstring_or_default_becomes_markup() -> None:
    nasty = graph(task("a", options={"x": '</script><img src=x onerror="alert(1)">&'}, tags=['<b>"']), name="<u>&'\"")
    for format in ("svg", "html"):
        text = nasty.render(format)  # type: ignore[arg-type]
        assert "<img" not in text and "<u>" not in text and "<b>" not in text
        assert READ[format](text) == ({"a"}, set())
    assert json.loads(nasty.render("json"))["tasks"][0]["options"][0]["default"].startswith("'</script>")


class Tags(HTMLParser):
    """What a page would load, and whether its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "input", "path", "rect"):
            self.open.append(tag)
        self.outside += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_whole() -> None:
    text = WORDS.render("html")
    page = Tags()
    page.feed(text)
    assert not page.open and not page.outside
    assert "@import" not in text and "url(http" not in text and "<title>words</title>" in text


def chain(count: int) -> Graph:
    return graph(*(task(f"t{place}", [f"t{place - 1}"] if place else []) for place in range(count)))


def test_a_deep_chain_is_not_indented_without_end() -> None:
    deep = chain(3_000)
    text = deep.render("tree")
    assert max(map(len, text.splitlines())) < 4 * DEEPEST + 30
    assert from_tree(text) == (set(deep.tasks), edges_of(deep))
    for format in ("mermaid", "dot", "svg"):
        assert len(READ[format](deep.render(format))[1]) == 2_999  # type: ignore[arg-type]


def test_many_tasks_are_drawn_in_a_moment() -> None:
    wide = graph(
        task("root"),
        *(task(f"t{place}", ["root"]) for place in range(2_000)),
        task("end", [f"t{place}" for place in range(2_000)]),
    )
    assert len(from_svg(wide.render("svg"))[1]) == 4_000


# -- layout


@given(graphs())
@settings(max_examples=60)
def test_boxes_do_not_overlap_and_edges_run_to_the_right(of: Graph) -> None:
    widths = [60.0 + 10 * (node % 5) for node in range(len(of))]
    placed = layout(of.dag, widths, HEIGHT)
    boxes = [(x, y, x + width, y + HEIGHT) for (x, y), width in zip(placed.boxes, widths, strict=True)]
    for place, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0 and top >= -0.01 and right <= placed.width + 0.01 and bottom <= placed.height + 0.01
        for other in boxes[:place]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    for (start, end), points in placed.routes.items():
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert points[0] == pytest.approx((boxes[start][2], (boxes[start][1] + boxes[start][3]) / 2))
        assert points[-1] == pytest.approx((boxes[end][0], (boxes[end][1] + boxes[end][3]) / 2))


def test_crossings_that_need_not_be_are_not() -> None:
    placed = layout(Dag([(), (), (), (2,), (1,), (0,)]), [50.0] * 6, 20.0)
    rows = [y for _, y in placed.boxes]
    pairs = sorted((rows[start], rows[end]) for start, end in ((2, 3), (1, 4), (0, 5)))
    assert [end for _, end in pairs] == sorted(end for _, end in pairs)


def test_a_lone_chain_is_a_straight_line() -> None:
    placed = layout(Dag([(), (0,), (1,), (2,)]), [50.0, 90.0, 10.0, 30.0], 20.0)
    assert len({y for _, y in placed.boxes}) == 1


def test_nothing_can_be_drawn() -> None:
    assert layout(Dag([]), [], 20.0).boxes == ()
    assert graph().render("tree") == "" and from_svg(graph().render("svg")) == (set(), set())
