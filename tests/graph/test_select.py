"""Selections as text against the same written with sets, and what is said about a wrong one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graphs import KINDS, TAGS, graph, graphs, task

from pipekit.errors import GraphError
from pipekit.graph import Graph

WORDS = graph(
    task("lines", kind="stream", tags=["slow"]),
    task("words", ["lines"], kind="each", tags=["slow", "net"]),
    task("counts", ["words"]),
    task("ranking", ["counts"]),
    task("ranking-short", ["ranking"]),
    task("train_a"),
    task("train_b"),
    task("score", ["train_a.cells"]),
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("words", "words"),
        ("+counts", "lines words counts"),
        ("counts+", "counts ranking ranking-short"),
        ("+words+", "lines words counts ranking ranking-short"),
        ("tag:slow", "lines words"),
        ("tag:n*", "words"),
        ("kind:each", "words"),
        ("train*", "train_a train_b"),
        ("train_[!b]", "train_a"),
        ("train_?", "train_a train_b"),
        ("*", " ".join(WORDS.tasks)),
        ("words counts", "words counts"),
        ("words,counts", "words counts"),
        ("words, counts", "words counts"),
        ("words | counts", "words counts"),
        ("words+ & tag:slow", "words"),
        ("+ranking - tag:net", "lines counts ranking"),
        ("+ranking -words", "lines counts ranking"),
        ("+ranking !words", "lines counts ranking"),
        ("!tag:slow", "counts ranking ranking-short train_a train_b score"),
        ("-tag:slow & train*", "train_a train_b"),
        ("lines counts - tag:slow", "lines counts"),
        ("(lines counts) - tag:slow", "counts"),
        ("+(words | train_a)", "lines words train_a"),
        ("(lines)+", "lines words counts ranking ranking-short"),
        ("+train_a+", "train_a score"),
        ("ranking-short", "ranking-short"),
        ("ranking - ranking-short", "ranking"),
        ("nothing*", ""),
        ("  words\n", "words"),
        ("!!words", "words"),
    ],
)
def test_what_a_selection_means(text: str, names: str) -> None:
    assert WORDS.select(text) == set(names.split())


@pytest.mark.parametrize(
    ("text", "column", "length", "says", "hint"),
    [
        ("+rankng", 2, 6, "no task 'rankng'", "'ranking'"),
        ("words & countz", 9, 6, "no task 'countz'", "'counts'"),
        ("tag:slwo", 5, 4, "no tag 'slwo'", "'slow'"),
        ("kind:eahc", 6, 4, "no kind 'eahc'", "'each'"),
        ("words-lines", 1, 11, "no task 'words-lines'", "blanks"),
        ("words +", 7, 1, "nothing follows", "+name"),
        ("words + counts", 7, 1, "nothing follows", "+name"),
        ("words &", 8, 1, "the selection ends", "complete"),
        ("& words", 1, 1, "a task is missing before '&'", "name"),
        ("(words", 1, 1, "never closed", ")"),
        ("words)", 6, 1, "never opened", ")"),
        ("()", 2, 1, "a task is missing", "name"),
        ("words+counts", 7, 6, "an operator is missing", "blank"),
        ("words % counts", 7, 1, "'%' means nothing", "names"),
        ("", 1, 1, "empty", "'*'"),
        ("   ", 1, 1, "empty", "'*'"),
        ("words,", 7, 1, "the selection ends", "complete"),
        ("score.cells", 1, 11, "no task 'score.cells'", "score"),
    ],
)
def test_what_is_said_about_a_wrong_one(text: str, column: int, length: int, says: str, hint: str) -> None:
    with pytest.raises(GraphError) as caught:
        WORDS.select(text)
    error = caught.value
    assert error.where is not None and (error.where.column, error.where.length) == (column, length)
    assert says in str(error) and hint in (error.hint or "")


def test_brackets_may_be_deep() -> None:
    assert WORDS.select("(" * 20_000 + "words" + ")" * 20_000) == {"words"}
    assert WORDS.select("!" * 20_000 + "words") == {"words"}


def operands(graph: Graph) -> st.SearchStrategy[tuple[str, str]]:
    """Text, and Python that gives the same set."""
    name = st.sampled_from(sorted(graph.tasks))
    return st.one_of(
        name.map(lambda one: (one, f"{{{one!r}}}")),
        name.map(lambda one: (f"+{one}", f"g.upstream({one!r})")),
        name.map(lambda one: (f"{one}+", f"g.downstream({one!r})")),
        name.map(lambda one: (f"+{one}+", f"(g.upstream({one!r}) | g.downstream({one!r}))")),
        st.sampled_from(sorted({tag for one in graph.tasks.values() for tag in one.config.tags}) or ["*"]).map(
            lambda tag: (
                ("*", "g.where(lambda t: True)")
                if tag == "*"
                else (f"tag:{tag}", f"g.where(lambda t: {tag!r} in t.config.tags)")
            )
        ),
        st.sampled_from(KINDS).map(lambda kind: (f"kind:{kind}", f"g.where(lambda t: t.kind == {kind!r})")),
        st.just(("t1*", "g.where(lambda t: t.name.startswith('t1'))")),
        name.map(lambda one: (f"!{one}", f"(g.where(lambda t: True) - {{{one!r}}})")),
    )


@given(graphs(most=8, least=1), st.data())
@settings(max_examples=80)
def test_text_is_set_algebra(graph: Graph, data: st.DataObject) -> None:
    signs = st.sampled_from(
        [(" | ", " | "), (", ", " | "), (" ", " | "), (" & ", " & "), (" - ", " - "), (" ! ", " - "), ("&", " & ")]
    )
    text, python = data.draw(operands(graph))
    for _ in range(data.draw(st.integers(0, 6))):
        sign, other = data.draw(signs), data.draw(operands(graph))
        if sign[0] == "&" and text.endswith("*"):
            sign = (" & ", " & ")
        if sign[0] == " " and other[0].startswith("!"):
            sign = (" | ", " | ")  # behind a blank, "!" is the difference
        text, python = f"{text}{sign[0]}{other[0]}", f"{python}{sign[1]}{other[1]}"
        if data.draw(st.booleans()):
            text, python = f"({text})", f"({python})"
    assert graph.select(text) == eval(python, {"g": graph}), text


@given(graphs(most=4), st.text(alphabet="t01 +-!&|,()*[]:.tag", max_size=20))
def test_any_text_gives_a_set_or_a_graph_error_with_a_column(graph: Graph, text: str) -> None:
    try:
        assert graph.select(text) <= set(graph.tasks)
    except GraphError as error:
        assert error.where is not None and 1 <= error.where.column <= len(text) + 1
        assert re.search("column", str(error)) and error.hint


def test_the_tags_of_the_tests_are_tags() -> None:
    assert graph(task("a", tags=TAGS)).select("tag:gpu") == {"a"}
