from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.recorded import START, cached, planned, ran, small, started, sweep, training

from pipekit.execution import events as e
from pipekit.faces.render.fold import Fold, Snapshot
from pipekit.faces.render.steps import STATES


def folded(events: list[e.Event]) -> Snapshot:
    fold = Fold()
    for event in events:
        fold.take(event)
    return fold.snapshot()


def states(snapshot: Snapshot) -> dict[str, str]:
    return {view.plan.name: view.state for view in snapshot.steps.values()}


def test_a_run_that_failed() -> None:
    snapshot = folded(small(fails=True))
    assert states(snapshot) == {"lines": "ran", "words": "cached", "counts": "failed", "ranking": "blocked"}
    assert {state: snapshot.count(state) for state in STATES if snapshot.count(state)} == {
        "failed": 1,
        "blocked": 1,
        "ran": 1,
        "cached": 1,
    }
    assert (snapshot.over, snapshot.failed, snapshot.running) == (4, (2,), ())
    assert snapshot.elapsed(START + 99) == 1.5
    assert dict(snapshot.dependents) == {0: [1], 1: [2], 2: [3]}


def test_a_live_run() -> None:
    snapshot = folded(training())
    assert snapshot.running == (3, 4, 6, 7)
    train = snapshot.steps[6]
    assert (train.state, train.worker, train.seconds(START + 112)) == ("running", 7, 41.0)
    assert train.share() == (1212 / 4096, 640 / 4096)
    assert [line for _, _, line in snapshot.logs.of(9)] == ["checking 12 tables", "keys: missing"]
    assert (snapshot.space.stored_size, snapshot.space.freed_size) == (1_100_000_000, 550_000_000)
    assert [warning.step for warning in snapshot.warnings] == [4]
    assert snapshot.elapsed(START + 112) == 112


def test_a_retry_starts_again() -> None:
    failure = e.StepFailed(START + 2, 0, 1.0, "OSError: gone", "")
    snapshot = folded(
        [started(1), planned(0, "a"), e.StepStarted(START + 1, 0, 0), failure, e.StepStarted(START + 3, 0, 1)]
    )
    assert (snapshot.failed, snapshot.running, snapshot.steps[0].failure) == ((), (0,), None)


def test_cells_are_one_family_and_so_are_numbered_tasks() -> None:
    plans = [
        planned(0, "load_1"),
        planned(1, "load_2", state="cached"),
        planned(2, "fit@n=1", (0,)),
        planned(3, "fit@n=2", (1,)),
    ]
    snapshot = folded([started(4), *plans, *ran(0, 2.0, 1.5), cached(1)])
    assert {name: (family.total, family.done, family.state) for name, family in snapshot.families.items()} == {
        "load_*": (2, 2, "ran"),
        "fit": (2, 0, "waiting"),
    }
    assert snapshot.families["fit"].deps == {"load_*"}
    assert snapshot.families["load_*"].seconds == 1.5
    assert list(snapshot.members["fit"]) == [2, 3]


def test_events_about_unknown_steps_are_passed_over() -> None:
    snapshot = folded(
        [
            started(1),
            *ran(7, 1.0, 0.5),
            e.Items(START, 9, 1, 0, 0, 0),
            e.StepBlocked(START, 3, 4),
            planned(0, "a", (5,)),
        ]
    )
    assert states(snapshot) == {"a": "waiting"}


def test_a_snapshot_stays_as_it_was() -> None:
    fold = Fold()
    for event in (started(1), planned(0, "a")):
        fold.take(event)
    before = fold.snapshot()
    assert fold.snapshot() is before
    for event in ran(0, 1.0, 0.5):
        fold.take(event)
    assert (states(before), states(fold.snapshot())) == ({"a": "waiting"}, {"a": "ran"})
    assert before.families["a"].state == "waiting"


@given(st.randoms(use_true_random=False))
def test_counts_agree_with_the_steps_whatever_comes(random: object) -> None:
    events = training() + sweep(3)
    random.shuffle(events)  # type: ignore[attr-defined]
    snapshot = folded(events)
    for index, state in enumerate(STATES):
        held = [step for step, view in snapshot.steps.items() if view.state == state]
        assert snapshot.counts[index] == len(held) == sum(family.counts[index] for family in snapshot.families.values())
        if state in ("running", "failed"):
            assert sorted(getattr(snapshot, state)) == sorted(held)


def _long(number: int) -> Iterator[e.Event]:
    yield started(number)
    for step in range(number):
        yield planned(step, f"task{step % 50}@n={step}", (step - 50,) if step >= 50 else ())
    for step in range(min(number, 2_000)):
        yield from ran(step, step / 100, 0.5)


@pytest.mark.parametrize("number", [100_000])
def test_the_work_per_event_does_not_grow_with_the_run(number: int) -> None:
    short, long = _calls(2_000), _calls(number)
    assert long <= short * 1.01


def _calls(number: int) -> float:
    """How many calls, of Python and of C, the fold makes per event at the end of a run."""
    events = list(_long(number))
    fold = Fold()
    half = len(events) - 2_000
    for event in events[:half]:
        fold.take(event)
    calls = 0

    def count(frame: object, what: str, arg: object) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        for event in events[half:]:
            fold.take(event)
    finally:
        sys.setprofile(None)
    assert fold.snapshot().count("ran") == 2_000
    return calls / 2_000
