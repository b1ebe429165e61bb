"""The one way into the user's code: whatever it raises comes back as a value. It must never know whose code it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Ok(Struct, Generic[T], frozen=True):
    """What the user's code returned."""

    value: T


class Raised(Struct, frozen=True):
    """What the user's code raised; `SystemExit` counts, `KeyboardInterrupt` goes on up."""

    error: BaseException


def call_user(fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Ok[T] | Raised:
    """Call `fn` of the user's; never raises what it raises."""
    try:
        return Ok(fn(*args, **kwargs))
    except (Exception, SystemExit, GeneratorExit) as error:
        return Raised(error)
