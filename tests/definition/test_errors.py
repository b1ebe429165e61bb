"""Every wrong definition is a DefinitionError at the line that carries `# here`, with a hint."""

from __future__ import annotations

import linecache
from typing import Any

import pytest
from support.modules import module_of

from pipekit.errors import DefinitionError

PRELUDE = """
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Callable, Literal, Protocol, TypedDict
from pipekit import Cell, Env, Failure, File, Folder, Secret
env = Env("probe")
other = Env("other")
@env.type()
def positive(value: int) -> bool:
    "A whole number above zero."
    return value > 0
Positive = Annotated[int, positive]
@env.stream()
def lines(*, path: str = "") -> Iterator[str]:
    yield path
@env.task()
def table() -> dict[str, int]:
    return {}
@env.task()
def numbers() -> list[int]:
    return []
@other.task()
def foreign() -> int:
    return 1
"""

WRONG = {
    "more parameters than deps": (
        """
@env.task(table)
def wrong(one: dict[str, int], two: int, /) -> int:  # here
    return 1
""",
        "'wrong' takes 2 products, its decorator names 1 dep",
        "options come after '*'",
    ),
    "an option before the star": (
        """
@env.task(
    name="wrong",
)
def f(top: int = 3) -> int:  # here
    return 1
""",
        "'wrong' takes 1 product, its decorator names 0 deps",
        "options come after '*'",
    ),
    "fewer parameters than deps": (
        """
@env.task(table, numbers)
def wrong(one: dict[str, int], /) -> int:  # here
    return 1
""",
        "takes 1 product, its decorator names 2 deps",
        "in order",
    ),
    "no return annotation": (
        """
@env.task()
def wrong():  # here
    return 1
""",
        "'wrong' does not say what it produces",
        "->",
    ),
    "no annotation on an option": (
        """
@env.task()
def wrong(*, top=3) -> int:  # here
    return 1
""",
        "'wrong': 'top' has no annotation",
        "top: int",
    ),
    "no annotation on a product": (
        """
@env.task(table)
def wrong(rows, /) -> int:  # here
    return 1
""",
        "'wrong': 'rows' has no annotation",
        "rows: int",
    ),
    "*args": (
        """
@env.task()
def wrong(*args: int) -> int:  # here
    return 1
""",
        "'wrong' takes *args or **kwargs",
        "every option after '*'",
    ),
    "**kwargs": (
        """
@env.task()
def wrong(**kwargs: int) -> int:  # here
    return 1
""",
        "'wrong' takes *args or **kwargs",
        "every option after '*'",
    ),
    "the same name twice": (
        """
@env.task()
def table() -> int:  # here
    return 1
""",
        "the task 'table' is already defined",
        "the other is at",
    ),
    "the same type twice": (
        """
@env.type()
def positive(value: float) -> bool:  # here
    return value > 0
""",
        "the type 'positive' is already defined",
        "the other is at",
    ),
    "a name that is none": (
        """
@env.task(name="9 lives")
def f() -> int:  # here
    return 1
""",
        "'9 lives' is no name for a task",
        "starts with a letter",
    ),
    "an empty name": (
        """
@env.task(name="")
def f() -> int:  # here
    return 1
""",
        "'' is no name for a task",
        "starts with a letter",
    ),
    "a lambda without a name": (
        """
env.task()(lambda: 1)  # here
""",
        "'<lambda>' is no name for a task",
        "name=",
    ),
    "a dep of another env": (
        """
@env.task(foreign)  # here
def wrong(one: int, /) -> int:
    return 1
""",
        "the dep 'foreign' is not in the env 'probe'",
        "env.include(...)",
    ),
    "cells of another env's task": (
        """
@env.task(foreign.cells)  # here
def wrong(one: Iterator[Cell[int]], /) -> int:
    return 1
""",
        "the dep 'foreign.cells' is not in the env 'probe'",
        "env.include(...)",
    ),
    "a dep that is no handle": (
        """
@env.task("table")  # here
def wrong(one: int, /) -> int:
    return 1
""",
        "a dep is a task's handle, not 'table'",
        "the decorated function itself",
    ),
    "a type as a dep": (
        """
@env.task(positive)  # here
def wrong(one: int, /) -> int:
    return 1
""",
        "a dep is a task's handle, not <type positive>",
        "the decorated function itself",
    ),
    "task without parentheses": (
        """
@env.task  # here
def wrong() -> int:
    return 1
""",
        "@env.task stands without parentheses",
        "write @env.task()",
    ),
    "stream without parentheses": (
        """
@env.stream  # here
def wrong() -> Iterator[int]:
    yield 1
""",
        "@env.stream stands without parentheses",
        "write @env.stream()",
    ),
    "type without parentheses": (
        """
@env.type  # here
def wrong(value: int) -> bool:
    return True
""",
        "@env.type stands without parentheses",
        "write @env.type()",
    ),
    "each over nothing": (
        """
@env.each()  # here
def wrong(one: int) -> int:
    return 1
""",
        "an each needs a dep to run over",
        "@env.each(items)",
    ),
    "each over a mapping": (
        """
@env.each(table)
def wrong(one: str, /) -> int:  # here
    return 1
""",
        "the each 'wrong' cannot run over 'table', which produces dict[str, int]",
        "a stream, or from a task that produces a list",
    ),
    "an async function": (
        """
@env.task()
async def wrong() -> int:  # here
    return 1
""",
        "'wrong' is an async function",
        "asyncio.run",
    ),
    "an async generator": (
        """
@env.stream()
async def wrong() -> AsyncIterator[int]:  # here
    yield 1
""",
        "'wrong' is an async function",
        "asyncio.run",
    ),
    "a generator as a task": (
        """
@env.task()
def wrong() -> Iterator[int]:  # here
    yield 1
""",
        "the task 'wrong' yields its product",
        "@env.stream",
    ),
    "a generator as a task, annotated as a list": (
        """
@env.task()
def wrong() -> list[int]:  # here
    yield 1
""",
        "the task 'wrong' yields its product",
        "@env.stream",
    ),
    "an iterator as a product": (
        """
@env.task()
def wrong() -> Iterator[int]:  # here
    return iter([1])
""",
        "the task 'wrong' produces an Iterator[int], which cannot be kept",
        "@env.stream",
    ),
    "a stream that yields nothing": (
        """
@env.stream()
def wrong() -> list[int]:  # here
    return [1]
""",
        "the stream 'wrong' yields items, its result is annotated list[int]",
        "-> Iterator[int]",
    ),
    "a generator each without Iterator": (
        """
@env.each(lines)
def wrong(line: str, /) -> str:  # here
    yield line
""",
        "the each 'wrong' yields items, its result is annotated str",
        "-> Iterator[str]",
    ),
    "undeclared metadata": (
        """
@env.task()
def wrong(*, top: Annotated[int, "above zero"]) -> int:  # here
    return 1
""",
        "'wrong': 'top': Annotated speaks of 'above zero', which no env declares",
        "declare the type",
    ),
    "metadata that is a plain function": (
        """
@env.task()
def wrong(*, top: Annotated[int, len]) -> int:  # here
    return 1
""",
        "Annotated speaks of len, which no env declares",
        "declare the type",
    ),
    "unhashable metadata": (
        """
@env.task()
def wrong(
    *,
    fine: int,
    top: Annotated[int, {"gt": 0}],  # here
) -> int:
    return 1
""",
        "Annotated speaks of {'gt': 0}, which no env declares",
        "declare the type",
    ),
    "undeclared metadata deep inside": (
        """
@env.task()
def wrong() -> dict[str, list[Annotated[int, 3]]]:  # here
    return {}
""",
        "'wrong': the result: Annotated speaks of 3, which no env declares",
        "declare the type",
    ),
    "a declared type over another class": (
        """
@env.task()
def wrong(*, top: Annotated[str, positive]) -> int:  # here
    return 1
""",
        "Annotated[str, positive]: positive speaks of an int",
        "write Annotated[int, positive]",
    ),
    "a declared type that stands alone": (
        """
@env.task()
def wrong(*, top: positive) -> int:  # here
    return 1
""",
        "'positive' stands alone as an annotation",
        "Annotated[..., positive]",
    ),
    "a protocol that cannot be checked": (
        """
class Sized(Protocol):
    def size(self) -> int: ...
@env.task()
def wrong() -> Sized:  # here
    return 1
""",
        "the Protocol Sized cannot be checked",
        "@runtime_checkable",
    ),
    "an annotation that is a function": (
        """
@env.task()
def wrong(*, top: any) -> int:  # here
    return 1
""",
        "<built-in function any> is no type",
        "a class",
    ),
    "a name that is not there": (
        """
@env.task()
def wrong(*, top: "Nothing") -> int:  # here
    return 1
""",
        "'top': the annotation 'Nothing' names 'Nothing', which is not defined here",
        "TYPE_CHECKING",
    ),
    "a name that is not there, inside": (
        """
@env.task()
def wrong(
    *,
    top: list["Nothing"],  # here
) -> int:
    return 1
""",
        "names 'Nothing', which is not defined here",
        "TYPE_CHECKING",
    ),
    "text that is no annotation": (
        """
@env.task()
def wrong(*, top: "list[") -> int:  # here
    return 1
""",
        "'list[' cannot be read: SyntaxError",
        "a Python type",
    ),
    "a default that is wrong": (
        """
@env.task()
def wrong(*, top: Positive = 0) -> int:  # here
    return 1
""",
        "'wrong': the default of 'top': 0 is not a positive: A whole number above zero.",
        "give another default",
    ),
    "a default of another class": (
        """
@env.task()
def wrong(
    *,
    top: int = True,  # here
) -> int:
    return 1
""",
        "the default of 'top': True is not an int",
        "give another default",
    ),
    "a default that is a function": (
        """
@env.task()
def wrong(*, top: list[int] = list) -> int:  # here
    return 1
""",
        "the default of 'top' is a function, <class 'list'>",
        "write the value itself",
    ),
    "another product": (
        """
@env.task(table)
def wrong(rows: dict[str, str], /) -> int:  # here
    return 1
""",
        "'wrong': 'rows' takes 'table' as dict[str, str], but it is dict[str, int]",
        "what 'table' produces",
    ),
    "a plain product for a declared type": (
        """
@env.each(numbers)
def wrong(number: Positive, /) -> int:  # here
    return 1
""",
        "'number' takes an item of 'numbers' as positive, but it is int",
        "what 'numbers' produces",
    ),
    "a stream taken as a mapping": (
        """
@env.task(lines)
def wrong(rows: dict[str, int], /) -> int:  # here
    return 1
""",
        "'rows' takes the stream 'lines' as dict[str, int]",
        "list[str] waits for all of them",
    ),
    "other items": (
        """
@env.task(lines)
def wrong(rows: list[int], /) -> int:  # here
    return 1
""",
        "'rows' takes an item of 'lines' as int, but it is str",
        "what 'lines' produces",
    ),
    "a predicate of two values": (
        """
@env.type()
def wrong(value: int, other: int) -> bool:  # here
    return True
""",
        "the predicate 'wrong' takes 2 values",
        "takes the value alone",
    ),
    "a predicate of none": (
        """
@env.type()
def wrong() -> bool:  # here
    return True
""",
        "the predicate 'wrong' takes 0 values",
        "takes the value alone",
    ),
    "a predicate that says nothing of its value": (
        """
@env.type()
def wrong(value) -> bool:  # here
    return True
""",
        "the predicate 'wrong' does not say what it takes",
        "value: int",
    ),
    "a predicate that yields": (
        """
@env.type()
def wrong(value: int) -> bool:  # here
    yield True
""",
        "the predicate 'wrong' yields",
        "returns",
    ),
    "an async predicate": (
        """
@env.type()
async def wrong(value: int) -> bool:  # here
    return True
""",
        "'wrong' is an async function",
        "def",
    ),
    "a parent that is no type": (
        """
@env.type(parent=int)
def wrong(value: int) -> bool:  # here
    return True
""",
        "the parent of 'wrong' is <class 'int'>, no declared type",
        "annotate",
    ),
    "a parent of another class": (
        """
@env.type(parent=positive)
def wrong(value: str) -> bool:  # here
    return True
""",
        "'wrong' takes a str, its parent 'positive' is an int",
        "leave out parent=positive",
    ),
    "an argument that is not there": (
        """
@env.task(timout="3s")  # here
def wrong() -> int:
    return 1
""",
        "@env.task: there is no argument 'timout'",
        "did you mean 'timeout'?",
    ),
    "on_error of a task": (
        """
@env.task(on_error="skip")  # here
def wrong() -> int:
    return 1
""",
        "@env.task: 'on_error' is for each only",
        "an each says",
    ),
    "an include of no env": (
        'env.include("other")  # here',
        "include takes an Env, not 'other'",
        "env.include(other_env)",
    ),
    "an env without a name": ('Env("")  # here', "an env has a name, not ''", 'Env("words")'),
    "a clash of names": (
        """
@other.task()
def table() -> int:
    return 1
env.include(other)  # here
""",
        "both 'probe' and 'other' have a task 'table'",
        "rename one",
    ),
    "a record with a name that is not there": (
        """
@dataclass
class Record:
    one: "Nothing"
@env.task()
def wrong(*, record: Record) -> int:  # here
    return 1
env.graph()
""",
        "names 'Nothing', which is not defined here",
        "TYPE_CHECKING",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_definitions(case: str) -> None:
    text, message, hint = WRONG[case]
    source = PRELUDE + text.strip("\n") + "\n"
    with pytest.raises(DefinitionError) as caught:
        module_of(f"wrong_{case}", source)
    error = caught.value
    assert message in str(error)
    assert error.hint is not None and hint in error.hint
    assert error.where is not None and error.where.file == f"wrong_{case}.py"
    assert error.where.line == 1 + next(n for n, line in enumerate(source.splitlines()) if "# here" in line)


def test_column_points_at_the_annotation() -> None:
    source = PRELUDE + "@env.task()\ndef wrong(*, fine: int, top: positive) -> int:\n    return 1\n"
    with pytest.raises(DefinitionError) as caught:
        module_of("wrong_column", source)
    where: Any = caught.value.where
    line = source.splitlines()[where.line - 1]
    assert line[where.column - 1 :][: where.length] == "positive"


def test_no_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.open", None)
    monkeypatch.setattr(linecache, "getline", None)
    with pytest.raises(DefinitionError):
        module_of("wrong_pure", PRELUDE + "@env.task()\ndef wrong(*, top: positive) -> int:\n    return 1\n")


def test_lines_in_a_long_module_and_in_loops() -> None:
    text = "".join(f"@env.task(\n    retries={n % 3})\ndef t{n}() -> int:\n    return {n}\n" for n in range(300))
    loop = "for n in range(50):\n    @env.task(name=f'u{n}')\n    def u() -> int:\n        return 1\n    @env.task(name=f'v{n}')\n    def v() -> int:\n        return 1\n"
    source = f"from pipekit import Env\nenv = Env('long')\n{text}{loop}"
    tasks = module_of("long", source).env.tasks
    written = source.splitlines()
    for name, task in tasks.items():
        function = name if name.startswith("t") else name[0]
        assert written[task.origin.line - 1].strip() == f"def {function}() -> int:"
