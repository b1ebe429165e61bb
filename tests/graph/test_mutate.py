"""Mutations: what they keep, drop and refuse, and that the graph before them stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graphs import graph, graphs, task

from pipekit.definition.env import Env
from pipekit.errors import GraphError
from pipekit.graph import Graph
from pipekit.values import Cell, Failure

env = Env("words")


@env.type()
def positive(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


@env.stream(tags=["net"], retries=3)
def lines(*, path: str) -> Iterator[str]:
    """The lines of a file."""
    yield path


@env.each(lines, on_error="skip")
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return line.split()


@env.task(words, resources={"cpu": 2})
def counts(rows: Iterator[list[str]], /, *, least: Annotated[int, positive] = 1) -> dict[str, int]:
    return {word: 1 for row in rows for word in row}


@env.task(counts)
def ranking(table: dict[str, int], /, *, top: int = 20) -> list[str]:
    return sorted(table)[:top]


@env.task(ranking.cells)
def best(cells: Iterator[Cell[list[str]]], /) -> list[str]:
    return [cell.product[0] for cell in cells]


@env.task(words.failed)
def problems(failed: list[Failure], /) -> int:
    return len(failed)


@env.task(counts)
def mean(table: dict[str, int], /) -> float:
    return 0.0


GRAPH = env.graph()


# -- replace


def test_replace_keeps_name_arguments_and_what_is_not_annotated() -> None:
    def canned(*, path="x", other: int = 3):  # type: ignore[no-untyped-def]
        yield "a b"

    mutated = GRAPH.replace(lines, canned)
    new, old = mutated.tasks["lines"], GRAPH.tasks["lines"]
    assert (new.name, new.fn, new.kind, new.config) == ("lines", canned, "stream", old.config)
    assert new.product is old.product and new.deps == ()
    assert new.options["path"].type is old.options["path"].type and new.options["path"].default == "x"
    assert new.options["other"].default == 3
    assert mutated.mutated and not GRAPH.mutated and GRAPH.tasks["lines"] is lines


def test_replace_takes_the_deps_of_old_if_it_takes_any() -> None:
    def canned(rows: Iterator[list[str]]) -> dict[str, int]:
        return {"one": 1}

    new = GRAPH.replace(counts, canned).tasks["counts"]
    assert new.deps == ("words",) and new.takes == ("iterator",) and not new.options


def test_replace_without_annotations_takes_as_before() -> None:
    new = GRAPH.replace(counts, lambda rows: {"one": 1}).tasks["counts"]
    old = GRAPH.tasks["counts"]
    assert (new.deps, new.takes, new.parameters, new.product) == (old.deps, old.takes, old.parameters, old.product)


def test_replace_that_takes_nothing_has_no_deps() -> None:
    mutated = GRAPH.replace(counts, lambda: {"one": 1})
    assert mutated.tasks["counts"].deps == ()
    assert set(mutated.tasks) == set(GRAPH.tasks)


def test_replace_may_name_other_deps() -> None:
    def joined(lines: list[str], table: dict[str, int], /) -> list[str]:
        return [*lines, *table]

    new = GRAPH.replace(ranking, joined, lines, counts).tasks["ranking"]
    assert new.deps == ("lines", "counts") and new.takes == ("list", "whole")


def test_replace_sees_types_that_are_local_to_the_caller() -> None:
    @dataclass
    class Row:
        text: str

    mine = Env("mine")

    @mine.task()
    def rows() -> list[Row]:
        return []

    def canned() -> list[Row]:
        return [Row("x")]

    assert mine.graph().replace(rows, canned).tasks["rows"].fn is canned


def test_a_task_may_stand_for_another() -> None:
    other = Env("other")

    @other.stream()
    def canned() -> Iterator[str]:
        yield "a"

    new = GRAPH.replace(lines, canned).tasks["lines"]
    assert new.name == "lines" and new.fn is canned.fn


def test_values_for_options_a_replacement_lacks_are_not_needed() -> None:
    mutated = GRAPH.replace(counts, lambda rows: {"one": 1})
    assert mutated.unneeded == {"counts": {"least": GRAPH.tasks["counts"].options["least"]}}
    again = mutated.replace(counts, lambda rows, *, least=2: {"one": least})
    assert again.unneeded == {}


def make(source: str) -> Callable[..., Any]:
    found: dict[str, Any] = {}
    exec(source, {"Iterator": Iterator}, found)
    made: Callable[..., Any] = found["f"]
    return made


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        (
            "counts",
            "def f(rows) -> list[str]: ...",
            r"replacement of 'counts' produces list\[str\], not dict\[str, int\]",
        ),
        ("counts", "def f(a, b): ...", "takes 2 products, but 'counts' has 1 deps"),
        ("lines", "def f(a): ...", "takes 1 product, but 'lines' has no deps"),
        ("counts", "def f(rows: int): ...", "'rows' takes the stream 'words' as int"),
        ("ranking", "def f(table: list[str]): ...", r"'table' takes 'counts' as list\[str\]"),
        ("counts", "def f(rows, *, unknown): ...", "'unknown' has no annotation"),
        ("counts", "def f(rows, *, least=0): ...", "0 is not a positive: A whole number above zero"),
        ("counts", "def f(*rows): ...", r"\*args"),
        ("counts", "async def f(rows): ...", "async"),
        ("lines", "def f() -> list[str]: ...", "yields items"),
    ],
)
def test_a_replacement_that_does_not_fit(name: str, source: str, says: str) -> None:
    with pytest.raises(GraphError, match=says) as caught:
        GRAPH.replace(env.tasks[name], make(source))
    assert caught.value.hint and caught.value.where is not None


def test_a_replacement_must_fit_those_that_take_it() -> None:
    loose = Env("loose")

    @loose.task()
    def number() -> Any:
        return 1

    @loose.task(number)
    def double(value: int, /) -> int:
        return 2 * value

    with pytest.raises(GraphError, match="produces str, but 'double' takes int"):
        loose.graph().replace(number, make("def f() -> str: ..."))
    assert loose.graph().replace(number, make("def f() -> bool: ...").__class__ and (lambda: 1)).mutated


def test_a_replacement_cannot_go_round_or_name_what_is_not_there() -> None:
    with pytest.raises(GraphError, match="the deps go round"):
        GRAPH.replace(counts, lambda table: {"one": 1}, ranking)
    stranger = Env("stranger").task()(make("def f() -> int: ..."))
    with pytest.raises(GraphError, match="no task 'f'"):
        GRAPH.replace(counts, lambda table: {"one": 1}, stranger)
    with pytest.raises(GraphError, match="no task 'f'"):
        GRAPH.replace(stranger, lambda: 1)
    with pytest.raises(GraphError, match="is no task of its own"):
        GRAPH.replace(ranking.cells, lambda: 1)  # type: ignore[call-overload]
    with pytest.raises(GraphError, match="cannot be called"):
        GRAPH.replace(counts, 3)  # type: ignore[arg-type]


# -- pin


def test_a_pin_has_the_value_and_nothing_above_it() -> None:
    mutated = GRAPH.pin(counts, {"x": 3})
    assert set(mutated.tasks) == {"words", "lines", "counts", "ranking", "best", "problems", "mean"}
    pinned = mutated.tasks["counts"]
    assert pinned.pin is not None and pinned.pin.value == {"x": 3}
    assert (pinned.kind, pinned.fn, pinned.deps, dict(pinned.options)) == ("task", None, (), {})
    alone = GRAPH.without(problems).pin(counts, {"x": 3})
    assert set(alone.tasks) == {"counts", "ranking", "best", "mean"}
    assert set(alone.unneeded) == {"lines", "words", "counts", "problems"}
    assert alone.unneeded["words"] == GRAPH.tasks["words"].options


def test_a_stream_is_pinned_to_any_iterable() -> None:
    given: list[Iterable[list[str]]] = [[["a"], ["b"]], (["a"], ["b"]), iter([["a"], ["b"]]), ([word] for word in "ab")]
    for value in given:
        pinned = GRAPH.pin(words, value).tasks["words"]
        assert (
            pinned.kind == "stream" and pinned.streams and pinned.pin is not None and pinned.pin.value == [["a"], ["b"]]
        )
    assert pinned.config.on_error == "skip"


def test_an_int_is_accepted_for_a_float() -> None:
    pinned = GRAPH.pin(mean, 3).tasks["mean"]
    assert pinned.pin is not None and type(pinned.pin.value) is float


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("counts", {"x": "3"}, r"pin of 'counts': \['x'\]: '3' is not an int"),
        ("counts", None, "None is not a dict"),
        ("lines", ["a", 3], "pin of 'lines': item 1: 3 is not a str"),
        ("lines", 3, "items cannot be read: TypeError"),
        ("lines", (1 // 0 for _ in "a"), "items cannot be read: ZeroDivisionError"),
    ],
)
def test_a_pin_that_is_not_of_its_type(name: str, value: Any, says: str) -> None:
    with pytest.raises(GraphError, match=says) as caught:
        GRAPH.pin(env.tasks[name], value)
    assert caught.value.hint


def test_a_pin_may_be_pinned_or_replaced_again() -> None:
    pinned = GRAPH.pin(counts, {"x": 3})
    assert pinned.pin(counts, {"y": 1}).tasks["counts"].pin.value == {"y": 1}  # type: ignore[union-attr]
    again = pinned.replace(counts, lambda: {"z": 1}).tasks["counts"]
    assert again.pin is None and again.fn is not None


# -- without, only, graft


def test_without_fails_while_something_depends_on_it() -> None:
    with pytest.raises(GraphError, match=r"'best' depends on 'ranking\.cells', which would be gone"):
        GRAPH.without(ranking)
    assert set(GRAPH.without(GRAPH.downstream(ranking)).tasks) == set(GRAPH.tasks) - {"ranking", "best"}
    assert set(GRAPH.without(best, "mean").tasks) == set(GRAPH.tasks) - {"best", "mean"}


def test_only_keeps_the_upstream() -> None:
    kept = GRAPH.only(counts)
    assert list(kept.tasks) == ["lines", "words", "counts"] and kept.targets == ("counts",) and kept.mutated


def test_what_changes_nothing_is_the_graph_itself() -> None:
    assert GRAPH.only(*GRAPH.tasks) is GRAPH and GRAPH.without() is GRAPH and GRAPH.graft(GRAPH) == GRAPH
    assert not GRAPH.graft(GRAPH).mutated


def test_graft_adds_tasks_and_refuses_what_differs() -> None:
    other = graph(task("counts"), task("more", ["counts"]))
    with pytest.raises(GraphError, match="both graphs have a task 'counts', and they differ"):
        GRAPH.graft(other)
    joined = GRAPH.graft(graph(task("extra"), task("more", ["extra"])))
    assert set(joined.tasks) == {*GRAPH.tasks, "extra", "more"} and joined.mutated
    assert set(GRAPH.only(counts).graft(GRAPH.only(mean)).tasks) == {"lines", "words", "counts", "mean"}


def test_graft_of_a_replaced_task_differs() -> None:
    with pytest.raises(GraphError, match="'counts', and they differ"):
        GRAPH.graft(GRAPH.replace(counts, lambda rows: {"x": 1}))
    assert set(GRAPH.graft(env.graph()).tasks) == set(GRAPH.tasks)


# -- every mutation of every graph


def frozen(of: Graph) -> tuple[object, ...]:
    return tuple((name, id(one)) for name, one in of.tasks.items()), of.mutated, dict(of.unneeded), tuple(of.dag.deps)


@given(graphs(least=1), st.data())
@settings(max_examples=60)
def test_no_mutation_changes_the_graph_it_starts_from(of: Graph, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(of.tasks)))
    chosen = data.draw(st.sets(st.sampled_from(sorted(of.tasks))))
    before = frozen(of)
    streams = of.tasks[name].streams
    replaced = of.replace(of.tasks[name], lambda: None)
    pinned = of.pin(of.tasks[name], [1] if streams else 1)
    kept = of.only(chosen)
    try:
        left = of.without(chosen)
        assert set(left.tasks) == set(of.tasks) - chosen
        assert set(left.graft(of).tasks) == set(of.tasks)
    except GraphError:
        assert of.downstream(chosen) != chosen
    assert frozen(of) == before
    assert set(replaced.tasks) == set(of.tasks) and replaced.tasks[name].deps == () and replaced.mutated
    assert set(kept.tasks) == of.upstream(chosen)
    reached = {*of.targets}.union(*(pinned.upstream(target) for target in of.targets))
    assert set(pinned.tasks) == reached and pinned.tasks[name].pin is not None
    assert all(pinned.tasks[other] is of.tasks[other] for other in pinned.tasks if other != name)
    assert set(of.tasks) - set(pinned.tasks) <= of.upstream(name) - {name}
    assert set(of.tasks) - set(pinned.tasks) <= set(pinned.unneeded)
