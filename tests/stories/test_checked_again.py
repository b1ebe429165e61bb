"""A type's predicate, or a return annotation, changes: nothing is computed again; what is stored is loaded in a worker and checked
again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.explained import told
from support.stories import Place

TASKS = '''
    import os
    from collections.abc import Iterator
    from typing import Annotated
    from pipekit import Env

    env = Env("checks")


    @env.type()
    def small(value: int) -> bool:
        """Below a limit."""
        if "WHERE" in os.environ:
            with open(os.environ["WHERE"], "a") as file:
                print(os.getpid(), value, file=file)
        return value < 100


    Small = Annotated[int, small]


    @env.task()
    def one() -> Small:
        return 7


    @env.task(one)
    def above(x: int, /) -> int:
        return x + 1


    @env.stream()
    def numbers(*, top: int = 3) -> Iterator[Small]:
        yield from range(top)


    @env.each(numbers)
    def doubled(x: int, /) -> Small:
        return 20 + 2 * x


    @env.task(doubled)
    def total(rows: Iterator[int], /) -> int:
        return sum(rows)


    @env.task(store="never")
    def never() -> Small:
        return 91


    @env.task(never)
    def of_never(x: int, /, *, plus: int = 1) -> int:
        return x + plus
'''


@pytest.fixture
def checks(place: Place) -> Place:
    place.write(tasks_py=TASKS)
    assert set(states(place).values()) == {"ran"}
    return place


def states(place: Place, *words: str, where: Path | None = None) -> dict[str, str]:
    """How each task ended, in a run within this process; or with workers, who write into `where` what they check."""
    if where is None:
        said = place.call("run", "--json", "--pool", "inline", *words)
    else:
        said = place.pipekit("run", "--json", *words, env={"WHERE": str(where)})
    return {name: task["state"] for name, task in said.json["tasks"].items()}


def test_it_is_checked_in_workers_and_nothing_runs(checks: Place) -> None:
    checks.edit("tasks.py", "value < 100", "value < 50")
    said = checks.call("run", "-n")
    assert told(said) == (
        "to check  one      type small changed; its product is checked again\n"
        "to check  numbers  type small changed; its product is checked again\n"
        "to check  doubled  type small changed; its product is checked again\n"
        "0 would run, 0 may run, 4 up to date, 3 to check\n"
    )
    planned = checks.call("run", "-n", "--json").json["tasks"]
    assert {task["state"] for task in planned.values()} == {"cached"}
    assert planned["one"]["reason"] == {"kind": "type", "subject": "small", "was": "", "now": ""}
    assert checks.call("status", "--exit-code").code == 1
    assert checks.call("why", "one").out == "one is up to date: type small changed; its product is checked again\n"
    where = checks.folder.parent / "where.txt"
    assert set(states(checks, where=where).values()) == {"cached"}
    lines = [line.split() for line in where.read_text().splitlines()]
    assert sorted(int(value) for _, value in lines) == [0, 1, 2, 7, 20, 22, 24]
    assert checks.call("status", "--exit-code").code == 0
    assert set(states(checks, where=where).values()) == {"cached"}
    assert len(where.read_text().splitlines()) == len(lines), "what was checked is not checked a second time"


FAILS = """\
run RUNID (default): 7 tasks, 4 cached, 3 to check, 0 to run, WORKERS
FAILED  one  TIME  its product is not what it says: 7 is not a small: Below a limit.
FAILED  doubled  TIME  its product is not what it says: 20 is not a small: Below a limit.
error: task 'one' failed: its product is not what it says: 7 is not a small: Below a limit.
  --> tasks.py:22
hint: pipekit log one

error: task 'doubled' failed: its product is not what it says: 20 is not a small: Below a limit.
  --> tasks.py:37
hint: pipekit log doubled

