"""A function over trivial items and the sum of what it gives, for joblib.Memory: `python joblib_items.py count=N`."""

from __future__ import annotations

import sys

from joblib import Memory

memory = Memory("kept", verbose=0)


@memory.cache
def double(number: int) -> int:
    """What an item gives."""
    return 2 * number


if __name__ == "__main__":
    count = int(sys.argv[1].removeprefix("count="))
    assert sum(double(number) for number in range(count)) == count * (count - 1)
