"""A run or a plan as the one JSON object that `--json` prints; DESIGN's section on the command line fixes its form. It must
never print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipekit.execution.critical import critical
from pipekit.execution.ledger import STATES, Entry
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.priority import feeds_of
from pipekit.execution.reasons import Reason
from pipekit.values import Secret

if TYPE_CHECKING:
    from pipekit.execution.run import Run


def of_run(run: Run) -> dict[str, Any]:
    """The object of a run that has ended."""
    found = {"run": run.id, "invocation": run.plan.invocation.name, **brief(run)}
    found |= {**_tasks(run.plan, [_row(row) for row in run.ledger.rows]), "lower_bound_seconds": lower_bound(run)}
    return {**found, "audit": [one.told() for one in run.audit.findings.values()]} if run.how.audit else found


def brief(run: Run) -> dict[str, Any]:
    """What it says of the run as a whole."""
    partial = any(row.partial for row in run.ledger.rows)
    return {"status": run.status, "partial": partial, "seconds": round(run.seconds, 6), "counts": run.ledger.counts()}


def of_plan(plan: Plan) -> dict[str, Any]:
    """The same object for `-n`: status planned, and the states would_run, may_run, cached."""
    counts = dict.fromkeys(("would_run", "may_run", "cached"), 0)
    for entry in plan.entries:
        if entry.pinned is None:
            counts[entry.state] += 1
    found = {
        "run": None,
        "invocation": plan.invocation.name,
        "status": "planned",
        "partial": False,
        "seconds": 0.0,
        "counts": counts,
    }
    return {
        **found,
        **_tasks(plan, [_planned(entry) for entry in plan.entries]),
        "lower_bound_seconds": _bound_of(plan),
    }


def _tasks(plan: Plan, rows: list[dict[str, Any]]) -> dict[str, Any]:
    pinned = {entry.step.id for entry in plan.entries if entry.pinned is not None}
    if not plan.invocation.axes:
        return {"tasks": {e.step.task: rows[e.step.id] for e in plan.entries if e.step.id not in pinned}}
    cells = [
        {
            "cell": {name: plain(value) for name, value in cell.items()},
            "tasks": {task: rows[step] for task, step in steps.items() if step not in pinned},
        }
        for cell, steps in plan.steps.cells
    ]
    return {"cells": cells}


def _row(row: Entry) -> dict[str, Any]:
    product = row.product if row.state in ("ran", "cached", "unneeded") else None
    found: dict[str, Any] = {
        "state": row.state,
        "reason": reason(row.reason),
        "seconds": round(row.seconds, 6),
        "key": row.key.hex() if row.key else None,
        "product": product.digest.hex() if product else None,
        "bytes": product.size if product else None,
    }
    if row.planned.task.streams:
        count = product.items if product and product.items is not None else 0
        whole = {"ran": count if row.state == "ran" else 0, "cached": count if row.state == "cached" else 0}
        found["items"] = dict(row.items or {**whole, "failed": 0, "skipped": 0})
    return found


def _planned(entry: Planned) -> dict[str, Any]:
    product = entry.product
    return {
        "state": entry.state,
        "reason": reason(entry.reason),
        "seconds": round(entry.seconds, 6),
        "key": entry.key.hex() if entry.key else None,
        "product": product.digest.hex() if product else None,
        "bytes": product.size if product else None,
    }


def reason(why: Reason) -> dict[str, str]:
    """A reason as JSON has it."""
    return {"kind": why.kind, "subject": why.subject, "was": why.was, "now": why.now}


def plain(value: object) -> object:
    """An option value as JSON has it; what JSON has not, as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return "***" if isinstance(value, Secret) else str(value)


def lower_bound(run: Run) -> float:
    """Seconds that no schedule could beat: the longest chain of what ran, or all of it shared among the workers."""
    seconds = [row.seconds if row.state == "ran" else 0.0 for row in run.ledger.rows]
    return _bound(run.plan, seconds, run.how.jobs)


def _bound_of(plan: Plan) -> float:
    return _bound(
        plan, [e.seconds if e.state != "cached" else 0.0 for e in plan.entries], plan.invocation.settings.jobs or 1
    )


def _bound(plan: Plan, seconds: list[float], jobs: int) -> float:
    """The items of an each may go to all workers; who takes items while they are made need not wait for the last of them."""
    deps = [tuple(one for needs in entry.step.deps for one in needs.steps) for entry in plan.entries]
    feeds = {entry.step.id: {source for _, source in feeds_of(plan, entry)} for entry in plan.entries}
    least = [took / jobs if entry.task.kind == "each" else took for entry, took in zip(plan.entries, seconds)]
    return round(max(critical(deps, feeds, range(len(deps)), least)[1], sum(seconds) / jobs), 6)


__all__ = ["STATES", "lower_bound", "of_plan", "of_run", "plain", "reason"]
