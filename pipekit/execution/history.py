"""How long tasks take, from earlier runs to later ones: moving averages by task. It must never decide anything by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from pipekit.execution.ledger import Entry
from pipekit.store.history import Duration

SHARE = 0.25
"""Of what was seen last in an average."""


class Kept(Protocol):
    """What keeps durations: a store."""

    def durations(self, tasks: list[str], /) -> dict[str, Duration]: ...
    def put_durations(self, durations: Iterable[Duration], /) -> None: ...


def learn(rows: Iterable[Entry], store: Kept) -> None:
    """Take in what ran."""
    ran = [row for row in rows if row.state == "ran" and row.product is not None]
    if not ran:
        return
    known = store.durations(list({row.planned.step.task for row in ran}))
    for row in ran:
        task = row.planned.step.task
        known[task] = _after(known.get(task), row)
    store.put_durations(known.values())


def _after(before: Duration | None, row: Entry) -> Duration:
    size = float(row.product.size) if row.product is not None else 0.0
    task, seconds = row.planned.step.task, row.seconds
    if before is None:
        return Duration(task, seconds, 0.0, size)
    off = seconds - before.seconds
    return Duration(
        task,
        before.seconds + SHARE * off,
        before.spread + SHARE * (abs(off) - before.spread),
        before.size + SHARE * (size - before.size),
        before.peak,
        before.count + 1,
    )


def expected(tasks: Mapping[str, str], known: Mapping[str, Duration], otherwise: float) -> dict[str, float]:
    """Seconds that each task is likely to take, by name; `tasks` tells their kinds. Of one of which nothing is `known`, what its kind takes
    on average; where that is not known either, `otherwise`."""
    kinds: dict[str, list[float]] = {}
    for name, kind in tasks.items():
        if name in known:
            kinds.setdefault(kind, []).append(known[name].seconds)
    means = {kind: sum(found) / len(found) for kind, found in kinds.items()}
    return {name: known[name].seconds if name in known else means.get(kind, otherwise) for name, kind in tasks.items()}
