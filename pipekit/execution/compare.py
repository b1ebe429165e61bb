"""Two versions of a step, or two runs, side by side: what is different, as data. It must never know how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from pipekit.execution import events as e
from pipekit.execution import preimages, reasons
from pipekit.execution.changes import Change, all_changes
from pipekit.execution.log import Reader
from pipekit.execution.preimages import Preimage
from pipekit.execution.reasons import Reason
from pipekit.store.store import Store
from pipekit.values import Digest


class Difference(Struct, frozen=True):
    """One reason, with the source of the symbol that it is about, before and now; empty where there is none."""

    reason: Reason
    was: str = ""
    now: str = ""


class Ended(Struct, frozen=True):
    """How a step of a recorded run ended; `key` and `product` in hexadecimal, empty where it has none."""

    name: str
    state: str
    key: str = ""
    product: str = ""


class Compared(Struct, frozen=True):
    """One step of two runs: `was` and `now` (None: it was not there), and why the keys differ."""

    was: Ended | None
    now: Ended | None
    differences: tuple[Difference, ...] = field(default=())


def differences(now: Preimage, then: Preimage | None) -> tuple[Difference, ...]:
    """Everything that is different, in the order of the reasons."""
    changed = all_changes(now, then) if then is not None else {}
    return tuple(Difference(one, *_sources(one, changed)) for one in reasons.reasons(now, then))


def _sources(one: Reason, changed: Mapping[str, Change]) -> tuple[str, str]:
    change = changed.get(one.subject) if one.kind == reasons.CODE else None
    if change is None:
        return "", ""
    return change.was.source if change.was is not None else "", change.now.source if change.now is not None else ""


def of_keys(was: str, now: str, store: Store) -> tuple[Difference, ...] | None:
    """What is different between two keys, in hexadecimal; None where what they were made from is not kept."""
    found = (store.record(Digest(bytes.fromhex(key))) for key in (was, now))
    then, later = (preimages.of_then(store, record) if record is not None else None for record in found)
    return differences(later, then) if then is not None and later is not None else None


def runs(was: Path, now: Path, store: Store) -> Iterator[Compared]:
    """Every step of two recorded runs, by name, in the order of the second: what ended the same way too."""
    before, after = ended(was), ended(now)
    for name in {**after, **before}:
        old, new = before.get(name), after.get(name)
        found = of_keys(old.key, new.key, store) if old and new and old.key and new.key and old.key != new.key else None
        yield Compared(old, new, found or ())


def ended(log: Path) -> dict[str, Ended]:
    """How each step of a run ended, by name, from its log."""
    names: dict[int, str] = {}
    found: dict[str, Ended] = {}
    for event in Reader(log).read(None):
        match event:
            case e.StepPlanned():
                names[event.step] = event.name
                found[event.name] = Ended(event.name, "unfinished")
            case e.StepFinished() | e.StepCached():
                state = "ran" if isinstance(event, e.StepFinished) else "cached"
                found[names[event.step]] = Ended(names[event.step], state, event.key, event.product)
            case e.Accepted():
                found[names[event.step]] = Ended(names[event.step], "accepted", event.key, event.product)
            case e.StepFailed() | e.StepBlocked() | e.StepCancelled() | e.StepUnneeded():
                found[names[event.step]] = Ended(names[event.step], _STATES[type(event)])
            case _:
                pass
    return found


_STATES = {e.StepFailed: "failed", e.StepBlocked: "blocked", e.StepCancelled: "cancelled", e.StepUnneeded: "unneeded"}
