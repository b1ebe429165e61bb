"""Short texts of values, for people. It must never be part of an identity, nor call what is not Python's own."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from types import BuiltinFunctionType, FunctionType
from typing import Any

_MOST = 80
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...), range, bytearray)
_WRITTEN = {
    "datetime:date", "datetime:timedelta", "decimal:Decimal", "fractions:Fraction", "uuid:UUID", "re:Pattern",
}  # fmt: skip


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
    name = f"{kind.__module__}:{kind.__qualname__}"
    if name in _WRITTEN:
        return repr(value)
    if name in _KNOWN and depth:
        return _KNOWN[name](value, depth)
    if issubclass(kind, FunctionType | BuiltinFunctionType | type):
        return str(value.__qualname__)
    return _instance(value, kind, depth)


def _instance(value: Any, kind: type, depth: int) -> str:
    """The class with what is in the instance; of an enum, the member."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        held = {}
    if issubclass(kind, Enum) and isinstance(held.get("_name_"), str):
        return f"{kind.__qualname__}.{held['_name_']}"
    if not held or not depth:
        return f"<{kind.__qualname__}>"
    return f"<{kind.__qualname__} {_named(held, depth)}>"


def _named(values: Any, depth: int) -> str:
    return ", ".join(f"{name}={_text(one, depth - 1)}" for name, one in _some(values.items()))


def _partial(value: Any, depth: int) -> str:
    texts = [_text(one, depth - 1) for one in (value.func, *value.args)]
    return f"partial({', '.join([*texts, *([_named(value.keywords, depth)] if value.keywords else [])])})"


def _queue(value: Any, depth: int) -> str:
    most = "" if value.maxlen is None else f", maxlen={value.maxlen}"
    return f"deque({_several(value, list, depth)}{most})"


_KNOWN: dict[str, Callable[[Any, int], str]] = {
    "collections:Counter": lambda value, depth: f"Counter({_text(dict(value), depth)})",
    "collections:OrderedDict": lambda value, depth: f"OrderedDict({_text(dict(value), depth)})",
    "collections:defaultdict": lambda value, depth: (
        f"defaultdict({_text(value.default_factory, depth)}, {_text(dict(value), depth)})"
    ),
    "collections:deque": _queue,
    "datetime:datetime": lambda value, depth: str(value.replace(tzinfo=None)),
    "datetime:time": lambda value, depth: str(value.replace(tzinfo=None)),
    "functools:partial": _partial,
}


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
