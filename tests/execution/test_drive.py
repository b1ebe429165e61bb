"""Whole small pipelines through the loop, without processes: what runs, what is said, and what must come of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.programs import Program, compare, load, program, start, store_in

from pipekit.execution.events import (
    Items,
    RunFinished,
    StepBlocked,
    StepCached,
    StepFailed,
    StepFinished,
    StepPlanned,
    StepUnneeded,
    Warned,
)
from pipekit.execution.run import Run
from pipekit.store.memory import MemoryStore

HEAD = """
from collections.abc import Iterator
from pipekit import Env, Failure
env = Env("test")
SALT = {}
"""


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    found = store_in(tmp_path / "store")
    assert isinstance(found, MemoryStore)
    return found


def told(run: Run) -> list[tuple[str, str]]:
    """What became of each step, in the order in which it was told: (name, state)."""
    names: dict[int, str] = {}
    found = []
    for event in run:
        if isinstance(event, StepPlanned):
            names[event.step] = event.name
        for kind, state in STATES.items():
            if isinstance(event, kind):
                found.append((names[event.step], state))
    return found


STATES: dict[Any, str] = {
    StepFinished: "ran",
    StepCached: "cached",
    StepFailed: "failed",
    StepBlocked: "blocked",
    StepUnneeded: "unneeded",
}


def forget(store: MemoryStore, run: Run, task: str) -> None:
    """What the task made is no longer in the store, as after a clean-up; its record is."""
    product = next(row.product for row in run.ledger.rows if row.planned.step.task == task)
    assert product is not None
    for digest in product.objects:
        store.bodies.pop(digest, None)


# --- random programs -----------------------------------------------------------------------------------------------------


def axes(found: Program, names: dict[str, Any]) -> list[list[Any]]:
    return [[names[task].set(k=value) for value in values] for task, values in found.axes()]


def note(error: Exception, seed: int, found: Program) -> None:
    error.add_note(f"support.programs.program({seed}):\n{found.text}")


@pytest.mark.parametrize("block", range(4))
def test_random_programs_come_out_as_plain_python_says(tmp_path: Path, block: int) -> None:
    states: Counter[str] = Counter()
    for seed in range(20 * block, 20 * block + 20):
        found = program(seed)
        names = load(found.text)
        try:
            run = start(names["env"], store_in(tmp_path / str(seed)), matrix=axes(found, names)).wait()
            states.update(truth.state for truth in compare(run, found, names).values())
        except Exception as error:
            note(error, seed, found)
            raise
    assert states["made"] > 20 and states["failed"] and states["blocked"]


def history(seed: int, folder: Path, pool: str = "inline") -> None:
    """Four runs on one store: tasks are edited, other targets asked for, products lost, steps forced. With threads, items flow."""
    found, random = program(seed), Random(seed)
    names, store = load(found.text), store_in(folder)
    ages: dict[str, int] = {}
    assert isinstance(store, MemoryStore)
    for _ in range(4):
        tasks = list(found.tasks)
        chosen = random.sample(tasks, random.randint(1, min(3, len(tasks)))) if random.random() < 0.5 else tasks
        part = {str(task) for task in names["env"].graph().upstream(*(names[one] for one in chosen))}
        some = Program(seed, {name: made for name, made in found.tasks.items() if name in part})
        forced = [name for name in some.tasks if random.random() < 0.1]
        targets = [names[one] for one in chosen] if chosen is not tasks else []
        run = start(
            names["env"], store, matrix=axes(some, names), code=ages, forced=forced, targets=targets, pool=pool,
            jobs=random.randint(1, 4) if pool == "threads" else 2,
        ).wait()  # fmt: skip
        compare(run, some, names)
        for name in tasks:
            if random.random() < 0.15:
                ages[name] = names["SALT"][name] = random.randint(0, 2)
        if random.random() < 0.5:
            for digest in [one for one in store.bodies if random.random() < 0.3]:
                del store.bodies[digest]


@pytest.mark.parametrize("pool", ["inline", "threads"])
@pytest.mark.parametrize("block", range(4))
def test_random_histories_come_out_as_plain_python_says(tmp_path: Path, block: int, pool: str) -> None:
    count = 0
    for seed in range(1000 + 12 * block, 1000 + 12 * block + 12):
        try:
            history(seed, tmp_path / str(seed), pool)
            count += 1
        except Exception as error:
            note(error, seed, program(seed))
            raise
    assert count == 12


@pytest.mark.long
@pytest.mark.parametrize("pool", ["inline", "threads"])
@pytest.mark.parametrize("block", range(10))
def test_many_random_histories(tmp_path: Path, block: int, pool: str) -> None:
    count = 0
    for seed in range(10_000 + 200 * block, 10_000 + 200 * block + 200):
        try:
            history(seed, tmp_path / str(seed), pool)
            count += 1
        except Exception as error:
            note(error, seed, program(seed))
            raise
    assert count == 200


@pytest.mark.parametrize("seed", range(300, 312))
def test_nothing_runs_that_need_not(tmp_path: Path, seed: int) -> None:
    """Run it twice: what was made whole is cached, unless it is not stored and somebody who runs reads it."""
    found = program(seed)
    names, store = load(found.text), store_in(tmp_path)
    first = compare(start(names["env"], store, matrix=axes(found, names)).wait(), found, names)
    again = start(names["env"], store, matrix=axes(found, names)).wait()
    compare(again, found, names)
    for planned in again.plan.entries:
        truth = first[planned.step.task, planned.step.name]
        state = again.ledger[planned.step.id].state
        if truth.state == "made" and not truth.partial and planned.task.config.store != "never":
            assert state in ("cached", "unneeded"), f"{planned.step.name} is {state}"


# --- what is said --------------------------------------------------------------------------------------------------------

WORDS = (
    HEAD
    + """
