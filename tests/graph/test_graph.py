"""What a graph promises: its order, its edges, its places, and that it is a value."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graphs import graph, graphs, task

from pipekit.definition.tasks import dep_task
from pipekit.errors import GraphError, InvocationError
from pipekit.graph import Graph

ABOVE = graph(task("a"), task("b", ["a"]), task("c", ["b.cells", "a"]), task("d"))


def naive_upstream(of: Graph, name: str) -> frozenset[str]:
    return frozenset([name]).union(*(naive_upstream(of, dep_task(dep)) for dep in of.tasks[name].deps))


@given(graphs(most=8, least=1), st.data())
@settings(max_examples=60)
def test_places_are_what_the_oracle_says(of: Graph, data: st.DataObject) -> None:
    start, end = (data.draw(st.sampled_from(sorted(of.tasks))) for _ in range(2))
    above = {name: naive_upstream(of, name) for name in of.tasks}
    assert of.upstream(start, end) == above[start] | above[end]
    below = frozenset(name for name in of.tasks if start in above[name])
    assert of.downstream(of.tasks[start]) == below
    assert of.between(start, end) == below & above[end]
    assert set(of.targets) == {
        name for name in of.tasks if not any(name in above[other] for other in of.tasks if other != name)
    }


@given(graphs())
@settings(max_examples=60)
def test_tasks_stand_after_their_deps(of: Graph) -> None:
    seen: set[str] = set()
    for name, one in of.tasks.items():
        assert seen.issuperset(map(dep_task, one.deps))
        seen.add(name)


def test_places_take_handles_names_views_and_selections() -> None:
    a, b = ABOVE.tasks["a"], ABOVE.tasks["b"]
    assert ABOVE.upstream(b) == ABOVE.upstream("b") == ABOVE.upstream(b.cells) == ABOVE.upstream(["b"]) == {"a", "b"}
    assert ABOVE.upstream(ABOVE.downstream(b) | {"d"}) == {"a", "b", "c", "d"}
    assert ABOVE.upstream() == frozenset() and ABOVE.between(["a", "d"], "c") == {"a", "b", "c"}
    assert ABOVE.between(b, a) == frozenset() and a in ABOVE and "z" not in ABOVE


def test_where_picks_by_what_a_task_is() -> None:
    assert ABOVE.where(lambda t: len(t.deps)) & ABOVE.upstream("b") == {"b"}
    with pytest.raises(GraphError, match="raised ZeroDivisionError for task 'a'"):
        ABOVE.where(lambda t: 1 // 0)


@pytest.mark.parametrize("ask", [Graph.upstream, Graph.downstream, Graph.only, Graph.without])
def test_an_unknown_name_is_told_with_the_nearest(ask: object) -> None:
    words = graph(task("words"), task("counts"))
    with pytest.raises(GraphError, match="no task 'wrods' in graph 'test'") as caught:
        ask(words, "wrods")  # type: ignore[operator]
    assert caught.value.hint == "did you mean 'words'?"


def test_every_dep_must_be_there() -> None:
    with pytest.raises(GraphError, match=r"'b' depends on 'a\.cells', which is not in the graph"):
        graph(task("b", ["a.cells"]))


def test_deps_that_go_round_are_named() -> None:
    with pytest.raises(GraphError, match="the deps go round: a -> b -> a"):
        graph(task("a", ["b"]), task("b", ["a.cells"]))


def test_a_graph_is_a_value() -> None:
    again = Graph(dict(reversed(ABOVE.tasks.items())), "test")
    assert again == ABOVE and list(again.tasks) == ["d", "a", "b", "c"]
    assert len(ABOVE) == 4 and list(ABOVE) == list(ABOVE.tasks) and not ABOVE.mutated
    with pytest.raises(TypeError):
        ABOVE.tasks["x"] = task("x")  # type: ignore[index]
    with pytest.raises(GraphError, match="mutated"):
        pickle.dumps(ABOVE.only("a"))


def test_a_chain_of_ten_thousand_tasks() -> None:
    deep = graph(*(task(f"t{place}", [f"t{place - 1}"] if place else []) for place in reversed(range(10_000))))
    assert next(iter(deep)) == "t0" and len(deep.upstream("t9999")) == 10_000
    assert deep.targets == ("t9999",)


def test_invoke_checks_everything_and_keeps_the_graph() -> None:
    words = graph(
        task("lines", options=["path"]),
        task("counts", ["lines"], options={"top": 3}),
        task("other", options=["needed"]),
    )
    lines, counts, other = words.tasks.values()
    made = words.invoke(counts, lines.set(path="book.txt"))
    assert made.graph is words and made.targets == ("counts",)
    assert made.values == {"lines": {"path": "book.txt"}, "counts": {"top": 3}}
    swept = words.invoke((counts, lines), lines.set(path="x"), matrix=[[counts.set(top=top) for top in (1, 2)]])
    assert swept.targets == ("counts", "lines") and [(axis.name, axis.values) for axis in swept.axes] == [
        ("counts.top", (1, 2))
    ]
    with pytest.raises(InvocationError) as caught:
        words.invoke((counts, other), counts.set(tpo=3))
    assert len(caught.value.problems) == 3


def test_values_for_what_a_mutation_took_away_are_not_needed() -> None:
    words = graph(task("lines", options=["path"]), task("counts", ["lines"], options={"top": 3}))
    lines, counts = words.tasks.values()
    pinned = words.pin(counts, 1)
    assert pinned.invoke(counts, lines.set(path="x"), counts.set(top=4)).values == {"counts": {}}
    with pytest.raises(InvocationError, match="no option 'tpo'"):
        pinned.invoke(counts, counts.set(tpo=4))
