"""The edges of the selected row: what flows in, what flows out, and who waits for whom. It must never know the rest of the graph's picture."""

from __future__ import annotations

from pipekit.faces.render import units
from pipekit.faces.render.facts import Row, facts
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import fit, harmless, width
from pipekit.faces.render.paint import MARKS, Line, clip
from pipekit.faces.render.steps import STREAMS

_READY = ("ran", "cached")


def edges(snapshot: Snapshot, row: Row | None, now: float, columns: int, height: int) -> list[Line]:
    """At most `height` lines of at most `columns`: deps first, then dependents."""
    pairs = _pairs(snapshot, row)
    shown = pairs if len(pairs) <= height else pairs[: height - 1]
    names = [width(facts(snapshot, row, now).name) for row in {one for pair in shown for one in pair}]
    name = max(min(max(names, default=0), (columns - 50) // 2, 40), 6)
    lines = [clip(_edge(snapshot, source, target, now, name), columns) for source, target in shown]
    if len(pairs) > len(shown):
        lines.append([(f" … {units.many(len(pairs) - len(shown), 'more edge')}", "faint")])
    return lines or [[(" no deps, no dependents" if row is not None else "", "faint")]]


def _pairs(snapshot: Snapshot, row: Row | None) -> list[tuple[Row, Row]]:
    if row is None:
        return []
    if isinstance(row, int):
        above = [(dep, row) for dep in snapshot.steps[row].plan.deps if dep in snapshot.steps]
        return [*above, *((row, below) for below in snapshot.dependents.get(row, ()) if below in snapshot.steps)]
    after = [name for name, family in snapshot.families.items() if row in family.deps]
    return [*((dep, row) for dep in sorted(snapshot.families[row].deps)), *((row, name) for name in after)]


def _edge(snapshot: Snapshot, source: Row, target: Row, now: float, name: int) -> Line:
    start, end = facts(snapshot, source, now), facts(snapshot, target, now)
    weight = snapshot.edges.get((source, target)) if isinstance(source, int) and isinstance(target, int) else None
    line: Line = [(f" {MARKS[start.state]} ", start.state), (fit(start.name, name), "text"), (" → ", "faint")]
    line += [(f"{MARKS[end.state]} ", end.state), (fit(end.name, name), "text")]
    flows = isinstance(source, str) or snapshot.steps[source].plan.kind in STREAMS
    line.append((f" {start.items if flows else '':>11} ", "dim"))
    if weight is not None and start.state not in _READY:
        waits = f"{units.many(weight.items, 'item')}, {units.size(weight.size)} wait"
        line.append((fit(waits, 26), "text"))
        line.append((fit(units.rate(weight.rate), 10, right=True), "dim"))
        line.append((f"  ~{units.clock(weight.left)} left" if weight.left >= 0 else "", "dim"))
    elif isinstance(source, str):
        line.append((start.note, start.state))
    else:
        line.append((_said(start.state, end.state, units.size(start.size) if start.size is not None else ""), "dim"))
    return line


def _said(source: str, target: str, size: str) -> str:
    if source in _READY:
        state = (
            "in use"
            if target == "running"
            else "used"
            if target in _READY
            else "held"
            if target in ("waiting", "ready")
            else "done"
        )
        return f"{size}, {state}" if size else state
    return harmless(
        {"failed": "failed: nothing comes", "blocked": "blocked", "running": "being made"}.get(source, source)
    )
