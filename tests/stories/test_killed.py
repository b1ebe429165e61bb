"""The whole run is killed at any moment: what had been committed is not computed again, and in the end the product is what it would have
been."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from support.stories import Place

ITEMS = 1500
GROUP = 5.0
"""Seconds of work that may be lost: the group that was being collected, the one on its way to the disk, and a disk that is busy with others."""

TASKS = f"""
    import os
    import time
    from collections.abc import Iterator

    from pipekit import Env

    env = Env("killed")
    CALLS = os.environ["CALLS"]

    @env.stream()
    def numbers() -> Iterator[int]:
        yield from range({ITEMS})

    @env.each(numbers, environ=["CALLS"])
    def squared(number: int, /) -> int:
        time.sleep(0.002)
        with open(CALLS, "a") as calls:
            calls.write(f"{{number}} {{time.time()}}\\n")
        return number * number

    @env.task(squared)
    def total(squares: Iterator[int], /) -> int:
        return sum(squares)
"""


def calls(path: Path) -> list[tuple[int, float]]:
    """Which items were computed, and when; a torn last line is none."""
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(number), float(moment)) for number, moment in lines]


def killed(place: Place, path: Path, more: int) -> float | None:
    """Run, and kill it once so many more items were computed; when that was, or None if it was over before."""
    wanted = len(calls(path)) + more
    process = subprocess.Popen(
        place.command("run"),
        cwd=place.folder,
        env=place.environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None:
        if len(calls(path)) >= wanted:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return time.time()
        time.sleep(0.002)  # nothing tells when a task in another process has written
    return None


def kill_again_and_again(place: Place, seed: int, kills: int) -> None:
    random, path = Random(seed), place.folder / "calls.txt"
    place.env["CALLS"] = str(path)
    place.write(tasks_py=TASKS)
    moments: list[float] = []
    while len(moments) < kills:
        moment = killed(place, path, random.randrange(1, 2 * ITEMS // kills))
        if moment is None:
            break
        moments.append(moment)
    said = place.pipekit("run", "--json")
    assert said.code == 0, said.err
    assert place.pipekit("cat", "total").out == f"{sum(number * number for number in range(ITEMS))}\n"
    done = calls(path)
    assert {number for number, _ in done} == set(range(ITEMS)), f"seed {seed}"
    first: dict[int, float] = {}
    for number, moment in done:
        lost = next((kill for kill in reversed(moments) if kill <= moment), 0.0)
        assert first.get(number, lost) > lost - GROUP, (
            f"seed {seed}: item {number} was computed long before it was killed"
        )
        first[number] = moment
    again = Counter(number for number, _ in done)
    assert len(moments) > kills // 3 and max(again.values()) <= kills + 1
    assert place.counts() == {"cached": 3}


def test_a_run_that_is_killed_goes_on_where_it_was(place: Place) -> None:
    kill_again_and_again(place, 1, 4)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_run_that_is_killed_again_and_again(place: Place, seed: int) -> None:
    kill_again_and_again(place, seed, 10)
