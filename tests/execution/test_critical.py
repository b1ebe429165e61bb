"""The chain of steps that takes longest."""

from __future__ import annotations

from itertools import chain, combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipekit.execution.critical import critical

Deps = list[tuple[int, ...]]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sets(st.integers(1, 4), max_size=3)), min_size=1, max_size=9),
    st.sets(st.integers(0, 8)),
)
def test_no_chain_takes_longer(rows: list[tuple[int, set[int]]], over: set[int]) -> None:
    deps = [tuple(step - back for back in backs if back <= step) for step, (_, backs) in enumerate(rows)]
    open_ = [step for step in range(len(deps)) if step not in over]
    left = [float(seconds) if step in open_ else 0.0 for step, (seconds, _) in enumerate(rows)]
    path, longest = critical(deps, {}, open_, left)
    chains = chain.from_iterable(combinations(open_, size) for size in range(len(open_) + 1))
    ordered = [one for one in chains if all(a in _above(deps, open_, b) for a, b in pairwise(one))]
    assert longest == max(sum(left[step] for step in one) for one in ordered) == sum(left[step] for step in path)
    assert path == () or path in ordered


def _above(deps: Deps, open_: list[int], step: int) -> set[int]:
    found: set[int] = set()
    for dep in deps[step]:
        if dep in open_:
            found |= {dep} | _above(deps, open_, dep)
    return found


def test_a_step_that_takes_items_while_they_are_made_begins_with_them() -> None:
    deps: Deps = [(), (0,), (1,), (2,)]
    assert critical(deps, {2: {1}}, range(4), [1.0, 10.0, 4.0, 2.0]) == ((0, 1, 3), 13.0)
    assert critical(deps, {2: {1}}, range(4), [1.0, 10.0, 40.0, 2.0]) == ((0, 2, 3), 43.0)
