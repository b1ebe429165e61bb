"""Virtual time: how long schedules take, against what no schedule can beat."""

from __future__ import annotations

from random import Random
from statistics import mean

import pytest
from support.families import FAMILIES, Family

from pipekit.parallel.bounds import Work, bound
from pipekit.parallel.channel import Amount
from pipekit.parallel.machine import Machine
from pipekit.parallel.simulate import Luck, Outcome, Role, Stuck, simulate
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import Capacity, Command, Event, Needs, Node


def works(*seconds: float) -> list[Role]:
    return [Role(Work((one,))) for one in seconds]


def chain(count: int) -> list[Node]:
    return [Node(number, (number - 1,) if number else ()) for number in range(count)]


def test_independent_work_is_shared_out() -> None:
    outcome = simulate([Node(number) for number in range(6)], works(1, 1, 1, 1, 1, 1), Capacity(3))
    assert outcome.makespan == 2.0 == outcome.bound.seconds
    assert {span.worker for span in outcome.spans} == {0, 1, 2}


def test_a_chain_takes_as_long_as_all_its_nodes() -> None:
    outcome = simulate(chain(4), works(1, 2, 3, 4), Capacity(3))
    assert outcome.makespan == 10.0 == outcome.bound.path
    assert outcome.bound.critical == (0, 1, 2, 3)


def test_hits_take_no_time() -> None:
    roles = [Role(Work((5.0,)), known=True), Role(Work((5.0,)), known=True, present=False), Role(Work((1.0,)))]
    outcome = simulate([Node(0), Node(1), Node(2, (0,))], roles, Capacity(1))
    assert (outcome.makespan, set(outcome.inputs)) == (1.0, {2})


def test_items_flow_while_their_stream_runs() -> None:
    """A stream of 10 items in 10 s, a second each in an each, a second each in an each over that."""
    nodes = [Node(0), Node(1, (0,), (0,), single=False), Node(2, (1,), (1,), single=False)]
    roles = [Role(Work((10.0,), items=10)), Role(), Role()]
    outcome = simulate(nodes, roles, Capacity(3), [2])
    assert outcome.makespan == pytest.approx(12.0) == outcome.bound.path
    assert outcome.bound.critical == (0, 1, 2)
    alone = simulate(nodes, roles, Capacity(1), [2])
    assert alone.makespan == pytest.approx(30.0) == alone.bound.shared


def pipeline(*seconds: float, items: int = 10) -> tuple[list[Node], list[Role]]:
    """Streams in a row, each over the one before, and what each takes in all."""
    nodes = [
        Node(n, (n - 1,) if n else (), (n - 1,) if n else (), rank=float(-n), waits=True) for n in range(len(seconds))
    ]
    return nodes, [Role(Work((one,), items=items)) for one in seconds]


def test_streams_over_streams_work_at_the_same_time() -> None:
    nodes, roles = pipeline(10.0, 10.0, 10.0)
    outcome = simulate(nodes, roles, Capacity(3), [2])
    assert outcome.makespan == pytest.approx(12.0) == outcome.bound.path
    shared = simulate(nodes, roles, Capacity(2), [2], Luck(ahead=Amount(99), slice=Amount(1)))
    assert 15.0 <= shared.makespan <= 17.0


@pytest.mark.parametrize("workers", [1, 2])
def test_more_streams_than_workers_come_to_an_end_and_none_is_far_ahead(workers: int) -> None:
    nodes, roles = pipeline(*[4.0] * 6, items=40)
    outcome = simulate(nodes, roles, Capacity(workers), [5], Luck(ahead=Amount(4)))
    assert outcome.states == (State.SETTLED,) * 6
    assert outcome.makespan <= 24.0 / workers + 2.0


def test_a_slow_item_holds_back_those_behind_it_and_no_worker() -> None:
    nodes = [Node(0), Node(1, (0,), (0,), single=False)]
    outcome = simulate(nodes, [Role(Work((4.0,), items=4)), Role(Work((5.0, 1.0, 1.0, 1.0)))], Capacity(3), [1])
    assert outcome.makespan == pytest.approx(6.0)


def test_retries_wait_and_then_take_the_same_time_again() -> None:
    outcome = simulate([Node(0)], [Role(Work((3.0,)), failures=2, retries=2)], Capacity(1))
    assert outcome.makespan == 3.0 + 1.0 + 3.0 + 2.0 + 3.0
    assert outcome.states == (State.SETTLED,)


def test_without_a_retry_it_fails() -> None:
    outcome = simulate(chain(3), [Role(), Role(failures=1), Role()], Capacity(1))
    assert outcome.states == (State.SETTLED, State.FAILED, State.BLOCKED)


def test_deaths_cost_time_and_change_nothing_else() -> None:
    nodes, roles = chain(40), works(*[1.0] * 40)
    lucky, unlucky = simulate(nodes, roles, Capacity(2)), simulate(nodes, roles, Capacity(2), luck=Luck(3, deaths=0.2))
    assert lucky.makespan < unlucky.makespan and any(span.lost for span in unlucky.spans)
    assert lucky.states == unlucky.states and lucky.versions == unlucky.versions


def test_a_seed_says_it_all() -> None:
    def one(seed: int) -> Outcome:
        return simulate(chain(30), works(*[1.0] * 30), Capacity(2), luck=Luck(seed, 0.2, 0.5, 1.0))

    assert one(5).events == one(5).events
    assert one(5).events != one(6).events


def test_a_stop_ends_it() -> None:
    outcome = simulate(chain(9), works(*[1.0] * 9), Capacity(1), luck=Luck(stop=3.5))
    assert outcome.makespan == 3.5
    assert outcome.states == (State.SETTLED,) * 3 + (State.CANCELLED,) * 6


def test_a_machine_that_stands_still_is_told() -> None:
    def spoil(machine: Machine, event: Event, commands: list[Command]) -> None:
        commands.clear()

    with pytest.raises(Stuck, match="seed 7"):
        simulate([Node(0)], [Role()], Capacity(1), luck=Luck(7), watch=spoil)  # type: ignore[arg-type]


def test_the_bound_counts_the_scarcest_resource() -> None:
    gpu = Node(0, needs=Needs(1.0, 0.0, (("gpu", 1.0),))), Node(1, needs=Needs(1.0, 0.0, (("gpu", 1.0),)))
    found = bound(gpu, [Work((3.0,)), Work((3.0,))], Capacity(2, 0.0, {"gpu": 1.0}), {0, 1})
    assert (found.path, found.shared, found.seconds) == (3.0, 6.0, 6.0)
    assert bound((), (), Capacity(1), ()).seconds == 0.0


MOST = {"scattered": 1.02, "chains": 1.02, "pipelines": 1.02, "forks": 1.20}


@pytest.mark.parametrize("workers", [4, 16])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_schedules_come_close_to_what_none_can_beat(family: Family, workers: int) -> None:
    found = []
    for seed in range(10):
        nodes, roles = family(Random(seed), 400, "seconds")
        outcome = simulate(nodes, roles, Capacity(workers))
        found.append(outcome.makespan / outcome.bound.seconds)
    assert min(found) >= 1.0 - 1e-9
    assert mean(found) <= MOST[family.__name__], found
