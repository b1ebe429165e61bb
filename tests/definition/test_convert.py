from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipekit import Env, File, Folder, Secret
from pipekit.definition.annotations import type_of
from pipekit.definition.check import check
from pipekit.definition.convert import NotA, admits_only_text, convert
from pipekit.definition.places import coerce
from pipekit.definition.scope import Scope

env = Env("convert")


@env.type()
def share(value: float) -> bool:
    """Between 0 and 1."""
    return 0 <= value <= 1


@env.type()
def csv(value: File) -> bool:
    """A CSV."""
    return value.suffix == ".csv"


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 2.0
    name: Path = Path("here")
    norm: float = field(init=False, default=0.0)


@dataclass
class Fussy:
    one: int

    def __post_init__(self) -> None:
        if self.one < 0:
            raise ValueError("below zero")


class Pair(NamedTuple):
    one: float
    two: Path = Path("x")


class Keys(TypedDict):
    when: dt.date


def of(annotation: Any) -> Any:
    return type_of(annotation, Scope(names=globals()))


BECOMES = [
    (Path, "a/b", Path("a/b")), (PurePosixPath, "a", PurePosixPath("a")), (File, "x.csv", Path("x.csv")), (Folder, "d", Path("d")),
    (Annotated[File, csv], "x.csv", Path("x.csv")), (Colour, "RED", Colour.RED), (float, 3, 3.0), (Annotated[float, share], 1, 1.0),
    (dt.date, "2026-01-02", dt.date(2026, 1, 2)), (dt.datetime, "2026-01-02T03:04:05", dt.datetime(2026, 1, 2, 3, 4, 5)),
    (dt.time, "03:04", dt.time(3, 4)), (dt.timedelta, "1h30m", dt.timedelta(hours=1.5)), (Decimal, "1.10", Decimal("1.10")), (Decimal, 0.1, Decimal("0.1")),
    (Decimal, 3, Decimal(3)), (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678123456781234567812345678")), (bytes, "ä", "ä".encode()),
    (tuple[str, ...], ["a"], ("a",)), (tuple[int, Path], [1, "x"], (1, Path("x"))), (set[int], [1, 1], {1}), (frozenset[Path], ["x"], frozenset({Path("x")})),
    (list[float], [1, 2.5], [1.0, 2.5]), (dict[str, float], {"a": 1}, {"a": 1.0}), (dict[dt.date, int], {"2026-01-02": 1}, {dt.date(2026, 1, 2): 1}),
    (Point, {"x": 1, "name": "there"}, Point(1.0, name=Path("there"))), (list[Point], [{"x": 1}], [Point(1.0)]),
    (Pair, {"one": 1}, Pair(1.0)), (Pair, [1, "y"], Pair(1.0, Path("y"))), (Keys, {"when": "2026-01-02"}, {"when": dt.date(2026, 1, 2)}),
    (int | None, None, None), (Path | None, "x", Path("x")), (Path | str, "x", "x"), (float | int, 3, 3), (int | float, 3, 3), (dt.date | Path, "2026-01-02", dt.date(2026, 1, 2)),
    (dt.date | Path, "x", Path("x")), (Colour | Path, "RED", Colour.RED), (list[int] | tuple[int, ...], [1], [1]), (Point | None, {"x": 1}, Point(1.0)),
    (Literal["a", Colour.RED, 3], "RED", Colour.RED), (Literal["a", 3], 3, 3), (Any, {"a": [1]}, {"a": [1]}), (str, "x", "x"), (int, 3, 3), (bool, True, True),
    (Secret, Secret("x"), Secret("x")), (File | dict[str, File], {"a": "x"}, {"a": Path("x")}),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "raw", "value"), BECOMES, ids=repr)
def test_becomes(annotation: Any, raw: Any, value: Any) -> None:
    type = of(annotation)
    made = convert(type, raw)
    assert made == value and made.__class__ is value.__class__ and check(type, made) is None
    assert repr(made) == repr(value), "inside containers too"