@env.stream()
def lines(*, text: str = "a b|c|a b") -> Iterator[str]:
    yield from text.split("|")

@env.each(lines)
def words(line: str, /) -> list[str]:
    return line.split()

@env.task(words)
def count(rows: Iterator[list[str]], /) -> int:
    return sum(map(len, rows))
"""
)


def test_cold_then_nothing_then_one_option(store: MemoryStore) -> None:
    names = load(WORDS)
    run = start(names["env"], store)
    assert told(run) == [("lines", "ran"), ("words", "ran"), ("count", "ran")]
    assert run.product("count") == 5 and run.status == "succeeded"
    assert told(start(names["env"], store)) == [("lines", "cached"), ("words", "cached"), ("count", "cached")]
    longer = [names["lines"].set(text="a b|c|a b|d e")]
    run = start(names["env"], store, settings=longer)
    assert told(run) == [("lines", "ran"), ("words", "ran"), ("count", "ran")]
    assert run.product("count") == 7
    words = next(row for row in run.ledger.rows if row.planned.step.task == "words")
    assert words.items == {"ran": 1, "cached": 3, "failed": 0, "skipped": 0}


def test_what_comes_out_equal_stops_the_wave(store: MemoryStore) -> None:
    names = load(WORDS)
    start(names["env"], store).wait()
    assert told(start(names["env"], store, code={"lines": 1})) == [
        ("lines", "ran"), ("words", "cached"), ("count", "cached"),
    ]  # fmt: skip


def test_reordered_items_compute_nothing(store: MemoryStore) -> None:
    names = load(WORDS)
    start(names["env"], store).wait()
    run = start(names["env"], store, settings=[names["lines"].set(text="c|a b")])
    assert told(run) == [("lines", "ran"), ("words", "cached"), ("count", "ran")]


def test_items_are_told_in_totals(store: MemoryStore) -> None:
    events = list(start(load(WORDS)["env"], store))
    last = [event for event in events if isinstance(event, Items)][-1]
    assert (last.ran, last.cached, last.failed, last.total) == (2, 1, 0, 3)
    assert isinstance(events[-1], RunFinished) and events[-1].status == "succeeded"


def test_an_each_without_items_ran(store: MemoryStore) -> None:
    text = HEAD + """
