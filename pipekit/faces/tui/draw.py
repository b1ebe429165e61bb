"""Puts a snapshot on the panels: who gets how much room, and what goes where. It must never read events or keys."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Container
from textual.screen import Screen

from pipekit.faces.render import units
from pipekit.faces.render.facts import Row
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.paint import Line
from pipekit.faces.tui import edges, frame, header, look, rowline, timeline, why
from pipekit.faces.tui.choice import Choice
from pipekit.faces.tui.logs import log_lines
from pipekit.faces.tui.panels import Lines, Scroll
from pipekit.faces.tui.rows import place


class Draw:
    """Holds the panels of a screen. `at` tells a moment (Unix seconds) as a time of day."""

    def __init__(self, screen: Screen[object], at: Callable[[float], str]) -> None:
        self._screen, self._at = screen, at
        self._lines = {
            id: screen.query_one(f"#{id}", Lines)
            for id in ("header", "top", "why", "between", "lower", "edges", "foot")
        }
        self._rows, self._log = screen.query_one("#rows", Scroll), screen.query_one("#log", Scroll)
        self._side = screen.query_one("#side", Container)
        self._shared: look.Shares | None = None
        self._selected: Row | None = None
        self._logged: tuple[tuple[object, ...], list[Line]] = ((), [])

    def draw(self, snapshot: Snapshot, now: float, choice: Choice, status: str, note: str) -> None:
        """Draws all panels; each leaves alone what did not change."""
        columns, height = self._screen.size
        parts = look.shares(columns, height, wide=choice.wide, part=choice.part, edges=choice.edges)
        self._share(parts)
        choice.see(snapshot, choose=status != "reading")
        row = _known(snapshot, choice.selected)
        self._lines["header"].show(header.header(snapshot, now, status, columns, note))
        self._lines["top"].show(
            [frame.top((self._left_title(choice), self._right_title(snapshot, row, now, choice)), parts.left, columns)]
        )
        self._draw_rows(snapshot, now, choice)
        self._draw_side(snapshot, row, now, columns - parts.left, parts)
        self._lines["lower"].show([frame.lower(self._edge_title(snapshot, row), parts.left, columns)])
        self._lines["edges"].show(edges.edges(snapshot, row, now, columns - 2, max(parts.edges, 1)))
        self._lines["foot"].show([frame.foot(columns, 0 if parts.edges else parts.left)])

    def _share(self, parts: look.Shares) -> None:
        if parts == self._shared:
            return
        self._shared = parts
        self._rows.display, self._rows.styles.width = parts.left > 0, max(parts.left, 1)
        why, between = self._lines["why"], self._lines["between"]
        why.display, why.styles.height = parts.why > 0, max(parts.why, 1)
        between.display, self._log.display = parts.why > 0 and parts.log, parts.log
        self._lines["lower"].display = self._lines["edges"].display = parts.edges > 0
        self._lines["edges"].styles.height = max(parts.edges, 1)

    def _draw_rows(self, snapshot: Snapshot, now: float, choice: Choice) -> None:
        rows, wide = choice.rows, self._rows.columns
        if choice.view == "timeline":
            workers = sorted(snapshot.workers)
            self._rows.show(len(workers) + 1, lambda index: timeline.line(snapshot, workers, index, now, wide))
            return
        cols = rowline.columns(wide, rows, choice.view)

        def drawn(index: int) -> Line:
            if index >= len(rows.rows):
                return rowline.hidden_line(rows)
            row = rows.rows[index]
            return rowline.row_line(snapshot, row, rows, cols, now, row in choice.opened)

        at = place(rows.rows, choice.selected)
        if at is not None and self._selected != choice.selected:
            self._rows.reveal(at)
        self._rows.show(len(rows.rows) + (rows.hidden > 0), drawn, at)

    def _draw_side(self, snapshot: Snapshot, row: Row | None, now: float, columns: int, parts: look.Shares) -> None:
        self._lines["why"].show(why.why(snapshot, row, now, columns - 4))
        if row != self._selected:
            self._log.follow, self._selected = True, row
        title: Line = [("Log", "title"), (" (follow)" if self._log.following else "", "dim")]
        self._lines["between"].show([frame.rule("├", title, "┤", columns)])
        wide = self._log.columns
        key = (row, snapshot.logs.written, snapshot.steps[row].state if isinstance(row, int) else "", wide)
        if key != self._logged[0]:
            self._logged = key, log_lines(snapshot, row, wide, self._at)
        lines = self._logged[1]
        self._log.show(len(lines), lambda index: lines[index])

    def _left_title(self, choice: Choice) -> Line:
        title: Line = [(choice.view.capitalize(), "title")]
        if choice.view != "timeline":
            title.append((f" {units.count(len(choice.rows.rows))}", "dim"))
        return [*title, (f"  / {harmless(choice.query.text)}", "warn")] if choice.query else title

    def _right_title(self, snapshot: Snapshot, row: Row | None, now: float, choice: Choice) -> Line:
        title = why.title(snapshot, row, now)
        return [("Log of ", "title"), *title] if choice.part == "log" else title

    def _edge_title(self, snapshot: Snapshot, row: Row | None) -> Line:
        name = snapshot.steps[row].plan.name if isinstance(row, int) else row or ""
        return [("Edges", "title"), (" of ", "dim"), (harmless(name), "strong")] if name else [("Edges", "title")]


def _known(snapshot: Snapshot, row: Row | None) -> Row | None:
    if isinstance(row, int):
        return row if row in snapshot.steps else None
    return row if row in snapshot.families else None
