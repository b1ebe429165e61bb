"""One predicate per reason to run, their order, and what is told of code symbol by symbol."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from pipekit.canon import digest
from pipekit.execution.given import Given
from pipekit.execution.keys import Facts
from pipekit.execution.preimages import Preimage
from pipekit.execution.reasons import Reason, reason, reasons
from pipekit.fingerprint.code.symbols import Symbol
from pipekit.values import Digest, Origin

OLD, NEW = digest(b"old").hex(), digest(b"new").hex()
BEFORE = Facts(
    "train",
    "",
    OLD,
    {"lr": ("0.1", "x1"), "path": ("data.csv", "f1")},
    {"data.csv": "11112222"},
    {"python": "cpython 3.11"},
)


def symbol(name: str, kind: str, value: str = "", line: int = 0, body: str = "") -> Symbol:
    where = Origin("prep.py", line) if line else None
    return Symbol(name, kind, digest(f"{name}{value}{body}".encode()), value, where, body)


def image(
    facts: Facts, code: Sequence[Symbol] = (), deps: dict[str, Given] | None = None, **classes: Symbol
) -> Preimage:
    def symbols(name: str, _: Digest) -> Sequence[Symbol]:
        return [classes[name]] if name else code

    return Preimage(facts, deps, symbols)


@pytest.mark.parametrize(("now", "expected"), [
    (replace(BEFORE, version="2"), Reason("version", "train", "", "2")),
    (replace(BEFORE, options={**BEFORE.options, "lr": ("0.3", "x2")}), Reason("option", "lr", "0.1", "0.3")),
    (replace(BEFORE, options={"lr": BEFORE.options["lr"]}), Reason("option", "path", "data.csv", "")),
    (replace(BEFORE, options={**BEFORE.options, "path": ("data.csv", "f2")}, files={"data.csv": "33334444"}), Reason("file", "data.csv", "11112222", "33334444")),
    (replace(BEFORE, code=NEW), Reason("code", "train", OLD[:8], NEW[:8])),
    (replace(BEFORE, files_taken="files"), Reason("product", "train", "plain", "files")),
    (replace(BEFORE, environment={"python": "cpython 3.12"}), Reason("environment", "python", "cpython 3.11", "cpython 3.12")),
    (replace(BEFORE, environment={**BEFORE.environment, "REGION": None}), Reason("environment", "REGION", "", "not set")),
    (replace(BEFORE, environment={**BEFORE.environment, "REGION": ""}), Reason("environment", "REGION", "", "''")),
    (BEFORE, Reason("dep")),
])  # fmt: skip
def test_a_reason_is_data(now: Facts, expected: Reason) -> None:
    assert reason(image(now), image(BEFORE)) == expected


def test_never_run_comes_first() -> None:
    assert reason(image(BEFORE), None) == Reason("new")


def test_all_of_them_are_told() -> None:
    now = replace(
        BEFORE, version="2", options={**BEFORE.options, "lr": ("0.3", "x2")}, environment={"python": "pypy 3.11"}
    )
    assert [one.kind for one in reasons(image(now), image(BEFORE))] == ["version", "option", "environment"]


def test_code_is_told_symbol_by_symbol_what_matters_most_first() -> None:
    was = [
        symbol("prep.clean", "function", body="a"), symbol("prep.K", "constant", "3"), symbol("prep.old", "function"),
        symbol("numpy", "distribution", "2.1.0"), symbol("tasks.train", "function"), symbol("python", "python", "3.11"),
    ]  # fmt: skip
    now = [
        symbol("prep.clean", "function", line=3, body="b"), symbol("prep.K", "constant", "4", 12), symbol("prep.L", "constant", "1"),
        symbol("numpy", "distribution", "2.2.0"), symbol("tasks.train", "function"), symbol("prep.new", "function"),
        symbol("python", "python", "3.11"),
    ]  # fmt: skip
    assert list(reasons(image(replace(BEFORE, code=NEW), now), image(BEFORE, was))) == [
        Reason("package", "numpy", "2.1.0", "2.2.0"),
        Reason("code", "prep.K", "3", "4", "prep.py:12"),
        Reason("code", "prep.clean", "", "", "prep.py:3"),
        Reason("code", "prep.L", "", "1"),
        Reason("code", "prep.new", "", "new"),
        Reason("code", "prep.old", "function", ""),
    ]


def test_what_says_little_comes_last() -> None:
    was = [
        symbol("a", "module"), symbol("b.same", "function", body="a"), symbol("c.A", "constant", "<ndarray>", body="A = f(1)"),
        symbol("d.edited", "function", body="a"),
    ]  # fmt: skip
    now = [
        symbol("a", "module", body="b"), replace(was[1], digest=digest(b"uses another")),
        symbol("c.A", "constant", "<ndarray>", body="A = f(2)"), symbol("d.edited", "function", body="b"),
        symbol("e.new", "function"),
    ]  # fmt: skip
    assert list(reasons(image(replace(BEFORE, code=NEW), now), image(BEFORE, was))) == [
        Reason("code", "c.A"),
        Reason("code", "d.edited"),
        Reason("code", "e.new", "", "new"),
        Reason("code", "a"),
        Reason("code", "b.same"),
    ]


def test_another_python_is_told_once() -> None:
    now = replace(BEFORE, code=NEW, environment={"python": "cpython 3.12"})
    was, new = [symbol("python", "python", "3.11")], [symbol("python", "python", "3.12")]
    assert reason(image(now, new), image(BEFORE, was)).kind == "environment"
    found = list(
        reasons(
            image(now, [*new, symbol("prep.K", "constant", "4")]),
            image(BEFORE, [*was, symbol("prep.K", "constant", "3")]),
        )
    )
    assert [(one.kind, one.subject) for one in found] == [("code", "prep.K"), ("environment", "python")]


def test_a_dep_and_the_classes_in_it() -> None:
    a, b, c = digest(b"a"), digest(b"b"), digest(b"c")
    box, changed = (
        symbol("shapes.Box.area", "function", body="1"),
        symbol("shapes.Box.area", "function", line=9, body="2"),
    )
    then = image(BEFORE, (), {"boxes": Given(a, (("shapes:Box", b),)), "words": Given(a)}, **{"shapes:Box": box})
    now = image(BEFORE, (), {"boxes": Given(a, (("shapes:Box", c),)), "words": Given(b)}, **{"shapes:Box": changed})
    assert list(reasons(now, then)) == [
        Reason("code", "shapes.Box.area", "", "", "prep.py:9"),
        Reason("dep", "words", a.hex()[:8], b.hex()[:8]),
    ]


def test_the_code_of_a_class_in_an_option() -> None:
    old, new = digest(b"a"), digest(b"b")
    was, changed = (
        symbol("shapes.Box.area", "function", body="1"),
        symbol("shapes.Box.area", "function", line=9, body="2"),
    )
    then = image(replace(BEFORE, classes={"shapes:Box": old.hex()}), **{"shapes:Box": was})
    now = image(replace(BEFORE, classes={"shapes:Box": new.hex()}), **{"shapes:Box": changed})
    assert list(reasons(now, then)) == [Reason("code", "shapes.Box.area", "", "", "prep.py:9")]
    assert list(reasons(image(replace(BEFORE, classes={"shapes:Other": new.hex()})), then)) == []


def test_an_option_that_is_shown_alike() -> None:
    now = replace(BEFORE, options={**BEFORE.options, "lr": ("0.1", "another")})
    assert list(reasons(image(now), image(BEFORE))) == [Reason("option", "lr")]
    now = replace(BEFORE, options={**BEFORE.options, "lr": ("0.10", "x1")})
    assert list(reasons(image(now), image(BEFORE))) == []


def test_facts_survive_packing() -> None:
    facts = replace(BEFORE, classes={"shapes:Box": "ab"}, environment={"python": "cpython 3.11", "REGION": None})
    assert Facts.unpack(facts.pack()) == facts
