"""What a web server's log tells: its lines are made, parsed and counted, all at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import nlargest
from random import Random
from typing import Annotated

import weblog
from weblog import Facts

from pipekit import Env, Failure, seed

env = Env("log_processing")


@env.type()
def count(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


@env.type(parent=count)
def few(value: int) -> bool:
    """As many as are kept of each chunk, or fewer."""
    return value <= weblog.KEPT


@env.type()
def share(value: float) -> bool:
    """Between 0 and 1."""
    return 0 <= value <= 1


Count = Annotated[int, count]
Few = Annotated[int, few]
Share = Annotated[float, share]


@env.stream()
def chunks(*, lines: Count = 1_000_000, number: int = 1, torn: Share = 0.0) -> Iterator[str]:
    """The log. Another `number` gives another one; `torn` is the share of chunks in which something is missing.

    An item is a thousand lines and not one, so that it is a few milliseconds of work: to pass an item on, keep what it
    gave and read that costs some microseconds in each task, and one line is parsed in less.
    """
    for at in range(-(-lines // weblog.CHUNK)):
        random = Random(seed(number, at))
        size = min(weblog.CHUNK, lines - at * weblog.CHUNK)
        yield weblog.chunk_of(at, size, random, torn=Random(seed(number, at, "torn")).random() < torn)


@env.each(chunks, on_error="skip", max_errors=0.05)
def parsed(chunk: str, /) -> Facts:
    """Parse and count one chunk. One that cannot be read is left out; more than one in twenty, and the log is wrong."""
    return weblog.facts_of(chunk)


@env.task(parsed)
def statuses(rows: Iterator[Facts], /) -> dict[str, int]:
    """Requests by status."""
    return total(row.statuses for row in rows)


@env.task(parsed)
def paths(rows: Iterator[Facts], /) -> dict[str, int]:
    """Requests by path."""
    return total(row.paths for row in rows)


@env.task(parsed)
def hours(rows: Iterator[Facts], /) -> dict[str, int]:
    """Requests by hour of the day."""
    return total(row.hours for row in rows)


@env.task(parsed)
def slowest(rows: Iterator[Facts], /, *, top: Few = 5) -> list[tuple[int, str]]:
    """The requests that took longest: milliseconds and path."""
    return nlargest(top, (request for row in rows for request in row.slowest[:top]))


@env.task(parsed.failed)
def unread(failures: Iterator[Failure], /) -> list[str]:
    """Why chunks were left out."""
    return [failure.error for failure in failures]


@env.task(statuses, paths, hours, slowest, unread)
def report(
    statuses: dict[str, int],
    paths: dict[str, int],
    hours: dict[str, int],
    slowest: list[tuple[int, str]],
    unread: list[str],
    /,
) -> str:
    """All of it on one page."""
    parts = [
        f"{sum(statuses.values()):,} requests; chunks that could not be read: {len(unread)}",
        *("  " + error for error in unread),
        *table("status", statuses),
        *table("path", paths),
        *table("hour", dict(sorted(hours.items()))),
        "slowest",
        *(f"  {milliseconds:>9,} ms  {path}" for milliseconds, path in slowest),
    ]
    return "\n".join(parts) + "\n"


def total(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """The sums, largest first."""
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def table(title: str, numbers: dict[str, int]) -> Iterator[str]:
    yield title
    most = max(numbers.values(), default=1)
    for name, number in numbers.items():
        yield f"  {name:<10} {number:>9,}  {'#' * round(30 * number / most)}".rstrip()
