"""Which record of its task a step is compared with. It must never say what is different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pipekit.execution import preimages
from pipekit.execution.keys import Facts
from pipekit.store.records import Record
from pipekit.store.store import Store
from pipekit.values import Digest

if TYPE_CHECKING:
    from pipekit.execution.plan import Planned

_LOOK_BACK = 4
"""How many records for each cell of a task are looked at, ..."""

_LEAST = 20
"""... and at least this many; of those that are alike in their options no more than this many are compared further."""

_Options = tuple[tuple[str, str], ...]


class _Rows(NamedTuple):
    """The last records of one task, newest first, all and by their options."""

    all: Sequence[tuple[Record, Facts]]
    alike: Mapping[_Options, Sequence[tuple[Record, Facts]]]


class Nearest:
    """For each step of a plan the record of its task that differs least from what the step is now, of those the newest."""

    def __init__(self, entries: Sequence[Planned], store: Store) -> None:
        self._cells = Counter(entry.step.task for entry in entries)
        self._store = store
        self._newest: dict[str, Record | None] = {}
        self._rows: dict[str, _Rows] = {}

    def ask(self, entries: Iterable[Planned]) -> None:
        """The newest records of these steps' tasks are looked up all at once."""
        asked = {entry.step.task for entry in entries if entry.near is None}
        names = [name for name in asked if name not in self._newest]
        found = self._store.latest(names) if names else {}
        self._newest.update({name: found.get(name) for name in names})

    def of(self, entry: Planned) -> Record | None:
        """One with the same static part, or with the same options, or another one; None where the task has no record."""
        if entry.near is not None:
            return entry.near
        self.ask([entry])
        newest = self._newest[entry.step.task]
        if newest is None or self._is_near(entry, newest):
            return newest
        rows = self._read(entry.step.task)
        some = rows.alike.get(_options(entry.static.facts)) or rows.all
        return min(some[:_LEAST], key=lambda row: self._unlike(entry, *row), default=(newest, None))[0]

    def _is_near(self, entry: Planned, newest: Record) -> bool:
        """Is it the newest of those with the step's options, and is there one step of its task alone?"""
        if self._cells[entry.step.task] > 1:
            return False
        if not entry.static.facts.options:
            return True
        facts = _facts(newest)
        return facts is not None and _options(facts) == _options(entry.static.facts)

    def _read(self, task: str) -> _Rows:
        known = self._rows.get(task)
        if known is None:
            statics: dict[Digest, Facts | None] = {}
            rows: list[tuple[Record, Facts]] = []
            alike: dict[_Options, list[tuple[Record, Facts]]] = {}
            for record in self._store.recent(task, max(_LOOK_BACK * self._cells[task], _LEAST)):
                if record.static not in statics:
                    statics[record.static] = _facts(record)
                facts = statics[record.static]
                if facts is not None:
                    rows.append((record, facts))
                    alike.setdefault(_options(facts), []).append((record, facts))
            known = self._rows[task] = _Rows(rows, alike)
        return known

    def _unlike(self, entry: Planned, record: Record, facts: Facts) -> tuple[int, int]:
        """In how many options, and in how many deps' products, a record differs from the step."""
        now = entry.static.facts.options
        unlike = sum(_value(facts, name) != _value(entry.static.facts, name) for name in {*facts.options, *now})
        if entry.deps is None:
            return unlike, 0
        then = preimages.unpack(record)
        was = [one.digest for one in then[1]] if then is not None else []
        return unlike, sum(one.digest != other for one, other in zip(entry.deps, was))


def _facts(record: Record) -> Facts | None:
    then = preimages.unpack(record)
    return then[0] if then is not None else None


def _options(facts: Facts) -> _Options:
    return tuple(sorted((name, digest) for name, (_, digest) in facts.options.items()))


def _value(facts: Facts, name: str) -> str:
    return facts.options.get(name, ("", ""))[1]
