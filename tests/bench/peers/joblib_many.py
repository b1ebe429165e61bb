"""Trivial calls in a loop, for joblib.Memory: `python joblib_many.py count=N`."""

from __future__ import annotations

import sys

from joblib import Memory

memory = Memory("kept", verbose=0)


@memory.cache
def one(number: int) -> int:
    """What a call gives."""
    return number


if __name__ == "__main__":
    count = int(sys.argv[1].removeprefix("count="))
    assert sum(one(number) for number in range(count)) == count * (count - 1) // 2
