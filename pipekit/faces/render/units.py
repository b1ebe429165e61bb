"""Bytes, seconds and counts as people read them. It must never know what is counted."""

from __future__ import annotations

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")


def size(octets: float) -> str:
    """Bytes in decimal units with two or three digits: `"0 B"`, `"1.1 GB"`, `"212 MB"`."""
    value, unit = float(max(octets, 0)), 0
    while value >= 999.5 and unit < len(_BYTES) - 1:
        value, unit = value / 1000, unit + 1
    digits = f"{value:.1f}" if unit and value < 9.95 else f"{value:.0f}"
    return f"{digits} {_BYTES[unit]}"


def clock(seconds: float) -> str:
    """Seconds as a clock that counts up: `"01:52"`, `"1:02:03"`, `"2d 03h"`."""
    whole = int(max(seconds, 0))
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{days}d {hours:02}h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def duration(seconds: float) -> str:
    """Seconds that something took, short: `"3 ms"`, `"0.4 s"`, `"41 s"`, and from 100 s on as a clock."""
    value = max(seconds, 0.0)
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 99.5 else clock(round(value))


def ago(seconds: float) -> str:
    """How long ago something was: `"just now"`, `"5 minutes ago"`, `"2 days ago"`."""
    for length, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            return f"{many(int(seconds // length), noun)} ago"
    return "just now"


def count(number: float) -> str:
    """A whole number, with commas from five digits on: `"4230"`, `"100,000"`."""
    whole = round(number)
    return f"{whole:,}" if abs(whole) >= 10_000 else str(whole)


def amount(number: float) -> str:
    """A number somebody chose, whole or not, in at most six characters or so: `"12"`, `"0.25"`, `"1.2M"`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e5, "k")):
        if abs(number) >= limit:
            return f"{number / (1e3 if unit == 'k' else limit):.3g}{unit}"
    return f"{number:.0f}" if number == int(number) else f"{number:.3g}"


def rate(per_second: float) -> str:
    """How many in a second: `"0.4/s"`, `"18.2/s"`, `"880/s"`, `"12k/s"`."""
    for limit, unit in ((999_500, "M"), (9_950, "k")):
        if per_second >= limit:
            return f"{per_second / (1e6 if unit == 'M' else 1e3):.3g}{unit}/s"
    return f"{per_second:.1f}/s" if per_second < 99.5 else f"{per_second:.0f}/s"


def many(number: int, noun: str, plural: str = "") -> str:
    """`"1 task"`, `"4230 tasks"`."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"
