"""Items by their numbers: what one is, what it gave, why it failed, and to run it once more."""

from __future__ import annotations

import pytest
from support.stories import Place

TASKS = """
    from collections.abc import Iterator

    from pipekit import Env

    env = Env("items")

    @env.stream()
    def numbers() -> Iterator[int]:
        yield from range(8)

    @env.each(numbers, on_error="skip")
    def inverse(number: int, /) -> float:
        return 1 / (number % 4)

    @env.each(inverse)
    def both(value: float, /) -> Iterator[float]:
        yield value
        yield -value

    @env.each(numbers)
    def strict(number: int, /) -> int:
        if number == 5:
            raise ValueError(f"{number} is too much")
        return number

    @env.task(both)
    def total(values: Iterator[float], /) -> float:
        return sum(values)
"""


@pytest.fixture
def items(place: Place) -> Place:
    place.write(tasks_py=TASKS)
    place.pipekit("run", "-t", "total")
    return place


def test_an_item_is_shown_by_its_number(items: Place) -> None:
    said = items.call("show", "inverse#1").out.splitlines()
    assert [line for line in said if not line.startswith("digest")] == [
        "task    inverse", "item    1", "value   1", "gave    1.0"
    ]  # fmt: skip
    assert items.call("show", "numbers#7").out.splitlines()[-1] == "value   7"
    assert items.call("show", "inverse#4").out.splitlines()[-1] == "left out  ZeroDivisionError: division by zero"


def test_what_an_item_gave_is_written_out(items: Place) -> None:
    assert items.call("cat", "both#1").out == "0.5\n-0.5\n"
    assert items.call("cat", "numbers#3").out == "3\n"
    assert items.call("export", "inverse#1", "one.json").code == 0
    assert (items.folder / "one.json").read_text().strip() == "1.0"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("inverse#4", "error: item 4 of 'inverse' was left out: ZeroDivisionError: division by zero"),
        ("numbers#8", "error: 'numbers' has no item 8 that can be read"),
        ("total#0", "error: 'total' has no item 0 that can be read"),
        ("strict#2", "error: item 2 of 'strict' has given nothing that is up to date"),
    ],
)
def test_what_is_not_there_is_said(items: Place, name: str, said: str) -> None:
    found = items.call("cat", name)
    assert found.code == 3 and found.err.splitlines()[0] == said


def test_a_failure_says_how_to_look_at_the_item(items: Place) -> None:
    said = items.pipekit("run", "-t", "strict").err.splitlines()
    assert said[-3] == "hint: pipekit log strict; pipekit debug 'strict#5'"
    assert any(
        line.startswith("error: task 'strict' failed at item 5 (") and line.endswith(", 5): ValueError: 5 is too much")
        for line in said
    )


def test_one_item_runs_once_more(items: Place) -> None:
    said = items.pipekit("run", "-t", "total", "--force", "both#0", "--json").json["tasks"]
    assert said["both"]["items"] == {"ran": 1, "cached": 5, "failed": 0, "skipped": 0}
    assert said["numbers"]["state"] == "cached"
