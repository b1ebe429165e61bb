"""The words that a text uses most."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pipekit import Env, File

env = Env("words")


@env.type()
def positive(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


@env.type(parent=positive)
def page_size(value: int) -> bool:
    """A positive number that still fits a page."""
    return value <= 100


PageSize = Annotated[int, page_size]


@env.stream()  # a generator; its items flow on at once
def lines(*, path: File = Path("data/book.txt")) -> Iterator[str]:
    with path.open(encoding="utf-8") as book:
        yield from book


@env.each(lines)  # runs once per item: parallel, cached and retried per item
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return [word.strip(".,;:!?\"'") for word in (line.lower() if lower else line).split()]


@env.task(words)  # gets the items as an iterator, in their order
def counts(rows: Iterator[list[str]], /) -> dict[str, int]:
    return dict(Counter(word for row in rows for word in row))


@env.task(counts)
def ranking(table: dict[str, int], /, *, top: PageSize = 20) -> list[str]:
    return sorted(table, key=lambda word: (-table[word], word))[:top]
