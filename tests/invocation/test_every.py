"""All invocations at once, and `-o` as it is typed."""

from __future__ import annotations

import pytest
from support.documents import FILE, ROOT, look, small

from pipekit.errors import InvocationError
from pipekit.invocation.every import invoke_every, names, read_overrides
from pipekit.project.nodes import build
from pipekit.project.pipeline import parse

TEXT = "options: {lines: {path: data/book.txt}}\ninvocations:\n  a: {options: {ranking: {top: 1}}}\n  b: {extends: a}\n"


def test_each_invocation_by_name() -> None:
    document = build(TEXT, FILE)
    assert names(document) == ("a", "b")
    made = invoke_every(small(), document, look=look, folder=ROOT, parse=parse)
    assert {name: one.values["ranking"]["top"] for name, one in made.items()} == {"a": 1, "b": 1}


def test_without_invocations_the_default_one() -> None:
    assert names(None) == names(build("[1]", FILE)) == names(build("invocations: 3", FILE)) == ()
    assert list(invoke_every(small(), build("options: {lines: {path: x}}", FILE), parse=parse)) == ["default"]


def test_a_problem_of_several_invocations_is_said_once() -> None:
    document = build(TEXT.replace("top: 1", "top: 0") + "  c: {options: {ranking: {ratio: x}}}\n", FILE)
    with pytest.raises(InvocationError) as caught:
        invoke_every(small(), document, look=look, folder=ROOT, parse=parse)
    assert [problem.message for problem in caught.value.problems] == [
        "option 'top' of task 'ranking': 0 is not a positive: A whole number above zero.",
        "option 'ratio' of task 'ranking': 'x' is not a float",
    ]


def test_overrides_as_typed() -> None:
    assert read_overrides(["a.b=1", "c.d=x=y", "a.b=", " e.f =2"]) == {"c.d": "x=y", "a.b": "", "e.f": "2"}
    with pytest.raises(InvocationError) as caught:
        read_overrides(["a.b", "c.d=1", ""])
    assert [(problem.message, str(problem.where), problem.hint) for problem in caught.value.problems] == [
        ("'a.b' gives nothing to an option", "-o a.b", "write -o task.option=value"),
        ("'' gives nothing to an option", "-o ", "write -o task.option=value"),
    ]
