"""Which names code takes from outside itself."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from pipekit.fingerprint.code.entities import OPEN
from pipekit.fingerprint.code.uses import uses_of


def uses(body: str, parameters: str = "") -> tuple[list[str], int]:
    names: dict[str, Any] = {}
    exec(f"def f({parameters}):\n{indent(dedent(body), '    ')}", names)
    found = uses_of(names["f"].__code__)
    return list(found.names), found.reads


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a.b.c(d).e", ["a.b.c", "d"]),
        ("return [x.y for x in a if b.c(x)]", ["a", "b.c"]),
        ("def g(y=a):\n    return lambda: b + y\nreturn g", ["a", "b"]),
        ("class C(a.B):\n    x = c\nreturn C", ["__name__", "a.B", "c"]),
        ("import m\nreturn m.a.b, m.c", ["0|m|", "0|m|a.b", "0|m|c"]),
        ("import m\nreturn g(m)", ["0|m|", "0|m|*", "g"]),
        ("import m\nreturn lambda: m.a", ["0|m|", "0|m|*"]),
        ("import m.n\nreturn m.n.f()", ["0|m.n|", "0|m|n.f"]),
        ("import m.n as x\nreturn x.f()", ["0|m.n|", "0|m.n|f"]),
        ("import m.n.o as x\nreturn x.f()", ["0|m.n.o|", "0|m.n.o|f"]),
        ("from m import a, b as c\nreturn a.x, c", ["0|m|", "0|m|a.x", "0|m|b"]),
        ("from .. import a\nreturn a.x", ["2||", "2||a.x"]),
        ("from m import a", ["0|m|"]),
        ("global m\nimport m\nreturn m.x", ["0|m|", "0|m|*", "m.x"]),
        ("import i\nreturn i.import_module('a.b')", ["0|i|", "0|i|import_module", "~a.b"]),
        ("global K\nK = K + 1", ["K"]),
        ("return " + ", ".join(f"n{i}.a{i}" for i in range(300)), sorted(f"n{i}.a{i}" for i in range(300))),
    ],
)
def test_names(body: str, expected: list[str]) -> None:
    assert uses(body)[0] == expected


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("return f.__doc__", 0),
        ("return x.__doc__", OPEN),
        ("x.__doc__ = 'a'", 0),
        ("return getattr(x, '__annotations__')", OPEN),
        ("return lambda: x.__annotations__", OPEN),
        ("return __doc__", 0),
        ("return f.__doc__, x.__doc__", OPEN),
    ],
)
def test_what_it_reads_of_other_code(body: str, reads: int) -> None:
    assert uses(body, "x")[1] == reads
