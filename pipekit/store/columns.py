"""Columns of equal things as bytes: digests side by side, and small numbers. It must never know what a column is for."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from struct import Struct
from typing import TypeVar, cast

from pipekit.values import Digest

_DIGEST = Struct("32s")
N = TypeVar("N", int, float)
_SWAPPED = sys.byteorder == "big"


def split(digests: bytes) -> list[Digest]:
    """The digests that stand side by side in `digests`."""
    return cast(list[Digest], list(chain.from_iterable(_DIGEST.iter_unpack(digests))))


def numbers(column: bytes) -> array[int]:
    """The numbers of a column."""
    return _read(array("I"), column)


def column(found: Iterable[int]) -> bytes:
    """Numbers from 0 to 2**32 - 1 as four bytes each, the lowest first."""
    return _written(array("I", found))


def seconds(column: bytes) -> array[float]:
    """The seconds of a column."""
    return _read(array("f"), column)


def column_of_seconds(found: Iterable[float]) -> bytes:
    """Seconds with some seven digits, as four bytes each."""
    return _written(array("f", found))


def _read(into: array[N], column: bytes) -> array[N]:
    into.frombytes(column)
    if _SWAPPED:
        into.byteswap()
    return into


def _written(made: array[N]) -> bytes:
    if _SWAPPED:
        made.byteswap()
    return made.tobytes()


def span(which: Sequence[int]) -> range | None:
    """The same numbers as a range, where they go up one by one."""
    if not which:
        return range(0)
    found = range(which[0], which[0] + len(which))
    if isinstance(which, range):
        return found if which == found else None
    return found if which[-1] == found[-1] and list(which) == list(found) else None
