"""How long tasks and their items take, how much they make and how much memory they need, from earlier runs to later ones: moving averages
by task. It must never decide anything by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from pipekit.execution.ledger import Entry
from pipekit.execution.plan import Planned
from pipekit.store.history import Duration

SHARE = 0.25
"""Of what was seen last in an average."""


class Kept(Protocol):
    """What keeps durations: a store."""

    def durations(self, tasks: list[str], /) -> dict[str, Duration]: ...
    def put_durations(self, durations: Iterable[Duration], /) -> None: ...


def learn(rows: Iterable[Entry], store: Kept) -> None:
    """Take in what ran: how long each task took and how much it made, and of streams how long one item takes."""
    ran = [row for row in rows if row.state == "ran" and row.product is not None]
    if not ran:
        return
    seen = [one for row in ran for one in _seen(row)]
    known = store.durations(list({one.task for one in seen}))
    for one in seen:
        known[one.task] = _after(known.get(one.task), one)
    store.put_durations(known.values())


def item_of(task: str) -> str:
    """What stands for one item of a stream."""
    return f"{task}#"


def _seen(row: Entry) -> list[Duration]:
    """What a step that ran took, and on the mean what one of its items did."""
    task, product = row.planned.step.task, row.product
    assert product is not None
    whole = Duration(task, row.seconds, 0.0, float(product.size), row.peak)
    made = row.items["ran"] if row.items is not None else product.items or 0
    if not row.planned.task.streams or not made or not product.items:
        return [whole]
    return [whole, Duration(item_of(task), row.seconds / made, 0.0, product.size / product.items, row.peak)]


def _after(before: Duration | None, seen: Duration) -> Duration:
    if before is None:
        return seen
    off = seen.seconds - before.seconds
    return Duration(
        seen.task,
        before.seconds + SHARE * off,
        before.spread + SHARE * (abs(off) - before.spread),
        before.size + SHARE * (seen.size - before.size),
        max(seen.peak, int(before.peak + SHARE * (seen.peak - before.peak))),
        before.count + 1,
    )


def expected(entries: Iterable[Planned], store: Kept, otherwise: float) -> dict[str, float]:
    """Seconds that the task of each entry is likely to take, by name: of a stream as many items as it had the last time. Of a task that
    nobody ran yet, what its kind takes on average; where that is not known either, `otherwise`."""
    tasks = {entry.step.task: entry for entry in entries}
    known = store.durations([one for name, entry in tasks.items() for one in _names(name, entry)])
    found = {name: took for name, entry in tasks.items() if (took := _likely(name, entry, known)) is not None}
    kinds: dict[str, list[float]] = {}
    for name, took in found.items():
        kinds.setdefault(tasks[name].task.kind, []).append(took)
    means = {kind: sum(some) / len(some) for kind, some in kinds.items()}
    return {name: found.get(name, means.get(entry.task.kind, otherwise)) for name, entry in tasks.items()}


def _names(name: str, entry: Planned) -> list[str]:
    return [name, item_of(name)] if entry.task.streams else [name]


def _likely(name: str, entry: Planned, known: Mapping[str, Duration]) -> float | None:
    one, last = known.get(item_of(name)), entry.near
    if one is not None and last is not None and last.product.items:
        return one.seconds * last.product.items
    return known[name].seconds if name in known else None
