"""What the person at the screen has chosen: view, filter, opened families, the selected row. It must never know a widget."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct, field

from pipekit.faces.render.facts import Row
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.steps import family_of
from pipekit.faces.tui.filter import Filter
from pipekit.faces.tui.lanes import Picture
from pipekit.faces.tui.rows import GROUPED, VIEWS, Rows, grouped, laid_out, place, rows_of

_PATIENCE = 0.5
_MANY = 25_000


class Choice(Struct):
    """Keeps the rows until they can have changed; with many steps that is looked at twice a second at most."""

    tick: Callable[[], float] = time.monotonic
    view: str = "graph"
    part: str = ""
    wide: bool = False
    edges: bool = True
    query: Filter = field(default_factory=Filter)
    opened: frozenset[str] = frozenset()
    selected: Row | None = None
    rows: Rows = field(default_factory=Rows)
    _key: tuple[object, ...] = ()
    _made: tuple[int, float] = (-1, 0.0)
    _settled: tuple[object, ...] = ()
    _at: int = 0
    _laid: tuple[int, Picture[Row] | None] = field(default=(-1, None))

    def see(self, snapshot: Snapshot, *, choose: bool = True) -> Rows:
        """The rows as they are now; what is selected stays selected, or is chosen once all is planned, if it may be."""
        key = (self.view, self.query, self.opened, len(snapshot.steps))
        if key != self._key or self._due(snapshot):
            self._key, self._made = key, (snapshot.version, self.tick())
            if self._laid[0] != len(snapshot.steps):
                self._laid = (len(snapshot.steps), laid_out(snapshot))
            self.rows = rows_of(snapshot, self.view, self.query, self.opened, self._laid[1])
            if key[:3] != self._settled:
                self._settled = key[:3]
                self._settle(snapshot)
        if self.selected is None and snapshot.planned and choose:
            self.selected = self._first(snapshot)
        at = place(self.rows.rows, self.selected)
        self._at = self._at if at is None else at
        return self.rows

    def move(self, by: int) -> None:
        """Selects the row `by` places below the selected one, or below where that one was."""
        rows = self.rows.rows
        if rows:
            self.selected = rows[min(max(self._at + by, 0), len(rows) - 1)]

    def cycle(self) -> None:
        """The next of the three views."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]

    def open(self) -> None:
        """Opens or closes a family; of a step, shows why and log on the whole screen, or no longer."""
        if isinstance(self.selected, str):
            self.opened = self.opened ^ {self.selected}
        elif self.selected is not None:
            self.wide = not self.wide

    def back(self) -> None:
        """Undoes the last thing that hides something: the wide side, a part of it, the filter."""
        if self.wide or self.part:
            self.wide, self.part = False, ""
        else:
            self.query = Filter()

    def next_failed(self, snapshot: Snapshot) -> None:
        """Selects the next failed step after the selected one, opening its family."""
        failed = sorted(snapshot.failed)
        if not failed:
            return
        at = self.selected if isinstance(self.selected, int) else -1
        step = next((step for step in failed if step > at), failed[0])
        if grouped(snapshot) and self.view == "graph" and not self.query:
            self.opened = self.opened | {family_of(snapshot.steps[step].plan)}
        self.selected = step

    def _due(self, snapshot: Snapshot) -> bool:
        if not self.rows.moves or self._made[0] == snapshot.version:
            return False
        number = len(snapshot.steps)
        return number <= GROUPED or self.tick() - self._made[1] >= _PATIENCE * max(number / _MANY, 1.0)

    def _settle(self, snapshot: Snapshot) -> None:
        rows = self.rows.rows
        if self.selected is None or place(rows, self.selected) is not None:
            return
        known = snapshot.steps.get(self.selected) if isinstance(self.selected, int) else None
        family = family_of(known.plan) if known is not None else ""
        self.selected = family if place(rows, family) is not None else rows[0] if rows else self.selected

    def _first(self, snapshot: Snapshot) -> Row | None:
        rows = self.rows.rows
        for step in (*sorted(snapshot.failed)[:1], *sorted(snapshot.running)[:1]):
            for row in (step, family_of(snapshot.steps[step].plan)):
                if place(rows, row) is not None:
                    return row
        return rows[0] if rows else None
