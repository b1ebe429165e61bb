"""The fold of a run's events into a snapshot: what is true after the last event, at constant cost per event. It must never look at a clock, a file or a screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from types import MappingProxyType as _Fixed
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.execution import events as e
from pipekit.faces.render.steps import FINAL, ORDER, STATES, Ending, Family, StepView, family_of
from pipekit.faces.render.tails import Tails

_MOST_WARNINGS = 1_000
_PACE = 60
_SLOWEST = 20
_FINAL = [ORDER[state] for state in FINAL]


class Space(Struct, frozen=True):
    """What happened to products, in objects and bytes."""

    stored: int = 0
    stored_size: int = 0
    freed_size: int = 0
    spilled_size: int = 0


class Snapshot(Struct, frozen=True):
    """A run at one moment; `time` is that of the newest event. The mappings are copies that nothing changes.

    `counts` is in the order of STATES, `members` are the steps of each family, `workers` when each began which step,
    `slowest` the steps that took longest so far, `pace` how much (steps that ran, items) was done in each of the last seconds in which anything was.
    """

    started: e.RunStarted | None
    finished: e.RunFinished | None
    time: float
    steps: Mapping[int, StepView]
    counts: tuple[int, ...]
    families: Mapping[str, Family]
    members: Mapping[str, Sequence[int]]
    running: tuple[int, ...]
    failed: tuple[int, ...]
    slowest: tuple[int, ...]
    dependents: Mapping[int, Sequence[int]]
    edges: Mapping[tuple[int, int], e.EdgeWeight]
    outlook: e.Outlook | None
    workers: Mapping[int, Sequence[tuple[float, int]]]
    warnings: tuple[e.Warned, ...]
    outputs: tuple[e.OutputWritten, ...]
    space: Space
    pace: tuple[tuple[int, int], ...]
    logs: Tails
    version: int

    def count(self, state: str) -> int:
        """How many steps are in `state`."""
        return self.counts[ORDER[state]]

    @property
    def over(self) -> int:
        """Steps that nothing more will happen to."""
        return sum(number for state, number in zip(STATES, self.counts) if state in FINAL)

    @property
    def planned(self) -> bool:
        """Whether every step of the run is known."""
        return self.started is not None and len(self.steps) >= self.started.steps

    def elapsed(self, now: float) -> float:
        """Seconds since the run began, until it ended or `now`."""
        if self.finished is not None:
            return self.finished.seconds
        return max(now - self.started.time, 0.0) if self.started is not None else 0.0


class _Tally(Struct):
    name: str
    first: int
    counts: list[int]
    members: list[int]
    seconds: float = 0.0
    size: int = 0
    deps: set[str] = field(default_factory=set)
    running: dict[int, float] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return sum(map(self.counts.__getitem__, _FINAL)) == len(self.members)

    def family(self) -> Family:
        deps, began = frozenset(self.deps - {self.name}), next(iter(self.running.values()), None)
        counts, total = tuple(self.counts), len(self.members)
        return Family(self.name, self.first, counts, total, self.seconds, self.size, deps, began)


class Fold(Struct):
    """Takes events one by one; `snapshot()` is what they amount to. The same events give the same snapshot."""

    _started: e.RunStarted | None = None
    _finished: e.RunFinished | None = None
    _time: float = 0.0
    _steps: dict[int, StepView] = field(default_factory=dict)
    _counts: list[int] = field(default_factory=lambda: [0] * len(STATES))
    _families: dict[str, Family] = field(default_factory=dict)
    _members: dict[str, list[int]] = field(default_factory=dict)
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _tally_of: dict[str, _Tally] = field(default_factory=dict)
    _stale: dict[str, _Tally] = field(default_factory=dict)
    _held: dict[str, dict[int, None]] = field(default_factory=lambda: {"running": {}, "failed": {}})
    _dependents: dict[int, list[int]] = field(default_factory=dict)
    _slowest: list[tuple[float, int]] = field(default_factory=list)
    _edges: dict[tuple[int, int], e.EdgeWeight] = field(default_factory=dict)
    _outlook: e.Outlook | None = None
    _workers: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    _warnings: list[e.Warned] = field(default_factory=list)
    _outputs: list[e.OutputWritten] = field(default_factory=list)
    _space: Space = field(default=Space())
    _pace: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_PACE))
    _logs: Tails = field(default_factory=Tails)
    _version: int = 0
    _last: Snapshot | None = None

    def take(self, event: e.Event) -> None:
        """Folds one event in; one about a step that was never planned is passed over."""
        self._version += 1
        self._time = max(self._time, event.time)
        _TAKE[type(event)](self, event)

    def snapshot(self) -> Snapshot:
        """What is true now, for any thread to keep; the same object until another event came."""
        if self._last is None or self._last.version != self._version:
            self._last = self._made(dict)
        return self._last

    def step(self, number: int) -> StepView | None:
        """What is known of one step."""
        return self._steps.get(number)

    @property
    def size(self) -> int:
        """How many steps are known."""
        return len(self._steps)

    def glance(self) -> Snapshot:
        """As `snapshot`, at no cost, but its mappings go on with the run: for who looks and lets go before the next event."""
        return self._made(lambda mapping: mapping)

    def completed(self, task: str) -> Family | None:
        """The family of a task, if nothing more will happen to any of its steps."""
        tally = self._tally_of.get(task)
        return tally.family() if tally is not None and tally.is_over else None

    def _made(self, kept: Callable[[dict[Any, Any]], dict[Any, Any]]) -> Snapshot:
        self._families.update((name, tally.family()) for name, tally in self._stale.items())
        self._stale.clear()
        return Snapshot(
            self._started, self._finished, self._time, _Fixed(kept(self._steps)), tuple(self._counts),
            _Fixed(kept(self._families)), _Fixed(self._members), tuple(self._held["running"]), tuple(self._held["failed"]),
            tuple(step for _, step in sorted(self._slowest, reverse=True)),
            _Fixed(self._dependents), _Fixed(kept(self._edges)), self._outlook, _Fixed(self._workers),
            tuple(self._warnings), tuple(self._outputs), self._space, tuple(self._pace), self._logs, self._version,
        )  # fmt: skip

    def _run_started(self, event: e.RunStarted) -> None:
        self._started = event

    def _run_finished(self, event: e.RunFinished) -> None:
        self._finished = event

    def _planned(self, event: e.StepPlanned) -> None:
        if event.step in self._steps:
            return
        tally = self._tally_of.get(event.task) or self._new_tally(event)
        for dep in event.deps:
            if dep in self._steps:
                tally.deps.add(self._tally_of[self._steps[dep].plan.task].name)
            self._dependents.setdefault(dep, []).append(event.step)
        tally.members.append(event.step)
        self._steps[event.step] = StepView(event, "waiting")
        self._count(tally, "waiting", 1)
        if event.state == "cached":
            self._put(self._steps[event.step], StepView(event, "cached"))

    def _new_tally(self, event: e.StepPlanned) -> _Tally:
        name = family_of(event)
        tally = self._tallies.get(name)
        if tally is None:
            tally = self._tallies[name] = _Tally(name, event.step, [0] * len(STATES), [])
            self._members[name] = tally.members
        self._tally_of[event.task] = tally
        return tally

    def _count(self, tally: _Tally, state: str, change: int) -> None:
        index = ORDER[state]
        self._counts[index] += change
        tally.counts[index] += change
        self._stale[tally.name] = tally

    def _ready(self, event: e.StepReady) -> None:
        if (view := self._steps.get(event.step)) is not None:
            self._put(view, StepView(view.plan, "ready", None, None, view.progress, view.items))

    def _step_started(self, event: e.StepStarted) -> None:
        if (view := self._steps.get(event.step)) is not None:
            self._workers.setdefault(event.worker, []).append((event.time, event.step))
            self._put(view, StepView(view.plan, "running", event.worker, event.time, None, view.items))

    def _progress(self, event: e.StepProgress) -> None:
        if (view := self._steps.get(event.step)) is not None:
            self._put(view, StepView(view.plan, view.state, view.worker, view.started, event, view.items, view.ending))

    def _items(self, event: e.Items) -> None:
        if (view := self._steps.get(event.step)) is None:
            return
        before = view.items.ran if view.items is not None else 0
        self._paced(event.time, event.ran - before)
        began = view.state in ("waiting", "ready") and (event.running or event.ran) > 0
        state, started = ("running", event.time) if began else (view.state, view.started)
        self._put(view, StepView(view.plan, state, view.worker, started, view.progress, event, view.ending))

    def _ended(self, event: Ending) -> None:
        if (view := self._steps.get(event.step)) is None:
            return
        state = _ENDS[type(event)]
        if isinstance(event, e.StepFinished | e.StepCached):
            self._add_up(view, event, event.seconds if isinstance(event, e.StepFinished) else 0.0)
        if isinstance(event, e.StepFinished):
            self._paced(event.time, 1)
            heappush(self._slowest, (event.seconds, event.step))
            if len(self._slowest) > _SLOWEST:
                heappop(self._slowest)
        self._put(view, StepView(view.plan, state, view.worker, view.started, view.progress, view.items, event))

    def _paced(self, time: float, number: int) -> None:
        second, before = int(time), 0
        if self._pace and self._pace[-1][0] >= second:
            second, before = self._pace.pop()
        self._pace.append((second, before + number))

    def _add_up(self, view: StepView, event: e.StepFinished | e.StepCached, seconds: float) -> None:
        tally = self._tally_of[view.plan.task]
        tally.seconds += seconds
        tally.size += event.size
        self._stale[tally.name] = tally

    def _put(self, was: StepView, now: StepView) -> None:
        step, before, after = now.plan.step, was.state, now.state
        self._steps[step] = now
        if before == after:
            return
        tally = self._tally_of[now.plan.task]
        self._count(tally, before, -1)
        self._count(tally, after, 1)
        if before == "running":
            tally.running.pop(step, None)
        if after == "running":
            tally.running[step] = now.started or 0.0
        if before in self._held:
            self._held[before].pop(step, None)
        if after in self._held:
            self._held[after][step] = None

    def _edge(self, event: e.EdgeWeight) -> None:
        self._edges[event.source, event.target] = event

    def _ahead(self, event: e.Outlook) -> None:
        self._outlook = event

    def _log(self, event: e.LogLines) -> None:
        self._logs.add(event.time, event.step, event.text)

    def _stored(self, event: e.ObjectsStored) -> None:
        was = self._space
        self._space = replace(was, stored=was.stored + event.objects, stored_size=was.stored_size + event.size)

    def _freed(self, event: e.ObjectsFreed) -> None:
        self._space = replace(self._space, freed_size=self._space.freed_size + event.size)

    def _spilled(self, event: e.ObjectsSpilled) -> None:
        self._space = replace(self._space, spilled_size=self._space.spilled_size + event.size)

    def _warned(self, event: e.Warned) -> None:
        if len(self._warnings) < _MOST_WARNINGS:
            self._warnings.append(event)

    def _output(self, event: e.OutputWritten) -> None:
        self._outputs.append(event)


_ENDS: dict[type, str] = {
    e.StepFinished: "ran",
    e.StepCached: "cached",
    e.StepFailed: "failed",
    e.StepBlocked: "blocked",
    e.StepCancelled: "cancelled",
    e.StepUnneeded: "unneeded",
}
_TAKE: dict[type, Callable[[Fold, Any], None]] = {
    e.RunStarted: Fold._run_started,
    e.StepPlanned: Fold._planned,
    e.StepReady: Fold._ready,
    e.StepStarted: Fold._step_started,
    e.StepProgress: Fold._progress,
    e.Items: Fold._items,
    e.EdgeWeight: Fold._edge,
    e.Outlook: Fold._ahead,
    e.LogLines: Fold._log,
    e.ObjectsStored: Fold._stored,
    e.ObjectsFreed: Fold._freed,
    e.ObjectsSpilled: Fold._spilled,
    e.Warned: Fold._warned,
    e.OutputWritten: Fold._output,
    e.RunFinished: Fold._run_finished,
    **dict.fromkeys(_ENDS, Fold._ended),
}
