"""Makes functions fail now and then, for no reason of their own. Tasks that are sent to workers by value find it by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from threading import Lock
from typing import Any

_random, _lock, _odds = Random(0), Lock(), [0.0]


def fails(seed: int, odds: float) -> None:
    """From now on, this share of calls fails."""
    with _lock:
        _random.seed(seed)
        _odds[0] = odds


def wrapped(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which may fail."""
    return partial(call, fn)


def call(fn: Callable[..., Any], *args: Any) -> Any:
    """Call the function, or fail."""
    with _lock:
        unlucky = _random.random() < _odds[0]
    if unlucky:
        raise ConnectionError("not now")
    return fn(*args)
