from __future__ import annotations

import inspect
import pickle
from collections.abc import Iterator
from functools import partial, wraps
from typing import Any, get_args

import pytest
from support.modules import module_of

from pipekit import Cell, Env, Failure
from pipekit.definition.prelude import ANY, INT
from pipekit.definition.tasks import MISSING, Each, Flat, Setting, Stream, Task, Whole, dep_task
from pipekit.errors import DefinitionError

SOURCE = """
from collections.abc import Iterator
from functools import wraps
from typing import Any
from pipekit import Cell, Env, Failure
env = Env("shop")
@env.stream(tags=["net"])
def lines(*, path: str, times: float = 2) -> Iterator[str]:
    "The lines."
    for _ in range(int(times)):
        yield path
@env.each(lines)
def words(line: str, /, *, lower: bool = True) -> list[str]:
    return line.lower().split() if lower else line.split()
@env.each(words)
def letters(row: list[str], /) -> Iterator[str]:
    for word in row:
        yield from word
@env.task(words, lines)
def counts(rows: Iterator[list[str]], all_lines: list[str], /) -> dict[str, int]:
    return {word: len(row) for row in rows for word in row}
@env.task(counts.cells, words.failed, letters.cells)
def compared(a: Iterator[Cell[dict[str, int]]], b: list[Failure], c: Iterator[Cell[list[str]]]) -> int:
    return 3
made = []
for i in range(3):
    @env.task(counts, name=f"size-{i}")
    def size(table: dict[str, int], /, *, more: int = i) -> int:
        return len(table) + more
    made.append(size)
def factory(name: str, over: Any) -> Any:
    @env.task(over, name=name)
    def first(value: Any, /) -> str:
        return name
    return first
local = factory("local", counts)
def timed(fn):
    @wraps(fn)
    def inner(*args, **kwargs):
        return fn(*args, **kwargs)
    return inner
@env.task(counts)
@timed
def wrapped(table: dict[str, int], /, *, top: int = 3) -> int:
    return top
"""


@pytest.fixture(scope="module")
def shop() -> Any:
    return module_of("shop", SOURCE)


def test_what_a_task_says_of_itself(shop: Any) -> None:
    lines, words, letters, counts = shop.lines, shop.words, shop.letters, shop.counts
    assert [type(one) for one in (lines, words, letters, counts)] == [Stream, Each, Flat, Whole]
    assert [one.kind for one in (lines, words, letters, counts)] == ["stream", "each", "each", "task"]
    assert [one.flat for one in (lines, words, letters, counts)] == [False, False, True, False]
    assert [one.streams for one in (lines, words, letters, counts)] == [True, True, True, False]
    assert counts.deps == ("words", "lines") and counts.takes == ("iterator", "list")
    assert [one.name for one in counts.parameters] == ["list[str]", "str"]
    assert words.takes == ("item",) and words.over.name == "str" and letters.product.name == "str"
    assert lines.options["path"].required and lines.options["path"].default is MISSING
    assert not words.options["lower"].required and words.options["lower"].default is True
    assert lines.options["times"].default == 2.0 and type(lines.options["times"].default) is float
    assert lines.doc == lines.__doc__ == "The lines." and lines.config.tags == {"net"}
    assert lines.__name__ == "lines" and lines.__wrapped__ is lines.fn and lines.__module__ == "shop"
    assert (lines.origin.file, lines.origin.line) == ("shop.py", 8)
    assert list(inspect.signature(words).parameters) == ["line", "lower"]
    assert (lines.module, lines.env_module, lines.env_name) == ("shop", "shop", "shop")


def test_handles_beside_a_task(shop: Any) -> None:
    compared = shop.compared
    assert compared.deps == ("counts.cells", "words.failed", "letters.cells")
    assert [dep_task(name) for name in compared.deps] == ["counts", "words", "letters"]
    assert compared.takes == ("iterator", "list", "iterator")
    cells, failed = shop.counts.cells, shop.words.failed
    assert (cells.kind, failed.kind, cells.streams) == ("cells", "failed", True)
    assert cells.product.cls is Cell and cells.product.args[0].name == "dict[str, int]"
    assert failed.product.cls is Failure and failed.product.fields["item"].type.name == "str"
    assert shop.letters.cells.product.args[0].name == "list[str]"
    assert "counts.cells" not in shop.env.tasks and cells.of is shop.counts


