"""The words example, with more kinds of options: what the tests of phase 2 invoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pipekit.definition.env import Env
from pipekit.definition.prelude import File, Folder
from pipekit.values import Secret

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


class Style(Enum):
    PLAIN = 1
    FANCY = 2


@dataclass(frozen=True)
class Login:
    user: str
    password: Secret


@dataclass(frozen=True)
class Look:
    style: Style
    widths: tuple[PageSize, ...] = (1,)


@env.stream()
def lines(*, path: File, encoding: str = "utf-8") -> Iterator[str]:
    yield from path.read_text(encoding).splitlines()


@env.each(lines)
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return line.lower().split() if lower else line.split()


@env.task(words)
def counts(rows: Iterator[list[str]], /) -> dict[str, int]:
    return {}


@env.task(counts)
def ranking(table: dict[str, int], /, *, top: PageSize = 20, ratio: float = 0.5, look: Look | None = None) -> list[str]:
    return sorted(table)


@env.task()
def fetched(
    *, token: Secret, login: Login | None = None, urls: tuple[str, ...] = (), cache: Folder | None = None, limit: int
) -> bytes:
    return b""


def at(name: str) -> str:
    """`words.py:LINE` of a task or a type, as problems say it where the project is this folder."""
    origin = env.tasks[name].origin if name in env.tasks else env.types[name].origin
    assert origin is not None
    return f"{origin.file}:{origin.line}"
