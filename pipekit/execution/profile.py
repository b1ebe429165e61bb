"""Where the time of a run went, from its events: what was at work when, the chain that took longest, what each link of it would save. It
must never know a store or a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from pipekit.execution import events as e
from pipekit.execution.critical import critical


class Bar(Struct, frozen=True):
    """One step that ran: from when to when, in seconds since the run began; `seconds` in the user's code; `deps` are steps; `shared`: its
    items went to several workers."""

    step: int
    name: str
    began: float
    ended: float
    seconds: float
    deps: tuple[int, ...]
    shared: bool = False


class Link(Struct, frozen=True):
    """A step on the chain that took longest: for how long it alone was waited for, and by how much sooner everything could have ended if it
    had taken no time, with workers enough: nothing where it took less than a hundredth of the whole chain."""

    bar: Bar
    alone: float
    saves: float


class Whole(Struct, frozen=True):
    """Of a run on so many workers (`jobs`): `makespan` from the first start to the last end; `bound`: what no schedule could beat, be it
    the longest `chain` of steps or, where that is empty, all work shared among the workers; `idle`: the share of the workers' time that was
    spent in no step."""

    jobs: int
    makespan: float
    bound: float
    idle: float
    chain: tuple[int, ...]


class Profile(Struct, frozen=True):
    """Of a run, as in Whole; `path` leads back from what ended last."""

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
            run, jobs, began = event.run, max(1, event.jobs), event.time
        elif isinstance(event, e.StepPlanned):
            planned[event.step] = event
        elif isinstance(event, e.StepStarted):
            started.setdefault(event.step, event.time)
        elif isinstance(event, e.StepFinished | e.StepFailed) and event.step in started:
            plan = planned[event.step]
            begin, end = started[event.step] - began, event.time - began
            shared = plan.kind == "each"
            bars[event.step] = Bar(event.step, plan.name, begin, end, event.seconds, plan.deps, shared)
    if not bars:
        return None
    made = whole(bars, jobs)
    ordered = tuple(sorted(bars.values(), key=lambda bar: (bar.began, bar.step)))
    path = tuple(_path(bars, jobs))
    return Profile(run, jobs, ordered, path, made.makespan, made.bound, made.idle)


def whole(bars: Mapping[int, Bar], jobs: int) -> Whole:
    """What the steps that ran say of the run; there is one at least."""
    chain, longest = critical(*_linked(bars, jobs))
    makespan = max(bar.ended for bar in bars.values()) - min(bar.began for bar in bars.values())
    total = sum(bar.seconds for bar in bars.values())
    idle = max(0.0, 1.0 - total / (jobs * makespan)) if makespan else 0.0
    return Whole(jobs, makespan, max(longest, total / jobs), idle, chain if longest >= total / jobs else ())


def _linked(
    bars: Mapping[int, Bar], jobs: int
) -> tuple[list[tuple[int, ...]], dict[int, set[int]], list[int], list[float]]:
    """What `critical` wants to know: items flowed to a step from a dep that ended only after it had begun."""
    steps = sorted(bars)
    deps: list[tuple[int, ...]] = [()] * (steps[-1] + 1)
    seconds, feeds = [0.0] * len(deps), dict[int, set[int]]()
    for step, bar in bars.items():
        deps[step] = bar.deps
        seconds[step] = bar.seconds / jobs if bar.shared else bar.seconds
        for dep in bar.deps:
            if dep in bars and bars[dep].ended > bar.began:
                feeds.setdefault(step, set()).add(dep)
    return deps, feeds, steps, seconds


def _path(bars: Mapping[int, Bar], jobs: int) -> list[Link]:
    """Back from what ended last, each time to the dep that ended last: that one was waited for."""
    deps, feeds, steps, seconds = _linked(bars, jobs)
    longest, found = critical(deps, feeds, steps, seconds)[1], list[Link]()
    bar: Bar | None = max(bars.values(), key=lambda one: (one.ended, one.step))
    while bar is not None:
        above = max((bars[dep] for dep in bar.deps if dep in bars), key=lambda one: one.ended, default=None)
        since = max(bar.began, above.ended) if above is not None else bar.began
        took, saves = seconds[bar.step], 0.0
        if took >= longest / 100:  # each of these looks at all steps
            seconds[bar.step] = 0.0
            saves = longest - critical(deps, feeds, steps, seconds)[1]
            seconds[bar.step] = took
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
