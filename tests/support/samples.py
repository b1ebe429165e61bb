"""Classes and values of every kind that has a byte form; the same in every process that imports this."""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import re
import typing
import uuid
import zoneinfo
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Pair(NamedTuple):
    left: int
    right: Any = None


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    name: str = ""


@dataclass
class Table:
    rows: list[Any]
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Sneaky:
    x: int

    def __getstate__(self) -> dict[str, int]:
        return {"x": self.x + 1}


class Bag:
    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)


class Slotted:
    __slots__ = ("_shown", "a")

    def __init__(self, a: Any) -> None:
        self.a = a


class Words(set[str]):
    pass


class Settings(dict[str, Any]):
    pass


class Count(int):
    pass


def double(n: int) -> int:
    return 2 * n


UTC = datetime.UTC
MOMENTS: list[Any] = [
    datetime.date(2026, 11, 23),
    datetime.time(1, 2, 3, 4, fold=1),
    datetime.time(1, 2, tzinfo=UTC),
    datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    datetime.datetime(1, 1, 1),
    datetime.datetime.max,
    datetime.timedelta(days=-3, microseconds=7),
    datetime.timezone(datetime.timedelta(hours=5, minutes=30), "IST"),
    datetime.timezone(datetime.timedelta(hours=5, minutes=30)),
    decimal.Decimal("-0.00"),
    decimal.Decimal("1E+400"),
    decimal.Decimal("Infinity"),
    uuid.UUID(int=7),
    pathlib.Path("a/b.txt"),
    pathlib.PurePosixPath("/x"),
    pathlib.PureWindowsPath("c:\\x"),
]
OBJECTS: list[Any] = [
    Colour.RED,
    Right.READ,
    Right.READ | Right.WRITE,
    Right(0),
    Pair(1, ["x"]),
    Point(1.0, -0.0),
    Table([{"a": Point(1, 2)}], {"k": (1, 2)}),
]
PLAIN: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**100, -(2**63), 0.0, -0.0, 1.0, float("inf"), 1j, "", "1", "ä\ud800", b"", b"1"),
    *(
        bytearray(b"1"),
        [],
        (),
        {},
        set(),
        frozenset(),
        [1],
        (1,),
        {1: 2},
        {1},
        frozenset({1}),
        range(3),
        range(0, 9, 3),
    ),
    *({"a": [1, {"b": ({1, 2}, frozenset({"x"}))}]}, ...),
    *MOMENTS,
    *OBJECTS,
]
ONLY_IDENTITY: list[Any] = [
    *(
        re.compile("a+", re.I),
        slice(1, None, 2),
        NotImplemented,
        partial(double, n=3),
        partial(double, n=4),
        double,
        len,
    ),
    *(Bag(a=1, b=2), Bag(a=1), Slotted(1), Words("ab"), Settings(a=1), Count(3), Counter("aab"), OrderedDict(a=1)),
    *(deque([1], 3), int, list[int], int | str, Point, typing.Any, Sneaky(1), ValueError("x"), [].append),
]
