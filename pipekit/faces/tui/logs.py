"""What the selected row printed, and the traceback it ended with, as lines. It must never hold lines of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pipekit.faces.render.facts import Row
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless, harmless_lines, wrap
from pipekit.faces.render.paint import Line
from pipekit.faces.render.steps import StepView, family_of
from pipekit.faces.render.tails import LogLine

_TIME = 9
_MOST_FAILURES = 20


def local_time(moment: float) -> str:
    """Unix seconds as `"14:02:31"` where the person sits."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def log_lines(snapshot: Snapshot, row: Row | None, columns: int, at: Callable[[float], str] = local_time) -> list[Line]:
    """The log of a step, or what all steps of a family printed last; long lines go on below themselves."""
    if row is None:
        return []
    if isinstance(row, str):
        return _of_family(snapshot, row, columns, at)
    view = snapshot.steps[row]
    lines = _timed(snapshot.logs.of(row), columns, at)
    failed = view.failure
    if failed is not None:
        if not lines:
            lines = [[(part, "text")] for line in harmless_lines(failed.log) for part in wrap(line, columns)]
        trace = harmless_lines(failed.traceback) or [harmless(failed.message)]
        lines += [[(part, "failed")] for line in trace for part in wrap(line, columns)]
    return lines or [[(_silence(view), "faint")]]


def _of_family(snapshot: Snapshot, name: str, columns: int, at: Callable[[float], str]) -> list[Line]:
    lines = _failures(snapshot, name, columns)
    for time_, step, text in snapshot.logs.latest():
        view = snapshot.steps.get(step)
        if view is not None and family_of(view.plan) == name:
            for index, part in enumerate(wrap(text, max(columns - _TIME, 10))):
                head = f"{at(time_)} " if index == 0 else " " * _TIME
                lines.append(
                    [(head, "faint"), (f"{harmless(view.plan.name)} " if index == 0 else "", "dim"), (part, "text")]
                )
    return lines or [[("no lines yet", "faint")]]


def _failures(snapshot: Snapshot, name: str, columns: int) -> list[Line]:
    views = [view for step in snapshot.failed if family_of((view := snapshot.steps[step]).plan) == name]
    lines: list[Line] = []
    for view in views[:_MOST_FAILURES]:
        message = view.failure.message if view.failure is not None else ""
        lines += [[(part, "failed")] for part in wrap(f"{harmless(view.plan.name)}: {harmless(message)}", columns)]
    return lines


def _timed(tail: Sequence[LogLine], columns: int, at: Callable[[float], str]) -> list[Line]:
    lines: list[Line] = []
    for moment, _, text in tail:
        for index, part in enumerate(wrap(text, max(columns - _TIME, 10))):
            lines.append([(f"{at(moment)} " if index == 0 else " " * _TIME, "faint"), (part, "text")])
    return lines


def _silence(view: StepView) -> str:
    if view.state == "cached":
        return f"cached: pipekit log {harmless(view.plan.name)}"
    return "no lines yet" if view.state in ("waiting", "ready", "running") else "no lines"
