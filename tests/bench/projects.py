"""Projects to measure, written to a folder."""

from __future__ import annotations

from pathlib import Path

LOOP = """
from pipekit import Env

env = Env("loop")


def make(number):
    @env.task(name=f"t{number}")
    def one() -> int:
        return number


for number in range({count}):
    make(number)
"""

MIDDLE = """
from pipekit import Env

env = Env("middle")


@env.task()
def source(*, value: int = 0) -> int:
    return value // 10


def make(number):
    @env.task(source, name=f"t{number}")
    def one(value: int, /) -> int:
        return value + number


for number in range({count}):
    make(number)
"""

EACH = """
from collections.abc import Iterator
from pipekit import Env

env = Env("each")


@env.stream()
def numbers(*, count: int = {count}) -> Iterator[int]:
    yield from range(count)


@env.each(numbers)
def double(number: int, /) -> int:
    return 2 * number


@env.task(double)
def total(rows: Iterator[int], /) -> int:
    return sum(rows)
"""


def loop(folder: Path, count: int) -> Path:
    """`count` trivial stored tasks, made by a loop."""
    return _write(folder, LOOP.replace("{count}", str(count)))


def distinct(folder: Path, count: int) -> Path:
    """`count` trivial stored tasks, each a function of its own."""
    parts = ["from pipekit import Env\n\nenv = Env('distinct')\n"]
    parts += [f"\n\n@env.task()\ndef t{n}() -> int:\n    return {n}\n" for n in range(count)]
    return _write(folder, "".join(parts))


def middle(folder: Path, count: int) -> Path:
    """One task whose option may change without changing its product, and `count` below it."""
    return _write(folder, MIDDLE.replace("{count}", str(count)))


def each(folder: Path, count: int) -> Path:
    """One each over `count` trivial items, and a consumer."""
    return _write(folder, EACH.replace("{count}", str(count)))


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "tasks.py").write_text(text)
    return folder
