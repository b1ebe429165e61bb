"""What the atlas claims, on libraries small enough to check by eye."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest
from atlas.markup import tag
from atlas.packing import around, packed
from atlas.ranks import circles, depths, pagerank
from atlas.source import Module, modules_in
from tasks import atlas, facts, imports, modules, ranking

from pipekit.testing import Pipeline

LIBRARY = {
    "base.py": '"""The ground."""\nLIMIT = 3\n',
    "kit/__init__.py": "from .parts import assemble\n",
    "kit/parts.py": (
        "import base, sys\n"
        "def assemble(parts):\n"
        "    '''Put them together.'''\n"
        "    import top\n"
        "    return [p for p in parts if p and p < base.LIMIT]\n"
    ),
    "top.py": "from kit import parts\nif __name__ == '__main__':\n    import base\n",
    "broken.py": "print 'Python 2'\n",
}


@pytest.fixture
def library(tmp_path: Path) -> list[Module]:
    for path, text in LIBRARY.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return list(modules_in(tmp_path))


def test_a_module_is_named_as_it_is_imported(library: list[Module]) -> None:
    assert [module.name for module in library] == ["base", "broken", "kit", "kit.parts", "top"]


def test_facts_of_one_module(library: list[Module]) -> None:
    found = facts(library[3])
    assert (found.lines, found.needs, found.later) == (5, ("base", "sys"), ("top",))
    assert [(f.name, f.line, f.lines, f.complexity) for f in found.functions] == [("assemble", 2, 4, 3)]
    assert (found.public, found.documented) == (2, 1)


def test_imports_are_resolved_within_the_library(pipeline: Pipeline, library: list[Module]) -> None:
    graph = pipeline.pin(modules, library).run(imports)
    assert graph.needs == {"base": [], "kit": ["kit.parts"], "kit.parts": ["base"], "top": ["kit.parts"]}
    assert graph.later["kit.parts"] == ["top"]
    assert graph.later["top"] == ["base"]


def test_the_ground_is_ranked_first(pipeline: Pipeline, library: list[Module]) -> None:
    order = pipeline.pin(modules, library).run(ranking)
    assert order[0]["module"] == "base"
    assert sum(entry["rank"] for entry in order) == pytest.approx(1)
    assert {entry["module"]: entry["storey"] for entry in order} == {"base": 0, "kit.parts": 1, "kit": 2, "top": 2}


def test_a_real_package(pipeline: Pipeline) -> None:
    found = {entry["module"] for entry in pipeline.run(ranking, modules.set(packages=("json",)))}
    assert {"json", "json.decoder", "json.encoder", "json.scanner", "json.tool"} <= found


def test_the_page_lists_what_did_not_parse_and_needs_nothing_else(pipeline: Pipeline, library: list[Module]) -> None:
    html = pipeline.pin(modules, library).run(atlas)
    found = Links()
    found.feed(html)
    assert "broken.py" in html
    assert "SyntaxError" in html
    assert all(link.startswith("#") for link in found.links)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]


def test_pagerank_of_a_star() -> None:
    rank = pagerank({"hub": [], "a": ["hub"], "b": ["hub"], "c": ["hub"]})
    assert rank["a"] == rank["b"] == rank["c"]
    # By hand, with d = 0.85: a = (0.15 + d hub) / 4 and hub = a + 3 d a, so a = 0.15 / (4 - d (1 + 3 d)).
    assert rank["a"] == pytest.approx(0.15 / (4 - 0.85 * (1 + 3 * 0.85)))
    assert rank["hub"] == pytest.approx(rank["a"] * (1 + 3 * 0.85))


def test_modules_in_a_circle_share_a_storey() -> None:
    graph = {"a": ["b"], "b": ["c", "a"], "c": ["d"], "d": [], "e": ["a"]}
    assert depths(graph) == {"a": 2, "b": 2, "c": 1, "d": 0, "e": 3}
    assert frozenset("ab") in set(circles(graph))


@pytest.mark.parametrize("seed", range(5))
def test_islands_do_not_overlap(seed: int) -> None:
    draw = random.Random(seed)
    radii = [draw.lognormvariate(2, 1) for _ in range(60)]
    placed = packed(radii, wide=1.5)
    coast = around(placed)
    assert [circle.r for circle in placed] == radii
    assert not any(a.overlaps(b) for a, b in combinations(placed, 2))
    assert all((c.x - coast.x) ** 2 + (c.y - coast.y) ** 2 <= (coast.r - c.r + 1e-6) ** 2 for c in placed)


def test_text_becomes_harmless_markup() -> None:
    assert tag("p", "a < b", tag("b", "&"), title='"') == '<p title="&quot;">a &lt; b<b>&amp;</b></p>'
