"""Short texts of values, for people. It must never be part of an identity, nor call what is not Python's own."""

from __future__ import annotations

from types import FunctionType
from typing import Any

_MOST = 80
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...), range, bytearray)


def show(value: Any) -> str:
    """`value` as one would write it if it is plain data, else its class; at most 80 characters."""
    text = _text(value, 3)
    return text if len(text) <= _MOST else text[: _MOST - 3] + "..."


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in (str, bytes, bytearray) and len(value) > _MOST:
        value = value[:_MOST]
    if kind is int and value.bit_length() > 4 * _MOST:
        return f"{value:#x}"[:_MOST]
    if kind in _PLAIN:
        return repr(value)
    if kind is dict and depth:
        return "{" + ", ".join(f"{_text(k, depth - 1)}: {_text(v, depth - 1)}" for k, v in _some(value.items())) + "}"
    if kind in (list, tuple, set, frozenset) and depth:
        return _several(value, kind, depth)
    if kind.__qualname__ in ("PosixPath", "WindowsPath"):
        return f"Path({str(value)!r})"
    return value.__qualname__ if issubclass(kind, FunctionType | type) else f"<{kind.__qualname__}>"


def _several(value: Any, kind: type, depth: int) -> str:
    texts = [_text(one, depth - 1) for one in (_some(value) if kind in (list, tuple) else value)]
    if kind is list:
        return "[" + ", ".join(texts) + "]"
    if kind is tuple:
        return "(" + ", ".join(texts) + (",)" if len(texts) == 1 else ")")
    inner = "{" + ", ".join(sorted(texts)[:_MOST]) + "}" if texts else "set()"
    return inner if kind is set else f"frozenset({inner if texts else ''})"


def _some(items: Any) -> Any:
    return list(items)[: _MOST // 2]
