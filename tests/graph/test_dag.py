"""Order, closures and layers of bare ids, against naive oracles and at size."""

from __future__ import annotations

import random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.graphs import edges

from pipekit.graph.dag import Cycle, Dag

Deps = list[tuple[int, ...]]


def naive_upstream(deps: Deps, node: int) -> set[int]:
    return {node}.union(*(naive_upstream(deps, dep) for dep in deps[node]))


def shuffled(deps: Deps, seed: int) -> Deps:
    """The same graph under other ids."""
    ids = list(range(len(deps)))
    random.Random(seed).shuffle(ids)
    found: Deps = [()] * len(deps)
    for node, above in enumerate(deps):
        found[ids[node]] = tuple(ids[dep] for dep in above)
    return found


@given(edges(), st.integers(0, 99), st.data())
def test_closures_are_what_the_oracle_says(deps: Deps, seed: int, data: st.DataObject) -> None:
    deps = shuffled(deps, seed)
    dag = Dag(deps)
    ids = st.sets(st.sampled_from(range(len(deps)))) if deps else st.just(set[int]())
    start, end = data.draw(ids), data.draw(ids)
    above = {node: naive_upstream(deps, node) for node in range(len(deps))}
    assert dag.upstream(end) == set().union(*(above[node] for node in end))
    below = {node for node in above if above[node] & start}
    assert dag.downstream(start) == below
    assert dag.between(start, end) == {node for node in below if any(node in above[one] for one in end)}
    assert set(dag.sinks) == {node for node in above if not any(node in deps[other] for other in above)}


@given(edges(), st.integers(0, 99))
def test_the_order_has_every_id_once_and_deps_first(deps: Deps, seed: int) -> None:
    deps = shuffled(deps, seed)
    order = Dag(deps).order
    assert sorted(order) == list(range(len(deps)))
    place = {node: at for at, node in enumerate(order)}
    assert all(place[dep] < place[node] for node in order for dep in deps[node])


@given(edges(), st.integers(0, 99))
def test_layers_are_the_longest_paths(deps: Deps, seed: int) -> None:
    deps = shuffled(deps, seed)

    def longest(node: int) -> int:
        return max((longest(dep) + 1 for dep in deps[node]), default=0)

    assert list(Dag(deps).layers) == [longest(node) for node in range(len(deps))]


def test_what_is_in_order_already_stays_so() -> None:
    assert Dag([(), (), (0,), (1, 2)]).order == (0, 1, 2, 3)


@pytest.mark.parametrize("deps", [[(0,)], [(1,), (0,)], [(), (0, 3), (1,), (2,)], [(2,), (0,), (1,), ()]])
def test_a_cycle_is_named(deps: Deps) -> None:
    with pytest.raises(Cycle) as caught:
        _ = Dag(deps).order
    ids = caught.value.ids
    assert all(after in deps[node] for node, after in zip(ids, [*ids[1:], ids[0]], strict=True))


def test_a_dep_named_twice_has_its_dependent_once() -> None:
    assert list(Dag([(), (0, 0)]).dependents) == [(1,), ()]


def test_a_hundred_thousand_nodes() -> None:
    rng = random.Random(7)
    deps = [tuple(rng.randrange(node) for _ in range(2)) if node else () for node in range(100_000)]
    dag = Dag(shuffled(deps, 7))
    begun = perf_counter()
    assert len(dag.order) == 100_000
    assert len(dag.upstream(dag.sinks)) == 100_000
    assert max(dag.layers) > 10
    assert perf_counter() - begun < 10  # some 0.4 s; a quadratic walk would take minutes


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_fifty_thousand_deep(backwards: bool) -> None:
    count = 50_000
    deps = (
        [(node + 1,) if node + 1 < count else () for node in range(count)]
        if backwards
        else [(node - 1,) if node else () for node in range(count)]
    )
    dag = Dag(deps)
    start = count - 1 if backwards else 0
    assert dag.order[0] == start
    assert len(dag.downstream([start])) == count
    assert max(dag.layers) == count - 1
