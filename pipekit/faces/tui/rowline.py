"""One row of the left side as spans: lanes, mark, name, bar, items, time, note. It must never know where on the screen it stands."""

from __future__ import annotations

from msgspec import Struct

from pipekit.faces.render import units
from pipekit.faces.render.facts import Facts, Row, facts
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import cut, cut_middle, fit
from pipekit.faces.render.paint import MARKS, Line, bar, clip, span_width
from pipekit.faces.render.reason import reason_text
from pipekit.faces.tui.lanes import drawn
from pipekit.faces.tui.rows import Rows

_ITEMS, _RUNNING, _RATE, _TIME, _REASON, _BAR, _NAME = 9, 5, 8, 8, 12, 6, 12
_NAMES = {"failed": "failed", "waiting": "dim", "unneeded": "faint", "blocked": "dim", "cached": "dim"}


class Columns(Struct, frozen=True):
    """How wide each part is, in columns of the terminal; 0: not shown."""

    whole: int
    lanes: int
    name: int
    bar: int
    items: int
    running: int
    rate: int
    time: int


def columns(whole: int, rows: Rows, view: str) -> Columns:
    """Shares out `whole` columns: names come first; where they do not fit the bar, what runs, the time and the lanes go."""
    lanes = min(rows.lane_count * 2, max(whole // 5 // 2 * 2, 4)) if rows.lanes else 0
    items = max(rows.item_width, _ITEMS)
    wanted = min(rows.name_width, _NAME)
    least, running, time = _BAR, _RUNNING, _TIME
    fixed = 7 + items
    if whole < fixed + lanes + wanted + least + running + time:
        least = 0
    if whole < fixed + lanes + wanted + running + time:
        running = 0
    if whole < fixed + lanes + wanted + time:
        time = 0
    if whole < fixed + lanes + wanted:
        lanes = 0
    space = whole - fixed - lanes - running - time
    name = max(min(rows.name_width, space - least), 6)
    rate = _RATE if space - name >= 10 + _RATE else 0
    wide = max(min(space - name - rate, 16 if view == "graph" else 10), 0)
    return Columns(whole, lanes, name, wide if wide >= _BAR else 0, items, running, rate, time)


def row_line(snapshot: Snapshot, row: Row, rows: Rows, cols: Columns, now: float, opened: bool) -> Line:
    """The row, at most `cols.whole` wide."""
    fact = facts(snapshot, row, now)
    lane = rows.lanes.get(row)
    line: Line = [(" ", "text")]
    if cols.lanes:
        line += _lanes(drawn(lane, cols.lanes // 2) if lane is not None else "", cols.lanes, fact.state)
    line += _name(fact, row, cols.name, indent=rows.inner and isinstance(row, int), opened=opened)
    line += [(" ", "text"), *bar(fact.done, fact.cached, cols.bar, _tint(fact.state)), (" ", "text")]
    quiet = fact.state in ("waiting", "cached", "unneeded")
    line.append((fit(fact.items, cols.items, right=True), "dim" if quiet else "text"))
    line += _tail(snapshot, row, fact, cols, cols.whole - span_width(line))
    return clip(line, cols.whole)


def hidden_line(rows: Rows) -> Line:
    """What stands below rows that are not all."""
    return [(f"   … {units.count(rows.hidden)} more, not running, failed or slow:  / filters, g lists", "faint")]


def _lanes(text: str, wide: int, state: str) -> Line:
    before, dot, after = fit(text, wide).partition("●")
    return [(before, "faint"), (dot, state), (after, "faint")]


def _name(fact: Facts, row: Row, wide: int, *, indent: bool, opened: bool) -> Line:
    if isinstance(row, str):
        shown = f"{cut(fact.name, wide - 2)} {'▾' if opened else '▸'}"
    elif indent:
        # Below its family's row a cell needs only what sets it apart.
        shown = "  " + cut_middle(fact.name.partition("@")[2] or fact.name, wide - 2)
    else:
        shown = cut_middle(fact.name, wide)
    return [(f"{MARKS[fact.state]} ", fact.state), (fit(shown, wide), _NAMES.get(fact.state, "text"))]


def _tint(state: str) -> str:
    return "running" if state == "running" else "ran"


def _tail(snapshot: Snapshot, row: Row, fact: Facts, cols: Columns, room: int) -> Line:
    if fact.note and isinstance(row, int) and fact.state in ("failed", "blocked"):
        return [("  ", "text"), (cut(fact.note, room - 3), fact.state)]
    running = f"▶{units.count(fact.running)}" if fact.running and cols.running else ""
    line: Line = [(" " + fit(running, cols.running), "running")]
    if cols.rate:
        rate = units.rate(fact.rate) if fact.rate else units.size(fact.size) if fact.size else ""
        line.append((fit(rate, cols.rate, right=True), "faint" if not fact.rate else "dim"))
    if cols.time:
        line.append((fit(_time(fact), cols.time, right=True), "text" if fact.state == "running" else "dim"))
    room -= span_width(line) + 3
    more = fact.note or (_why(snapshot, row) if room >= _REASON else "")
    return [*line, ("  ", "text"), (cut(more, room), "warn" if fact.note else "faint")] if more and room > 5 else line


def _time(fact: Facts) -> str:
    if fact.seconds is None:
        return ""
    return units.clock(fact.seconds) if fact.state == "running" else units.duration(fact.seconds)


def _why(snapshot: Snapshot, row: Row) -> str:
    if isinstance(row, str) or snapshot.steps[row].reason.kind in ("new", "cached"):
        return ""
    return reason_text(snapshot.steps[row].reason)
