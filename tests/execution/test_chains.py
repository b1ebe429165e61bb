"""Brief steps that only one other reads: worked on together, told apart, and never twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.programs import load, start, store_in

from pipekit.execution.chains import followers
from pipekit.execution.messages import Call, Done

PROGRAM = """
from pipekit import Env

env = Env("chain")

@env.task()
def first(*, x: int = 1) -> int:
    return x

def link(name, dep, fail=-1):
    @env.task(dep, name=name)
    def one(value: int, /) -> int:
        if value == fail:
            raise ValueError(f"{value} is too much")
        return value + 1
    return one

last = first
for number in range(COUNT):
    last = link(f"t{number}", last, FAIL)
"""


def chain(count: int, fail: int = -1) -> Any:
    return load(PROGRAM.replace("COUNT", str(count)).replace("FAIL", str(fail)))


DIAMOND = """
from pipekit import Env

env = Env("diamond")

@env.task()
def top() -> int:
    return 1

@env.task(top)
def left(value: int, /) -> int:
    return value

@env.task(top)
def right(value: int, /) -> int:
    return value

@env.task(left)
def below(value: int, /) -> int:
    return value

@env.task(below, timeout=60)
def limited(value: int, /) -> int:
    return value

@env.task(limited, resources={"memory": 1000})
def large(value: int, /) -> int:
    return value

@env.task(large, right)
def both(a: int, b: int, /) -> int:
    return a + b
"""


def test_a_follower_reads_one_step_that_nobody_else_reads_and_asks_for_nothing(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(DIAMOND)
    plan = start(names["env"], store).plan
    named = {plan.entries[a].step.task: plan.entries[b].step.task for a, b in followers(plan).items()}
    assert named == {"left": "below"}
    start(names["env"], store).wait()
    again = start(names["env"], store, forced=["left"]).plan
    assert followers(again) == {}, "a record may be what it will be"


class Sent:
    """Counts what goes to workers, and in how many messages."""

    def __init__(self, run: Any) -> None:
        self.messages: list[int] = []
        original = run._drive

        def drive(machine: Any, pool: Any) -> Any:
            send = pool.send

            def counted(worker: int, message: Any) -> None:
                self.messages.append(len(message) if isinstance(message, list) else 1)
                send(worker, message)

            pool.send = counted
            return original(machine, pool)

        run._drive = drive


@pytest.mark.parametrize("pool", ["inline", "threads", "processes"])
def test_a_chain_of_brief_steps_takes_few_messages_and_each_runs_once(tmp_path: Path, pool: str) -> None:
    store, names = store_in(tmp_path), chain(300)
    run = start(names["env"], store, pool=pool)
    sent = Sent(run)
    run.wait()
    assert run.status == "succeeded" and run.product("t299") == 301
    assert sum(sent.messages) == 301 and len(sent.messages) < 60
    assert [row.state for row in run.ledger.rows] == ["ran"] * 301
    assert start(names["env"], store, pool=pool).plan.nothing_to_do
    seconds = {name: found.seconds for name, found in store.durations(["t7", "t250"]).items()}
    assert all(0 < one < 0.1 for one in seconds.values()), "each has its own time"


@pytest.mark.parametrize("pool", ["inline", "threads"])
def test_a_link_that_fails_blocks_those_behind_it_and_the_next_run_goes_on_there(tmp_path: Path, pool: str) -> None:
    store, names = store_in(tmp_path), chain(200, fail=120)
    run = start(names["env"], store, pool=pool).wait()
    states = [row.state for row in run.ledger.rows]
    assert states == ["ran"] * 120 + ["failed"] + ["blocked"] * 80
    assert run.ledger[120].message == "ValueError: 120 is too much"
    mended = chain(200)
    names_of = [f"t{number}" for number in range(119, 200)]
    again = start(mended["env"], store, pool=pool, code=dict.fromkeys(names_of, 1)).wait()
    assert [row.state for row in again.ledger.rows] == ["cached"] * 120 + ["ran"] * 81


def test_a_call_and_its_result_survive_the_way() -> None:
    from pipekit.execution import messages as m
    from pipekit.store.codecs import encode

    encoded = encode([1, 2])
    source = m.Source("product", (encoded.product,))
    call = Call(
        3, "t", "task", b"", (source, m.BEFORE), {b"d": b"1"}, m.EMPTY, b"", 0, b"s", "c", {"cpu": 1.0}, {"A": "b"}
    )
    assert m.full(m.lean(call)) == call and type(m.lean(call)) is tuple
    done = Done(3, m.Made(encoded.product, {b"d": b"1"}), None, 0.5, b"log", (m.Used("file", "a"),), 7)
    assert m.full(m.lean(done)) == done
    failed = Done(3, None, m.Fault("ValueError: 1", "trace"), 0.5, b"")
    assert m.full(m.lean(failed)) == failed
    assert m.full(m.Want(1, 2)) == m.Want(1, 2)
