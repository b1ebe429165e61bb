"""Why the steps of a plan run: each compared with the record that is nearest to it. It must never decide whether a step runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pipekit.execution import preimages, reasons
from pipekit.execution.nearest import Nearest
from pipekit.execution.preimages import Preimage
from pipekit.execution.reasons import Reason
from pipekit.execution.world import World
from pipekit.store.store import Store

if TYPE_CHECKING:
    from pipekit.execution.plan import Plan, Planned


def explained(entries: list[Planned], store: Store, world: World) -> list[Planned]:
    """The same entries, with reasons where there were none: what is different from the nearest record, or the upstream step
    that comes first."""
    asking = [entry for entry in entries if entry.reason.kind == ""]
    nearest = Nearest(entries, store)
    nearest.ask(asking)
    for entry in asking:
        record = nearest.of(entry)
        why = reasons.reason(now(entry, world), preimages.of_then(store, record) if record is not None else None)
        entries[entry.step.id] = replace(entry, reason=why)
    for entry in entries:
        if entry.reason.kind == reasons.UPSTREAM:
            first = _stale_dep(entries, entry)
            entries[entry.step.id] = replace(entry, reason=Reason(reasons.UPSTREAM, first.step.name if first else ""))
    return entries


def now(entry: Planned, world: World) -> Preimage:
    """What the step's key is made from now."""
    deps = dict(zip(entry.task.deps, entry.deps)) if entry.deps is not None else None
    return preimages.of_now(entry.static, deps, world.folder)


def reason(entry: Planned, nearest: Nearest, store: Store, world: World) -> Reason:
    """What is different from the record that is nearest to the step."""
    record = nearest.of(entry)
    return reasons.reason(now(entry, world), preimages.of_then(store, record) if record is not None else None)


def above(plan: Plan, entry: Planned) -> list[Planned]:
    """The stale steps that a step waits for, one above the other, down to the first that has a reason of its own."""
    found: list[Planned] = []
    while entry.reason.kind == reasons.UPSTREAM:
        dep = _stale_dep(plan.entries, entry)
        if dep is None:
            break
        entry = dep
        found.append(entry)
    return found


def first_above(plan: Plan, entry: Planned) -> Planned | None:
    """The stale step that comes first of those that must be known before the step's key is; None where its key is known."""
    found: Planned | None = None
    while entry.deps is None and (dep := _stale_dep(plan.entries, entry)) is not None:
        found = entry = dep
    return found


def _stale_dep(entries: Sequence[Planned], entry: Planned) -> Planned | None:
    deps = (entries[one] for needs in entry.step.deps for one in needs.steps)
    return next((dep for dep in deps if dep.state != "cached"), None)
