"""The form of Python's own values: numbers, text, bytes and containers. It must never know a class that somebody wrote."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from pipekit.canon.form import LARGE, Culprit, Handler, Walk, Write, length, text, whole

_INTS = {n: b"i" + whole(n) for n in range(-128, 1025)}
_LENGTHS = {tag: [tag + length(n) for n in range(128)] for tag in (b"l", b"t", b"d", b"S", b"Z", b"s", b"b", b"B")}
_DOUBLE = struct.Struct(">d").pack
_NAN = _DOUBLE(float("nan"))


def _head(tag: bytes, n: int) -> bytes:
    return _LENGTHS[tag][n] if n < 128 else tag + length(n)


def double(value: float) -> bytes:
    """8 bytes; every NaN has the same."""
    return _DOUBLE(value) if value == value else _NAN


def _none(value: None, write: Write, walk: Walk) -> None:
    write(b"N")


def _bool(value: bool, write: Write, walk: Walk) -> None:
    write(b"T" if value else b"F")


def _int(value: int, write: Write, walk: Walk) -> None:
    write(_INTS.get(value) or b"i" + whole(value))


def _float(value: float, write: Write, walk: Walk) -> None:
    write(b"f" + double(value))


def _complex(value: complex, write: Write, walk: Walk) -> None:
    write(b"c" + double(value.real) + double(value.imag))


def _str(value: str, write: Write, walk: Walk) -> None:
    data = value.encode("utf-8", "surrogatepass")
    if len(data) < LARGE:
        write(_head(b"s", len(data)) + data)
    elif not asked(value, write, walk):
        write(b"s" + length(len(data)))
        write(data)


def _bytes(value: bytes, write: Write, walk: Walk) -> None:
    if len(value) < LARGE:
        write(_head(b"b", len(value)) + value)
    elif not asked(value, write, walk):
        write(b"b" + length(len(value)))
        write(value)


def _bytearray(value: bytearray, write: Write, walk: Walk) -> None:
    if len(value) < LARGE or not asked(value, write, walk):
        write(_head(b"B", len(value)))
        write(value)


def _range(value: range, write: Write, walk: Walk) -> None:
    write(b"r" + whole(value.start) + whole(value.stop) + whole(value.step))


def scalars(values: Sequence[Any]) -> list[bytes]:
    """The forms of numbers, or of Nones, that are all of one class."""
    cls = values[0].__class__
    if cls is int:
        return [_INTS.get(value) or b"i" + whole(value) for value in values]
    if cls is float:
        return [b"f" + double(value) for value in values]
    if cls is bool:
        return [b"T" if value else b"F" for value in values]
    if cls is complex:
        return [b"c" + double(value.real) + double(value.imag) for value in values]
    return [b"N"] * len(values)


def asked(value: Any, write: Write, walk: Walk) -> bool:
    """Offer `value` to the walk's `ask`; True when its payload has been written instead."""
    payload = None if walk.ask is None else walk.ask(value)
    if payload is None:
        return False
    write(b"x" + length(len(payload)))
    write(payload)
    return True


def _sequence(tag: bytes) -> Handler:
    def sequence(value: list[Any] | tuple[Any, ...], write: Write, walk: Walk) -> None:
        if id(value) in walk.active:
            walk.again(value, write, walk)
            return
        write(_head(tag, len(value)))
        walk.enter(value)
        table = walk.table
        try:
            for item in value:
                table[type(item)](item, write, walk)
        except Culprit as culprit:
            raise culprit.climb(value, f"[{_index(value, culprit.at)}]") from None
        walk.leave(value)

    return sequence


def _index(value: Any, item: Any) -> int:
    return next((at for at, other in enumerate(value) if other is item), -1)


def _dict(value: dict[Any, Any], write: Write, walk: Walk) -> None:
    if id(value) in walk.active:
        walk.again(value, write, walk)
        return
    write(_head(b"d", len(value)))
    walk.enter(value)
    table = walk.table
    try:
        for key, item in value.items():
            table[type(key)](key, write, walk)
            table[type(item)](item, write, walk)
    except Culprit as culprit:
        raise culprit.climb(value, _entry(value, culprit.at)) from None
    walk.leave(value)


def _entry(value: dict[Any, Any], item: Any) -> str:
    for key, other in value.items():
        if other is item or key is item:
            known = key if type(key) in (str, int, bool, float, bytes, type(None)) else None
            return f"[{known!r:.60}]" if known is key else f"[<{type(key).__name__}>]"
    return "[?]"


def _set(tag: bytes) -> Handler:
    def members(value: set[Any] | frozenset[Any], write: Write, walk: Walk) -> None:
        write(_head(tag, len(value)))
        write(b"".join(sorted([apart(item, walk) for item in value])))

    return members


def apart(item: Any, walk: Walk) -> bytes:
    """The form of a member of a set, by itself."""
    out: list[Any] = []
    try:
        walk.table[type(item)](item, out.append, walk)
    except Culprit as culprit:
        raise culprit.climb(None, "{...}") from None
    return b"".join(out)


def _slice(value: slice, write: Write, walk: Walk) -> None:
    write(b":")
    for part in (value.start, value.stop, value.step):
        walk.table[type(part)](part, write, walk)


def _ellipsis(value: Any, write: Write, walk: Walk) -> None:
    write(b".")


def _not_implemented(value: Any, write: Write, walk: Walk) -> None:
    write(b"!")


HANDLERS: dict[type, Handler] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    bytearray: _bytearray,
    list: _sequence(b"l"),
    tuple: _sequence(b"t"),
    dict: _dict,
    set: _set(b"S"),
    frozenset: _set(b"Z"),
    range: _range,
    slice: _slice,
    type(Ellipsis): _ellipsis,
    type(NotImplemented): _not_implemented,
}

__all__ = ["HANDLERS", "apart", "asked", "double", "scalars", "text"]
