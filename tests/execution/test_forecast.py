"""How long a run still takes, from what earlier runs took and what this one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import blocks
from support.programs import load, start, store_in

from pipekit.canon import digest
from pipekit.execution.events import StepFinished, StepStarted
from pipekit.execution.flow import Flow
from pipekit.execution.forecast import Moment
from pipekit.execution.outlook import Outlooks
from pipekit.execution.run import Run
from pipekit.execution.snapshot import Snapshot
from pipekit.execution.streams import Each
from pipekit.parallel.standing import RUNNING, SETTLED, WAITING
from pipekit.store.history import Duration
from pipekit.store.segments import Results

PROGRAM = """
from pipekit import Env
env = Env("test")

@env.task()
def load() -> int:
    return 1

@env.task(load)
def train(load: int, /) -> int:
    return load

@env.task(load)
def plot(load: int, /) -> int:
    return load

@env.task(train, plot)
def report(train: int, plot: int, /) -> int:
    return train + plot
"""
TOOK = {"load": 100.0, "train": 1_000.0, "plot": 400.0, "report": 50.0}


def begun(tmp_path: Path, took: dict[str, float], jobs: int = 2, text: str = PROGRAM, after: type = StepStarted) -> Any:
    """A run right after its first event of a kind, and what it looks like then."""
    store = store_in(tmp_path)
    store.put_durations([Duration(name, seconds) for name, seconds in took.items()])
    run = start(load(text)["env"], store, jobs=jobs)
    next(event for event in run if isinstance(event, after))
    return run, run.snapshot()


def named(run: Run, found: Snapshot) -> list[str]:
    return [run.plan.entries[step].step.name for step in found.path]


def test_what_earlier_runs_took(tmp_path: Path) -> None:
    run, found = begun(tmp_path, TOOK)
    assert named(run, found) == ["load", "train", "report"]
    assert found.seconds == pytest.approx(1_150, abs=40)
    assert found.end == pytest.approx(found.time + 1_150, abs=40)


def test_work_that_waits_for_a_worker(tmp_path: Path) -> None:
    _, found = begun(tmp_path, TOOK, jobs=1)
    assert found.end == pytest.approx(found.time + 1_550, abs=40), "one worker does it all, one after the other"


def test_no_end_while_nobody_knows_how_long_something_takes(tmp_path: Path) -> None:
    run, found = begun(tmp_path, {name: seconds for name, seconds in TOOK.items() if name != "report"})
    assert found.end is None
    assert named(run, found) == ["load", "train", "report"], "it is known to come, and takes what its kind does"


def test_what_is_done_counts_no_more(tmp_path: Path) -> None:
    run, _ = begun(tmp_path, TOOK, after=StepFinished)
    events = iter(run)
    next(event for event in events if isinstance(event, StepStarted))
    assert named(run, run.snapshot()) == ["train", "report"]
    assert run.snapshot().seconds == pytest.approx(1_050, abs=40)
    for _ in events:
        pass
    assert run.snapshot().end == run.ended


def test_a_step_that_takes_far_longer_than_before_is_not_known_any_more(tmp_path: Path) -> None:
    run, found = begun(tmp_path, TOOK)
    forecast, at = run.live.forecast, run.live.moment(found.time)
    began = run.ledger[0].began
    assert began is not None
    assert forecast.ahead(Moment(began + 150, at.states)).left == pytest.approx(1_050), "it may end at any moment"
    assert forecast.ahead(Moment(began + 202, at.states)).left is None
    said = Moment(began + 202, at.states, said={0: (1.0, 2.0)})
    assert forecast.ahead(said).left == pytest.approx(202 + 1_050), "it says that half of it is done"


ITEMS = """
from pipekit import Env
env = Env("test")

@env.task()
def rows() -> list[int]:
    return list(range(100))

@env.each(rows)
def made(row: int, /) -> int:
    return row
