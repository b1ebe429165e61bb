"""The scheduler under random graphs, durations, failures, deaths of workers and orders of arrival."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.schedules import Case, case, expected, play, replay

from pipekit.parallel.simulate import Outcome
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import Quiet, WorkerLost


def run_until(events: int, first: int) -> Iterator[tuple[Case, Outcome]]:
    """Cases, seed after seed, until that many things have happened, and everything that must hold was checked after each."""
    seed = first
    while events > 0:
        found = case(seed)
        try:
            outcome, checker = play(found)
            assert replay(found, outcome.events) == checker.commands, "a replay gives other commands"
            check_end(found, outcome)
        except Exception as error:
            error.add_note(f"support.schedules.case({seed})")
            raise
        yield found, outcome
        events -= happened(outcome)
        seed += 1


def happened(outcome: Outcome, kind: type = object) -> int:
    """How many things of a kind; that all is quiet is none."""
    return sum(isinstance(event, kind) and not isinstance(event, Quiet) for event in outcome.events)


def check_end(found: Case, outcome: Outcome) -> None:
    """Every node is final, as expected, and nothing stands on what is not so any more."""
    assert min(outcome.states) >= State.SETTLED
    if found.luck.stop is not None:
        return
    states, ran = expected(found)
    for node, (state, wanted) in enumerate(zip(outcome.states, states)):
        early = wanted == State.BLOCKED and found.nodes[node].feeds and found.roles[node].failures
        assert state == wanted or (early and state == State.FAILED), f"{node} is {state!r}, not {wanted!r}"
    for node, inputs in outcome.inputs.items():
        if states[node] == State.SETTLED and outcome.versions[node]:
            assert inputs == tuple(outcome.versions[dep] for dep in found.nodes[node].deps), f"{node} is out of date"
    if found.steady:
        assert outcome.makespan >= outcome.bound.seconds - 1e-6
        assert set(outcome.inputs) >= ran, "something did not run"
        assert set(outcome.inputs) == ran or State.FAILED in states, "something ran that need not"


def test_whatever_happens() -> None:
    cases = [found for found, _ in run_until(10_000, 0)]
    assert len(cases) > 100


@pytest.mark.long
def test_whatever_happens_for_long() -> None:
    outcomes = [outcome for _, outcome in run_until(100_000, 1_000)]
    assert sum(happened(outcome) for outcome in outcomes) >= 100_000
    assert sum(happened(outcome, WorkerLost) for outcome in outcomes) >= 1_500
