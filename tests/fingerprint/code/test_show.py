"""Values as people are shown them."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import types
from collections import Counter, OrderedDict, defaultdict, deque
from enum import Enum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipekit.fingerprint.code.show import show


class Color(Enum):
    RED = 1


class Box:
    def __init__(self, **held: Any) -> None:
        object.__getattribute__(self, "__dict__").update(held)

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("not to be called")

    def __repr__(self) -> str:
        raise AssertionError("not to be called")

    __str__ = __repr__


class Zone(dt.tzinfo):
    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        raise AssertionError("not to be called")


class Empty:
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        ("a", "'a'"),
        ({"a": [1, (2,)]}, "{'a': [1, (2,)]}"),
        (frozenset({2, 1}), "frozenset({1, 2})"),
        (Path("a/b"), "Path('a/b')"),
        (Color.RED, "Color.RED"),
        ([Color.RED], "[Color.RED]"),
        (dt.date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=Zone()), "2026-01-02 03:00:00"),
        (decimal.Decimal("1.10"), "Decimal('1.10')"),
        (Fraction(1, 2), "Fraction(1, 2)"),
        (re.compile("a+", re.I), "re.compile('a+', re.IGNORECASE)"),
        (Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(list, {"a": 1}), "defaultdict(list, {'a': 1})"),
        (deque([1, 2], maxlen=3), "deque([1, 2], maxlen=3)"),
        (partial(show, 1, n=2), "partial(show, 1, n=2)"),
        (partial(show), "partial(show)"),
        (types.SimpleNamespace(n=1), "<SimpleNamespace n=1>"),
        (Empty(), "<Empty>"),
        (len, "len"),
        (Box, "Box"),
        ("x" * 100, "'" + "x" * 76 + "..."),
    ],
)
def test_a_value_as_one_would_write_it(value: object, expected: str) -> None:
    assert show(value) == expected


def test_an_instance_with_what_is_in_it() -> None:
    assert show(Box(a=1, b=[Box(c=2)])) == "<Box a=1, b=[<Box c=2>]>"
    assert show(Box(a={"b": {"c": Box(d=1)}})) == "<Box a={'b': {'c': <Box>}}>"
