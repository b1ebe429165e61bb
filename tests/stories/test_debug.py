"""A failure is opened in the debugger, with the very inputs."""

from __future__ import annotations

import subprocess

import pytest
from support.stories import Place

TASKS = """
    from collections.abc import Iterator

    from pipekit import Env

    env = Env("bugs")

    @env.stream()
    def numbers() -> Iterator[int]:
        yield from range(8)

    @env.task()
    def limit() -> int:
        return 5

    @env.each(numbers, limit)
    def strict(number: int, limit: int, /) -> int:
        if number == limit:
            raise ValueError(f"{number} is too much")
        return number

    @env.task(numbers, limit)
    def share(numbers: list[int], limit: int, /, *, of: int = 0) -> float:
        return limit / of
"""


@pytest.fixture
def bugs(place: Place) -> Place:
    place.write(tasks_py=TASKS)
    place.pipekit("run", "-t", "numbers", "-t", "limit")
    return place


def debug(place: Place, *words: str, typed: str) -> tuple[int, list[str], str]:
    """Exit code, what the debugger answered, and stderr."""
    done = subprocess.run(
        place.command(*words), cwd=place.folder, env=place.environment(), input=typed, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, [line.removeprefix("(Pdb) ") for line in done.stdout.splitlines()], done.stderr


def test_a_task_is_opened_where_it_fails(bugs: Place) -> None:
    code, answers, err = debug(bugs, "debug", "share", typed="p numbers, limit, of\nq\n")
    assert code == 1 and "([0, 1, 2, 3, 4, 5, 6, 7], 5, 0)" in answers
    assert answers[0].endswith("tasks.py(23)share()") and err.startswith("run ")
    assert "ZeroDivisionError: division by zero" in err.splitlines()


def test_of_an_each_the_first_item_that_fails(bugs: Place) -> None:
    code, answers, _ = debug(bugs, "debug", "strict", typed="p number, limit\nq\n")
    assert code == 1 and answers.count("(5, 5)") == 1


def test_one_item(bugs: Place) -> None:
    code, answers, err = debug(bugs, "debug", "strict#5", typed="p number + limit\nq\n")
    assert code == 1 and "10" in answers and err.splitlines()[0] == "ValueError: 5 is too much"
    code, answers, err = debug(bugs, "debug", "strict#6", typed="")
    assert (code, answers, err) == (0, [], "item 6 of 'strict' does not fail: it gave 6\n")
    code, _, err = debug(bugs, "debug", "numbers#1", typed="")
    assert code == 2 and err.startswith("error: 'numbers' has no items that run by themselves")


def test_a_run_opens_what_fails(bugs: Place) -> None:
    code, answers, _ = debug(bugs, "run", "--pdb", "-t", "share", typed="p of\nq\n")
    assert code == 1 and "0" in answers
    code, answers, _ = debug(bugs, "run", "--pdb", "-t", "share", "-o", "share.of=2", typed="")
    assert code == 0 and not any("Pdb" in line for line in answers)
