"""Which ready unit goes next, and whether there is room for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipekit.parallel.admission import PATIENCE, Queue, Room, capacity_for
from pipekit.parallel.vocabulary import Capacity, Needs, Node

GB = 1e9


def room(jobs: int = 2, memory: float = 0.0, **named: float) -> Room:
    return Room(Capacity(jobs, memory, named))


def queue(*nodes: Node, jobs: int = 2, memory: float = 0.0, **named: float) -> Queue:
    found = Queue(room(jobs, memory, **named))
    for node in nodes:
        found.push(node, 0)
    return found


def taken(found: Queue) -> list[int]:
    """The nodes that are admitted one after the other while nothing ends."""
    order = []
    while (one := found.next()) is not None:
        found.room.take(one[2].granted)
        order.append(one[0])
    return order


def test_an_undeclared_resource_has_the_largest_request_as_its_capacity() -> None:
    nodes = (Node(0, needs=Needs(named=(("gpu", 1.0),))), Node(1, needs=Needs(named=(("gpu", 3.0), ("api", 1.0)))))
    assert capacity_for(nodes, Capacity(2, 0.0, {"api": 9.0})).named == {"gpu": 3.0, "api": 9.0}
    assert capacity_for((), Capacity(0)).jobs == 1


def test_what_a_unit_gets_is_at_most_what_there_is() -> None:
    found = room(4, 8 * GB, gpu=1.0)
    assert found.granted(Needs(2.0, GB, (("gpu", 1.0),))) == Needs(2.0, GB, (("gpu", 1.0),))
    assert found.granted(Needs(99.0, GB, (("gpu", 5.0),))) == Needs(4.0, GB, (("gpu", 1.0),))
    assert found.granted(Needs(1.0, 9 * GB)) == Needs(4.0, 8 * GB), "it runs alone"


def test_memory_does_not_count_where_there_is_no_capacity_for_it() -> None:
    assert room(4).granted(Needs(1.0, 9 * GB)) == Needs(1.0, 0.0)


def test_taking_and_giving_back() -> None:
    found = room(2, 4 * GB, gpu=1.0)
    wanted = Needs(1.0, 3 * GB, (("gpu", 1.0),))
    assert found.fits(wanted)
    found.take(wanted)
    assert not found.fits(Needs(1.0, 2 * GB)) and not found.fits(Needs(1.0, 0.0, (("gpu", 1.0),)))
    assert found.fits(Needs(1.0, GB)) and not found.fits(Needs(2.0))
    found.give(wanted)
    assert found.fits(Needs(2.0, 4 * GB, (("gpu", 1.0),)))


@given(st.lists(st.floats(1e6, 9e9), max_size=40))
def test_fractions_add_up_to_all_again(sizes: list[float]) -> None:
    found = room(8, 1e12)
    parts = [Needs(0.1, size / 3) for size in sizes]
    for part in parts:
        found.take(part)
    for part in parts:
        found.give(part)
    assert found.fits(Needs(8.0, 1e12))


def test_rank_then_age() -> None:
    found = queue(Node(0, rank=1.0), Node(1, rank=2.0), Node(2, rank=2.0), jobs=9)
    assert taken(found) == [1, 2, 0]
    assert not found


def test_among_equal_ranks_what_frees_more_goes_first() -> None:
    found = queue(Node(0), Node(1, frees=5.0), Node(2, frees=9.0), Node(3, frees=5.0), Node(4, rank=1.0), jobs=9)
    assert taken(found) == [4, 2, 1, 3, 0]


def test_one_order_over_all_needs() -> None:
    mixed = [Node(number, rank=float(number), needs=Needs(1.0, number % 3 * GB)) for number in range(9)]
    assert taken(queue(*mixed, jobs=9, memory=99 * GB)) == list(reversed(range(9)))


def test_what_does_not_fit_is_passed_over() -> None:
    assert taken(queue(Node(0, rank=9.0, needs=Needs(2.0)), Node(1), Node(2), jobs=1)) == [0]
    assert taken(queue(Node(0, rank=5.0), Node(1, rank=4.0, needs=Needs(2.0)), Node(2, rank=3.0), jobs=2)) == [0, 2]


def overtaken(found: Queue, node: Node) -> int:
    """How many units like `node` go past what waits, each ending before the next begins."""
    count = 0
    for _ in range(4 * PATIENCE):
        found.push(node, count)
        one = found.next()
        if one is None or one[0] != node.id:
            break
        count += 1
    return count


def test_a_unit_that_was_overtaken_too_often_is_waited_for() -> None:
    found = queue(Node(0, rank=1.0, needs=Needs(2.0)), jobs=2)
    found.room.take(Needs(1.0))
    assert overtaken(found, Node(1)) == PATIENCE
    found.room.give(Needs(1.0))
    assert found.next() == (0, 0, found.lane(Needs(2.0)))


def test_nothing_is_held_back_for_what_waits_for_something_else() -> None:
    """The unit lacks a gpu as well: to leave a cpu idle would not bring it nearer."""
    gpu = Needs(2.0, 0.0, (("gpu", 1.0),))
    found = queue(Node(0, rank=1.0, needs=gpu), jobs=2, gpu=1.0)
    found.room.take(Needs(1.0, 0.0, (("gpu", 1.0),)))
    assert overtaken(found, Node(1)) == 4 * PATIENCE
    found.room.give(Needs(0.0, 0.0, (("gpu", 1.0),)))
    assert overtaken(found, Node(2)) == 0


def test_one_ahead_is_not_at_the_cost_of_a_better_one_that_would_fit() -> None:
    found = queue(Node(0), Node(1, rank=1.0, needs=Needs(0.5)), jobs=1)
    found.room.take(Needs(1.0))
    assert found.ahead(found.lane(Needs(1.0))) is None
    assert found.ahead(found.lane(Needs(0.5))) == (1, 0, found.lane(Needs(0.5)))
    assert found.ahead(found.lane(Needs(1.0))) == (0, 0, found.lane(Needs(1.0)))
    assert found.ahead(found.lane(Needs(1.0))) is None


def test_one_ahead_counts_as_overtaking() -> None:
    found = queue(*(Node(number) for number in range(2 * PATIENCE)), Node(999, rank=1.0, needs=Needs(2.0)), jobs=2)
    found.room.take(Needs(2.0))
    ahead = sum(found.ahead(found.lane(Needs(1.0))) is not None for _ in range(2 * PATIENCE))
    assert ahead == PATIENCE


def test_dropping_a_node_takes_out_all_its_units() -> None:
    found = queue(Node(0), Node(1, needs=Needs(0.5)), Node(0), Node(2), jobs=9)
    assert found.drop(0) == 2 and len(found) == 2 and found.drop(7) == 0
    assert taken(found) == [1, 2]


def test_clearing() -> None:
    found = queue(Node(0), Node(1))
    found.clear()
    assert len(found) == 0 and found.next() is None and found.heads() == []
    found.push(Node(2), 0)
    assert found.next() == (2, 0, found.lane(Needs()))


def test_needs_that_get_the_same_are_in_one_lane() -> None:
    found = queue(Node(0, rank=1.0, needs=Needs(9.0)), Node(1, rank=2.0, needs=Needs(2.0)), Node(2, needs=Needs(7.0)))
    assert [lane.granted for lane in found.heads()] == [Needs(2.0)]
    assert found.lane(Needs(8.0)) is found.lane(Needs(2.0)) is not found.lane(Needs(1.0))