def test_a_task_is_still_a_function(shop: Any) -> None:
    assert list(shop.lines(path="a")) == ["a", "a"]
    assert shop.words("A b", lower=False) == ["A", "b"]
    assert list(shop.letters(["ab"])) == ["a", "b"]
    assert shop.counts(iter([["x"]]), []) == {"x": 1}
    assert shop.made[2]({}) == 2 and shop.local({}) == "local"
    assert shop.wrapped({}) == 3


def test_settings_name_task_and_options(shop: Any) -> None:
    assert shop.words.set(lower=False) == Setting("words", {"lower": False})
    with pytest.raises(DefinitionError):
        shop.words.set(False)


@pytest.mark.parametrize("name", ["lines", "words", "letters", "counts", "size-0", "size-2", "local", "wrapped"])
def test_handles_pickle_by_name(shop: Any, name: str) -> None:
    task = shop.env.tasks[name]
    assert pickle.loads(pickle.dumps(task)) is task
    beside = pickle.loads(pickle.dumps(task.cells))
    assert (beside.name, beside.of) == (f"{name}.cells", task)


def test_a_handle_of_nowhere_says_so() -> None:
    lost = Env("lost")

    @lost.task()
    def nowhere() -> int:
        return 1

    with pytest.raises(DefinitionError, match="no task 'nowhere' in an env 'lost'"):
        pickle.loads(pickle.dumps(nowhere))


def test_a_factory_in_another_module_is_found_by_what_calls_it() -> None:
    module_of("shop_env", "from pipekit import Env\nenv = Env('far')\n")
    module_of(
        "shop_factory",
        "from shop_env import env\ndef make(name):\n    @env.task(name=name)\n    def f() -> int:\n        return 1\n    return f\n",
    )
    made = module_of("shop_calls", "from shop_factory import make\ntask = make('x')\n").task
    assert (made.module, made.env_module, made.fn.__module__) == ("shop_calls", "shop_env", "shop_factory")
    assert pickle.loads(pickle.dumps(made)) is made


def test_missing_stays_one_when_pickled() -> None:
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING and repr(MISSING) == "<required>"


def test_callables_of_every_kind_can_be_tasks() -> None:
    env = Env("kinds")

    class Adder:
        def __init__(self, more: int) -> None:
            self.more = more

        def __call__(self, *, value: int = 1) -> int:
            return value + self.more

        def method(self, *, value: int = 1) -> int:
            return value * self.more

    def plain(*, value: int = 1, factor: int = 2) -> int:
        return value * factor

    assert env.task(name="object")(Adder(2))(value=3) == 5
    assert env.task(name="method")(Adder(2).method)(value=3) == 6
    assert env.task(name="partial")(partial(plain, factor=5))(value=3) == 15
    assert env.tasks["object"].options["value"].type is INT


def test_local_names_in_annotations_that_are_text() -> None:
    env = Env("local")

    class Here:
        pass

    @env.task()
    def make(*, maybe: Here | None = None) -> list[Here]:
        return []

    assert make.product.args[0].cls is Here

    @env.task(make)
    def use(made: list[Here], /, *, then: list["Here"] = []) -> Any:  # noqa: UP037, B006
        return made

    assert use.product is ANY and use.options["then"].type.args[0].cls is Here


def test_wrappers_without_wraps_say_what_to_do() -> None:
    env = Env("wrappers")

    def bare(fn: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            return fn(*args, **kwargs)

        return inner

    with pytest.raises(DefinitionError) as caught:

        @env.task()
        @bare
        def wrong() -> int:
            return 1

    assert "functools.wraps" in (caught.value.hint or "")


def test_generators_may_be_wrapped() -> None:
    env = Env("generators")

    def twice(fn: Any) -> Any:
        @wraps(fn)
        def inner(*args: Any, **kwargs: Any) -> Any:
            yield from fn(*args, **kwargs)
            yield from fn(*args, **kwargs)

        return inner

    @env.stream()
    @twice
    def items(*, upto: int = 2) -> Iterator[int]:
        yield from range(upto)

    assert list(items()) == [0, 1, 0, 1] and items.kind == "stream"


def test_tasks_are_equal_only_to_themselves(shop: Any) -> None:
    assert shop.lines == shop.lines and shop.lines != shop.words and len({shop.lines, shop.lines}) == 1
    assert get_args(Task[[], int])[1] is int
