"""What the scheduler commands when this or that happens: each test is a list of events with the commands they must give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pipekit.parallel.machine import MOST_HELD, Machine
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import (
    Again,
    Began,
    Begin,
    Block,
    Cancel,
    Capacity,
    Closed,
    Command,
    Complete,
    Drop,
    Ended,
    Event,
    Failed,
    Flowing,
    Free,
    Kill,
    Missed,
    Needs,
    Node,
    Offered,
    Open,
    Quiet,
    Ready,
    Resolve,
    Resume,
    Settled,
    Slow,
    Spawn,
    Start,
    Stopped,
    TakeBack,
    Waits,
    WorkerLost,
    WorkerUp,
)


def graph(*deps: Sequence[int], **shared: Any) -> list[Node]:
    """One single node for each tuple of deps."""
    return [Node(number, tuple(above), **shared) for number, above in enumerate(deps)]


def ready(nodes: Sequence[Node], jobs: int = 1, *, targets: Sequence[int] = (), **capacity: Any) -> Machine:
    """A machine whose workers are there already, none of them busy."""
    machine = Machine(nodes, Capacity(jobs, **capacity), targets)
    for worker in range(jobs):
        assert machine.handle(WorkerUp(worker)) == []
    return machine


def after(machine: Machine, *events: Event) -> list[Command]:
    """All commands that follow from these events."""
    return [command for event in events for command in machine.handle(event)]


def done(node: int, unit: int = 0, **more: Any) -> tuple[Event, Event]:
    """A single node has run well."""
    return Ended(node, unit, 1.0), Settled(node, **more)


# --- hits and misses -----------------------------------------------------------------------------------------------------


def test_a_chain_that_nobody_knows_runs_in_order() -> None:
    machine = ready(graph((), (0,)))
    assert after(machine, Began()) == [Resolve(0)]
    assert after(machine, Missed(0)) == [Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Resolve(1)]
    assert after(machine, Missed(1)) == [Start(1, 0, 0)]
    assert after(machine, *done(1)) == [Free(0), Free(1)]
    assert machine.finished and machine.state == [State.SETTLED] * 2


def test_workers_are_asked_for_when_there_is_work_and_not_before() -> None:
    machine = Machine(graph((), (), ()), Capacity(2))
    assert after(machine, Began()) == [Resolve(0), Resolve(1), Resolve(2)]
    assert after(machine, Settled(0)) == [Free(0)]
    assert after(machine, Missed(1)) == [Spawn(0)]
    assert after(machine, Missed(2)) == [Spawn(1)]
    assert after(machine, WorkerUp(1)) == [Start(1, 0, 1)]
    assert after(machine, WorkerUp(0)) == [Start(2, 0, 0)]


def test_an_empty_graph_is_finished() -> None:
    machine = Machine([], Capacity(1))
    assert after(machine, Began()) == [] and machine.finished


def test_hits_go_through_without_a_worker() -> None:
    machine = Machine(graph((), (0,), (1,)), Capacity(4))
    assert after(machine, Began()) == [Resolve(0)]
    assert after(machine, Settled(0, present=False)) == [Resolve(1)]
    assert after(machine, Settled(1, present=False)) == [Resolve(2)]
    assert after(machine, Settled(2, present=False)) == []
    assert machine.finished


def test_early_cutoff_what_comes_out_equal_stops_the_wave() -> None:
    machine = ready(graph((), (0,), (1,)))
    assert after(machine, Began(), Missed(0)) == [Resolve(0), Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Resolve(1)]
    assert after(machine, Settled(1)) == [Free(0), Resolve(2)]
    assert after(machine, Settled(2)) == [Free(1), Free(2)]
    assert machine.finished


# --- products that cannot be read any more -------------------------------------------------------------------------------


def test_an_absent_product_is_made_again_only_for_somebody_who_must_run() -> None:
    machine = ready(graph((), (0,), (1,)))
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1)]
    assert after(machine, Settled(1, present=False)) == [Resolve(2)]
    assert after(machine, Missed(2)) == [Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Start(1, 0, 0)]
    assert after(machine, *done(1)) == [Free(0), Start(2, 0, 0)]
    assert after(machine, *done(2)) == [Free(1), Free(2)]
    assert machine.finished


def test_an_absent_target_is_made_again() -> None:
    machine = ready(graph((), (0,)), targets=[1])
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1)]
    assert after(machine, Settled(1, present=False)) == [Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Start(1, 0, 0)]
    assert after(machine, *done(1)) == [Free(0)]
    assert machine.finished


def test_what_two_who_must_run_lack_is_made_again_once() -> None:
    machine = ready(graph((), (0,), (0, 1)), 4)
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1)]
    assert after(machine, Settled(1, present=False), Missed(2)) == [Resolve(2), Start(0, 0, 3)]
    assert after(machine, *done(0)) == [Start(1, 0, 3)]
    assert after(machine, *done(1)) == [Start(2, 0, 3)]


def test_a_product_that_was_freed_is_made_again_when_it_is_needed_after_all() -> None:
    machine = ready(graph((), (0,), (1,), kept=False))
    assert after(machine, Began(), Missed(0), *done(0)) == [Resolve(0), Start(0, 0, 0), Resolve(1)]
    assert after(machine, Settled(1, present=False)) == [Free(0), Resolve(2)]
    assert after(machine, Missed(2)) == [Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Start(1, 0, 0)]
    assert after(machine, *done(1)) == [Free(0), Start(2, 0, 0)]


def test_a_product_that_comes_back_different_has_its_dependents_resolved_anew() -> None:
    machine = ready(graph((), (0,), (0,)))
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1), Resolve(2)]
    assert after(machine, Settled(1)) == [Free(1)]
    assert after(machine, Missed(2)) == [Start(0, 0, 0)]
    assert after(machine, *done(0, changed=True)) == [Resolve(1), Resolve(2)]
    assert after(machine, Missed(1)) == [Start(1, 0, 0)]
    assert after(machine, *done(1, changed=True)) == []
    assert after(machine, Missed(2), *done(2)) == [Start(2, 0, 0), Free(2)]
    assert machine.finished


def changing(jobs: int) -> Machine:
    """0 <- 1 <- 2, 0 <- 3: node 1 is a hit that can be read, 0 cannot; 2 reads 1, and 3 makes 0 run again."""
    machine = ready(graph((), (0,), (1,), (0,)), jobs, targets=[2])
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1), Resolve(3)]
    assert after(machine, Settled(1)) == [Resolve(2)]
    return machine


def test_an_answer_from_before_the_change_is_asked_for_again() -> None:
    machine = changing(1)
    assert after(machine, Missed(3), *done(0, changed=True)) == [Start(0, 0, 0), Resolve(1), Resolve(3)]
    assert after(machine, Settled(1, changed=True)) == []
    assert after(machine, Missed(2)) == [Resolve(2)]
    assert after(machine, Missed(2)) == [Start(2, 0, 0)]


def test_what_is_at_work_when_its_input_changes_is_resolved_again_afterwards() -> None:
    machine = changing(2)
    assert after(machine, Missed(3), Missed(2)) == [Start(0, 0, 1), Start(2, 0, 0)]
    assert after(machine, *done(0, changed=True)) == [Resolve(1), Resolve(3)]
    assert after(machine, Settled(1, changed=True)) == []
    assert after(machine, *done(2)) == [Resolve(2)]
    assert after(machine, Missed(2)) == [Start(2, 0, 0)]
    assert after(machine, *done(2), Settled(3)) == [Free(3)]
    assert machine.finished


def test_what_waits_for_a_worker_when_its_input_changes_does_not_start_with_it() -> None:
    machine = changing(1)
    assert after(machine, Missed(3), Missed(2)) == [Start(0, 0, 0)]
    assert after(machine, Settled(0, changed=True)) == [Resolve(1), Resolve(3)]
    assert after(machine, Settled(1, changed=True)) == [Resolve(2)]
    assert after(machine, Ended(0, 0)) == []
    assert after(machine, Missed(2)) == [Start(2, 0, 0)]


def test_nobody_starts_while_what_it_reads_is_being_looked_at_again() -> None:
    machine = changing(1)
    assert after(machine, Missed(3), *done(0, changed=True)) == [Start(0, 0, 0), Resolve(1), Resolve(3)]
    assert after(machine, Missed(2)) == []
    assert after(machine, Missed(1)) == [Start(1, 0, 0)]
    assert after(machine, *done(1)) == [Start(2, 0, 0)]


def test_what_turns_out_to_be_gone_when_it_is_looked_at_again_is_made_for_who_waits() -> None:
    machine = changing(1)
    after(machine, Missed(3), *done(0, changed=True), Missed(2))
    assert after(machine, Settled(1, present=False)) == [Start(1, 0, 0)]


def test_what_turns_out_to_be_gone_is_made_for_units_that_are_held() -> None:
    nodes = [Node(0), Node(1, (0,)), Node(2), Node(3, (1, 2), (2,), single=False), Node(4, (0,))]
    machine = ready(nodes, 3)
    after(machine, Began(), Settled(0, present=False), Settled(1), Missed(2))
    assert after(machine, Flowing(2), Missed(4)) == [Open(3), Start(0, 0, 1)]
    assert after(machine, *done(0, changed=True)) == [Resolve(1), Resolve(4)]
    assert after(machine, Offered(3, (0,))) == []
    assert after(machine, Settled(1, present=False)) == [Start(1, 0, 1)]
    assert after(machine, *done(1)) == [Start(3, 0, 1)]


# --- failure -------------------------------------------------------------------------------------------------------------


def test_a_failure_blocks_only_its_dependents() -> None:
    machine = ready(graph((), (), (0,), (2,), (1,)), 2)
    assert after(machine, Began(), Missed(0), Missed(1))[2:] == [Start(0, 0, 1), Start(1, 0, 0)]
    assert after(machine, Ended(0, 0), Failed(0)) == [Block(2, 0), Block(3, 0)]
    assert after(machine, *done(1)) == [Resolve(4)]
    assert after(machine, Missed(4), *done(4))[0] == Start(4, 0, 0)
    assert machine.finished
    assert machine.state == [State.FAILED, State.SETTLED, State.BLOCKED, State.BLOCKED, State.SETTLED]


def test_a_blocked_node_names_the_one_that_failed() -> None:
    machine = ready(graph((), (0,), (1,)))
    assert after(machine, Began(), Settled(0, present=False), Settled(1, present=False))[-1] == Resolve(2)
    assert after(machine, Missed(2)) == [Start(0, 0, 0)]
    assert after(machine, Ended(0, 0), Failed(0)) == [Block(1, 0), Block(2, 0)]


def test_what_is_known_already_stays_known_when_a_source_fails_on_its_way_back() -> None:
    machine = ready(graph((), (0,), (0,), (1,)))
    after(machine, Began(), Settled(0, present=False), Settled(1))
    assert after(machine, Missed(2), Ended(0, 0), Failed(0)) == [Start(0, 0, 0), Block(2, 0)]
    assert after(machine, Missed(3)) == [Start(3, 0, 0)]


def test_a_retry_takes_its_turn_again() -> None:
    machine = ready(graph(()))
    assert after(machine, Began(), Missed(0), Ended(0, 0)) == [Resolve(0), Start(0, 0, 0)]
    assert not machine.finished
    assert after(machine, Again(0, 0)) == [Start(0, 0, 0)]
    assert after(machine, *done(0)) == [Free(0)] and machine.finished


def test_a_lost_worker_drops_its_unit_and_is_replaced() -> None:
    machine = ready(graph(()))
    after(machine, Began(), Missed(0))
    assert after(machine, WorkerLost(0)) == [Drop(0, 0)]
    assert after(machine, Again(0, 0)) == [Spawn(0)]
    assert after(machine, WorkerUp(0)) == [Start(0, 0, 0)]


def test_a_worker_that_never_came_up_is_asked_for_again() -> None:
    machine = Machine(graph(()), Capacity(1))
    assert after(machine, Began(), Missed(0)) == [Resolve(0), Spawn(0)]
    assert after(machine, WorkerLost(0)) == [Spawn(1)]
    assert after(machine, WorkerUp(1)) == [Start(0, 0, 1)]


def test_stop_cancels_what_is_not_done_and_kills_what_works() -> None:
    machine = ready(graph((), (), (0,)), 2)
    after(machine, Began(), Missed(0), Settled(1))
    assert after(machine, Stopped()) == [Cancel(0), Cancel(2), Kill(1)]
    assert not machine.finished
    assert after(machine, WorkerLost(1)) == [] and machine.finished
    assert machine.state == [State.CANCELLED, State.SETTLED, State.CANCELLED]


@pytest.mark.parametrize(
    "late", [Missed(1), Settled(0), Again(0, 0), Offered(0, (3,)), Flowing(0), Failed(0), Closed(0)]
)
def test_nothing_starts_after_a_stop(late: Event) -> None:
    machine = ready(graph((), ()), 2)
    after(machine, Began(), Missed(0), Stopped())
    assert after(machine, late) == []


# --- freeing -------------------------------------------------------------------------------------------------------------


def test_a_product_is_freed_once_after_its_last_use_and_a_target_never() -> None:
    machine = ready(graph((), (0,), (0,), (2,)), targets=[1])
    assert after(machine, Began(), Missed(0), *done(0))[-2:] == [Resolve(1), Resolve(2)]
    assert after(machine, Settled(1)) == []
    assert after(machine, Settled(2)) == [Free(0), Resolve(3)]
    assert after(machine, Settled(3)) == [Free(2), Free(3)]


def test_a_product_whose_dependents_are_all_blocked_is_freed() -> None:
    machine = ready(graph((), (), (0, 1)), 2)
    after(machine, Began(), Missed(0), Missed(1), *done(0))
    assert after(machine, Ended(1, 0), Failed(1)) == [Free(0), Block(2, 1)]


# --- streams -------------------------------------------------------------------------------------------------------------


def flowing() -> list[Node]:
    """A side dep, a stream, an each over both, an each over that each."""
    return [Node(0), Node(1), Node(2, (0, 1), (1,), single=False), Node(3, (2,), (2,), single=False)]


def test_an_each_opens_while_its_feed_still_runs() -> None:
    machine = ready(flowing(), 2)
    assert after(machine, Began(), Settled(0), Missed(1)) == [Resolve(0), Resolve(1), Start(1, 0, 1)]
    assert after(machine, Flowing(1)) == [Open(2)]
    assert after(machine, Offered(2, (0, 1))) == [Start(2, 0, 0)]
    assert after(machine, Ended(2, 0), Flowing(2)) == [Start(2, 1, 0), Open(3)]
    assert after(machine, Flowing(1), Flowing(2)) == []
    assert after(machine, *done(1)) == [Resolve(2)]
    assert after(machine, Ended(2, 1), Closed(2)) == [Complete(2)]
    assert after(machine, Settled(2)) == [Free(0), Free(1), Resolve(3)]
    assert after(machine, Closed(3)) == [Complete(3)]
    assert after(machine, Settled(3)) == [Free(2), Free(3)]
    assert machine.finished


def test_an_each_does_not_open_before_its_other_deps_are_known() -> None:
    machine = ready(flowing(), 2)
    after(machine, Began(), Missed(1))
    assert after(machine, Flowing(1)) == []
    assert after(machine, Settled(0)) == [Open(2)]


def test_units_are_held_until_what_their_node_reads_can_be_read() -> None:
    machine = ready(flowing(), 2)
    assert after(machine, Began(), Settled(0, present=False), Missed(1), Flowing(1))[-1] == Open(2)
    assert after(machine, Offered(2, (0,))) == [Start(0, 0, 0)]
    assert after(machine, Offered(2, (1,))) == []
    assert after(machine, *done(0)) == [Start(2, 0, 0)]
    assert after(machine, Ended(2, 0)) == [Start(2, 1, 0)]


def test_an_each_whose_feed_is_known_begins_at_once() -> None:
    machine = ready(flowing(), 1)
    assert after(machine, Began(), Settled(0), Settled(1)) == [Resolve(0), Resolve(1), Resolve(2)]
    assert after(machine, Missed(2)) == [Begin(2)]
    assert after(machine, Offered(2, (5,)), Closed(2)) == [Start(2, 5, 0)]
    assert after(machine, Ended(2, 5)) == [Complete(2)]


def test_an_each_without_items_completes_when_it_is_closed() -> None:
    machine = ready(flowing(), 1)
    after(machine, Began(), Settled(0), Settled(1), Missed(2))
    assert after(machine, Closed(2)) == [Complete(2)]


def test_a_feed_that_fails_blocks_its_open_each_and_takes_its_units_back() -> None:
    machine = ready(flowing(), 1)
    after(machine, Began(), Settled(0), Missed(1), Flowing(1), Offered(2, (0, 1)))
    assert after(machine, Ended(1, 0, 1.0), Failed(1)) == [Start(2, 0, 0), Free(0), Block(2, 1), Block(3, 1)]
    assert not machine.finished
    assert after(machine, Ended(2, 0, 1.0)) == [] and machine.finished


def test_a_node_may_offer_more_after_it_was_closed() -> None:
    machine = ready(flowing(), 1)
    after(machine, Began(), Settled(0), Settled(1), Missed(2))
    assert after(machine, Closed(2), Offered(2, (0, 1))) == [Complete(2), Start(2, 0, 0)]
    assert after(machine, Ended(2, 0)) == [Start(2, 1, 0)]
    assert after(machine, Ended(2, 1)) == []
    assert after(machine, Closed(2)) == [Complete(2)]


def test_an_absent_stream_flows_again_when_it_is_made_again() -> None:
    machine = ready(flowing(), 1)
    after(machine, Began(), Settled(0), Settled(1, present=False))
    assert after(machine, Missed(2)) == [Start(1, 0, 0)]
    assert after(machine, Flowing(1)) == [Begin(2)]


def test_items_of_an_earlier_life_do_not_count() -> None:
    """The stream ran, was freed, and is made again: its each waits for the new items."""
    nodes = [Node(0, kept=False), Node(1, (0,), (0,), single=False, kept=False), Node(2, (1,))]
    machine = ready(nodes, 1)
    after(machine, Began(), Missed(0), Flowing(0), *done(0))
    assert after(machine, Settled(1, present=False)) == [Free(0), Resolve(2)]
    assert after(machine, Missed(2)) == [Start(0, 0, 0)]
    assert machine.state[1] == State.WANTED
    assert after(machine, Flowing(0)) == [Begin(1)]


# --- who goes first, and how many ----------------------------------------------------------------------------------------


def test_the_highest_rank_goes_first_then_the_oldest() -> None:
    machine = ready([Node(0, rank=1.0), Node(1, rank=3.0), Node(2, rank=3.0), Node(3, rank=2.0)], 1)
    assert after(machine, Began(), *map(Missed, range(4)))[4:] == [Start(0, 0, 0)]
    assert after(machine, Ended(0, 0, 1.0)) == [Start(1, 0, 0)]
    assert after(machine, Ended(1, 0, 1.0)) == [Start(2, 0, 0)]
    assert after(machine, Ended(2, 0, 1.0)) == [Start(3, 0, 0)]


def test_cpus_are_shared_out_and_who_wants_more_than_all_runs_alone() -> None:
    nodes = [Node(0, needs=Needs(9.0), rank=2.0), Node(1, rank=1.0), Node(2, needs=Needs(2.0))]
    machine = ready(nodes, 3)
    assert after(machine, Began(), Missed(0), Missed(1), Missed(2))[3:] == [Start(0, 0, 2)]
    assert after(machine, Ended(0, 0, 1.0)) == [Start(1, 0, 2), Start(2, 0, 1)]


def test_memory_and_named_resources_are_shared_out() -> None:
    gpu = Needs(1.0, 2.0, (("gpu", 1.0),))
    nodes = [Node(0, needs=gpu), Node(1, needs=gpu), Node(2, needs=Needs(1.0, 3.0)), Node(3, needs=Needs(1.0, 1.0))]
    machine = ready(nodes, 4, memory=4.0)
    assert after(machine, Began(), *map(Missed, range(4)))[4:] == [Start(0, 0, 3), Start(3, 0, 2)]
    assert after(machine, *done(3)) == [Free(3)]
    assert after(machine, Ended(0, 0)) == [Start(1, 0, 3)]


def test_who_wants_more_memory_than_there_is_runs_alone() -> None:
    machine = ready([Node(0, needs=Needs(1.0, 99.0)), Node(1)], 4, memory=4.0)
    assert after(machine, Began(), Missed(0), Missed(1))[2:] == [Start(0, 0, 3)]
    assert after(machine, Ended(0, 0)) == [Start(1, 0, 3)]


def test_no_cpu_stays_idle_while_a_smaller_unit_would_fit() -> None:
    machine = ready([Node(0, needs=Needs(2.0)), Node(1, needs=Needs(2.0), rank=9.0), Node(2)], 3)
    assert after(machine, Began(), Missed(0), Missed(1), Missed(2))[3:] == [Start(0, 0, 2), Start(2, 0, 1)]


def test_a_big_unit_is_not_overtaken_for_ever() -> None:
    """Small units keep coming; the big one, which needs all cpus, has its turn nevertheless."""
    small = [Node(number, family=number) for number in range(400)]
    machine = ready([*small, Node(400, needs=Needs(2.0), rank=1.0)], 2)
    after(machine, Began(), Missed(0), Missed(400))
    running, started = {0}, [0]
    for number in range(1, 400):
        found = after(machine, Missed(number))
        while not any(isinstance(one, Start) for one in found) and running:
            found += after(machine, Ended(running.pop(), 0, 1.0))
        fresh = [one.node for one in found if isinstance(one, Start)]
        started += fresh
        running |= set(fresh)
        if 400 in fresh:
            break
    assert 400 in started and len(started) < 100


def test_short_units_are_given_one_ahead() -> None:
    machine = ready([Node(number) for number in range(6)], 1)
    assert after(machine, Began(), *map(Missed, range(6)))[6:] == [Start(0, 0, 0)]
    assert after(machine, Ended(0, 0, 0.003)) == [Start(1, 0, 0), Start(2, 0, 0)]
    assert after(machine, Ended(1, 0, 0.003)) == [Start(3, 0, 0)]
    assert after(machine, Ended(2, 0, 9.0)) == []
    assert after(machine, Ended(3, 0, 9.0)) == [Start(4, 0, 0)]


def test_a_unit_that_waited_on_a_lost_worker_had_not_begun() -> None:
    machine = ready([Node(number) for number in range(3)], 1)
    after(machine, Began(), *map(Missed, range(3)), Ended(0, 0, 0.003))
    assert after(machine, WorkerLost(0)) == [Drop(1, 0, True, False), Drop(2, 0, False, False)]


def test_units_of_which_nothing_is_known_are_taken_for_what_others_were_at_first() -> None:
    machine = ready([Node(number, family=number) for number in range(60)], 1)
    after(machine, Began(), *map(Missed, range(60)))
    ahead = [len(after(machine, Ended(number, 0, 0.0001))) for number in range(25)]
    assert ahead[:10] == [1] * 10 and max(ahead) > 1
    held = sum(ahead) - 25 + 1
    after(machine, *(Ended(number, 0, 9.0) for number in range(25, 25 + held)))
    assert machine.crew.depth(machine.nodes[59]) == 1, "the last ones took long"


def test_what_waits_behind_a_long_unit_is_taken_back_and_started_elsewhere() -> None:
    machine = ready([Node(number) for number in range(6)], 2)
    assert after(machine, Began(), *map(Missed, range(6)))[6:] == [Start(0, 0, 1), Start(1, 0, 0)]
    assert after(machine, Ended(0, 0, 0.003)) == [Start(2, 0, 1), Start(3, 0, 1)]
    assert after(machine, Slow(1)) == [TakeBack(3, 0, 1)]
    assert after(machine, Slow(1), Slow(0), Slow(7)) == []
    assert after(machine, Ended(1, 0, 9.0), Ended(4, 0, 9.0), Ended(5, 0, 9.0)) == [
        Start(4, 0, 0),
        Start(5, 0, 0),
        Start(3, 0, 0),
    ]
    assert after(machine, WorkerLost(1)) == [Drop(2, 0)]


def test_ended_twice_counts_once() -> None:
    machine = ready(graph((), ()))
    after(machine, Began(), Missed(0), Missed(1))
    assert after(machine, Ended(0, 0)) == [Start(1, 0, 0)]
    assert after(machine, Ended(0, 0)) == []
    assert machine.units[0] == 0


# --- units that wait while they work -------------------------------------------------------------------------------------


def reading(jobs: int) -> Machine:
    """A stream, a single node that takes its items while they come, and one below that."""
    nodes = [Node(0, waits=True), Node(1, (0,), (0,), waits=True), Node(2, (1,))]
    machine = ready(nodes, jobs)
    after(machine, Began(), Missed(0))
    return machine


def test_a_reader_begins_with_the_first_item_and_is_resolved_when_the_stream_has_ended() -> None:
    machine = reading(2)
    assert after(machine, Flowing(0)) == [Open(1)]
    assert after(machine, Offered(1, (0,))) == [Start(1, 0, 0)]
    assert after(machine, *done(0)) == [Resolve(1)]
    assert after(machine, Ended(1, 0), Settled(1)) == [Free(0), Resolve(2)]


def test_a_reader_that_is_done_first_waits_for_its_key() -> None:
    machine = reading(2)
    after(machine, Flowing(0), Offered(1, (0,)))
    assert after(machine, Ended(1, 0)) == []
    assert machine.state[1] == State.OPEN
    assert after(machine, *done(0)) == [Resolve(1)]
    assert after(machine, Settled(1)) == [Free(0), Resolve(2)]


def test_a_hit_ends_the_work_that_nobody_wants_any_more() -> None:
    machine = reading(2)
    after(machine, Flowing(0), Offered(1, (0,)), Ended(0, 0))
    assert after(machine, Settled(0), Settled(1)) == [Resolve(1), Free(0), Kill(0), Resolve(2)]
    assert after(machine, Ended(1, 0), WorkerLost(0), Settled(2)) == [Free(1), Free(2)]
    assert machine.finished


def test_a_reader_falls_with_its_stream() -> None:
    machine = reading(2)
    after(machine, Flowing(0), Offered(1, (0,)))
    assert after(machine, Ended(0, 0), Failed(0)) == [Kill(0), Block(1, 0), Block(2, 0)]
    assert after(machine, WorkerLost(0)) == []
    assert machine.finished


def test_held_back_it_runs_as_any_other() -> None:
    machine = reading(2)
    after(machine, Flowing(0))
    assert after(machine, *done(0)) == [Resolve(1)]
    assert after(machine, Missed(1)) == [Start(1, 0, 1)]


def test_who_waits_gives_its_room_to_another_and_goes_on_when_there_is_some() -> None:
    machine = reading(1)
    assert after(machine, Flowing(0), Offered(1, (0,))) == [Open(1)]
    assert after(machine, Waits(0, 0)) == [Spawn(0)]
    assert after(machine, WorkerUp(1)) == [Start(1, 0, 1)]
    assert after(machine, Ready(0, 0)) == []
    assert after(machine, Waits(1, 0)) == [Resume(0, 0, 0)]
    assert after(machine, Ready(1, 0), Ended(0, 0)) == [Resume(1, 0, 1)]


def test_a_word_of_a_unit_that_does_not_wait_means_nothing() -> None:
    machine = reading(1)
    assert after(machine, Ready(0, 0), Waits(1, 0), Ready(2, 0)) == []
    assert after(machine, Waits(0, 0), Waits(0, 0), Ready(0, 0), Ready(0, 0)) == [Resume(0, 0, 0)]


def test_a_worker_that_dies_while_its_unit_waits_takes_no_room_with_it() -> None:
    machine = reading(1)
    after(machine, Waits(0, 0))
    assert after(machine, WorkerLost(0)) == [Drop(0, 0)]
    assert after(machine, Again(0, 0)) == [Spawn(0)]
    assert after(machine, WorkerUp(1)) == [Start(0, 0, 1)]
    assert machine.room.cpu == 0.0


def test_nothing_stands_behind_a_unit_that_may_wait() -> None:
    nodes = [Node(0, family=1), Node(1, waits=True, family=1), Node(2, family=1), Node(3, family=1)]
    machine = ready(nodes, 1)
    after(machine, Began(), Missed(0), Ended(0, 0, 0.0001), Settled(0))
    assert after(machine, Missed(1), Missed(2), Missed(3)) == [Start(1, 0, 0)]


def test_what_is_looked_at_reads_nothing_of_its_deps() -> None:
    machine = ready(graph((), (0,)))
    assert after(machine, Began(), Settled(0, present=False)) == [Resolve(0), Resolve(1)]
    assert after(machine, Missed(1, reads=False)) == [Start(1, 0, 0)]
    assert after(machine, Ended(1, 0), Settled(1)) == [Free(1)]
    assert machine.finished


# --- patience ------------------------------------------------------------------------------------------------------------


def test_a_patient_machine_starts_the_best_of_all_that_a_moment_makes_ready() -> None:
    """Node 1 is ready when node 0 ends; node 2 has been for long, and would be first if the worker were given away at once."""
    nodes = [Node(0, rank=9.0), Node(1, (0,), rank=8.0), Node(2, rank=1.0)]
    machine = Machine(nodes, Capacity(1), patient=True)
    assert after(machine, WorkerUp(0), Began(), Missed(2), Missed(0)) == [Resolve(0), Resolve(2)]
    assert after(machine, Quiet()) == [Start(0, 0, 0)]
    assert after(machine, *done(0), Missed(1)) == [Resolve(1)]
    assert after(machine, Quiet()) == [Start(1, 0, 0)] and after(machine, Quiet()) == []


def test_patience_ends() -> None:
    machine = Machine(graph(*[()] * MOST_HELD), Capacity(1), patient=True)
    after(machine, WorkerUp(0), Began())
    events = [Missed(node) for node in range(MOST_HELD - 2)]
    assert after(machine, *events[:-1]) == [] and after(machine, events[-1]) == [Start(0, 0, 0)]


def test_after_a_stop_a_patient_machine_starts_nothing() -> None:
    machine = Machine(graph((), ()), Capacity(1), patient=True)
    after(machine, WorkerUp(0), Began(), Missed(0))
    assert after(machine, Stopped(), Quiet()) == [Cancel(0), Cancel(1)]
