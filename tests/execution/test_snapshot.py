"""What another thread sees of a run at any moment."""

from __future__ import annotations

import os
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from support.programs import load, start, store_in

from pipekit.execution.events import StepFinished, StepStarted
from pipekit.execution.run import Run
from pipekit.execution.snapshot import STATES, Snapshot, resident

MANY = """
from collections.abc import Iterator
from pipekit import Env
env = Env("test")

@env.stream()
def numbers() -> Iterator[int]:
    yield from range(2_000)

@env.each(numbers)
def squares(number: int, /) -> int:
    return number * number

@env.each(numbers, on_error="drop")
def halves(number: int, /) -> float:
    return 1 / (number - 1_000)

@env.task(squares, halves)
def total(squares: Iterator[int], halves: Iterator[float], /) -> float:
    return sum(squares) + sum(halves)

def tiny(number):
    @env.task(name=f"tiny_{number}")
    def made() -> int:
        return 1 // (number % 97)
    @env.task(made, name=f"below_{number}")
    def below(one: int, /) -> int:
        return one + 1
    return below

tasks = [tiny(number) for number in range(1_000)]
"""
RANK = {state: min(place, 3) for place, state in enumerate(STATES)}
"""How far along a step in this state is: waiting, ready, running, over."""


class Onlooker:
    """A thread that asks a run for snapshots again and again."""

    def __init__(self, run: Run) -> None:
        self.run, self.seen, self._over = run, [run.snapshot()], threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Onlooker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        try:
            while not self._over.is_set():
                self.seen.append(self.run.snapshot())
        except BaseException as error:
            self.error = error


@pytest.mark.parametrize("pool", ["threads", "inline"])
def test_a_thread_that_asks_again_and_again_sees_steps_move_forward(tmp_path: Path, pool: str) -> None:
    names = load(MANY)
    run = start(names["env"], store_in(tmp_path), pool=pool, jobs=3)
    with Onlooker(run) as onlooker:
        run.wait()
    seen = [*onlooker.seen, run.snapshot()]
    assert onlooker.error is None and len(seen) > 3
    for one in seen:
        assert sum(one.counts.values()) == len(one.steps) == len(run.ledger.rows)
        assert all(step in range(len(one.steps)) and RANK[one.steps[step].state] < 3 for step in one.path)
        assert one.memory.resident > 0 and one.memory.waiting >= 0
    for before, after in pairwise(seen):
        for was, now in zip(before.steps, after.steps):
            assert RANK[was.state] <= RANK[now.state], (was, now)
            assert was.state == now.state or RANK[was.state] < 3, (was, now)
            assert (was.items or 0) <= (now.items or 0), (was, now)
            assert was.began in (None, now.began)
    assert {state: seen[-1].counts[state] for state in run.ledger.counts()} == run.ledger.counts()
    assert [step.state for step in seen[-1].steps] == [row.state for row in run.ledger.rows]
    assert [step.items for step in seen[-1].steps[:4]] == [2_000, 2_000, 2_000, None]


def test_before_and_after(tmp_path: Path) -> None:
    names = load("""
        from pipekit import Env
        env = Env("test")

        @env.task()
        def one() -> int:
            return 1

        @env.task(one)
        def two(one: int, /) -> float:
            return one / 0

        @env.task(two)
        def three(two: float, /) -> float:
            return two
    """)
    run = start(names["env"], store_in(tmp_path))
    before = run.snapshot()
    assert [step.state for step in before.steps] == ["waiting"] * 3
    assert (before.status, before.end, before.path, before.edges) == ("running", None, (), {})
    after = run.wait().snapshot()
    assert [step.state for step in after.steps] == ["ran", "failed", "blocked"]
    assert after.status == "failed" and after.end == run.ended and after.path == ()
    again = start(names["env"], run.store)
    assert [step.state for step in again.snapshot().steps] == ["cached", "waiting", "waiting"]
    assert again.wait().snapshot().steps[0].began is None


def test_a_run_that_nobody_drove_to_its_end(tmp_path: Path) -> None:
    run = start(load(MANY)["env"], store_in(tmp_path), pool="inline")
    events = iter(run)
    next(event for event in events if isinstance(event, StepFinished))
    events.close()  # type: ignore[attr-defined]
    last = run.snapshot()
    assert last.status == "interrupted" and last.end is None
    assert last.counts["cancelled"] + last.counts["ran"] + last.counts["failed"] == len(last.steps)


def test_what_waits_on_edges_and_how_far_streams_are(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    names = load(f"""
        from collections.abc import Iterator
        from pipekit import Env
        env = Env("test")

        @env.stream()
        def numbers() -> Iterator[int]:
            yield from range(10)
            open({str(gate)!r}).read()
            yield from range(10)

        @env.each(numbers)
        def squares(number: int, /) -> int:
            return number * number
    """)
    run = start(names["env"], store_in(tmp_path), pool="threads", jobs=2)

    def watch() -> None:
        while not (found := run.snapshot()).steps[1].items or not found.edges:
            pass
        between.append(found)
        gate.write_bytes(b"")

    between: list[Snapshot] = []
    watcher = threading.Thread(target=watch)
    watcher.start()
    run.wait()
    watcher.join()
    [seen] = between
    assert seen.edges[0, 1].source == 0
    assert [(step.state, step.total) for step in seen.steps] == [("running", None)] * 2
    made, squared = (step.items for step in seen.steps)
    assert made is not None and squared is not None and 0 < squared <= made <= 10
    assert [(step.items, step.total) for step in run.snapshot().steps] == [(20, 20), (20, 20)]


def test_memory_of_processes() -> None:
    assert resident([os.getpid()]) > 1_000_000
    assert resident([]) == 0 and resident([1 << 30]) == 0


def test_started_is_told(tmp_path: Path) -> None:
    run = start(load(MANY)["env"], store_in(tmp_path), pool="inline")
    for event in run:
        if isinstance(event, StepStarted):
            step = run.snapshot().steps[event.step]
            assert step.began == event.time and step.state == "running"
            break