REFUSED = [
    (int, "3", "'3' is not an int"), (int, True, "True is not an int"), (int, 1.0, "1.0 is not an int"), (str, 3, "3 is not a str"), (bool, "yes", "'yes' is not a bool"),
    (float, "1", "'1' is not a float"), (float, True, "True is not a float"), (float, 10**400, "(int too large"),
    (Path, 3, "3 is not a Path"), (File, 3, "3 is not a File: The path of a file"), (Annotated[File, csv], 3, "3 is not a csv: A CSV."),
    (Colour, "GREEN", "'GREEN' is not a Colour (it has RED, BLUE)"), (Colour, "RDE", "did you mean RED?"), (Colour, 1, "1 is not a Colour"),
    (dt.date, "tomorrow", "'tomorrow' is not a date (Invalid"), (dt.timedelta, "soon", "is no duration"), (Decimal, "x", "'x' is not a Decimal"),
    (UUID, "x", "'x' is not an UUID"), (tuple[int, str], [1], "it has 1 parts, not 2"), (list[Path], ["a", 3], "[1]: 3 is not a Path"),
    (dict[str, dict[str, dt.date]], {"a": {"b": "c"}}, "['a']['b']: 'c' is not a date"), (Point, {"z": 1}, "it has no z"), (Point, {"x": 1, "nane": "x"}, "did you mean name?"),
    (Point, {}, "it lacks x"), (Point, {"x": 1, "norm": 3}, "it has no norm"), (Point, [1], "[1] is not a Point"), (Fussy, {"one": -1}, "(below zero)"),
    (Point, {"x": "a"}, ".x: 'a' is not a float"), (Keys, {"whem": ""}, "did you mean when?"), (set[dict[str, int]], [{"a": 1}], "TypeError"),
    (Literal["a"], "b", "'b' is not a Literal['a']"), (int | None, "x", "'x' is not an int"), (Path | None, 3, "3 is not a Path"), (int | str, 1.5, "1.5 is not an int | str"),
    (Secret, "hush", "this str is not a Secret"), (dict[str, int], [1], "[1] is not a dict[str, int]"), (list[int], {"a": 1}, "{'a': 1} is not a list[int]"),
    (dict[dt.date, int], {"2026-01-02": 1, "20260102": 2}, "the key '20260102' twice"), (Pair, [1, "x", 3], "is not a Pair"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "raw", "message"), REFUSED, ids=repr)
def test_refused(annotation: Any, raw: Any, message: str) -> None:
    with pytest.raises(NotA) as caught:
        convert(of(annotation), raw)
    assert message in caught.value.mismatch.message
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "annotation",
    [str, Path, File, Annotated[File, csv], str | Path, Colour, dt.date, Literal["1"], bytes, Secret, Decimal, UUID],
)
def test_admits_only_text(annotation: Any) -> None:
    assert admits_only_text(of(annotation))


@pytest.mark.parametrize(
    "annotation", [int, str | None, str | int, Any, list[str], bool, Point, Literal["1", 1], dict[str, str], float]
)
def test_admits_more_than_text(annotation: Any) -> None:
    assert not admits_only_text(of(annotation))


def test_coerce_makes_floats_of_ints_and_nothing_else() -> None:
    assert repr(coerce(of(float), 3)) == "3.0"
    assert repr(coerce(of(list[float | None]), [1, None, 2.5])) == "[1.0, None, 2.5]"
    assert repr(coerce(of(dict[str, tuple[float, int]]), {"a": (1, 1)})) == "{'a': (1.0, 1)}"
    assert repr(coerce(of(Point), Point(1))) == repr(Point(1.0))
    assert repr(coerce(of(Annotated[float, share]), 1)) == "1.0"
    assert repr(coerce(of(int | float), 1)) == "1"
    for annotation, value in [
        (float, "x"),
        (float, True),
        (list[float], [1.5]),
        (Path, "x"),
        (int, 3),
        (float, 10**400),
    ]:
        assert coerce(of(annotation), value) is value


def test_deep_nesting_is_told() -> None:
    raw: Any = 1
    for _ in range(100_000):
        raw = [raw]

    @dataclass
    class Deep:
        below: Any

    with pytest.raises(NotA):
        convert(of(list[int]), raw)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
RAW = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)
ANNOTATIONS = [
    *(
        int,
        float,
        str,
        bool,
        Path,
        bytes,
        Colour,
        dt.date,
        Decimal,
        Point,
        Pair,
        Keys,
        Any,
        list[float],
        set[int],
        dict[str, Path],
        tuple[int, ...],
    ),
    *(
        int | None,
        str | Path,
        float | list[float],
        dict[str, float | None] | str,
        list[Point | int],
        Literal["a", 1],
        Annotated[float, share],
    ),
]


@given(st.sampled_from(ANNOTATIONS), RAW)
def test_what_is_converted_is_of_the_declared_classes(annotation: Any, raw: Any) -> None:
    type = of(annotation)
    try:
        made = convert(type, raw)
    except NotA as wrong:
        assert wrong.mismatch.message
        return
    bad = check(type, made)
    assert bad is None or bad.type is share
    assert bad is not None or convert(type, raw) == made
