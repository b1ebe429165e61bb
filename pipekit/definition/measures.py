"""Durations and sizes as people write them: "30s", "6h", "16GB". It must never know what they are for."""

from __future__ import annotations

import re

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
BYTES: dict[str, int] = {
    "B": 1,
    **{f"{letter}B": 1000**n for n, letter in enumerate("kMGTP", 1)},
    **{f"{letter}iB": 1024**n for n, letter in enumerate("KMGTP", 1)},
}

_BYTES: dict[str, int] = {unit.lower(): size for unit, size in BYTES.items()}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d|w)\s*")
_DURATION = re.compile(rf"\s*(?:{_PART.pattern})+")
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*", re.IGNORECASE)


def seconds(text: str) -> float:
    """Seconds in a duration: `"30s"`, `"1.5h"`, `"1h30m"`, with ms, s, m, h, d and w. Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f'{text!r} is no duration: write it like "30s", "6h" or "1d"')
    return sum(float(number) * SECONDS[unit] for number, unit in _PART.findall(text))


def size(text: str) -> int:
    """Bytes in a size: `"16GB"` is 16 * 1000**3, `"16GiB"` 16 * 1024**3. Raises ValueError."""
    read = _SIZE.fullmatch(text)
    unit = _BYTES.get(read[2].lower()) if read else None
    if read is None or unit is None:
        raise ValueError(f'{text!r} is no size: write it like "16GB" or "512MiB"')
    return round(float(read[1]) * unit)
