"""Which products are not worth storing: those that are made again sooner than they are written. It must never look at a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipekit.execution.history import DISK, Kept
from pipekit.invocation.steps import Steps

if TYPE_CHECKING:
    from pipekit.execution.plan import Planned

LEAST = 1 << 20
"""Bytes of a product below which it is stored in any case."""

CLEARLY = 2.0
"""So many times as long as making it again must writing take, before a product is left out."""


def passing(entries: Sequence[Planned], steps: Steps, store: Kept) -> frozenset[int]:
    """The steps whose products are given to those who read them, and are not stored: those that say `store="never"`, and with
    `store="auto"` those of which is known, from earlier runs, that to make them again (with what is not stored above them) takes less
    than half of what the disk takes for their bytes. Targets and outputs always are stored."""
    asked = {*steps.targets, *(step for step, _ in steps.outputs)}
    free = [entry for entry in entries if entry.step.id not in asked and entry.pinned is None]
    found = {entry.step.id for entry in free if entry.task.config.store == "never"}
    disk = store.durations([DISK]).get(DISK)
    auto = [
        one for one in free if one.state != "cached" and one.task.kind == "task" and one.task.config.store == "auto"
    ]
    if disk is None or not auto:
        return frozenset(found)
    known = store.durations([one.step.task for one in auto])
    again = dict.fromkeys(found, 0.0)
    for entry in auto:
        past = known.get(entry.step.task)
        if past is None or past.size < LEAST:
            continue
        above = {one for needs in entry.step.deps for one in needs.steps}
        seconds = past.seconds + past.spread + sum(again.get(one, 0.0) for one in above)
        if CLEARLY * seconds < past.size * disk.seconds:
            found.add(entry.step.id)
            again[entry.step.id] = seconds
    return frozenset(found)
