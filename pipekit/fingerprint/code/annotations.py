"""The form of annotations, by names alone: which types they name, and nothing of those types' code. It must never evaluate one."""

from __future__ import annotations

from typing import Any

from pipekit.canon.form import length, text

_SCALARS = (str, int, bool, bytes, type(None))


def annotation_form(value: Any, depth: int = 0) -> bytes:
    """Names, arguments and literals of an annotation; of whatever else stands in it, the class."""
    if isinstance(value, str):
        return b"s" + text(value)
    if isinstance(value, type) and not hasattr(value, "__origin__"):
        return b"t" + text(f"{value.__module__}:{value.__qualname__}")
    if type(value) in _SCALARS:
        return b"l" + text(repr(value))
    if isinstance(value, list | tuple):
        return b"(" + length(len(value)) + b"".join(annotation_form(one, depth + 1) for one in value)
    forward = getattr(value, "__forward_arg__", None)
    if isinstance(forward, str):
        return b"s" + text(forward)
    if depth < 50 and hasattr(value, "__args__"):
        origin, given = getattr(value, "__origin__", None), getattr(value, "__args__", ())
        more = tuple(getattr(value, "__metadata__", ()))
        return b"g" + text(type(value).__qualname__) + annotation_form((origin, given, more), depth + 1)
    name = getattr(value, "__name__", None) or getattr(value, "_name", None)
    return (
        b"o"
        + text(f"{type(value).__module__}:{type(value).__qualname__}")
        + text(name if isinstance(name, str) else "")
    )


def annotations_form(found: Any) -> bytes:
    """A mapping of annotations, in its order."""
    if not isinstance(found, dict):
        return b"-"
    return length(len(found)) + b"".join(text(str(name)) + annotation_form(value) for name, value in found.items())
