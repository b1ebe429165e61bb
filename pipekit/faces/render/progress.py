"""What `run` says on a terminal: a live table of what is running under the log lines that scroll by. The home of rich on the way of `run`; it must never take more than a third of the screen."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, TYPE_CHECKING

from pipekit.execution import events as e
from pipekit.faces.render import units
from pipekit.faces.render.estimate import critical, seconds_left
from pipekit.faces.render.facts import Facts, Row, facts
from pipekit.faces.render.fold import Fold, Snapshot
from pipekit.faces.render.harmless import fit, harmless, harmless_lines, width
from pipekit.faces.render.paint import LOOKS, MARKS, Line, clip, joined
from pipekit.faces.render.steps import family_of
from pipekit.faces.render.summary import summary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_MOST_ALONE = 50
_A_SECOND = 8
_MOST_LINES = 200


class Progress:
    """A context manager: the table is there until it is left, then the summary stands below the log lines.

    `take` events; the table moves by itself. `clock` gives Unix seconds.
    """

    def __init__(self, stream: IO[str] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._stream, self._clock = stream if stream is not None else sys.stderr, clock
        self._fold, self._lock = Fold(), threading.Lock()
        self._console: Console | None = None
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console, get_renderable=self._table, refresh_per_second=_A_SECOND, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is None or self._console is None:
            return
        self._live.stop()
        snapshot = self._fold.snapshot()
        if snapshot.finished is not None or snapshot.failed:
            self._console.print("\n".join(summary(snapshot)), soft_wrap=True)

    def take(self, event: e.Event) -> None:
        """Folds the event in; what a task printed scrolls by above the table."""
        lines: list[Line] = []
        with self._lock:
            self._fold.take(event)
            if isinstance(event, e.LogLines | e.StepFailed | e.Warned):
                lines = above(self._fold.glance(), event)
        if self._console is not None and lines:
            self._console.print(*(_text(line) for line in lines), sep="\n", soft_wrap=True)

    def _table(self) -> Text:
        if self._console is None:
            return _text([])
        with self._lock:
            lines = table(self._fold.glance(), self._clock(), *self._console.size)
        return _lines_text(lines)


def above(snapshot: Snapshot, event: e.LogLines | e.StepFailed | e.Warned) -> list[Line]:
    """The lines that scroll by for one event; of a flood only its end."""
    if isinstance(event, e.Warned):
        return [[("warning ", "warn"), (harmless(event.message), "text")]]
    view = snapshot.steps.get(event.step)
    name = harmless(view.plan.name) if view is not None else str(event.step)
    if isinstance(event, e.StepFailed):
        return [[(f"{MARKS['failed']} {name} ", "failed"), (harmless(event.message), "text")]]
    return [[(f"{name} ", "dim"), (line, "text")] for line in harmless_lines(event.text)[-_MOST_LINES:]]


def table(snapshot: Snapshot, now: float, columns: int, height: int) -> list[Line]:
    """At most a third of `height`: a line per running task or family, and the total line."""
    if snapshot.started is None:
        return []
    rows = running_rows(snapshot)
    room = max(height // 3 - 1, 1)
    shown = rows if len(rows) <= room else rows[: room - 1]
    found = [facts(snapshot, row, now) for row in shown]
    names = min(max((width(fact.name) for fact in found), default=0), max(columns // 3, 8))
    items = max((width(_items(fact)) for fact in found), default=0)
    lines = [row_line(fact, names, items) for fact in found]
    if len(rows) > len(shown):
        lines.append([(f" … {units.count(len(rows) - len(shown))} more running", "dim")])
    return [clip(line, columns - 1) for line in [*lines, total_line(snapshot, now)]]


def running_rows(snapshot: Snapshot) -> list[Row]:
    """What runs now: steps, or from 51 steps on the families they belong to, oldest first."""
    if len(snapshot.steps) <= _MOST_ALONE:
        return list(snapshot.running)
    return list(dict.fromkeys(family_of(snapshot.steps[step].plan) for step in snapshot.running))


def row_line(fact: Facts, names: int, items: int) -> Line:
    """`" train     1212/4096  ▶6   ≡640   18.2/s    02:38"`."""
    running = f"▶{units.count(fact.running)}" if fact.running else ""
    cached = f"≡{units.count(fact.cached_items)}" if fact.cached_items else ""
    rate = units.rate(fact.rate) if fact.rate else ""
    line = [(f" {fit(fact.name, names)}  ", "text"), (fit(_items(fact), items, right=True), "strong")]
    line += [(f"  {running:<5}", "running"), (f" {cached:<6}", "cached"), (f" {rate:>8}", "dim")]
    return [*line, (f"  {units.clock(fact.seconds or 0):>8}", "dim")]


def total_line(snapshot: Snapshot, now: float) -> Line:
    """`"[2502/4230] ≡1323 ✔1179 ▶12 ✘0   01:52 elapsed, ~02:44 left, critical: train > report"`."""
    done = f"[{units.count(snapshot.over)}/{units.count(len(snapshot.steps))}]"
    shown = [state for state in ("cached", "ran", "running", "failed") if state != "failed" or snapshot.failed]
    line: Line = [(done, "strong")]
    for state in shown:
        line.append((f" {MARKS[state]}{units.count(snapshot.count(state))}", state))
    left, path = seconds_left(snapshot, now), critical(snapshot)
    said: list[Line] = [[(f"{units.clock(snapshot.elapsed(now))} elapsed", "dim")]]
    said += [[(f"~{units.clock(left)} left", "dim")]] if left else []
    said += [[("critical: ", "dim"), (path, "text")]] if path else []
    return [*line, ("   ", "text"), *joined(said, ", ")]


def _items(fact: Facts) -> str:
    return "" if fact.items == "0/1" else fact.items


def _text(line: Line) -> Text:
    from rich.text import Text

    text = Text(end="", no_wrap=True, overflow="crop")
    for part, style in line:
        text.append(part, LOOKS[style])
    return text


def _lines_text(lines: list[Line]) -> Text:
    from rich.text import Text

    return Text("\n", no_wrap=True, overflow="crop", end="").join([_text(line) for line in lines])
