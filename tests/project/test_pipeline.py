"""The strict reader: what YAML 1.2 core says, where everything stands, and one clear error for each way a file can be broken."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipekit.errors import InvocationError, Problem
from pipekit.invocation.located import Located
from pipekit.project import nodes
from pipekit.project.pipeline import LIMIT, parse, read
from pipekit.values import Origin

GOOD = (Path(__file__).parent / "good.yaml").read_text()


@pytest.fixture(params=["CLoader", "Loader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each of PyYAML's loaders in turn: what is said must not depend on libyaml."""
    monkeypatch.setattr(nodes, "Loader", getattr(yaml, request.param))
    yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pipeline.yaml"


def put(file: Path, text: str | bytes) -> Path:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def failing(file: Path, text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(InvocationError) as caught:
        read(put(file, text))
    return caught.value.problems


def only(file: Path, text: str | bytes) -> tuple[str, str, int, str | None]:
    """The one problem: message, line:column, length and hint."""
    (problem,) = failing(file, text)
    assert problem.where is not None and problem.where.file == str(file)
    return problem.message, f"{problem.where.line}:{problem.where.column}", problem.where.length, problem.hint


CORE = [
    ("no", "no"), ("yes", "yes"), ("on", "on"), ("y", "y"), ("true", True), ("True", True), ("TRUE", True), ("tRUE", "tRUE"), ("false", False),
    ("null", None), ("Null", None), ("~", None), ("", None), ("nULL", "nULL"), ("12:30", "12:30"), ("010", 10), ("0o10", 8), ("0x1F", 31),
    ("0b1", "0b1"), ("1e3", 1000.0), ("1E+3", 1000.0), ("1_000", "1_000"), ("1,000", "1,000"), ("+3", 3), ("-0", 0), ("1.", 1.0), (".5", 0.5),
    (".", "."), ("-", None), ("1.2.3", "1.2.3"), (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), ("inf", "inf"), ("NaN", "NaN"),
    ("2001-01-01", "2001-01-01"), ("'12'", "12"), ('"true"', "true"), ("=", "="), ("0o8", "0o8"), ("-0x1", "-0x1"), ("9" * 30, int("9" * 30)),
    ("|-\n  a\n  b", "a\nb"), (">-\n  a\n  b", "a b"), ("١", "١"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"), [(text, value) for text, value in CORE if text != "-"], ids=lambda one: repr(one)[:20]
)
def test_a_scalar_means_what_yaml_1_2_core_says(loader: None, file: Path, text: str, value: object) -> None:
    got = read(put(file, f"a: {text}\n")).plain()["a"]
    assert got == value and type(got) is type(value)


def test_nan_and_negative_zero(loader: None, file: Path) -> None:
    got = read(put(file, "[.nan, .NAN, -0.0]")).plain()
    assert math.isnan(got[0]) and math.isnan(got[1]) and math.copysign(1, got[2]) == -1


def test_every_node_has_its_place(loader: None, file: Path) -> None:
    root = read(put(file, 'a:\n  - 1\n  - "x y"\nb: {cé: [1, 2], d: |\n'.replace(", d: |", "}")))
    a, b = root.value["a"], root.value["b"]
    places = [root.origin, a.key, a.origin, a.value[1].origin, b.value["cé"].key, b.value["cé"].origin]
    assert [str(one)[len(str(file)) + 1 :] + f"+{one.length}" for one in places if one] == [
        "1:1+2", "1:1+1", "2:3+3", "3:5+5", "4:5+2", "4:9+6",
    ]  # fmt: skip


def test_a_text_of_several_lines_spans_its_first(loader: None, file: Path) -> None:
    root = read(put(file, "a: one\n  two\nb: |\n  x\n"))
    assert root.value["a"].origin == Origin(str(file), 1, 4, 3)
    assert root.value["b"].origin == Origin(str(file), 3, 4, 1)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "null\n", "---\n...\n", b"\xef\xbb\xbf"])
def test_an_empty_file_gives_no_options(loader: None, file: Path, text: str | bytes) -> None:
    assert read(put(file, text)) == Located({}, Origin(str(file), 1, 1))


