"""What every table of a run says about one row, a step or a family. It must never know the table."""

from __future__ import annotations

from msgspec import Struct

from pipekit.execution.events import StepBlocked
from pipekit.faces.render import units
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.steps import STREAMS, Family, StepView, items_done

Row = int | str


class Facts(Struct, frozen=True):
    """`done` and `cached` are shares; `items` is `"31/40"`; `rate` is items a second; `seconds` and `size` may be unknown."""

    name: str
    state: str
    done: float
    cached: float
    items: str
    running: int = 0
    cached_items: int = 0
    rate: float | None = None
    seconds: float | None = None
    size: int | None = None
    note: str = ""


def facts(snapshot: Snapshot, row: Row, now: float) -> Facts:
    """The facts of a step (its number) or a family (its name) by `now`, in Unix seconds."""
    if isinstance(row, str):
        return _of_family(snapshot, snapshot.families[row], now)
    return _of_step(snapshot, snapshot.steps[row], now)


def _of_step(snapshot: Snapshot, view: StepView, now: float) -> Facts:
    done, cached = view.share()
    items = view.items
    return Facts(
        harmless(view.plan.name), view.state, done, cached, _items(view),
        items.running if items is not None and view.state == "running" else 0, items.cached if items is not None else 0,
        _rate(view), view.seconds(now), view.size, note(snapshot, view),
    )  # fmt: skip


def _of_family(snapshot: Snapshot, family: Family, now: float) -> Facts:
    total = max(family.total, 1)
    seconds = now - family.began if family.began is not None else family.seconds or None
    failed = family.count("failed")
    said = f"{failed} failed" if failed else f"{family.count('blocked')} blocked" if family.count("blocked") else ""
    return Facts(
        harmless(family.name), family.state, family.done / total, family.count("cached") / total,
        f"{units.count(family.done)}/{units.count(family.total)}", family.count("running"), family.count("cached"),
        None, seconds, family.size or None, said,
    )  # fmt: skip


def _items(view: StepView) -> str:
    if view.items is not None:
        total = "?" if view.items.total is None else units.count(view.items.total)
        return f"{units.count(items_done(view.items))}/{total}"
    made = getattr(view.ending, "items", None)
    if made is not None:
        return f"{units.count(made)}/{units.count(made)}"
    if view.plan.kind in STREAMS:
        return "0/?"
    if view.progress is not None and view.state == "running":
        return f"{units.amount(view.progress.done)}/{units.amount(view.progress.total)}"
    return "1/1" if view.state in ("ran", "cached") else "0/1"


def _rate(view: StepView) -> float | None:
    items = view.items
    if items is None or view.started is None or view.state != "running" or items.time <= view.started:
        return None
    return (items.ran + items.failed) / (items.time - view.started)


def note(snapshot: Snapshot, view: StepView) -> str:
    """What is out of the ordinary about a step, or nothing."""
    if view.failure is not None:
        return harmless(view.failure.message)
    if isinstance(view.ending, StepBlocked):
        by = snapshot.steps.get(view.ending.by)
        return f"blocked by {harmless(by.plan.name)}" if by is not None else "blocked"
    if view.items is not None and (view.items.failed or view.items.skipped):
        return f"{units.many(view.items.failed + view.items.skipped, 'item')} left out"
    return "partial" if getattr(view.ending, "partial", False) else ""
