"""What a web server's log looks like: making one, and reading it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from math import sin, tau
from random import Random

A_DAY = 50_000  # lines a day, as many every day
CHUNK = 1_000
KEPT = 20

PATHS = {"/": 30, "/search": 18, "/basket": 9, "/api/stock": 16, "/login": 5, "/style.css": 12, "/old-page": 2}
STATUSES = {"200": 900, "304": 60, "404": 25, "500": 9, "503": 6}
LINE = re.compile(
    r'^[\d.]+ - - \[\d\d/\w{3}/\d{4}:(\d\d):\d\d:\d\d \+0000\] "GET (\S+) HTTP/1\.1" (\d{3}) (\d+) (\d+)$', re.MULTILINE
)


@dataclass(frozen=True)
class Facts:
    """What a chunk comes to. `slowest`: its slowest requests, milliseconds first."""

    lines: int
    sent: int
    statuses: dict[str, int]
    paths: dict[str, int]
    hours: dict[str, int]
    slowest: list[tuple[int, str]]


def chunk_of(number: int, lines: int, random: Random, *, torn: bool = False) -> str:
    """The chunk with this number; if it is `torn`, some of its text is missing, as after a power cut."""
    sizes = random.choices(range(200, 40_000), k=lines)
    paths = random.choices(list(PATHS), list(PATHS.values()), k=lines)
    statuses = random.choices(list(STATUSES), list(STATUSES.values()), k=lines)
    stamps = _stamps(number * CHUNK, lines)
    hosts = random.choices(range(1, 255), k=lines)
    text = "".join(
        f'203.0.113.{host} - - [{stamp}] "GET {path} HTTP/1.1" {status} {size} {int(20 * random.paretovariate(1.4))}\n'
        for stamp, host, path, status, size in zip(stamps, hosts, paths, statuses, sizes, strict=True)
    )
    at = random.randrange(len(text) // 2)
    return text[:at] + text[at + 100 :] if torn else text


def _stamps(first: int, lines: int) -> Iterator[str]:
    """When each of these lines was written: more of them by day than by night."""
    for line in range(first, first + lines):
        day, part = divmod(line / A_DAY, 1)
        hour, second = divmod(int(86_400 * (part + sin(tau * part) / 9)), 3600)
        yield f"{1 + int(day) % 30:02}/Nov/2026:{hour:02}:{second // 60:02}:{second % 60:02} +0000"


def facts_of(text: str) -> Facts:
    """Count a chunk. Raises ValueError where a line is not one of a log."""
    rows = LINE.findall(text)
    if len(rows) != text.count("\n"):
        broken = next(line for line in text.splitlines() if not LINE.match(line))
        raise ValueError(f"this is no line of a log: {broken}")
    hours, paths, statuses, sizes, took = zip(*rows, strict=True)
    slowest = nlargest(KEPT, zip(map(int, took), paths, strict=True))
    return Facts(
        len(rows), sum(map(int, sizes)), dict(Counter(statuses)), dict(Counter(paths)), dict(Counter(hours)), slowest
    )
