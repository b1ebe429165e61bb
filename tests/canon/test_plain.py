from __future__ import annotations

import math
import sys
import threading
import types
from dataclasses import make_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import samples
from support.samples import Bag, Colour, Pair, Point, Right, Sneaky, Table

from pipekit.canon import plain
from pipekit.values import Digest, Reference, Stored

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.sampled_from([Colour.RED, Colour.BLUE, Right.READ, Right(0), ...])
)
KEYS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.binary().map(bytearray)
        | st.builds(Pair, st.integers(), inner)
        | st.builds(Point, inner, inner, st.text())
        | st.builds(Table, st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3))
    )


VALUES = st.recursive(SCALARS, deeper, max_leaves=12)


def nothing(value: Any) -> None:
    return None


def refuse(payload: bytes) -> Any:
    raise AssertionError("no payload was written")


def exact(value: Any) -> Any:
    """A form in which only values of the same types and contents are equal."""
    kind = type(value)
    if kind in (float, complex):
        return kind, "nan" if value != value and kind is float else repr(value).replace("-nan", "nan")
    if kind in (list, tuple, Pair):
        return kind, [exact(item) for item in value]
    if kind is dict:
        return kind, [(exact(key), exact(item)) for key, item in value.items()]
    if kind in (set, frozenset):
        return kind, sorted(map(repr, map(exact, value)))
    if kind in (Point, Table):
        return kind, [exact(getattr(value, name)) for name in kind.__dataclass_fields__]
    return kind, repr(value), getattr(value, "fold", None)


def round_trip(value: Any) -> Any:
    return plain.decode(plain.encode(value, nothing), refuse)


@pytest.mark.parametrize("value", samples.PLAIN, ids=repr)
def test_every_sample_comes_back(value: Any) -> None:
    assert exact(round_trip(value)) == exact(value)


@given(VALUES)
@settings(max_examples=150)
def test_what_went_in_comes_out(value: Any) -> None:
    assert exact(round_trip(value)) == exact(value)


@given(VALUES, VALUES)
@settings(max_examples=150)
def test_different_values_have_different_bytes(one: Any, other: Any) -> None:
    assert (plain.encode(one, nothing) == plain.encode(other, nothing)) == (exact(one) == exact(other))


def test_sets_are_free_of_order_and_dicts_are_not() -> None:
    assert plain.encode({"a", "b", "c"}, nothing) == plain.encode({"c", "b", "a"}, nothing)
    assert plain.encode({1: 1, 2: 2}, nothing) != plain.encode({2: 2, 1: 1}, nothing)


def test_nan_is_nan() -> None:
    assert plain.encode(math.nan, nothing) == plain.encode(-math.nan, nothing)
    assert math.isnan(round_trip(math.nan))


def test_files_stand_for_themselves() -> None:
    found = [Stored("a", Digest(b"1" * 32), True), Reference("b/c", None)]
    assert round_trip(found) == found


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "value"),
        ([1, {"a": [threading.Lock()]}], "value[1]['a'][0]"),
        (Table([Pair(1, {Point(1, 2): print})]), "value.rows[0].right[<Point>]"),
        (Sneaky(1), "value"),
        (Bag(a=1), "value"),
        ([samples.Count(1)], "value[0]"),
        ({1: samples.Words("a")}, "value[1]"),
        (slice(1), "value"),
    ],
)
def test_what_is_not_plain_is_named(value: Any, path: str) -> None:
    with pytest.raises(plain.NotPlain) as caught:
        plain.encode(value, nothing)
    assert caught.value.path == path


def test_state_beyond_the_fields_is_not_plain() -> None:
    point = Table([])
    point.extra = 1  # type: ignore[attr-defined]
    with pytest.raises(plain.NotPlain):
        plain.encode(point, nothing)


def test_a_local_class_is_not_plain() -> None:
    local = type("Local", (Pair,), {"__slots__": ()})
    with pytest.raises(plain.NotPlain):
        plain.encode(local(1), nothing)


def test_a_cycle_and_a_deep_nest_are_not_plain() -> None:
    cycle: list[Any] = [1]
    cycle.append({"x": cycle})
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value, why in [(cycle, "contains itself"), (deep, "too deep")]:
        with pytest.raises(plain.NotPlain, match=why):
            plain.encode(value, nothing)


def test_the_same_part_twice_is_no_cycle() -> None:
    part = [1]
    assert round_trip([part, part, {"p": part}]) == [part, part, {"p": part}]


def test_extern_is_asked_for_all_but_the_cheap() -> None:
    seen: list[Any] = []
    plain.encode([1, "x", b"y", {"k": {2}}, Point(1, 2), Colour.RED, samples.MOMENTS[0], "z" * 65536], seen.append)
    assert seen == [Point(1, 2), Colour.RED, samples.MOMENTS[0], "z" * 65536]


def test_a_payload_takes_the_place_of_the_value() -> None:
    lock = threading.Lock()
    body = plain.encode([lock, 1], lambda value: b"a lock" if value is lock else None)
    assert plain.decode(body, bytes.upper) == [b"A LOCK", 1]


HOSTILE = [
    b"",
    b"\xff",
    b"l\xff\xff\xff\xff\x0f",
    b"s\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"b\x05ab",
    b"l\x01" * 100_000,
    b"S\x01l\x00",
    b"D\x00\x00\x00\x00",
    b"r\x01\x00\x01\x00\x01\x00",
    b"m\x03abc",
    b"L" + b"\x08\x7f" + b"\xff" * 7 + b"\x01\x00\x01\x00",
    b"z\x0e../etc/passwd",
    b"I\x0c\x0aos:environ\x00",
    b"I\x0b\x09os:system\x00",
    b"I\x0d\x0bno.such:One\x00",
    b"I\x0a\x08builtins",
    b"e\x16support.samples:Colour\x05GREEN",
    b"n\x16\x14support.samples:Pair\x00N",
    plain.encode(Pair(1, 2), lambda value: None).replace(b"n", b"I", 1),
    plain.encode(Pair(1, 2), lambda value: None)[:-2],
    b"N" + b"rest",
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: repr(data[:24]))
def test_hostile_bytes_are_a_value_error(data: bytes) -> None:
    for body in (data, memoryview(data)):
        with pytest.raises(ValueError):
            plain.decode(body, refuse)


@given(st.data(), VALUES)
@settings(max_examples=100)
def test_damaged_bytes_give_a_value_or_a_value_error(data: st.DataObject, value: Any) -> None:
    body = bytearray(plain.encode(value, nothing))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        plain.decode(bytes(body[: data.draw(st.integers(at, len(body)))]), bytes)
    except ValueError as error:
        assert str(error)


def test_a_class_with_other_fields_is_said() -> None:
    body = plain.encode(Point(1, 2), nothing).replace(b"\x01y", b"\x01q")
    with pytest.raises(ValueError, match="Point has other fields"):
        plain.decode(body, refuse)


def test_the_class_that_is_there_now_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("replaced")
    monkeypatch.setitem(sys.modules, "replaced", module)
    for _ in range(2):
        module.One = make_dataclass("One", ["a"], namespace={"__module__": "replaced"})  # type: ignore[attr-defined]
        module.One.__module__ = "replaced"
        assert type(round_trip(module.One(1))) is module.One
