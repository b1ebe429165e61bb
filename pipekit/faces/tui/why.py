"""What the right side says about the selected row: its state, why it runs, what it made. It must never show a log."""

from __future__ import annotations

from pipekit.execution.events import StepCached, StepFinished
from pipekit.faces.render import units
from pipekit.faces.render.facts import Row, facts, note
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import cut, harmless, wrap
from pipekit.faces.render.paint import MARKS, Line, bar
from pipekit.faces.render.reason import reason_text
from pipekit.faces.render.steps import STATES, StepView

_LABEL = 10


def title(snapshot: Snapshot, row: Row | None, now: float) -> Line:
    """The selected row's name, state, time and worker."""
    if row is None:
        return [("nothing selected", "dim")]
    fact = facts(snapshot, row, now)
    line: Line = [(fact.name, "strong"), (f"  {MARKS[fact.state]} {fact.state}", fact.state)]
    if fact.seconds is not None:
        line.append(
            (f" {units.clock(fact.seconds) if fact.state == 'running' else units.duration(fact.seconds)}", "text")
        )
    worker = snapshot.steps[row].worker if isinstance(row, int) else None
    return line if worker is None else [*line, (f"  worker {worker}", "dim")]


def why(snapshot: Snapshot, row: Row | None, now: float, columns: int) -> list[Line]:
    """The lines below the title, each at most `columns` wide."""
    if row is None:
        return []
    return (
        _of_family(snapshot, row, columns)
        if isinstance(row, str)
        else _of_step(snapshot, snapshot.steps[row], now, columns)
    )


def _of_step(snapshot: Snapshot, view: StepView, now: float, columns: int) -> list[Line]:
    said = note(snapshot, view)
    label, style = (view.state, view.state) if view.state in ("failed", "blocked") else ("but", "warn")
    lines = _labelled(label, said, style, columns) if said else []
    lines += _labelled("why", reason_text(view.reason), "strong", columns)
    planned = {"cached": "cached", "would_run": "would run", "may_run": "may run"}.get(
        view.plan.state, harmless(view.plan.state)
    )
    lines += _labelled("planned", f"{planned} · {harmless(view.plan.kind)}", "dim", columns)
    lines += _labelled("where", harmless(view.plan.where), "text", columns) if view.plan.where else []
    ending = view.ending
    if isinstance(ending, StepFinished | StepCached):
        made = units.size(ending.size) + (f" · {units.many(ending.items, 'item')}" if ending.items is not None else "")
        lines += _labelled("product", f"{harmless(ending.product)[:12]} · {made}", "text", columns)
        lines += _labelled("key", harmless(ending.key)[:12], "dim", columns)
    if view.items is not None:
        counts = [(getattr(view.items, state), state) for state in ("ran", "cached", "failed", "skipped", "running")]
        lines += _labelled("items", ", ".join(f"{units.count(n)} {state}" for n, state in counts if n), "text", columns)
    if view.plan.tags:
        lines += _labelled("tags", " ".join(map(harmless, view.plan.tags)), "dim", columns)
    warned = [warning.message for warning in snapshot.warnings if warning.step == view.plan.step]
    for message in warned[:3]:
        lines += _labelled("warning", harmless(message), "warn", columns)
    return lines


def _of_family(snapshot: Snapshot, name: str, columns: int) -> list[Line]:
    family = snapshot.families[name]
    lines: list[Line] = []
    for state in STATES:
        number = family.count(state)
        if number:
            share = number / family.total
            drawn = bar(share, share if state == "cached" else 0.0, max(min(columns - 26, 20), 4), state)
            lines.append([(f"{MARKS[state]} {state:<10}", state), (f"{units.count(number):>9}  ", "text"), *drawn])
    ran = family.count("ran")
    if ran:
        lines += _labelled(
            "mean", f"{units.duration(family.seconds / ran)} over {units.count(ran)} that ran", "text", columns
        )
    if family.size:
        lines += _labelled("products", units.size(family.size), "text", columns)
    return lines


def _labelled(label: str, text: str, style: str, columns: int) -> list[Line]:
    parts = wrap(text, max(columns - _LABEL, 10))[:4]
    first: Line = [(f"{label:<{_LABEL}}", "faint"), (cut(parts[0], max(columns - _LABEL, 10)), style)]
    return [first, *([(" " * _LABEL, "text"), (part, style)] for part in parts[1:])]