run RUNID failed in TIME: 3 cached, 2 failed, 2 blocked
"""


def test_what_does_not_pass_fails_each_time(checks: Place) -> None:
    checks.edit("tasks.py", "value < 100", "value < 7")
    for number in range(2):
        said = checks.pipekit("run", "-j", "1")
        assert said.code == 1
        expected = FAILS if number == 0 else FAILS.replace("4 cached, 3 to check", "5 cached, 2 to check")
        # which of the two comes first depends on how long they took
        assert sorted(said.talk.splitlines()) == sorted(expected.splitlines())
    assert states(checks)["one"] == "failed"
    checks.edit("tasks.py", "value < 7", "value < 100")
    assert set(states(checks).values()) == {"cached"}


def test_a_stream_that_does_not_pass(checks: Place) -> None:
    checks.edit("tasks.py", "value < 100", "value != 1")
    found = states(checks)
    assert {name for name, state in found.items() if state == "failed"} == {"numbers"}
    assert {name for name, state in found.items() if state == "blocked"} == {"doubled", "total"}


def test_one_item_more(checks: Place) -> None:
    """The each has no record for its key; items that are known are checked again and count as cached."""
    checks.edit("tasks.py", "value < 100", "value < 50")
    where = checks.folder.parent / "where.txt"
    said = checks.call("run", "--json", "--pool", "inline", "-o", "numbers.top=4", env={"WHERE": str(where)}).json[
        "tasks"
    ]
    assert said["doubled"]["items"] == {"ran": 1, "cached": 3, "failed": 0, "skipped": 0}
    assert sorted(int(line.split()[1]) for line in where.read_text().splitlines()) == [0, 1, 2, 3, 7, 20, 22, 24, 26]
    checks.edit("tasks.py", "value < 50", "value != 22")
    found = states(checks, "-o", "numbers.top=5")
    assert (found["numbers"], found["doubled"], found["total"]) == ("ran", "failed", "blocked")


def test_a_product_that_is_not_stored_is_checked_when_it_is_made(checks: Place) -> None:
    checks.edit("tasks.py", "value < 100", "value < 90")
    assert set(states(checks).values()) == {"cached"}
    assert checks.call("status", "--exit-code").code == 0
    found = states(checks, "-o", "of_never.plus=2")
    assert (found["never"], found["of_never"]) == ("failed", "blocked")
    checks.edit("tasks.py", "value < 90", "value < 95")
    found = states(checks, "-o", "of_never.plus=2")
    assert (found["never"], found["of_never"]) == ("ran", "ran")


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("def above(x: int, /) -> int:", "def above(x: int, /) -> Small:", "cached"),
        ("def above(x: int, /) -> int:", 'def above(x: int, /) -> "int | str":', "cached"),
        ("def above(x: int, /) -> int:", "def above(x: int, /) -> str:", "failed"),
        ("def one() -> Small:", "def one() -> int:", "cached"),
        ("def total(rows: Iterator[int], /) -> int:", "def total(rows: Iterator[int], /) -> list[int]:", "failed"),
        ("def doubled(x: int, /) -> Small:", "def doubled(x: int, /) -> int:", "cached"),
    ],
)
def test_another_return_annotation(checks: Place, old: str, new: str, state: str) -> None:
    checks.edit("tasks.py", old, new)
    name = old.split("(")[0].removeprefix("def ")
    assert states(checks)[name] == state
    assert states(checks)[name] == state


def test_a_parent_and_what_a_predicate_calls(place: Place) -> None:
    place.write(
        tasks_py="""
        from typing import Annotated
        from limits import LIMIT, is_even
        from pipekit import Env

        env = Env("checks")

        @env.type()
        def small(value: int) -> bool:
            return value < LIMIT

        @env.type(parent=small)
        def even(value: int) -> bool:
            return is_even(value)

        @env.task()
        def one() -> list[Annotated[int, even]]:
            return [8]
        """,
        limits_py="LIMIT = 10\n\ndef is_even(x):\n    return x % 2 == 0\n",
    )
    assert states(place) == {"one": "ran"}
    for old, new, code in (
        ("LIMIT = 10", "LIMIT = 9", 0),
        ("x % 2 == 0", "not x % 2", 0),
        ("LIMIT = 9", "LIMIT = 8", 1),
    ):
        place.edit("limits.py", old, new)
        assert place.call("run", "-n").out == "to check  one  type list[even] changed; its product is checked again\n"
        assert place.call("run", "--pool", "inline").code == code
