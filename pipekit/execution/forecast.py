"""How long a run still takes: what each open step needs, the chain that takes longest, when all is done. It must never change the run that
it looks at, nor decide anything by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from pipekit.execution.critical import critical
from pipekit.execution.flow import Flow
from pipekit.execution.history import Likely
from pipekit.execution.ledger import Entry, Ledger
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.streams import Each
from pipekit.parallel.admission import Room
from pipekit.parallel.machine import Machine
from pipekit.parallel.standing import SETTLED
from pipekit.parallel.vocabulary import Needs

Work = tuple[float | None, float]
"""Seconds of work that are left of a step, None where nobody knows; and what no second worker can make shorter."""

_GRACE = 1.0
"""Seconds by which a step may take longer than twice what it took before, and is still believed to take that."""

_NOTHING = Likely(0.0, 0.0)


class Ahead(Struct, frozen=True):
    """`path`: the open steps that take longest one after the other, and how many `seconds` they take; `left`: seconds until everything is
    done, None while something is still to be done of which nobody knows how long it takes."""

    path: tuple[int, ...] = ()
    seconds: float = 0.0
    left: float | None = None


class Moment(Struct, frozen=True):
    """Copies of what the loop's thread changes, as it is `now` (Unix seconds). `measured`: seconds of a unit, by family; `said`: what tasks
    themselves say of how far they are (done, total)."""

    now: float
    states: Sequence[int]
    eaches: Mapping[int, Each] = field(default_factory=dict)
    flows: Mapping[int, Flow] = field(default_factory=dict)
    measured: Mapping[int, float] = field(default_factory=dict)
    said: Mapping[int, tuple[float, float]] = field(default_factory=dict)


class Forecast:
    """For one run. `likely`: what its tasks are likely to take, by name; where that is no more than a guess, it is one for the path alone."""

    def __init__(self, ledger: Ledger, machine: Machine, likely: Mapping[str, Likely]) -> None:
        plan, names = ledger.plan, Counter(entry.step.task for entry in ledger.plan.entries)
        self._rows: Sequence[Entry] = ledger.rows
        self._deps = [node.deps for node in machine.nodes]
        self._feeds = {node.id: node.feeds for node in machine.nodes if node.feeds}
        self._known = [_known(entry, likely) for entry in plan.entries]
        self._guesses = [likely.get(entry.step.task, _NOTHING).seconds for entry in plan.entries]
        self._units = [_unit(likely.get(entry.step.task, _NOTHING)) for entry in plan.entries]
        self._counts = [_count_before(plan, entry) for entry in plan.entries]
        self._kin = [
            node.family if node.single and (known is None or names[entry.step.task] > 1) and known != 0.0 else -1
            for entry, node, known in zip(plan.entries, machine.nodes, self._known)
        ]  # where other steps may say more of a step than earlier runs
        shares = {needs: _shares(needs, machine.room) for needs in {node.needs for node in machine.nodes}}
        self._shares = [shares[node.needs] for node in machine.nodes]
        self._widths = [1 if node.single else _width(shares[node.needs]) for node in machine.nodes]

    def ahead(self, at: Moment) -> Ahead:
        """What is still to be done at this moment."""
        open_ = [number for number, state in enumerate(at.states) if state < SETTLED]
        left, taken, known = [0.0] * len(self._deps), dict[str, float](), True
        for number in open_:
            row = self._rows[number]
            if row.began is None and number not in at.eaches:
                seconds, least = self._usual(number, at), 0.0
            else:
                seconds, least = self._at_work(number, row, at)
            if seconds is None:
                known, seconds = False, self._guesses[number]
            if seconds:
                left[number] = max(seconds / self._widths[number], least)
                for name, share in self._shares[number]:
                    taken[name] = taken.get(name, 0.0) + seconds * share
        path, longest = critical(self._deps, self._feeds, open_, left)
        return Ahead(path, longest, max(longest, *taken.values(), 0.0) if known else None)

    def _usual(self, number: int, at: Moment) -> float | None:
        """What the step takes as a whole: by others of its kind in this run, or by earlier runs."""
        measured = at.measured.get(self._kin[number])
        return measured if measured is not None else self._known[number]

    def _at_work(self, number: int, row: Entry, at: Moment) -> Work:
        if row.state == "ran":
            return 0.0, 0.0  # it was made before its key was known, and is not final yet
        if (each := at.eaches.get(number)) is not None:
            return self._of_each(number, each, row.seconds)
        return self._of_running(number, at, at.now - (row.began or at.now)), 0.0

    def _of_running(self, number: int, at: Moment, spent: float) -> float | None:
        if (said := at.said.get(number)) is not None and said[0] > 0:
            return max(0.0, said[1] - said[0]) * spent / said[0]
        flow, before = at.flows.get(number), self._counts[number]
        made = len(flow) if flow is not None else 0
        if 0 < made <= before:
            return (before - made) * spent / made
        usual = self._usual(number, at)
        if usual is None or spent > 2 * usual + _GRACE:
            return None
        return max(0.0, usual - spent)

    def _of_each(self, number: int, each: Each, spent: float) -> Work:
        """The items that are left, each as long as those of this run took, or those of earlier runs as long as there are none."""
        come, ended = len(each.source), each.source.ended
        pace = each.pace if each.pace is not None else self._units[number]
        usual, before = self._known[number], self._counts[number]
        left = max(0, (come if ended else max(come, before)) - each.done)
        rest = max(0.0, usual - spent) if usual is not None else None
        if ended and not left:
            return 0.0, 0.0
        if pace is None:
            return rest, 0.0
        least = pace if left else 0.0
        if ended or before:
            return left * pace, least
        return (max(rest, left * pace) if rest is not None else None), least


def _known(entry: Planned, likely: Mapping[str, Likely]) -> float | None:
    if entry.state == "cached":
        return 0.0
    found = likely.get(entry.step.task)
    return found.seconds if found is not None and found.known else None


def _unit(likely: Likely) -> float | None:
    """Seconds that an item took, where the task is one for each item and ran before."""
    return likely.unit if likely.known and likely.unit < likely.seconds else None


def _count_before(plan: Plan, entry: Planned) -> int:
    """How many items an earlier run of the same code made of a stream, or gave to an each; 0 where nobody knows."""
    if entry.task.kind == "each" and entry.step.deps:
        entry = plan.entries[entry.step.deps[0].steps[0]]
    near = entry.record or entry.near
    return (near.product.items or 0) if near is not None and entry.task.streams else 0


def _shares(needs: Needs, room: Room) -> tuple[tuple[str, float], ...]:
    """Which share of what the run has a unit with such needs takes."""
    got, has = room.granted(needs), room.capacity
    shares = [("cpu", got.cpu / has.jobs)]
    shares += [("memory", got.memory / has.memory)] if has.memory else []
    shares += [(name, amount / has.named[name]) for name, amount in got.named if has.named[name]]
    return tuple((name, share) for name, share in shares if share > 0)


def _width(shares: Sequence[tuple[str, float]]) -> int:
    """How many units with these shares the run has room for at a time."""
    most = max((share for _, share in shares), default=0.0)
    return max(1, int(1 / most + 1e-9)) if most else 1
