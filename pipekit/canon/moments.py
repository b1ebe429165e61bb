"""The form of the standard library's small values: dates and times, Decimal, UUID, paths. It must never import their
modules to ask whether a value is one of theirs."""

from __future__ import annotations

import struct
import sys
from typing import Any

from pipekit.canon.form import Culprit, Handler, Handlers, Walk, Write, text, whole

_DATE = struct.Struct(">HBB").pack
_CLOCK = struct.Struct(">BBBIB").pack


def _date(value: Any, write: Write, walk: Walk) -> None:
    write(b"D" + _DATE(value.year, value.month, value.day))


def _clock(value: Any) -> bytes:
    return _CLOCK(value.hour, value.minute, value.second, value.microsecond, value.fold)


def _time(value: Any, write: Write, walk: Walk) -> None:
    write(b"C" + _clock(value))
    _zone(value, write, walk)


def _datetime(value: Any, write: Write, walk: Walk) -> None:
    write(b"M" + _DATE(value.year, value.month, value.day) + _clock(value))
    _zone(value, write, walk)


def _zone(value: Any, write: Write, walk: Walk) -> None:
    zone = value.tzinfo
    try:
        walk.table[type(zone)](zone, write, walk)
    except Culprit as culprit:
        raise culprit.climb(value, ".tzinfo") from None


def _timedelta(value: Any, write: Write, walk: Walk) -> None:
    write(b"L" + _span(value))


def _span(value: Any) -> bytes:
    return whole(value.days) + whole(value.seconds) + whole(value.microseconds)


def _timezone(value: Any, write: Write, walk: Walk) -> None:
    offset, *name = value.__getinitargs__()
    write(b"o" + _span(offset) + (b"s" + text(name[0]) if name else b"N"))


def _zone_info(value: Any, write: Write, walk: Walk) -> None:
    if value.key is None:
        raise Culprit(value, "is a time zone without a name")
    write(b"z" + text(value.key))


def _decimal(value: Any, write: Write, walk: Walk) -> None:
    write(b"m" + text(str(value)))


def _uuid(value: Any, write: Write, walk: Walk) -> None:
    write(b"u" + value.bytes)


def _path(value: Any, write: Write, walk: Walk) -> None:
    write(b"p" + text(str(value)))


def _pure_posix(value: Any, write: Write, walk: Walk) -> None:
    write(b"q" + text(str(value)))


def _pure_windows(value: Any, write: Write, walk: Walk) -> None:
    write(b"w" + text(str(value)))


_KNOWN: dict[str, tuple[str, Handler]] = {
    "date": ("datetime", _date),
    "time": ("datetime", _time),
    "datetime": ("datetime", _datetime),
    "timedelta": ("datetime", _timedelta),
    "timezone": ("datetime", _timezone),
    "ZoneInfo": ("zoneinfo", _zone_info),
    "Decimal": ("decimal", _decimal),
    "UUID": ("uuid", _uuid),
    "PosixPath": ("pathlib", _path),
    "WindowsPath": ("pathlib", _path),
    "PurePosixPath": ("pathlib", _pure_posix),
    "PureWindowsPath": ("pathlib", _pure_windows),
}


def find_moment(cls: type) -> Handler | None:
    """The handler of `cls` when it is exactly one of the standard library's small classes."""
    if cls.__qualname__ not in _KNOWN:
        return None
    module, handler = _KNOWN[cls.__qualname__]
    home = sys.modules.get(module)
    return handler if home is not None and getattr(home, cls.__qualname__, None) is cls else None


def remember(table: Handlers, cls: type, handler: Handler) -> Handler:
    """Put `handler` into `table` for `cls`; for classes that live as long as the process."""
    table[cls] = handler
    return handler
