"""Where the time of a run went, from events alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.programs import load, start, store_in

from pipekit.execution import events as e
from pipekit.execution.profile import Profile, profile, trace
from pipekit.execution.reasons import Reason
from pipekit.execution.summary import lower_bound

Row = tuple[float, float, float, tuple[int, ...]]
"""When a step began and ended, seconds in the code, deps."""


def told(rows: Sequence[Row], jobs: int = 2) -> list[e.Event]:
    found: list[e.Event] = [e.RunStarted(100.0, "abc123", "default", jobs, len(rows), 1)]
    for step, (_, _, _, deps) in enumerate(rows):
        found.append(
            e.StepPlanned(100.0, step, f"t{step}", f"t{step}", "task", deps, "would_run", Reason("new"), "", ())
        )
    for step, (began, ended, seconds, _) in enumerate(rows):
        found.append(e.StepStarted(100.0 + began, step, 0))
        found.append(e.StepFinished(100.0 + ended, step, seconds, "", "", 0))
    return found


def made(rows: Sequence[Row], jobs: int = 2) -> Profile:
    found = profile(told(rows, jobs))
    assert found is not None
    return found


def test_the_chain_leads_back_through_what_was_waited_for() -> None:
    found = made([(0, 3, 3, ()), (0, 1, 1, ()), (3, 5, 2, (0, 1)), (1, 2, 1, (1,))])
    assert [link.bar.name for link in found.path] == ["t0", "t2"]
    assert [link.alone for link in found.path] == pytest.approx([3, 2])
    assert (found.makespan, found.bound) == (5, 5)
    assert found.idle == pytest.approx(1 - 7 / 10)


def test_a_link_saves_no_more_than_the_next_longest_chain_allows() -> None:
    found = made([(0, 3, 3, ()), (0, 2, 2, ()), (3, 4, 1, (0, 1))])
    assert [(link.bar.name, link.saves) for link in found.path] == [("t0", 1), ("t2", 1)]


def test_what_flows_is_waited_for_only_while_nothing_else_is() -> None:
    found = made([(0, 10, 9, ()), (1, 11, 9, (0,))])
    assert [link.alone for link in found.path] == pytest.approx([10, 1])


def test_what_flows_or_is_shared_among_workers_is_not_bound_to_come_one_after_the_other(tmp_path: Path) -> None:
    assert made([(0, 10, 9, ()), (1, 11, 9, (0,))]).bound == 9, "items flowed"
    names = load("""
        from collections.abc import Iterator
        from pipekit import Env
        env = Env("test")

        @env.stream()
        def numbers() -> Iterator[int]:
            yield 1

        @env.each(numbers)
        def squares(number: int, /) -> int:
            return number * number

        @env.task(squares)
        def last(squares: list[int], /) -> int:
            return sum(squares)
    """)
    for jobs, bound in ((1, 20.0), (2, 10.0), (4, 6.0)):
        run = start(names["env"], store_in(tmp_path / str(jobs)), jobs=jobs).wait()
        for row, seconds in zip(run.ledger.rows, (4.0, 14.0, 2.0)):
            row.seconds = seconds
        assert lower_bound(run) == bound, jobs


def test_nothing_ran() -> None:
    assert profile(told([])) is None


def test_a_trace_has_a_lane_for_what_does_not_overlap() -> None:
    rows = trace(made([(0, 2, 2, ()), (1, 3, 2, ()), (2, 4, 2, (0,))]))["traceEvents"][1:]
    assert [(row["name"], row["tid"], row["ts"], row["dur"]) for row in rows] == [
        ("t0", 1, 0, 2_000_000), ("t1", 2, 1_000_000, 2_000_000), ("t2", 1, 2_000_000, 2_000_000)
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 5), st.sets(st.integers(0, 5), max_size=3)), min_size=1, max_size=12))
def test_with_workers_enough_the_chain_is_the_bound_and_the_makespan(found: list[tuple[int, set[int]]]) -> None:
    rows: list[Row] = []
    for step, (seconds, above) in enumerate(found):
        deps = tuple(sorted({dep for dep in above if dep < step}))
        began = max((rows[dep][1] for dep in deps), default=0.0)
        rows.append((began, began + seconds, float(seconds), deps))
    shown = made(rows, jobs=len(rows))
    assert shown.makespan == shown.bound == sum(link.alone for link in shown.path)
    assert all(one.bar.ended == other.bar.began for one, other in pairwise(shown.path))
    assert all(0 <= link.saves <= link.bar.seconds for link in shown.path)
