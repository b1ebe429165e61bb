"""What is ahead of a run: how long it may still take, and which steps decide that. Where the run itself has not said, its own steps so far
tell. It must never guess where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence

from pipekit.execution.events import StepPlanned
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.steps import FINAL, Family, family_of, items_done

_MOST_FAMILIES = 2_000
_MOST_NAMED = 3


def critical(snapshot: Snapshot) -> str:
    """`"train > evaluate > report"`: the steps that take longest one after the other from now on; nothing where that is not known."""
    if snapshot.outlook is None or snapshot.finished is not None:
        return ""
    path = [view for step in snapshot.outlook.path if (view := snapshot.steps.get(step)) is not None]
    return chained([view.plan.name for view in path if view.state not in FINAL])


def chained(names: Sequence[str]) -> str:
    """`"train > evaluate > report"`, and no more names than that."""
    shown = [harmless(name) for name in names[:_MOST_NAMED]]
    return " > ".join([*shown, *(["..."] if len(names) > _MOST_NAMED else [])])


def seconds_left(snapshot: Snapshot, now: float) -> float | None:
    """Seconds until the end, or None: where a family has not finished a step yet, nothing is known of it."""
    if snapshot.started is None or snapshot.finished is not None or not snapshot.planned:
        return None
    if (said := snapshot.outlook) is not None:
        return max(0.0, said.time + said.seconds_left - now) if said.seconds_left >= 0 else None
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
