"""Where in a value the part stands that cannot be turned into bytes. It must never know how bytes are made: it is told
what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Fails = Callable[[Any], "BaseException | None"]

_DEEPEST = 60


def find_culprit(value: Any, fails: Fails, error: BaseException) -> tuple[str, Any, str]:
    """The path from `value` to the innermost part that `fails`, that part, and what was said about it."""
    path, seen = "value", {id(value)}
    for _ in range(_DEEPEST):
        for step, child in _children(value):
            found = None if id(child) in seen else fails(child)
            if found is not None:
                path, value, error = path + step, child, found
                seen.add(id(child))
                break
        else:
            break
    return path, value, f"{type(error).__name__}: {error}"


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield ".keys()", key
            yield f"[{key!r:.60}]" if type(key) in (str, int, bytes) else f"[<{type(key).__name__}>]", item
    elif isinstance(value, list | tuple):
        yield from ((f"[{at}]", item) for at, item in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from (("{...}", item) for item in value)
    attributes = getattr(value, "__dict__", None)
    if isinstance(attributes, dict) and not isinstance(value, type):
        yield from ((f".{name}", item) for name, item in attributes.items())
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield f".{name}", getattr(value, name)
