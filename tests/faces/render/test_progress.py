from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from support.recorded import START, small, sweep, training

from pipekit.execution import events as e
from pipekit.faces.render.fold import Fold, Snapshot
from pipekit.faces.render.paint import plain, span_width
from pipekit.faces.render.progress import Progress, above, table


def folded(events: Sequence[e.Event]) -> Snapshot:
    fold = Fold()
    for event in events:
        fold.take(event)
    return fold.snapshot()


def test_a_line_per_running_task_and_a_total() -> None:
    lines = [plain(line).rstrip() for line in table(folded(training()), START + 112, 100, 40)]
    assert lines == [
        " clean         31/40  ▶3    ≡22       0.1/s     01:50",
        " features      28/40  ▶2    ≡7        0.2/s     01:49",
        " train     1212/4096  ▶6    ≡640     14.3/s     00:41",
        " evaluate  1190/4096  ▶1    ≡640     13.9/s     00:40",
        "[6/11] ≡2 ✔2 ▶4 ✘1   01:52 elapsed",
    ]


def test_the_total_says_what_is_ahead() -> None:
    events = [*training(), e.Outlook(START + 110.0, (6, 7, 8), 164.0)]
    assert plain(table(folded(events), START + 112, 120, 40)[-1]) == (
        "[6/11] ≡2 ✔2 ▶4 ✘1   01:52 elapsed, ~02:42 left, critical: train > evaluate > report"
    )


@pytest.mark.parametrize(("columns", "height"), [(100, 9), (40, 12), (80, 24), (20, 3)])
def test_at_most_a_third_of_the_screen(columns: int, height: int) -> None:
    lines = table(folded(training()), START + 112, columns, height)
    assert len(lines) <= max(height // 3, 2)
    assert all(span_width(line) < columns for line in lines)
    assert "more running" in plain(lines[-2]) or len(lines) == 5


def test_many_tasks_are_shown_as_families() -> None:
    lines = [plain(line).rstrip() for line in table(folded(sweep(100)), START + 10, 100, 40)]
    assert [line.split()[0] for line in lines] == ["load", "train", "evaluate", "[150/300]"]
    assert lines[-1].endswith("left")


def test_log_lines_scroll_above() -> None:
    snapshot = folded(training())
    lines = above(snapshot, e.LogLines(START, 6, "one\n\x1b[31mtwo\x1b[0m\x1b[2J\n"))
    assert [plain(line) for line in lines] == ["train one", "train two␛[2J"]


def test_the_screen_ends_with_the_summary() -> None:
    stream = io.StringIO()
    with Progress(stream, clock=lambda: START + 1.0) as face:
        for event in small(fails=True):
            face.take(event)
    text = stream.getvalue()
    assert "✘ counts ZeroDivisionError: division by zero" in text
    assert text.rstrip().endswith("run 7f3a2c failed in 1.5 s: 1 ran, 1 cached, 1 failed, 1 blocked")