@env.task()
def none() -> list[int]:
    return []

@env.each(none)
def each(item: int, /) -> int:
    return item
"""  # fmt: skip
    env = load(text)["env"]
    assert told(start(env, store)) == [("none", "ran"), ("each", "ran")]
    assert told(start(env, store)) == [("none", "cached"), ("each", "cached")]


def test_a_failure_blocks_its_dependents_and_nothing_else(store: MemoryStore) -> None:
    text = HEAD + """
@env.task()
def bad() -> int:
    raise ValueError("no")

@env.task(bad)
def below(x: int, /) -> int:
    return x

@env.task()
def other() -> int:
    return 1
"""  # fmt: skip
    run = start(load(text)["env"], store)
    found = told(run)
    assert set(found) == {("bad", "failed"), ("below", "blocked"), ("other", "ran")}
    assert run.status == "failed" and run.ledger[0].message == "ValueError: no"
    assert 'raise ValueError("no")' in run.ledger[0].traceback


# --- products that are not stored, or gone -------------------------------------------------------------------------------


def test_two_steps_that_are_not_stored_may_make_the_same_bytes(store: MemoryStore) -> None:
    text = HEAD + """
@env.task(store="never")
def one() -> list[int]:
    return [1, 2]

@env.task(store="never")
def two() -> list[int]:
    return [1, 2]

@env.task(one)
def first(x: list[int], /) -> int:
    return sum(x)

@env.task(two, first)
def second(x: list[int], y: int, /) -> int:
    return sum(x) + y
"""  # fmt: skip
    assert start(load(text)["env"], store).wait().product("second") == 6


FAILING = (
    HEAD
    + """
@env.stream(store="never")
def numbers() -> Iterator[int]:
    yield from range(4)

@env.each(numbers, on_error="drop")
def halves(n: int, /) -> int:
    if n % 2 and not SALT:
        raise ValueError(f"{n} is odd")
    return n // 2

@env.task(halves)
def total(found: Iterator[int], /) -> int:
    return sum(found)

@env.task(halves.failed, total)
def odd(failures: list[Failure], total: int, /, *, plus: int = 0) -> list[int]:
    return [one.item + plus for one in failures]
"""
)


def test_failed_items_of_a_stream_that_is_not_stored_can_be_read(store: MemoryStore) -> None:
    names = load(FAILING)
    assert start(names["env"], store).wait().product("odd") == [1, 3]
    run = start(names["env"], store, settings=[names["odd"].set(plus=1)])
    assert told(run) == [("numbers", "cached"), ("halves", "cached"), ("total", "cached"), ("odd", "ran")]
    assert run.product("odd") == [2, 4]


def test_failures_that_are_gone_are_found_anew(store: MemoryStore) -> None:
    large = 2 << 9000  # too large for a block
    names = load(FAILING.replace("range(4)", f"range({large}, {large} + 4)"))
    run = start(names["env"], store).wait()
    items = {digest for row in run.ledger.rows for left in row.left for digest in left.item.objects()}
    assert len(items) == 2
    for digest in items:
        del store.bodies[digest]
    run = start(names["env"], store, settings=[names["odd"].set(plus=1)]).wait()
    assert run.product("odd") == [large + 2, large + 4]


def test_items_that_no_longer_fail_are_not_listed_any_more(store: MemoryStore) -> None:
    names = load(FAILING.replace('"drop"', '"skip"'))
    run = start(names["env"], store).wait()
    assert run.product("odd") == [1, 3] and run.summary()["partial"]
    names["SALT"]["fixed"] = 1
    assert start(names["env"], store).wait().product("odd") == []
    run = start(names["env"], store)
    assert {state for _, state in told(run)} == {"cached"}
    assert run.product("odd") == []


def test_a_pinned_each_has_no_failures(store: MemoryStore) -> None:
    names = load(FAILING)
    graph = names["env"].graph().pin(names["halves"], [5, 6])

    class Pinned:
        graph = staticmethod(lambda: graph)

    run = start(Pinned(), store).wait()  # type: ignore[arg-type]
    assert run.product("odd") == [] and run.product("total") == 11


GONE = (
    HEAD
    + """