def test_a_byte_order_mark_and_windows_line_ends_do_not_show(loader: None, file: Path) -> None:
    root = read(put(file, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"))
    assert root.plain() == {"a": 1, "b": 2}
    assert root.value["b"].origin == Origin(str(file), 2, 4, 1)
    assert root.value["a"].key == Origin(str(file), 1, 1, 1)


def test_anchors_and_aliases_are_allowed(loader: None, file: Path) -> None:
    root = read(put(file, "a: &x {top: 1}\nb: *x\nc: &x 2\nd: *x\n"))
    assert root.plain() == {"a": {"top": 1}, "b": {"top": 1}, "c": 2, "d": 2}
    assert root.value["b"].key == Origin(str(file), 2, 1, 1)
    assert root.value["b"].value["top"].origin == Origin(str(file), 1, 13, 1)


def test_what_can_be_read_past_is_kept_beside_what_was_read(loader: None, file: Path) -> None:
    root = read(put(file, 'a: 1\na: 2\nb: !!str 3\n<<: {z: 1}\nc: {1: x, true: y}\n"<<": 4\nd: !thing [1]\n'))
    assert root.plain() == {"a": 1, "b": "3", "c": {1: "x"}, "<<": 4, "d": [1]}
    assert [(p.message, str(p.where).removeprefix(f"{file}:"), p.hint) for p in root.problems] == [
        ("the key 'a' stands twice", "2:1", "the first is in line 1; keep one of them"),
        ("the tag '!!str' is not allowed", "3:4", "a value's type is the type of its option: delete the tag"),
        ("'<<' is not part of YAML 1.2", "4:1", "write the keys out; `extends` inherits from an invocation"),
        ("the key 'true' stands twice", "5:11", "the first is in line 5; keep one of them"),
        ("the tag '!thing' is not allowed", "7:4", "a value's type is the type of its option: delete the tag"),
    ]  # fmt: skip


BROKEN: list[tuple[str, str | bytes, tuple[str, str, int, str | None]]] = [
    ("tab", "a:\n\tb: 1\n", ("a tab cannot indent", "2:1", 1, "use spaces")),
    ("tab after spaces", "a:\n  b: 1\n \tc: 1\n", ("a tab cannot indent", "3:2", 1, "use spaces")),
    ("second document", "a: 1\n---\nb: 2\n", ("a second document starts here", "2:1", 3, "one file holds one document: delete the '---'")),
    ("not UTF-8", b"a: 1\nb: \xff\n", ("byte 0xff at offset 8, in line 2, is not UTF-8", "2:4", 1, "save the file as UTF-8")),
    ("latin-1", "a: é\n".encode("latin-1"), ("byte 0xe9 at offset 3, in line 1, is not UTF-8", "1:4", 1, "save the file as UTF-8")),
    ("cut in a character", b"a: \xc3", ("byte 0xc3 at offset 3, in line 1, is not UTF-8", "1:4", 1, "save the file as UTF-8")),
    ("surrogate", b"\xef\xbb\xbfa: \xed\xa0\x80", ("byte 0xed at offset 6, in line 1, is not UTF-8", "1:4", 1, "save the file as UTF-8")),
    ("UTF-16", "a: 1".encode("utf-16"), ("byte 0xff at offset 0, in line 1, is not UTF-8", "1:1", 1, "it looks like UTF-16: save the file as UTF-8")),
    ("NUL", b"a: 1\nb: \x00\n", ("the character U+0000 cannot stand in pipeline.yaml", "2:4", 1, 'delete it, or write "\\x00" in double quotes')),
    ("escape", "a: \x1b[31m\n", ("the character U+001B cannot stand in pipeline.yaml", "1:4", 1, 'delete it, or write "\\x1b" in double quotes')),
    ("line separator", 'a: "x\u2028"\n', ("the character U+2028 cannot stand in pipeline.yaml", "1:6", 1, 'delete it, or write "\\u2028" in double quotes')),
    ("two colons", "a: b: c\n", ("a ':' cannot stand here", "1:5", 1, "put text that holds ': ' in quotes, or check the indentation")),
    ("indentation", "a:\n  b: 1\n c: 2\n", ("this line does not fit the lines above", "3:2", 1, "check its indentation")),
    ("open quote", "a: 'x\n\n", ("this quote is never closed", "1:4", 1, "close it")),
    ("open list", "a: [1, 2\n", ("the '[' of line 1 is not closed before this", "1:9", 1, "a ',' or a ']' is missing")),
    ("open mapping", "a: {b: 1\n", ("the '{' of line 1 is not closed before this", "1:9", 1, "a ',' or a '}' is missing")),
    ("at sign", "a: @b\n", ("a value cannot start with '@'", "1:4", 1, "put it in quotes")),
    ("list as key", "? [a]\n: 1\n", ("a list cannot be a key", "1:3", 1, "a key is one word or number")),
    ("mapping as key", "{{a: 1}: 2}\n", ("a mapping cannot be a key", "1:2", 1, "a key is one word or number")),
    ("list as value", "a: - 1\n", ("a list cannot start here", "1:4", 1, "put it on lines of its own, or write [a, b]")),
    ("directive", "%YAML 1.1\n---\na: 1\n", ("only the directive '%YAML 1.2' may stand here", "1:1", 9, "delete the line that starts with '%'")),
    ("tag directive", "%TAG ! tag:x,2000:\n---\na: 1\n", ("only the directive '%YAML 1.2' may stand here", "1:1", 18, "delete the line that starts with '%'")),
    ("alias of nothing", "a: *b\n", ("there is no anchor '&b' above this alias", "1:4", 2, "write &b before the value that is meant")),
    ("alias of itself", "a: &b [*b]\n", ("the alias '*b' stands inside its own anchor", "1:8", 2, "write the value out")),
    ("long number", "a: " + "1" * 5000, ("a number of 5000 digits is too long; at most 4000", "1:4", 5000, "put it in quotes if it is text")),
    ("big float", "a: 1e999", ("1e999 is too big for a float; write .inf if that is meant", "1:4", 5, "put it in quotes if it is text")),
    ("deep flow", "[\n" * 100_000, ("this is nested deeper than 64", "65:1", 1, "flatten it, or put it in a file of its own")),
    ("deep block", "- " * 100_000, ("this is nested deeper than 64", "1:129", 1, "flatten it, or put it in a file of its own")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_says_what_and_where(
    loader: None, file: Path, text: str | bytes, said: tuple[str, str, int, str | None]
) -> None:
    assert only(file, text) == said


def test_a_fatal_error_comes_with_what_was_found_before(loader: None, file: Path) -> None:
    assert [problem.message for problem in failing(file, "a: 1\na: 2\nb: @\n")] == [
        "the key 'a' stands twice",
        "a value cannot start with '@'",
    ]


def test_an_alias_bomb_is_refused_before_it_unfolds(loader: None, file: Path) -> None:
    names = "abcdefghij"
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in pairwise(names)
    )
    message, where, _, hint = only(file, text)
    assert (message, where) == ("the aliases stand for too much", "5:29")
    assert hint == "at most 100000 values, 64 deep; write less"


def test_aliases_cannot_dig_deeper_than_a_document_may(loader: None, file: Path) -> None:
    def deep(core: str) -> str:
        return "[" * 30 + core + "]" * 30

    assert only(file, f"a: &a {deep('1')}\nb: &b {deep('*a')}\nc: {deep('*b')}\n")[:2] == (
        "the aliases stand for too much",
        "3:34",
    )


def test_a_surrogate_cannot_be_escaped_into_a_text(loader: None, file: Path) -> None:
    assert len(failing(file, 'a: "\\ud800"\n')) == 1


def test_a_file_above_the_limit_is_refused_unread(file: Path) -> None:
    (problem,) = failing(file, b"a" * (LIMIT + 1))
    assert problem == Problem(
        "pipeline.yaml is longer than 2 MiB", Origin(str(file)), "put large values in a file and name it in an option"
    )


@pytest.mark.parametrize("junk", [b"\x00" * 10**6, b"[" * 10**6, b"{" * 10**6, b"- " * 500_000, b"&a " * 333_333, b"a" * 10**6, b": " * 500_000,
                                  b"\xff" * 10**6, b'"' + b"a" * 10**6, b"? " * 500_000, b"a: [" + b"'" * 10**6, b"!" * 10**6, b"\n" * 10**6, b" " * 10**6,
                                  b"a\n" * 500_000, b"a: b\n" * 200_000, b"%" * 10**6, b"|\n" * 500_000, b"*a " * 333_333, b"[a," * 333_333])  # fmt: skip
def test_a_megabyte_of_junk_ends_soon(file: Path, junk: bytes) -> None:
    start = time.process_time()
    try:
        read(put(file, junk))
    except InvocationError as error:
        assert error.problems[0].message
    assert time.process_time() - start < 10


def test_a_missing_file_and_what_is_no_file(file: Path) -> None:
    with pytest.raises(InvocationError) as missing:
        read(file)
    assert missing.value.problems == (
        Problem(
            "there is no pipeline.yaml",
            Origin(str(file)),
            "write one, or run without it: every option then has its default",
        ),
    )
    file.mkdir()
    with pytest.raises(InvocationError) as folder:
        read(file)
    assert folder.value.problems == (
        Problem(
            "pipeline.yaml is a folder, not a file", Origin(str(file)), "move it away; `pipekit init` writes a file"
        ),
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_its_place_does_not_block(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(InvocationError, match=r"pipeline\.yaml is no ordinary file"):
        read(file)


def test_a_link_that_leads_round_is_an_error(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(InvocationError, match=r"pipeline\.yaml cannot be read: "):
        read(file)


WHERE = Origin("-o a.b=x")


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("x", "x"), ("", None), ("[1, a]", [1, "a"]), ("{a: 1}", {"a": 1}), ("'3'", "3"), ("-1.5", -1.5),
                                             ("- 1", [1]), ("a: b", {"a": "b"}), ("#", None), ("12:30", "12:30"), ("~", None), ("a b", "a b")])  # fmt: skip
def test_text_from_the_command_line_is_yaml_core(loader: None, text: str, value: object) -> None:
    assert parse(text, WHERE).plain() == value
    assert all(node.origin == WHERE for node in parse(text, WHERE).leaves())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "the '[' of line 1 is not closed before this"),
        ("{a: 1, a: 2}", "the key 'a' stands twice"),
        ("!!python/object:os.system x", "the tag '!!python/object:os.system' is not allowed"),
        ("\x00", "the character U+0000 cannot stand in a value"),
        ("1" * 5000, "a number of 5000 digits is too long; at most 4000"),
        ("[" + "1" * 5000 + "]", "a number of 5000 digits is too long; at most 4000"),
    ],
)
def test_text_that_means_nothing_is_refused(loader: None, text: str, message: str) -> None:
    with pytest.raises(InvocationError) as caught:
        parse(text, WHERE)
    assert [(problem.message, problem.where) for problem in caught.value.problems] == [(message, WHERE)]


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_document_or_an_invocation_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "pipeline.yaml"
    file.write_bytes(data)
    told = _outcome(file)
    assert isinstance(told, (Located, tuple))


@settings(max_examples=300)
@given(st.data())
def test_any_mutation_of_a_good_file_does_too(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(at, min(len(text), at + 8)))
        text = (
            text[:at]
            + data.draw(
                st.sampled_from(
                    [
                        "",
                        "\t",
                        " ",
                        ":",
                        "- ",
                        "[",
                        "]",
                        "{",
                        "}",
                        "*a",
                        "&a ",
                        "!!x ",
                        "'",
                        '"',
                        "\n",
                        "---\n",
                        "é",
                        "#",
                        "| ",
                        "? ",
                    ]
                )
            )
            + text[end:]
        )
    file = tmp_path_factory.mktemp("fuzz") / "pipeline.yaml"
    file.write_text(text)
    told = _outcome(file)
    lines = text.split("\n")
    for problem in told.problems if isinstance(told, Located) else told:
        where = problem.where
        assert (
            isinstance(where, Origin)
            and 1 <= where.line <= len(lines)
            and 1 <= where.column <= len(lines[where.line - 1]) + 1
        )


def _outcome(file: Path) -> Any:
    try:
        return read(file)
    except InvocationError as error:
        assert error.problems and all(problem.message for problem in error.problems)
        return error.problems
