"""How long a run still takes, from what earlier runs took and what this one does."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.programs import load, start, store_in

from pipekit.execution.events import StepFinished, StepStarted
from pipekit.execution.forecast import critical
from pipekit.execution.run import Run
from pipekit.execution.snapshot import Snapshot
from pipekit.parallel.vocabulary import Node
from pipekit.store.history import Duration

PROGRAM = """
from pipekit import Env, progress
env = Env("test")

@env.task()
def load() -> int:
    progress(1, 5)
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
    run, found = begun(tmp_path, TOOK, after=StepFinished)
    run.live.drive.items  # it goes on
    events = iter(run)
    next(event for event in events if isinstance(event, StepStarted))
    assert named(run, run.snapshot()) == ["train", "report"]
    assert run.snapshot().seconds == pytest.approx(1_050, abs=40)
    for _ in events:
        pass
    assert run.snapshot().end == run.ended


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sets(st.integers(1, 4), max_size=3), st.booleans()), min_size=1, max_size=9
    ),
    st.sets(st.integers(0, 8)),
)
def test_no_chain_takes_longer(rows: list[tuple[int, set[int], bool]], over: set[int]) -> None:
    nodes = [
        Node(step, tuple(step - back for back in backs if back <= step)) for step, (_, backs, _) in enumerate(rows)
    ]
    open_ = [step for step in range(len(nodes)) if step not in over]
    left = [float(seconds) if step in open_ else 0.0 for step, (seconds, _, _) in enumerate(rows)]
    path, longest = critical(nodes, open_, left)
    below = {step: {step} for step in open_}
    for step in open_:
        for dep in nodes[step].deps:
            below[step] |= below.get(dep, set())
    chains = chain.from_iterable(combinations(open_, size) for size in range(len(open_) + 1))
    ordered = [one for one in chains if all(a in _above(nodes, open_, b) for a, b in zip(one, one[1:]))]
    assert longest == max(sum(left[step] for step in one) for one in ordered) == sum(left[step] for step in path)
    assert path == () or path in ordered


def _above(nodes: list[Node], open_: list[int], step: int) -> set[int]:
    found: set[int] = set()
    for dep in nodes[step].deps:
        if dep in open_:
            found |= {dep} | _above(nodes, open_, dep)
    return found


def test_a_step_that_takes_items_while_they_are_made_begins_with_them() -> None:
    nodes = [Node(0), Node(1, (0,)), Node(2, (1,), (1,), single=False), Node(3, (2,))]
    assert critical(nodes, range(4), [1.0, 10.0, 4.0, 2.0]) == ((0, 1, 3), 13.0)
    assert critical(nodes, range(4), [1.0, 10.0, 40.0, 2.0]) == ((0, 2, 3), 43.0)


def test_a_step_that_takes_far_longer_than_before_is_not_known_any_more(tmp_path: Path) -> None:
    run, found = begun(tmp_path, TOOK)
    forecast, at = run.live.forecast, run.live.moment(found.time)
    began = run.ledger[0].began
    assert began is not None
    later = type(at)(began + 150, at.states)
    assert forecast.ahead(later).left == pytest.approx(1_050), "it may end at any moment"
    assert forecast.ahead(type(at)(began + 202, at.states)).left is None
    said = type(at)(began + 202, at.states, said={0: (1.0, 2.0)})
    assert forecast.ahead(said).left == pytest.approx(202 + 1_050), "it says that half of it is done"


ITEMS = """
from collections.abc import Iterator
from pipekit import Env
env = Env("test")

@env.task()
def rows() -> list[int]:
    return list(range(100))

@env.each(rows)
def made(row: int, /) -> int:
    return row
"""


def test_items_that_are_left_take_as_long_as_those_of_this_run(tmp_path: Path) -> None:
    run, _ = begun(tmp_path, {"rows": 1.0, "made": 1_000.0}, text=ITEMS, after=StepFinished)
    before = run.snapshot()
    assert before.seconds == pytest.approx(500, abs=40), "two workers share its items"
    events = iter(run)
    while (each := run.live.drive.items.eaches.get(1)) is None or each.done == 0:
        next(events)
    each._seconds = 8.0
    assert 0 < each.done < 100
    found = run.snapshot()
    assert found.seconds == pytest.approx((100 - each.done) * 4.0)
    assert found.end == pytest.approx(found.time + (100 - each.done) * 4.0)
