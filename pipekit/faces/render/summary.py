"""The last words of a run: each failed task's own traceback and log, what was left out, and one line of counts. It must never print."""

from __future__ import annotations

from collections.abc import Mapping

from pipekit.execution.events import StepFailed, StepFinished
from pipekit.execution.profile import Bar, Whole, whole
from pipekit.faces.render import units
from pipekit.faces.render.estimate import chained
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless, harmless_lines
from pipekit.faces.render.steps import StepView

_MOST_FAILURES = 10
_MOST_LINES = 20
_LONG = 1.0
"""Seconds of which it is worth saying where they went."""


def summary(snapshot: Snapshot) -> list[str]:
    """The lines to print when nothing more will come."""
    lines: list[str] = []
    for step in snapshot.failed[:_MOST_FAILURES]:
        lines += [*_failure(snapshot, snapshot.steps[step]), ""]
    if len(snapshot.failed) > _MOST_FAILURES:
        lines += [f"... and {units.many(len(snapshot.failed) - _MOST_FAILURES, 'more failed task')}", ""]
    lines += [f"warning: {harmless(warning.message)}" for warning in snapshot.warnings]
    lines += [f"wrote {harmless(output.path)} ({units.size(output.size)})" for output in snapshot.outputs]
    return [*lines, *time_line(snapshot), last_line(snapshot)]


def time_line(snapshot: Snapshot) -> list[str]:
    """`"12 s, 9.8 s at the least (train > report); 2 workers, 23% idle; pipekit profile says more"`; nothing where it could have been done in under a second, or something failed."""
    started, finished = snapshot.started, snapshot.finished
    if started is None or finished is None or finished.status != "succeeded" or finished.seconds < _LONG:
        return []
    bars = {step: bar for step, view in snapshot.steps.items() if (bar := _bar(view, started.time)) is not None}
    made = whole(bars, max(1, started.jobs)) if bars else None
    return [_timed(made, bars)] if made is not None and made.bound >= _LONG else []


def _bar(view: StepView, began: float) -> Bar | None:
    ending, plan = view.ending, view.plan
    if view.started is None or not isinstance(ending, StepFinished | StepFailed):
        return None
    begin, end = view.started - began, ending.time - began
    return Bar(plan.step, plan.name, begin, end, ending.seconds, plan.deps, plan.kind == "each")


def _timed(made: Whole, bars: Mapping[int, Bar]) -> str:
    workers = units.many(made.jobs, "worker")
    why = chained([bars[step].name for step in made.chain]) or f"all of it on {workers}"
    least = f"{units.duration(made.makespan)}, {units.duration(made.bound)} at the least ({why})"
    return f"{least}; {workers}, {made.idle:.0%} idle; pipekit profile says more"


def last_line(snapshot: Snapshot) -> str:
    """`"run 7f3a2c succeeded in 12 s: 3 ran, 9 cached"`."""
    finished, started = snapshot.finished, snapshot.started
    status = finished.status if finished is not None else "did not finish"
    partial = ", partial" if finished is not None and finished.partial else ""
    run = harmless(started.run if started is not None else finished.run if finished is not None else "")
    return f"run {run} {status} in {units.duration(snapshot.elapsed(snapshot.time))}{partial}: {counted(snapshot)}"


def counted(snapshot: Snapshot) -> str:
    """`"3 ran, 9 cached, 1 failed"`: the final states that occurred."""
    states = ("ran", "cached", "failed", "blocked", "cancelled", "unneeded")
    numbers = [(snapshot.count(state), state) for state in states]
    return ", ".join(f"{units.count(number)} {state}" for number, state in numbers if number) or "nothing to do"


def _failure(snapshot: Snapshot, view: StepView) -> list[str]:
    failed = view.failure
    if failed is None:
        return []
    name = harmless(view.plan.name)
    item = f" at item {harmless(failed.item)}" if failed.item else ""
    lines = [f"error: task '{name}' failed{item}: {harmless(failed.message)}"]
    where = failed.where or view.plan.where
    if where:
        lines.append(f"  --> {harmless(where)}")
    lines += _indented("  ", failed.traceback)
    lines += _log(snapshot, view, failed)
    what = f"'{name}#{harmless(failed.item).split()[0]}'" if failed.item else name
    raised = "Traceback (most recent call last)" in failed.traceback
    more = f"; pipekit debug {what}" if raised else f"; pipekit show {what}" if failed.item else ""
    return [*lines, f"hint: pipekit log {name}{more}"]


def _log(snapshot: Snapshot, view: StepView, failed: StepFailed) -> list[str]:
    said = harmless_lines(failed.log) or [line for _, _, line in snapshot.logs.of(view.plan.step)]
    if not said:
        return []
    more = len(said) - _MOST_LINES
    head = [f"  log (last {_MOST_LINES} of {units.count(len(said))} lines):"] if more > 0 else ["  log:"]
    return head + [f"  | {line}".rstrip() for line in said[-_MOST_LINES:]]


def _indented(by: str, text: str) -> list[str]:
    return [f"{by}{line}".rstrip() for line in harmless_lines(text)]
