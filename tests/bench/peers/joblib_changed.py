"""Trivial calls below one whose option changes, for joblib.Memory: `python joblib_changed.py count=N value=V`."""

from __future__ import annotations

import sys

from joblib import Memory

memory = Memory("kept", verbose=0)


@memory.cache
def source(given: int) -> int:
    """What the others take."""
    return given // 10


@memory.cache
def one(number: int, value: int) -> int:
    """What a call gives."""
    return value + number


if __name__ == "__main__":
    count, given = int(sys.argv[1].removeprefix("count=")), int(sys.argv[2].removeprefix("value="))
    taken = source(given)
    assert sum(one(number, taken) for number in range(count)) == count * (count - 1) // 2 + count * (given // 10)
