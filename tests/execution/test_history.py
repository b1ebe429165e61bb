"""What earlier runs leave to later ones: how long tasks take."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.programs import load, start, store_in

from pipekit.execution import history, priority
from pipekit.execution.history import Likely
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


STREAMS = """
from collections.abc import Iterator
from pipekit import Env

env = Env("streams")

@env.stream()
def numbers(*, count: int = 4) -> Iterator[int]:
    yield from range(count)

@env.each(numbers)
def double(number: int, /) -> int:
    return 2 * number

@env.task(double)
def total(rows: Iterator[int], /) -> int:
    return sum(rows)

@env.task()
def other() -> int:
    return 1
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
    assert after.spread == pytest.approx(1.0 + 0.25 * (8.0 - took - 1.0)) and after.peak >= 3
    assert store.durations(["long"])["long"].count == 1, "it was cached"


def test_a_task_that_nobody_ran_takes_what_its_kind_does(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(STREAMS)
    plan = start(names["env"], store).plan
    unknown = dict.fromkeys(("numbers", "double", "total", "other"), Likely(1.5, 1.5, known=False))
    assert history.expected(plan.entries, store, 1.5) == unknown
    store.put_durations([Duration("total", 2.0, 0.0, 9.0), Duration("numbers", 5.0)])
    expected = {
        "numbers": Likely(5.0, 5.0),
        "double": Likely(1.5, 1.5, known=False),
        "total": Likely(2.0, 2.0, 9.0),
        "other": Likely(2.0, 2.0, known=False),
    }
    assert history.expected(plan.entries, store, 1.5) == expected


def test_a_stream_takes_as_long_as_the_items_that_it_had(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(STREAMS)
    run = start(names["env"], store).wait()
    rows = {row.planned.step.task: row for row in run.ledger.rows}
    one = store.durations(["double#"])["double#"]
    assert one.seconds == pytest.approx(rows["double"].seconds / 4) and one.size == rows["double"].product.size / 4
    store.put_durations([Duration("double#", 3.0)])
    again = start(names["env"], store, settings=[names["numbers"].set(count=7)]).plan
    likely = history.expected(again.entries, store, 1.0)["double"]
    assert (likely.seconds, likely.unit) == (3.0 * 4, 3.0), "its key has changed, and it had four items"


def test_what_is_seen_last_counts_a_quarter_and_a_larger_peak_at_once(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(PROGRAM)
    run = start(names["env"], store).wait()
    for peak, kept in [(800, 800), (400, 700), (1000, 1000)]:
        run.ledger[0].peak = peak
        history.learn([run.ledger[0]], store)
        assert store.durations([run.ledger[0].planned.step.task]).popitem()[1].peak == kept


def test_what_has_the_longest_way_below_it_comes_first(tmp_path: Path) -> None:
    names = load(PROGRAM)
    plan = start(names["env"], store_in(tmp_path)).plan
    ids = {entry.step.task: entry.step.id for entry in plan.entries}
    ranks = priority.upward_ranks(plan, {"short": 1.0, "long": 2.5, "below": 2.0})
    assert {name: ranks[one] for name, one in ids.items()} == {"short": 3.0, "long": 2.5, "below": 2.0}
