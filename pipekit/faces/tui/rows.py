"""Which rows the left side shows, in which order, and which of them is selected. It must never know how a row looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from pipekit.faces.render import units
from pipekit.faces.render.facts import Row
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import width
from pipekit.faces.render.steps import STATES, StepView, items_done
from pipekit.faces.tui.filter import Filter
from pipekit.faces.tui.lanes import LaneRow, Picture, picture

ALONE = 60
GROUPED = 2_000
VIEWS = ("graph", "list", "timeline")
_ACTIVE = ("failed", "running", "ready")


class Rows(Struct, frozen=True):
    """`rows` from top to bottom; `hidden` more are left out; `lanes` and `inner` (steps inside an opened family) say how to draw."""

    rows: Sequence[Row] = ()
    hidden: int = 0
    lanes: Mapping[Row, LaneRow] = field(default_factory=dict)
    lane_count: int = 0
    inner: bool = False
    moves: bool = False
    name_width: int = 0
    item_width: int = 0


def rows_of(snapshot: Snapshot, view: str, query: Filter, opened: frozenset[str], laid: Picture[Row] | None) -> Rows:
    """The rows of a view (one of VIEWS) under a filter; `laid` is `laid_out(snapshot)`, if it is small enough."""
    if query:
        admits = query.admits()
        found = [step for step, one in snapshot.steps.items() if admits(one)]
        found = _by_state(snapshot, ((step, snapshot.steps[step]) for step in found)) if view == "list" else found
        return _named(snapshot, found, moves=query.moves or view == "list")
    if view == "list":
        return _named(snapshot, _by_state(snapshot, snapshot.steps.items()), moves=True)
    if laid is None:
        return _active(snapshot)
    if not grouped(snapshot):
        return _named(snapshot, laid.order, lanes=laid)
    return _families(snapshot, laid, opened)


def grouped(snapshot: Snapshot) -> bool:
    """Whether steps are shown as families."""
    return len(snapshot.steps) > ALONE


def laid_out(snapshot: Snapshot) -> Picture[Row] | None:
    """The picture of the steps, or of the families where there are more than 60 steps; None above 2,000 families."""
    if not grouped(snapshot):
        return picture({step: view.plan.deps for step, view in snapshot.steps.items()})
    if len(snapshot.families) > GROUPED:
        return None
    return picture({name: sorted(family.deps) for name, family in snapshot.families.items()})


def _families(snapshot: Snapshot, laid: Picture[Row], opened: frozenset[str]) -> Rows:
    rows: list[Row] = []
    hidden = 0
    for name in laid.order:
        rows.append(name)
        if name in opened:
            members = snapshot.members[str(name)]
            shown = members if len(members) <= GROUPED else [s for s in members if snapshot.steps[s].state in _ACTIVE]
            rows += shown
            hidden += len(members) - len(shown)
    return _named(snapshot, rows, lanes=laid, hidden=hidden, inner=True, moves=hidden > 0)


def _active(snapshot: Snapshot) -> Rows:
    shown = sorted({*snapshot.failed, *snapshot.running, *snapshot.slowest})
    return _named(snapshot, shown, hidden=len(snapshot.steps) - len(shown), moves=True)


def _by_state(snapshot: Snapshot, steps: Iterable[tuple[int, StepView]]) -> list[int]:
    found: dict[str, list[int]] = {state: [] for state in STATES}
    for step, view in steps:
        found[view.state].append(step)
    found["running"].sort(key=lambda step: snapshot.steps[step].started or 0.0)
    if len(found["ran"]) <= GROUPED:
        found["ran"].sort(key=lambda step: -(snapshot.steps[step].seconds(0.0) or 0.0))
    return [step for state in STATES for step in found[state]]


def _named(
    snapshot: Snapshot, rows: Sequence[Row], *, lanes: Picture[Row] | None = None, hidden: int = 0, inner: bool = False,
    moves: bool = False,
) -> Rows:  # fmt: skip
    # Of many rows the first and the last tell how wide names are: numbers grow towards the end.
    sample = [*rows[: GROUPED // 2], *rows[GROUPED // 2 :][-GROUPED // 2 :]]
    widest = max((width(_name(snapshot, row, inner)) for row in sample), default=0)
    most = max((_total(snapshot, row) for row in sample), default=0)
    items = 2 * len(units.count(most)) + 1
    return Rows(rows, hidden, lanes.rows if lanes else {}, lanes.lanes if lanes else 0, inner, moves, widest, items)


def _name(snapshot: Snapshot, row: Row, inner: bool) -> str:
    if isinstance(row, str):
        return row + " ▸"
    name = snapshot.steps[row].plan.name
    return "  " + (name.partition("@")[2] or name) if inner else name


def _total(snapshot: Snapshot, row: Row) -> int:
    if isinstance(row, str):
        return snapshot.families[row].total
    items = snapshot.steps[row].items
    return (items.total or items_done(items)) if items is not None else 1


def place(rows: Sequence[Row], selected: Row | None) -> int | None:
    """Where the selected row is, or None."""
    try:
        return rows.index(selected)
    except ValueError:
        return None
