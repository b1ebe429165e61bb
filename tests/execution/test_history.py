"""What earlier runs leave to later ones: how long tasks take."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.programs import load, start, store_in

from pipekit.execution import history, priority
from pipekit.store.history import Duration

PROGRAM = """
from collections.abc import Iterator
from pipekit import Env

env = Env("history")

@env.task()
def short(*, k: int = 1) -> int:
    return k

@env.task()
def long(*, k: int = 1) -> int:
    return k

@env.task(short)
def below(value: int, /) -> int:
    return value
"""


def test_what_ran_is_remembered_as_a_moving_average(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(PROGRAM)
    start(names["env"], store).wait()
    before = store.durations(["short", "long", "below"])
    assert {name: found.count for name, found in before.items()} == {"short": 1, "long": 1, "below": 1}
    store.put_durations([Duration("short", 8.0, 1.0, 100.0, 5, 3)])
    run = start(names["env"], store, settings=[names["short"].set(k=2)]).wait()
    after = store.durations(["short"])["short"]
    took = run.ledger[0].seconds
    assert after.seconds == pytest.approx(8.0 + 0.25 * (took - 8.0)) and after.count == 4
    assert after.spread == pytest.approx(1.0 + 0.25 * (8.0 - took - 1.0)) and after.peak == 5
    assert store.durations(["long"])["long"].count == 1, "it was cached"


def test_a_task_that_nobody_ran_takes_what_its_kind_does() -> None:
    kinds = {"a": "task", "b": "task", "c": "task", "d": "each"}
    assert history.expected(kinds, {}, 1.5) == dict.fromkeys(kinds, 1.5)
    known = {"a": Duration("a", 2.0), "b": Duration("b", 4.0)}
    assert history.expected(kinds, known, 1.5) == {"a": 2.0, "b": 4.0, "c": 3.0, "d": 1.5}


def test_what_has_the_longest_way_below_it_comes_first(tmp_path: Path) -> None:
    names = load(PROGRAM)
    plan = start(names["env"], store_in(tmp_path)).plan
    ids = {entry.step.task: entry.step.id for entry in plan.entries}
    ranks = priority.upward_ranks(plan, {"short": 1.0, "long": 2.5, "below": 2.0})
    assert {name: ranks[one] for name, one in ids.items()} == {"short": 3.0, "long": 2.5, "below": 2.0}