"""


def at_work(items: int, done: int, seconds: float, *, ended: bool = True) -> Each:
    """An each of which so many items took `seconds` each."""
    source = Flow()
    source.add(blocks.numbers(range(items), items)[0])
    found = Each(1, source, digest(b"prefix"), lambda block: block.digests)
    found.take()
    for at in range(done):
        unit = found.batch(items)
        assert unit is not None
        found.put(unit, Results.of(blocks.numbers(range(at, at + 1), 1)[0], [1]), seconds)
    found.ran, source.ended = done, ended
    return found


def test_items_that_are_left_take_as_long_as_those_of_this_run(tmp_path: Path) -> None:
    run, found = begun(tmp_path, {"rows": 1.0, "made": 1_000.0}, text=ITEMS, after=StepFinished)
    assert found.seconds == pytest.approx(500, abs=40), "two workers share its items"
    forecast, states = run.live.forecast, [SETTLED, RUNNING]

    def left(each: Each) -> float | None:
        return forecast.ahead(Moment(found.time, states, {1: each})).left

    assert left(at_work(100, 0, 8.0)) == 500.0
    assert left(at_work(100, 20, 8.0)) == 80 * 8.0 / 2
    assert left(at_work(100, 99, 8.0)) == 8.0, "a second worker does not help with the last one"
    assert left(at_work(100, 100, 8.0)) == 0.0
    assert left(at_work(10, 10, 8.0, ended=False)) == 500.0, "nobody knows how many will come"
    run, found = begun(tmp_path / "new", {"rows": 1.0}, text=ITEMS, after=StepFinished)
    forecast = run.live.forecast
    assert left(at_work(100, 0, 8.0)) is None and left(at_work(100, 20, 8.0)) == 80 * 8.0 / 2
    assert left(at_work(10, 10, 8.0, ended=False)) is None


def test_items_that_an_earlier_run_had(tmp_path: Path) -> None:
    text = """
from collections.abc import Iterator
from pipekit import Env
env = Env("test")

@env.stream()
def numbers() -> Iterator[int]:
    yield from range(40)
"""
    run = start(load(text)["env"], store_in(tmp_path)).wait()
    again = start(load(text)["env"], run.store, forced=["numbers"])
    next(event for event in again if isinstance(event, StepStarted))
    assert again.live is not None
    flow, began = Flow(), again.ledger[0].began
    flow.add(blocks.numbers(range(10), 10)[0])
    assert began is not None
    at = Moment(began + 5.0, [RUNNING], flows={0: flow})
    assert again.live.forecast.ahead(at).left == pytest.approx(15.0)


def test_what_others_of_its_kind_took_in_this_run(tmp_path: Path) -> None:
    text = """
from pipekit import Env
env = Env("test")

def load(number):
    @env.task(name=f"load_{number}")
    def made() -> int:
        return number

for number in range(4):
    load(number)
"""
    run, _ = begun(tmp_path, {"load_0": 5.0}, text=text)
    forecast, waiting = run.live.forecast, [WAITING] * 4
    run.ledger[0].began = None
    assert forecast.ahead(Moment(0.0, waiting)).left is None
    family = run.live.drive.machine.nodes[0].family
    assert forecast.ahead(Moment(0.0, waiting, measured={family: 7.0})).left == (5.0 + 3 * 7.0) / 2


def test_a_resource_that_is_scarce(tmp_path: Path) -> None:
    text = """
from pipekit import Env
env = Env("test")

@env.task(resources={"gpu": 1})
def one() -> int:
    return 1

@env.task(resources={"gpu": 1})
def two() -> int:
    return 2
"""
    _, found = begun(tmp_path, {"one": 100.0, "two": 100.0}, text=text)
    assert found.seconds == pytest.approx(100, abs=40) and found.end == pytest.approx(found.time + 200, abs=40)


def test_it_is_said_now_and_then_what_is_ahead(tmp_path: Path) -> None:
    run, found = begun(tmp_path, TOOK)
    clock = [0.0]

    def tick() -> float:
        clock[0] += 0.001
        return clock[0]

    outlooks = Outlooks(run.live, 5.0, tick)
    assert list(outlooks.tell(found.time)) == []
    clock[0] = 5.0
    [said] = outlooks.tell(found.time)
    assert said.path == found.path and said.seconds_left == pytest.approx(1_150, abs=40)
    assert outlooks.due == pytest.approx(6.001)
    clock[0] = 6.5
    assert list(outlooks.tell(found.time + 1.0)) == [], "only the clock has gone on"
    clock[0] = 8.0
    [later] = outlooks.tell(found.time + 250.0)
    assert later.seconds_left == -1.0, "it takes far longer than it ever did"


def test_who_looks_far_ahead_looks_seldom(tmp_path: Path) -> None:
    run, found = begun(tmp_path, TOOK)
    clock = iter([10.0, 10.25])
    outlooks = Outlooks(run.live, 1.0, lambda: next(clock))
    assert len(list(outlooks.tell(found.time))) == 1 and outlooks.due == pytest.approx(10.0 + 25.0)
