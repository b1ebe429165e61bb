"""Where the time of a run went, from its events: what was at work when, the chain that took longest, what each link of it would save. It
must never know a store or a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from pipekit.execution import events as e


class Bar(Struct, frozen=True):
    """One step that ran: from when to when, in seconds since the run began; `seconds` in the user's code; `deps` are steps."""

    step: int
    name: str
    began: float
    ended: float
    seconds: float
    deps: tuple[int, ...]


class Link(Struct, frozen=True):
    """A step on the chain that took longest: for how long it alone was waited for, and by how much sooner everything could have ended if it
    had taken no time, with workers enough: nothing where it took less than a hundredth of the whole chain."""

    bar: Bar
    alone: float
    saves: float


class Profile(Struct, frozen=True):
    """`makespan` from the first start to the last end; `bound`: what no schedule could beat; `idle`: the share of the workers' time that
    was spent in no step."""

    run: str
    jobs: int
    bars: tuple[Bar, ...]
    path: tuple[Link, ...]
    makespan: float
    bound: float
    idle: float


def profile(found: Iterable[e.Event]) -> Profile | None:
    """What the events of a run say of its time; None where nothing ran."""
    run, jobs, began = "", 1, 0.0
    planned: dict[int, e.StepPlanned] = {}
    started: dict[int, float] = {}
    bars: dict[int, Bar] = {}
    for event in found:
        if isinstance(event, e.RunStarted):
            run, jobs, began = event.run, event.jobs, event.time
        elif isinstance(event, e.StepPlanned):
            planned[event.step] = event
        elif isinstance(event, e.StepStarted):
            started.setdefault(event.step, event.time)
        elif isinstance(event, e.StepFinished | e.StepFailed) and event.step in started:
            plan = planned[event.step]
            begin, end = started[event.step] - began, event.time - began
            bars[event.step] = Bar(event.step, plan.name, begin, end, event.seconds, plan.deps)
    if not bars:
        return None
    makespan = max(bar.ended for bar in bars.values()) - min(bar.began for bar in bars.values())
    total = sum(bar.seconds for bar in bars.values())
    bound = max(_longest(bars), total / max(1, jobs))
    idle = max(0.0, 1.0 - total / (jobs * makespan)) if makespan else 0.0
    ordered = tuple(sorted(bars.values(), key=lambda bar: (bar.began, bar.step)))
    return Profile(run, jobs, ordered, tuple(_path(bars)), makespan, bound, idle)


def _longest(bars: Mapping[int, Bar], without: int = -1) -> float:
    """The longest chain in seconds of the user's code. Steps are numbered in topological order."""
    ends: dict[int, float] = {}
    for step in sorted(bars):
        bar = bars[step]
        before = max((ends[dep] for dep in bar.deps if dep in ends), default=0.0)
        ends[step] = before + (bar.seconds if step != without else 0.0)
    return max(ends.values())


def _path(bars: Mapping[int, Bar]) -> list[Link]:
    """Back from what ended last, each time to the dep that ended last: that one was waited for."""
    whole, found = _longest(bars), list[Link]()
    bar: Bar | None = max(bars.values(), key=lambda one: (one.ended, one.step))
    while bar is not None:
        above = max((bars[dep] for dep in bar.deps if dep in bars), key=lambda one: one.ended, default=None)
        since = max(bar.began, above.ended) if above is not None else bar.began
        saves = (
            whole - _longest(bars, bar.step) if bar.seconds >= whole / 100 else 0.0
        )  # each of these looks at all steps
        found.append(Link(bar, max(0.0, bar.ended - since), saves))
        bar = above
    return found[::-1]


def trace(made: Profile) -> dict[str, Any]:
    """The run in the trace event format of Chrome, which Perfetto opens: times in microseconds, a lane for steps that do not overlap."""
    rows: list[dict[str, Any]] = []
    for lane, bar in _lanes(made.bars):
        args = {"seconds in the code": round(bar.seconds, 6), "takes": [str(dep) for dep in bar.deps]}
        rows.append(
            {
                "name": bar.name, "cat": "step", "ph": "X", "pid": 1, "tid": lane, "ts": round(bar.began * 1e6),
                "dur": max(1, round((bar.ended - bar.began) * 1e6)), "args": args,
            }
        )  # fmt: skip
    name = {"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": f"pipekit run {made.run}"}}
    return {"displayTimeUnit": "ms", "traceEvents": [name, *rows]}


def _lanes(bars: Sequence[Bar]) -> Iterable[tuple[int, Bar]]:
    ends: list[float] = []
    for bar in bars:
        lane = next((at for at, end in enumerate(ends) if end <= bar.began), len(ends))
        ends[lane : lane + 1] = [bar.ended]
        yield lane + 1, bar