@env.stream(store="never")
def numbers() -> Iterator[int]:
    yield from (3, 1, 2)

@env.task(numbers)
def ordered(found: list[int], /) -> list[int]:
    return sorted(found)

@env.task(ordered)
def last(found: list[int], /, *, times: int = 1) -> int:
    return found[-1] * times
"""
)


def test_what_is_gone_is_made_again_only_where_it_is_read(store: MemoryStore) -> None:
    names = load(GONE)
    run = start(names["env"], store).wait()
    forget(store, run, "ordered")
    assert {state for _, state in told(start(names["env"], store))} == {"cached"}
    run = start(names["env"], store, settings=[names["last"].set(times=2)]).wait()
    assert run.product("last") == 6
    assert run.summary()["counts"]["ran"] == 3


def test_a_stream_that_runs_twice_in_one_run_gives_its_items_once(store: MemoryStore) -> None:
    """It runs, comes out equal and is freed; then somebody below lacks a product, and reads it."""
    names = load(GONE)
    forget(store, start(names["env"], store).wait(), "ordered")
    run = start(names["env"], store, settings=[names["last"].set(times=2)], forced=["numbers"]).wait()
    assert run.product("last") == 6 and run.value(1) == [1, 2, 3]


def test_a_flat_each_whose_items_are_gone_gives_them_again(store: MemoryStore) -> None:
    text = HEAD + """
@env.stream()
def numbers() -> Iterator[int]:
    yield from range(3)

@env.each(numbers)
def twice(n: int, /) -> Iterator[str]:
    yield f"{10 * n + 100}" * 500
    yield f"{10 * n + 101}" * 500
"""  # fmt: skip
    env = load(text)["env"]
    run = start(env, store).wait()
    twice = run.product("twice")
    wanted = list(twice)
    for place in (0, 3):
        for digest in twice._at(place).product.objects:
            del store.bodies[digest]
    again = start(env, store).wait()
    assert list(again.product("twice")) == wanted
    assert again.ledger[1].items == {"ran": 2, "cached": 1, "failed": 0, "skipped": 0}


def test_what_comes_back_different_is_told_and_its_dependents_are_planned_anew(store: MemoryStore) -> None:
    text = HEAD + """
from time import perf_counter_ns

@env.task()
def clock() -> int:
    return perf_counter_ns()

@env.task(clock)
def kept(now: int, /) -> int:
    return now

@env.task(clock)
def other(now: int, /, *, plus: int = 0) -> int:
    return now + plus

@env.task()
def numbers() -> list[int]:
    return [0, 1]

@env.each(numbers, clock)
def spread(n: int, now: int, /) -> int:
    return n + now
"""  # fmt: skip
    names = load(text)
    forget(store, start(names["env"], store).wait(), "clock")
    run = start(names["env"], store, settings=[names["other"].set(plus=1)])
    warned = [event for event in run if isinstance(event, Warned)]
    now = run.product("clock")
    assert [one.message for one in warned] == ["'clock' is not deterministic: the same key gave another product"]
    assert (run.product("kept"), run.product("other")) == (now, now + 1)
    assert list(run.product("spread")) == [now, now + 1]
    again = start(names["env"], store, settings=[names["other"].set(plus=1)])
    assert {state for _, state in told(again)} == {"cached"}
    assert list(again.product("spread")) == [now, now + 1]
