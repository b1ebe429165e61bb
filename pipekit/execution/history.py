"""How long tasks and their items take, how much they make and how much memory they need, from earlier runs to later ones: moving averages
by task. It must never decide anything by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from pipekit.store.history import Duration

if TYPE_CHECKING:
    from pipekit.execution.ledger import Entry
    from pipekit.execution.plan import Planned

DISK = ""
"""What stands for one byte of a big object, until it lies on the disk."""

MUCH = 16 << 20
"""Bytes from which on a time says something of the disk."""

SHARE = 0.25
"""Of what was seen last in an average."""


class Kept(Protocol):
    """What keeps durations: a store."""

    def durations(self, tasks: list[str], /) -> dict[str, Duration]: ...
    def put_durations(self, durations: Iterable[Duration], /) -> None: ...
    def written(self) -> tuple[int, float]: ...


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


def learn_disk(store: Kept) -> None:
    """Take in how long big objects took to become durable."""
    size, seconds = store.written()
    if size >= MUCH:
        before = store.durations([DISK]).get(DISK)
        store.put_durations([_after(before, Duration(DISK, seconds / size))])


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


class Likely(Struct, frozen=True):
    """What a task is likely to take: `seconds` in all, `unit` of them for what is scheduled at once (an item of an each), and to make, in
    bytes; `known`: by what the task itself took."""

    seconds: float
    unit: float
    size: float = 0.0
    known: bool = True


def expected(entries: Iterable[Planned], store: Kept, otherwise: float) -> dict[str, Likely]:
    """What the task of each entry is likely to take, by name: of a stream as many items as it had the last time. Of a task that nobody
    ran yet, what its kind takes on average; where that is not known either, `otherwise` seconds."""
    tasks = {entry.step.task: entry for entry in entries}
    known = store.durations([one for name, entry in tasks.items() for one in _names(name, entry)])
    found = {name: took for name, entry in tasks.items() if (took := _likely(name, entry, known)) is not None}
    kinds: dict[str, list[Likely]] = {}
    for name, took in found.items():
        kinds.setdefault(tasks[name].task.kind, []).append(took)
    means = {kind: _mean(some) for kind, some in kinds.items()}
    unknown = Likely(otherwise, otherwise, known=False)
    return {name: found.get(name) or means.get(entry.task.kind, unknown) for name, entry in tasks.items()}


def _mean(some: Sequence[Likely]) -> Likely:
    seconds, unit = sum(one.seconds for one in some), sum(one.unit for one in some)
    return Likely(seconds / len(some), unit / len(some), known=False)


def _names(name: str, entry: Planned) -> list[str]:
    return [name, item_of(name)] if entry.task.streams else [name]


def _likely(name: str, entry: Planned, known: Mapping[str, Duration]) -> Likely | None:
    whole, one, last = known.get(name), known.get(item_of(name)), entry.near
    if whole is None:
        return None
    if one is None:
        return Likely(whole.seconds, whole.seconds, whole.size)
    count = last.product.items if last is not None else None
    seconds = one.seconds * count if count else whole.seconds
    return Likely(seconds, one.seconds if entry.task.kind == "each" else seconds, whole.size)
