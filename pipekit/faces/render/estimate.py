"""How much longer a run may take, from what its own steps took so far. It must never guess where nothing is known."""

from __future__ import annotations

from pipekit.execution.events import StepPlanned
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.steps import Family, family_of, items_done

_MOST_FAMILIES = 2_000


def seconds_left(snapshot: Snapshot, now: float) -> float | None:
    """Seconds until the end, or None: where a family has not finished a step yet, nothing is known of it."""
    if snapshot.started is None or snapshot.finished is not None or not snapshot.planned:
        return None
    if len(snapshot.families) > _MOST_FAMILIES:
        return None
    busy = [_of_running(snapshot, step, now) for step in snapshot.running]
    waiting = [_of_waiting(family) for family in snapshot.families.values()]
    if not busy and not any(waiting):
        return None
    known = [left for left in (*busy, *waiting) if left is not None]
    if len(known) < len(busy) + len(waiting):
        return None
    longest = max((left for left in busy if left is not None), default=0.0)
    return max(sum(known) / max(snapshot.started.jobs, 1), longest)


def _of_waiting(family: Family) -> float | None:
    number = family.count("waiting") + family.count("ready")
    if not number:
        return 0.0
    return number * family.seconds / family.count("ran") if family.count("ran") else None


def _of_running(snapshot: Snapshot, step: int, now: float) -> float | None:
    view = snapshot.steps[step]
    spent = view.seconds(now) or 0.0
    if view.items is not None and view.items.total and view.items.ran:
        return (view.items.total - items_done(view.items)) * spent / view.items.ran
    if view.progress is not None and view.progress.done > 0:
        return max(view.progress.total - view.progress.done, 0.0) * spent / view.progress.done
    return None if view.items is not None else _of_kin(snapshot, view.plan, spent)


def _of_kin(snapshot: Snapshot, plan: StepPlanned, spent: float) -> float | None:
    family = snapshot.families[family_of(plan)]
    return max(family.seconds / family.count("ran") - spent, 0.0) if family.count("ran") else None
