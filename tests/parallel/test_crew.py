"""Who works on what."""

from __future__ import annotations

from collections import Counter

from pipekit.parallel.admission import Queue, Room
from pipekit.parallel.crew import MOST_AHEAD, SHORT, Crew
from pipekit.parallel.vocabulary import Capacity, Command, Needs, Node, Spawn, Start

SIX = tuple(Node(number, family=number % 2) for number in range(6))


def crew(jobs: int, *nodes: Node, up: int = 0) -> tuple[Crew, Queue]:
    """A crew with `up` workers, and one unit of each node in its queue."""
    room = Room(Capacity(jobs))
    found, queue = Crew(room), Queue(room)
    for worker in range(up):
        found.up(worker)
    for node in nodes:
        queue.push(node, 0)
    return found, queue


def test_as_many_workers_are_asked_for_as_there_are_units_and_jobs() -> None:
    found, queue = crew(4, *SIX[:2])
    assert found.assign(queue, SIX) == [Spawn(0), Spawn(1)]
    assert found.assign(queue, SIX) == []
    for node in SIX[2:]:
        queue.push(node, 0)
    assert found.assign(queue, SIX) == [Spawn(2), Spawn(3)]
    assert found.assign(queue, SIX) == []


def test_nobody_is_asked_for_while_there_is_no_room() -> None:
    whole = Node(0, needs=Needs(4.0)), Node(1, needs=Needs(4.0))
    found, queue = crew(4, *whole)
    assert found.assign(queue, whole) == [Spawn(0), Spawn(1)]
    found.up(0)
    assert found.assign(queue, whole) == [Start(0, 0, 0)]
    found.lost(1)
    assert found.assign(queue, whole) == []


def test_a_lost_worker_gives_back_what_it_held_and_what_it_took() -> None:
    found, queue = crew(1, *SIX[:1], up=1)
    assert found.assign(queue, SIX) == [Start(0, 0, 0)]
    assert found.busy == 1 and found.working() == [0] and found.room.cpu == 0.0
    assert found.lost(0) == [(0, 0)]
    assert found.busy == 0 and found.working() == [] and found.room.cpu == 1.0
    assert found.lost(0) == [] and not found.end(0, 0, 1.0, SIX)


def test_an_idle_worker_may_be_lost() -> None:
    found, queue = crew(2, *SIX[:1], up=2)
    assert found.lost(1) == []
    assert found.assign(queue, SIX) == [Start(0, 0, 0)]


def test_a_number_is_never_used_twice() -> None:
    found, queue = crew(1, *SIX)
    seen: list[Command] = []
    for _ in range(3):
        [spawn] = found.assign(queue, SIX)
        seen.append(spawn)
        assert isinstance(spawn, Spawn)
        found.lost(spawn.worker)
    assert seen == [Spawn(0), Spawn(1), Spawn(2)]


def test_one_ahead_where_both_are_short_and_of_one_need() -> None:
    found, queue = crew(1, *SIX, up=1)
    found.assign(queue, SIX)
    assert found.end(0, 0, SHORT / 2, SIX)
    assert found.assign(queue, SIX) == [Start(1, 0, 0)], "nobody knows how long family 1 takes"
    found.end(1, 0, SHORT / 2, SIX)
    assert found.assign(queue, SIX) == [Start(2, 0, 0), Start(3, 0, 0)]
    assert found.assign(queue, SIX) == []
    assert found.lost(0) == [(2, 0), (3, 0)], "in the order in which they are worked on"


def test_tiny_units_are_given_many_ahead_to_all_workers_alike() -> None:
    same = tuple(Node(number) for number in range(200))
    found, queue = crew(2, *same, up=2)
    found.assign(queue, same)
    for node in (0, 1):
        found.end(node, 0, 1e-6, same)
    given = [start.worker for start in found.assign(queue, same) if isinstance(start, Start)]
    assert Counter(given) == {0: 1 + MOST_AHEAD, 1: 1 + MOST_AHEAD} and given[2:6] in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert len(found.lost(1)) == 1 + MOST_AHEAD


def test_nothing_is_put_behind_a_long_unit() -> None:
    nodes = (Node(0, family=1), Node(1), Node(2), Node(3, family=1))
    found, queue = crew(1, *nodes, up=1)
    found.assign(queue, nodes)
    found.end(0, 0, 9.0, nodes)
    found.assign(queue, nodes)
    found.end(1, 0, 0.0, nodes)
    assert found.assign(queue, nodes) == [Start(2, 0, 0)], "node 3 is long"
    found.end(2, 0, 0.0, nodes)
    assert found.assign(queue, nodes) == [Start(3, 0, 0)]
    queue.push(Node(1), 1)
    assert found.assign(queue, nodes) == []


def test_how_long_a_family_takes_is_an_average_that_moves() -> None:
    """One long unit among short ones makes the family long for a while."""
    same = tuple(Node(number) for number in range(40))
    found, queue = crew(1, *same, up=1)
    took = [0.001, 1.0, *[0.001] * 38]
    ahead = []
    for node in range(20):
        ahead.append(len(found.assign(queue, same)) > (0 if node and ahead[-1] else 1))
        found.end(node, 0, took[node], same)
    assert ahead[:3] == [False, True, False]
    assert ahead[-1]
