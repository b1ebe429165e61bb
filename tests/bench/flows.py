"""Projects whose items flow from stage to stage."""

from __future__ import annotations

from pathlib import Path

STAGES = """
import time
from collections.abc import Iterator

from pipekit import Env

env = Env("stages")


def sleep():
    time.sleep(0.01)


def compute():
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass


@env.stream()
def first(*, count: int = {count}) -> Iterator[int]:
    for number in range(count):
        {work}()
        yield number


@env.stream(first)
def second(numbers: Iterator[int], /) -> Iterator[int]:
    for number in numbers:
        {work}()
        yield number + 1


@env.task(second)
def third(numbers: Iterator[int], /) -> int:
    total = 0
    for number in numbers:
        {work}()
        total += number
    return total
"""

SMALL = """
from collections.abc import Iterator

from pipekit import Env

env = Env("small")


@env.stream(store="never")
def first(*, count: int = {count}) -> Iterator[int]:
    yield from range(count)


@env.stream(first, store="never")
def second(numbers: Iterator[int], /) -> Iterator[int]:
    for number in numbers:
        yield number + 1


@env.task(second)
def third(numbers: Iterator[int], /) -> int:
    return sum(numbers)
"""

LARGE = """
from collections.abc import Iterator

from pipekit import Env

env = Env("large")


@env.stream({kept})
def first(*, count: int = {count}) -> Iterator[bytes]:
    body = bytearray(1 << 20)
    for number in range(count):
        body[:8] = number.to_bytes(8, "little")
        yield bytes(body)


@env.stream({second})
def second(bodies: Iterator[bytes], /) -> Iterator[bytes]:
    for body in bodies:
        yield body[8:] + body[:8]


@env.task(second)
def third(bodies: Iterator[bytes], /) -> int:
    return sum(len(body) for body in bodies)
"""

LARGE_ALONE = """
from collections.abc import Iterator

from pipekit import Env

env = Env("large")


@env.stream()
def first(*, count: int = {count}) -> Iterator[bytes]:
    body = bytearray(1 << 20)
    for number in range(count):
        body[:8] = number.to_bytes(8, "little")
        yield bytes(body)


@env.task(first)
def last(bodies: Iterator[bytes], /) -> int:
    return sum(len(body) for body in bodies)
"""

BUDGET = """
version: 1
settings: {memory: 512 MB}
invocations: {default: {}}
"""


def stages(folder: Path, work: str, count: int) -> Path:
    """Three stages of 10 ms for each of `count` items, which they spend with `work`: sleep or compute."""
    return _write(folder, STAGES.replace("{count}", str(count)).replace("{work}", work))


def small(folder: Path, count: int) -> Path:
    """Three stages that do nothing with `count` numbers."""
    return _write(folder, SMALL.replace("{count}", str(count)))


def large(folder: Path, count: int) -> Path:
    """Three stages that copy `count` items of 1 MB, and keep none of them."""
    text = LARGE.replace("{kept}", 'store="never"').replace("{second}", 'first, store="never"')
    return _write(folder, text.replace("{count}", str(count)))


def budget(folder: Path, count: int) -> Path:
    """A stream of `count` items of 1 MB, which are stored, and one that reads it, under 512 MB."""
    place = _write(folder, LARGE_ALONE.replace("{count}", str(count)))
    (place / "pipeline.yaml").write_text(BUDGET)
    return place


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "tasks.py").write_text(text)
    return folder
