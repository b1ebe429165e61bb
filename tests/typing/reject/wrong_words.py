"""Each line that carries `# error` is wrong, and no other."""

from collections.abc import Iterator
from typing import Any

from pipekit import Cell, Env

env = Env("words")


@env.stream()
def lines(*, path: str) -> Iterator[str]:
    yield path


@env.each(lines)
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return line.split()


@env.task(words)
def counts(rows: Iterator[list[str]], /, *, least: int) -> dict[str, int]:
    return {}


@env.task(counts)  # error
def wrong_product(table: dict[str, str], /) -> int:
    return 1


@env.task(words)  # error
def wrong_items(rows: Iterator[str], /) -> int:
    return 1


@env.task(words)  # error
def wrong_list(rows: list[str], /) -> int:
    return 1


@env.task(words)  # error
def not_a_stream(rows: dict[str, int], /) -> int:
    return 1


@env.each(lines)  # error
def wrong_item(line: int, /) -> int:
    return 1


@env.each(counts)  # error
def over_a_whole(line: str, /) -> int:
    return 1


@env.each(words, counts)  # error
def wrong_second(row: list[str], table: list[str], /) -> int:
    return 1


@env.stream()  # error
def no_iterator() -> int:
    return 1


@env.stream(lines)  # error
def no_iterator_either(rows: Iterator[str], /) -> int:
    return 1


@env.task(counts, words)  # error
def too_few(table: dict[str, int], /) -> int:
    return 1


@env.task(lines.cells)  # error
def wrong_cells(cells: Iterator[Cell[int]], /) -> int:
    return 1


@env.task(lines.failed)  # error
def wrong_failures(failures: Iterator[str], /) -> int:
    return 1


def plain(value: int) -> int:
    return value


counts.set(least=1, most=2)  # error
counts.set(least="1")  # error
counts.set()  # error
words.set(True)  # error
words.set(line="x")  # error
words("x", lower=1.5)  # error
words(3)  # error
words()  # error
counts([["a"]], least=1)  # error
counts(iter([["a"]]), leest=1)  # error
counts(iter(["a"]), least=1)  # error
answer: int = counts(iter([["a"]]), least=1)  # error
env.task(plain)  # error
env.each()  # error
env.task(on_error="skip")  # error
env.task(store="sometimes")  # error
env.task(retries="3")  # error
env.task(timout="3s")  # error
env.each(lines, on_error="ignore")  # error
env.include("other")  # error
env.type(parent=int)  # error
env.type(3)  # error


@env.type()  # error
def two(value: int, other: int) -> bool:
    return True


@env.type()  # error
def says_no_bool(value: int) -> str:
    return ""


untyped: Any = 3
env.task(untyped)
