"""Constants count by value: equal ones alike, others not."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipekit import canon
from pipekit.fingerprint.code.codebase import Codebase

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.complex_numbers(),
)
HASHABLE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)),
    max_leaves=6,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(HASHABLE, inner, max_size=3), st.sets(HASHABLE, max_size=3), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=8,
)  # fmt: skip


def template(x: Any = None) -> Any:
    return K, x  # type: ignore[name-defined] # noqa: F821


def digest(constant: Any, default: Any = None, cell: Any = None) -> bytes:
    def closed() -> Any:
        return cell

    fn = FunctionType(template.__code__, {"__name__": "made", "K": constant, "closed": closed}, "template", (default,))
    codebase = Codebase(lambda file: False, distribution=lambda top: None, read=lambda path: b"")
    return codebase.of(fn).digest + codebase.of(closed).digest


@settings(max_examples=120)
@given(one=VALUES, two=VALUES)
def test_digests_differ_where_values_do(one: Any, two: Any) -> None:
    same = canon.encode(one) == canon.encode(two)
    assert (digest(one) == digest(two)) is same
    assert (digest(0, one) == digest(0, two)) is same
    assert (digest(0, 0, one) == digest(0, 0, two)) is same


@settings(max_examples=60)
@given(value=VALUES)
def test_a_copy_is_the_same(value: Any) -> None:
    import copy

    assert digest(value) == digest(copy.deepcopy(value))


def test_what_differs_differs() -> None:
    values = [
        1,
        True,
        1.0,
        "1",
        b"1",
        (1,),
        [1],
        {1},
        frozenset({1}),
        {1: 1},
        {},
        [],
        (),
        0.0,
        -0.0,
        None,
        2**70,
        1j,
        int,
        str,
        len,
        range(1),
    ]
    assert len({digest(value) for value in values}) == len(values)
    assert digest(float("nan")) == digest(-float("nan"))
    assert digest({"a": 1, "b": 2}) != digest({"b": 2, "a": 1})
    assert digest({"a", "b", "c"}) == digest({"c", "b", "a"})


def test_the_same_object_twice_is_not_two_alike() -> None:
    one: list[int] = []
    assert digest([one, one]) != digest([[], []])
    pair = (1, 2)
    assert digest([pair, pair]) == digest([(1, 2), (*pair,)])


def test_a_deep_value_is_an_error_and_no_crash() -> None:
    import pytest

    from pipekit.errors import FingerprintError

    deep: list[Any] = []
    for _ in range(3 * sys.getrecursionlimit()):
        deep = [deep]
    with pytest.raises(FingerprintError, match="lies too deep"):
        digest(deep)


def test_shared_values_cost_no_more_than_once() -> None:
    wide: list[Any] = [1]
    for _ in range(60):
        wide = [wide, wide]
    assert digest(wide) == digest(wide)
