from __future__ import annotations

from support.recorded import START, planned, ran, started, sweep, training

from pipekit.execution import events as e
from pipekit.faces.render.fold import Fold, Snapshot
from pipekit.faces.tui.choice import Choice
from pipekit.faces.tui.filter import parse
from pipekit.faces.tui.rows import Rows, laid_out, rows_of


def folded(events: list[e.Event]) -> Fold:
    fold = Fold()
    for event in events:
        fold.take(event)
    return fold


def rows(snapshot: Snapshot, view: str = "graph", text: str = "", *opened: str) -> Rows:
    return rows_of(snapshot, view, parse(text), frozenset(opened), laid_out(snapshot))


def test_up_to_sixty_steps_each_has_a_row_in_topological_order() -> None:
    found = rows(folded(training()).snapshot())
    assert list(found.rows) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert found.lane_count == 4


def test_above_that_families_open() -> None:
    snapshot = folded(sweep(30)).snapshot()
    assert list(rows(snapshot).rows) == ["load", "train", "evaluate"]
    opened = rows(snapshot, "graph", "", "train").rows
    assert list(opened[:4]) == ["load", "train", 1, 4]
    assert len(opened) == 33


def test_a_huge_family_opens_to_what_is_active() -> None:
    found = rows(folded(sweep(3_000)).snapshot(), "graph", "", "load")
    assert found.hidden > 2_900
    assert len(found.rows) + found.hidden == 3_003


def test_above_two_thousand_families_only_what_is_active_or_slow() -> None:
    plans = [planned(step, f"t{step}x") for step in range(2_500)]
    started_ = [e.StepStarted(START, 7, 0), e.StepFailed(START + 1, 3, 1.0, "ValueError: no", "")]
    snapshot = folded([started(2_500), *plans, *ran(9, 1.0, 0.5), *started_]).snapshot()
    found = rows(snapshot)
    assert (list(found.rows), found.hidden) == ([3, 7, 9], 2_497)
    assert len(rows(snapshot, "graph", "t12").rows) == 111
    assert len(rows(snapshot, "list").rows) == 2_500


def test_a_list_shows_first_what_wants_attention() -> None:
    found = rows(folded(training()).snapshot(), "list")
    assert list(found.rows) == [9, 3, 4, 6, 7, 8, 10, 0, 5, 1, 2]


def test_what_is_selected_stays_selected_while_rows_move() -> None:
    fold = folded([started(3), *(planned(step, f"t{step}") for step in range(3))])
    choice = Choice(view="list")
    choice.see(fold.snapshot())
    choice.selected = 1
    for event in ran(1, 1.0, 0.5):
        fold.take(event)
    assert list(choice.see(fold.snapshot()).rows) == [0, 2, 1]
    assert choice.selected == 1


def test_first_the_failure_is_selected_and_views_keep_to_what_they_show() -> None:
    choice = Choice()
    snapshot = folded(sweep(300)).snapshot()
    choice.see(snapshot)
    assert choice.selected == "load"
    choice.cycle()
    choice.see(snapshot)
    assert choice.selected == 96
    choice.next_failed(snapshot)
    assert choice.selected == 193
    choice.cycle()
    choice.cycle()
    choice.see(snapshot)
    assert choice.selected == "train"


def test_many_rows_are_looked_at_now_and_then() -> None:
    fold = folded(sweep(1_000))
    now = 0.0
    choice = Choice(view="list", tick=lambda: now)
    first = choice.see(fold.snapshot())
    for event in ran(2_000, 99.0, 0.5):
        fold.take(event)
    assert choice.see(fold.snapshot()) is first
    now = 0.6
    assert choice.see(fold.snapshot()) is not first
