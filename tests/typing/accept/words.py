"""The words example: a stream, an each, a consumer, options, settings, calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, assert_type

from pipekit import Cell, Env, Failure, File, Folder, Secret, Setting, Task

env = Env("words")


@env.type()
def positive(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


@env.type(parent=positive)
def page_size(value: int) -> bool:
    """A positive number that still fits a page."""
    return value <= 100


@env.type()
def fastq(value: File) -> bool:
    """A FASTQ file."""
    return value.suffix == ".fq"


PageSize = Annotated[int, page_size]
Fastq = Annotated[File, fastq]

assert_type(positive(3), bool)


@env.stream(refresh="7d", retries=3, tags=["net"])
def lines(*, path: File, where: Folder | None = None) -> Iterator[str]:
    yield from path.read_text().splitlines()


@env.each(lines, on_error="skip", max_errors=0.01, resources={"cpu": 1, "memory": "2GB", "gpu": 1})
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return (line.lower() if lower else line).split()


@env.task(words)
def counts(rows: Iterator[list[str]], /) -> dict[str, int]:
    return {word: 1 for row in rows for word in row}


@env.task(words)
def waited(rows: list[list[str]], /) -> int:
    return len(rows)


@env.task(words)
def either(rows: Iterable[Sequence[str]]) -> int:
    return sum(1 for _ in rows)


@env.task(counts, timeout="6h", store="never", environ=["HOME"], version="2", opaque=[len], code_includes=["x"])
def ranking(table: dict[str, int], /, *, top: PageSize = 20) -> list[str]:
    return sorted(table)[:top]


@env.task(counts)
def secretive(table: dict[str, int], /, *, token: Secret) -> str:
    return token.reveal()


# a handle is called as its function is
assert_type(ranking({"a": 1}, top=1), list[str])
assert_type(ranking({"a": 1}), list[str])
assert_type(counts(iter([["a"]])), dict[str, int])
assert_type(waited([["a"]]), int)
assert_type(either(rows=[("a",)]), int)
assert_type(words("A b", lower=False), list[str])
assert_type(lines(path=Path("x")), Iterator[str])

# settings know the options
settings: list[Setting] = [ranking.set(top=2), words.set(lower=False), words.set(), secretive.set(token=Secret("x"))]


# an each over a list, with whole deps; one that yields
@env.task()
def numbers(*, upto: int = 3) -> list[int]:
    return list(range(upto))


@env.task()
def offset(*, by: int = 1) -> int:
    return by


@env.each(numbers, offset)
def shifted(number: int, by: int, /) -> int:
    return number + by


@env.each(shifted, counts)
def some(number: int, table: dict[str, int], /, *, times: int = 1) -> Iterator[str]:
    for _ in range(times):
        yield str(number)


assert_type(shifted(3, 4), int)
assert_type(some(3, {}, times=2), Iterator[str])


# beside a task
@env.task(ranking.cells, words.failed)
def compared(cells: Iterator[Cell[list[str]]], failed: list[Failure], /) -> int:
    return len([cell.product for cell in cells]) + len([failure.error for failure in failed])


@env.task(shifted.cells)
def of_a_stream(cells: Iterator[Cell[list[int]]], /) -> int:
    return sum(sum(cell.product) for cell in cells)


# what is not typed fits everywhere
@env.task(words)
def anything(rows: Any) -> Any:
    return rows


@env.task(anything, lines)
def of_anything(table: dict[str, int], rows: Any, /, *, deep: bool = False) -> None: ...


anything(3)
of_anything({}, 4, deep=True)


@dataclass(frozen=True)
class Model:
    weights: File
    loss: float


@env.task(offset)
def train(by: int, /, *, lr: float = 0.1) -> Model:
    raise NotImplementedError


@env.each(numbers, offset, train, counts, ranking, waited, either, compared)
def eight(
    a: int, b: int, c: Model, d: dict[str, int], e: list[str], f: int, g: int, h: int, /, *, option: str = "x"
) -> tuple[int, str]:
    return a, option


@env.task(numbers, offset, train, counts, ranking, waited, either, eight)
def last(
    a: list[int], b: int, c: Model, d: dict[str, int], e: list[str], f: int, g: int, h: Iterator[tuple[int, str]], /
) -> int:
    return b


@env.stream(lines, words)
def paired(a: Iterator[str], b: Iterator[list[str]], /, *, every: int = 1) -> Iterator[tuple[str, list[str]]]:
    yield from zip(a, b)


assert_type(paired(iter(["a"]), iter([["a"]])), Iterator[tuple[str, list[str]]])


# tasks made in a loop and by a factory
made: list[Task[..., int]] = []
for index in range(3):

    @env.task(offset, name=f"plus_{index}")
    def plus(by: int, /, *, more: int = 1) -> int:
        return by + more

    made.append(plus)


def factory(name: str, over: Task[..., Any]) -> Task[..., int]:
    @env.task(over, name=name)
    def size(value: Any, /) -> int:
        return len(value)

    return size


function: Callable[[dict[str, int]], list[str]] = ranking
