"""The way back from plain bytes to values. It must never trust the bytes: whatever they say, it raises ValueError or
makes a value no larger than they are."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from pipekit.canon.form import length, read_length
from pipekit.canon.shape import find_named, shape_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

Extern = Callable[[bytes], Any]
Reader = Callable[[Any, int, Extern], "tuple[Any, int]"]

_WHOLE = ord("i")
_DOUBLE = struct.Struct(">d").unpack_from
_DATE = struct.Struct(">HBB").unpack_from
_CLOCK = struct.Struct(">BBBIB").unpack_from
_WRONG = (IndexError, struct.error, OverflowError, TypeError, RecursionError, UnicodeDecodeError, ArithmeticError)


def decode(data: Buffer, extern: Callable[[bytes], Any]) -> Any:
    """The value whose plain form `data` is; `extern` is given each payload. Raises ValueError when it is none."""
    body = data if type(data) is bytes else memoryview(data).cast("B")
    try:
        value, end = read(body, 0, extern)
    except _WRONG as error:
        raise ValueError(f"not the bytes of a plain value: {type(error).__name__}: {error}") from None
    if end != len(body):
        raise ValueError(f"{len(body) - end} bytes follow the end of a plain value")
    return value


def decode_all(bodies: Iterable[bytes], extern: Callable[[bytes], Any]) -> list[Any]:
    """The values of many plain forms, as `decode` gives each; whole numbers, of which there are often many, by a short way."""
    whole, found = int.from_bytes, []
    for body in bodies:
        if len(body) > 2 and body[0] == _WHOLE and body[1] == len(body) - 2 < 128:
            found.append(whole(body[2:], "big", signed=True))
        else:
            found.append(decode(body, extern))
    return found


def read(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    """The value that starts at `at`, and where it ends."""
    reader: Reader = _READERS[data[at]]
    return reader(data, at + 1, extern)


def _unknown(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    raise ValueError(f"unknown tag {bytes(data[at - 1 : at])!r} at byte {at - 1}")


def _constant(value: Any) -> Reader:
    return lambda data, at, extern: (value, at)


def _piece(data: Any, at: int) -> tuple[Any, int]:
    size, at = read_length(data, at)
    end = at + size
    if end > len(data):
        raise ValueError(f"{size} bytes are promised at byte {at}, {len(data) - at} are there")
    return data[at:end], end


def _text(data: Any, at: int) -> tuple[str, int]:
    piece, at = _piece(data, at)
    return str(piece, "utf-8", "surrogatepass"), at


def _count(data: Any, at: int) -> tuple[int, int]:
    count, at = read_length(data, at)
    if count > len(data) - at:
        raise ValueError(f"{count} parts are promised at byte {at}, {len(data) - at} bytes are there")
    return count, at


def _whole(data: Any, at: int) -> tuple[int, int]:
    piece, at = _piece(data, at)
    return int.from_bytes(piece, "big", signed=True), at


def _int(data: Any, at: int, extern: Extern) -> tuple[int, int]:
    return _whole(data, at)


def _float(data: Any, at: int, extern: Extern) -> tuple[float, int]:
    return _DOUBLE(data, at)[0], at + 8


def _complex(data: Any, at: int, extern: Extern) -> tuple[complex, int]:
    return complex(_DOUBLE(data, at)[0], _DOUBLE(data, at + 8)[0]), at + 16


def _str(data: Any, at: int, extern: Extern) -> tuple[str, int]:
    return _text(data, at)


def _bytes(data: Any, at: int, extern: Extern) -> tuple[bytes, int]:
    piece, at = _piece(data, at)
    return bytes(piece), at


def _bytearray(data: Any, at: int, extern: Extern) -> tuple[bytearray, int]:
    piece, at = _piece(data, at)
    return bytearray(piece), at


def _items(data: Any, at: int, extern: Extern) -> tuple[list[Any], int]:
    count, at = _count(data, at)
    found: list[Any] = []
    for _ in range(count):
        item, at = _READERS[data[at]](data, at + 1, extern)
        found.append(item)
    return found, at


def _made(make: Callable[[list[Any]], Any]) -> Reader:
    def made(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
        found, at = _items(data, at, extern)
        return make(found), at

    return made


def _dict(data: Any, at: int, extern: Extern) -> tuple[dict[Hashable, Any], int]:
    count, at = _count(data, at)
    found: dict[Hashable, Any] = {}
    for _ in range(count):
        key, at = _READERS[data[at]](data, at + 1, extern)
        found[key], at = _READERS[data[at]](data, at + 1, extern)
    return found, at


def _wholes(data: Any, at: int, n: int) -> tuple[list[int], int]:
    found = []
    for _ in range(n):
        one, at = _whole(data, at)
        found.append(one)
    return found, at


def _range(data: Any, at: int, extern: Extern) -> tuple[range, int]:
    found, at = _wholes(data, at, 3)
    return range(*found), at


def _external(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    piece, at = _piece(data, at)
    return extern(bytes(piece)), at


def _date(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from datetime import date

    return date(*_DATE(data, at)), at + 4


def _time(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from datetime import time

    hour, minute, second, micro, fold = _CLOCK(data, at)
    zone, at = read(data, at + 8, extern)
    return time(hour, minute, second, micro, zone, fold=fold), at


def _datetime(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from datetime import datetime

    year, month, day = _DATE(data, at)
    hour, minute, second, micro, fold = _CLOCK(data, at + 4)
    zone, end = read(data, at + 12, extern)
    return datetime(year, month, day, hour, minute, second, micro, zone, fold=fold), end


def _timedelta(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from datetime import timedelta

    found, at = _wholes(data, at, 3)
    return timedelta(*found), at


def _timezone(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from datetime import timezone

    offset, at = _timedelta(data, at, extern)
    name, at = read(data, at, extern)
    return (timezone(offset) if name is None else timezone(offset, name)), at


def _zone_info(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    key, at = _text(data, at)
    try:
        return ZoneInfo(key), at
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"no time zone {key!r:.80}: {error}") from None


def _decimal(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from decimal import Decimal

    found, at = _text(data, at)
    return Decimal(found), at


def _uuid(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    from uuid import UUID

    return UUID(bytes=bytes(data[at : at + 16])), at + 16


def _path(cls: str) -> Reader:
    def path(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
        import pathlib

        found, at = _text(data, at)
        return getattr(pathlib, cls)(found), at

    return path


def _class(data: Any, at: int, *kinds: str) -> tuple[Any, int]:
    name, at = _text(data, at)
    cls = find_named(name)
    if not isinstance(cls, type) or shape_of(cls).kind not in kinds:
        raise ValueError(f"{name} is no {kinds[0]}")
    return cls, at


def _member(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    cls, at = _class(data, at, "enum", "flag")
    name, at = _text(data, at)
    if name not in cls.__members__:
        raise ValueError(f"{cls.__qualname__} has no member {name!r:.80}")
    return cls.__members__[name], at


def _flags(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    cls, at = _class(data, at, "flag")
    value, at = read(data, at, extern)
    return cls(value), at


def _fielded(data: Any, at: int, kind: str) -> tuple[Any, tuple[str, ...], int]:
    piece, at = _piece(data, at)
    head = bytes(piece)
    known = _SEEN.get(head)
    if known is None or getattr(sys.modules.get(known[0]), known[1], None) is not known[2]:
        known = _SEEN[head] = _look_up(head, kind)
    if known[4] != kind:
        raise ValueError(f"{known[1]} is no {kind}")
    return known[2], known[3], at


def _look_up(head: bytes, kind: str) -> tuple[str, str, Any, tuple[str, ...], str]:
    cls, _ = _class(head, 0, kind)
    shape = shape_of(cls)
    if length(len(head)) + head != shape.head:
        raise ValueError(f"{cls.__qualname__} has other fields than it had")
    module, _, qualname = shape.name.partition(":")
    return module, qualname, cls, shape.fields, kind


def _named_tuple(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    cls, names, at = _fielded(data, at, "namedtuple")
    found = []
    for _ in names:
        item, at = _READERS[data[at]](data, at + 1, extern)
        found.append(item)
    return tuple.__new__(cls, found), at


def _dataclass(data: Any, at: int, extern: Extern) -> tuple[Any, int]:
    cls, names, at = _fielded(data, at, "dataclass")
    made = object.__new__(cls)
    for name in names:
        item, at = _READERS[data[at]](data, at + 1, extern)
        object.__setattr__(made, name, item)
    return made, at


_SEEN: dict[bytes, tuple[str, str, Any, tuple[str, ...], str]] = {}
_KNOWN: dict[bytes, Reader] = {
    b"N": _constant(None),
    b"T": _constant(True),
    b"F": _constant(False),
    b".": _constant(...),
    b"i": _int,
    b"f": _float,
    b"c": _complex,
    b"s": _str,
    b"b": _bytes,
    b"B": _bytearray,
    b"l": _items,
    b"t": _made(tuple),
    b"d": _dict,
    b"S": _made(set),
    b"Z": _made(frozenset),
    b"r": _range,
    b"x": _external,
    b"D": _date,
    b"C": _time,
    b"M": _datetime,
    b"L": _timedelta,
    b"o": _timezone,
    b"z": _zone_info,
    b"m": _decimal,
    b"u": _uuid,
    b"p": _path("Path"),
    b"q": _path("PurePosixPath"),
    b"w": _path("PureWindowsPath"),
    b"e": _member,
    b"E": _flags,
    b"n": _named_tuple,
    b"I": _dataclass,
}
_READERS: list[Reader] = [_KNOWN.get(bytes([tag]), _unknown) for tag in range(256)]
