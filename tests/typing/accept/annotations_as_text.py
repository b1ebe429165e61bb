"""Annotations that are text, classes of one's own, and what is not annotated by the book."""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Protocol,
    TypedDict,
    TypeVar,
    assert_type,
    runtime_checkable,
)

from pipekit import Cell, Env, File

env = Env("more")
T = TypeVar("T")


class Colour(enum.Enum):
    RED = 1


class Keys(TypedDict, total=False):
    one: int


class Pair(NamedTuple):
    one: int
    two: str


ONE = Pair(1, "a")


@dataclass(frozen=True)
class Node:
    value: int
    below: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Box(Generic[T]):
    held: T


@runtime_checkable
class Closeable(Protocol):
    def close(self) -> None: ...


UserId = NewType("UserId", int)


@env.type()
def share(value: float) -> bool:
    """Between 0 and 1."""
    return 0 <= value <= 1


@env.type(name="csv-file")
def csv_file(value: File) -> bool:
    """A CSV."""
    return value.suffix == ".csv"


Share = Annotated[float, share]
Csv = Annotated[Path, csv_file]


@env.task(name="every-option", tags={"slow"})
def every_option(
    *,
    colour: Colour = Colour.RED,
    keys: Keys | None = None,
    pair: Pair = ONE,
    node: Node = Node(1, [Node(2)]),
    box: Box[int] = Box(3),
    user: UserId = UserId(3),
    choice: Literal["a", "b"] = "a",
    above: Share = 0,
    path: Csv = Path("x.csv"),
    paths: Sequence[File] = (),
    by_day: Mapping[date, Decimal] | None = None,
    wait: timedelta = timedelta(seconds=3),
    anything: Any = None,
) -> Node:
    return node


@env.stream(every_option)
def nodes(top: Node, /) -> Generator[Node, None, None]:
    yield from top.below


@env.each(nodes, every_option)
def values(node: Node, top: Node, /) -> tuple[int, int]:
    return node.value, top.value


@env.task(values, nodes, every_option)
def table(rows: list[tuple[int, int]], below: Iterator[Node], top: Node, /) -> dict[str, list[int]]:
    return {"a": [row[0] for row in rows], "b": [node.value for node in below]}


@env.task(table.cells)
def best(cells: list[Cell[dict[str, list[int]]]], /, *, by: str = "a") -> Path:
    return Path(by)


assert_type(every_option(above=0.5), Node)
assert_type(best([Cell({"x.y": 1}, {"a": [1]})], by="b"), Path)
every_option.set(colour=Colour.RED, above=1)
