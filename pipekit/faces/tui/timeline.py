"""The run as lines of time: what each worker did when. It must never scan more of the run than it draws."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pipekit.faces.render import units
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import cut, fit, harmless, width
from pipekit.faces.render.paint import Line

_LABEL = 5


def axis(snapshot: Snapshot, now: float, columns: int) -> Line:
    """The line above the workers: seconds since the run began, every 16 columns or so."""
    room = max(columns - _LABEL, 1)
    whole = max(snapshot.elapsed(now), 1e-9)
    marks = range(0, room, 16)
    labels = [("╷" + _moment(whole * mark / room, whole), min(16, room - mark)) for mark in marks]
    text = "".join(fit(label if len(label) <= space else "╷", space) for label, space in labels)
    return [(" " * _LABEL, "faint"), (text, "faint")]


def worker_line(snapshot: Snapshot, worker: int, now: float, columns: int) -> Line:
    """One worker: `━` where it worked, with the task's name where there is room."""
    room = max(columns - _LABEL, 1)
    began = snapshot.started.time if snapshot.started is not None else 0.0
    whole = max(snapshot.elapsed(now), 1e-9)
    spans = snapshot.workers[worker]
    cells = [_at(snapshot, spans, began + whole * (column + 0.5) / room, now) for column in range(room)]
    line: Line = [(f"{worker:>3}  ", "dim")]
    start = 0
    for column in range(1, room + 1):
        if column == room or cells[column] != cells[start]:
            line.append(_block(snapshot, cells[start], column - start))
            start = column
    return line


def _at(snapshot: Snapshot, spans: Sequence[tuple[float, int]], time: float, now: float) -> int | None:
    index = bisect_right(spans, (time, 1 << 62)) - 1
    if index < 0:
        return None
    start, step = spans[index]
    view = snapshot.steps[step]
    if view.started == start:
        end = view.ending.time if view.ending is not None else now
    else:
        end = spans[index + 1][0] if index + 1 < len(spans) else start
    return step if time <= end else None


def _block(snapshot: Snapshot, step: int | None, columns: int) -> tuple[str, str]:
    if step is None:
        return " " * columns, "faint"
    view = snapshot.steps[step]
    name = harmless(view.plan.name)
    if columns < 5:
        return "━" * columns, view.state
    shown = cut(name, columns - 3)
    return f"╺{shown}{'━' * (columns - 2 - width(shown))}╸", view.state


def _moment(seconds: float, whole: float) -> str:
    return units.clock(seconds) if whole >= 20 else f"{seconds:.1f}"


def line(snapshot: Snapshot, workers: Sequence[int], index: int, now: float, columns: int) -> Line:
    """The axis for index 0, then a line per worker."""
    return axis(snapshot, now, columns) if index == 0 else worker_line(snapshot, workers[index - 1], now, columns)
