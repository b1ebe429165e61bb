"""What `run` says where there is no terminal: a line per finished task or family, a heartbeat, the summary last. It must never write to stdout."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from pipekit.execution import events as e
from pipekit.execution.reasons import TYPE
from pipekit.faces.render import units
from pipekit.faces.render.estimate import critical, seconds_left
from pipekit.faces.render.fold import Fold, Snapshot
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.steps import Family, StepView
from pipekit.faces.render.summary import summary

_EVERY = 10.0
_MOST_ALONE = 50
_MOST_FAILURES = 20
_NAMED = 3
_WORD = 7


def to_stderr(line: str) -> None:
    """Writes one line to stderr; what its encoding cannot show is escaped."""
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stderr.flush()


class Plain:
    """`take` events, `beat` now and then; as a context manager it beats by itself and ends with the summary.

    `write` gets whole lines without their end, `clock` gives Unix seconds.
    """

    def __init__(self, write: Callable[[str], object] = to_stderr, *, clock: Callable[[], float] = time.time) -> None:
        self._write, self._clock = write, clock
        self._fold, self._lock, self._over = Fold(), threading.Lock(), threading.Event()
        self._spoke, self._failures = 0.0, 0
        self._begun = False

    def __enter__(self) -> Plain:
        threading.Thread(target=self._beat_on, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def take(self, event: e.Event) -> None:
        """Folds the event in and says what it means, if anything."""
        with self._lock:
            self._fold.take(event)
            said = _SAYS.get(type(event))
            if said is not None:
                said(self, event)

    def beat(self, now: float) -> None:
        """Says how far the run is, if ten seconds have gone by since it began or since this was last said."""
        with self._lock:
            snapshot = self._fold.glance()
            if snapshot.started is None or snapshot.finished is not None or now - self._spoke < _EVERY:
                return
            self._spoke = now
            self._write(heartbeat(snapshot, now))

    def close(self) -> None:
        """Stops beating and says the summary."""
        self._over.set()
        with self._lock:
            snapshot = self._fold.glance()
            if snapshot.finished is not None or snapshot.failed:
                for line in summary(snapshot):
                    self._write(line)

    def _beat_on(self) -> None:
        while not self._over.wait(1.0):
            self.beat(self._clock())

    def _started(self, event: e.RunStarted) -> None:
        self._spoke = event.time

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._write(opening(self._fold.glance()))

    def _set_out(self, event: e.StepStarted | e.StepReady) -> None:
        self._begin()

    def _finished(self, event: e.StepFinished) -> None:
        self._begin()
        if (view := self._fold.step(event.step)) is None:
            return
        if self._fold.size <= _MOST_ALONE:
            self._write(finished_line(view, event))
        else:
            self._over_with(view)

    def _failed(self, event: e.StepFailed) -> None:
        self._begin()
        if (view := self._fold.step(event.step)) is None:
            return
        self._failures += 1
        if self._failures <= _MOST_FAILURES:
            self._write(failed_line(view, event))
        if self._failures == _MOST_FAILURES:
            self._write(f"{'':{_WORD}} (further failures are counted)")
        if self._fold.size > _MOST_ALONE:
            self._over_with(view)

    def _over_with(self, view: StepView) -> None:
        family = self._fold.completed(view.plan.task)
        if family is not None:
            self._write(family_line(family))

    def _run_finished(self, event: e.RunFinished) -> None:
        self._begin()


_SAYS: dict[type, Callable[[Plain, Any], None]] = {
    e.RunStarted: Plain._started,
    e.StepStarted: Plain._set_out,
    e.StepFinished: Plain._finished,
    e.StepFailed: Plain._failed,
    e.RunFinished: Plain._run_finished,
}


def opening(snapshot: Snapshot) -> str:
    """`"run 7f3a2c (default): 12 tasks, 9 cached, 3 to run, 4 workers"`; before "3 to run" perhaps "2 to check"."""
    run = snapshot.started
    head = f"run {harmless(run.run)} ({harmless(run.invocation)}): " if run is not None else ""
    planned = [view.plan for view in snapshot.steps.values() if view.plan.state == "cached"]
    checks = sum(plan.reason.kind == TYPE for plan in planned)
    cached, to_run = len(planned) - checks, len(snapshot.steps) - len(planned)
    workers = f", {units.many(run.jobs, 'worker')}" if run is not None else ""
    tasks = units.many(len(snapshot.steps), "task")
    to_check = f"{units.count(checks)} to check, " if checks else ""
    return f"{head}{tasks}, {units.count(cached)} cached, {to_check}{units.count(to_run)} to run{workers}"


def finished_line(view: StepView, event: e.StepFinished) -> str:
    """`"ran     clean  1.2 s  212 MB"`; two spaces between what a program may want to split."""
    parts = [harmless(view.plan.name), units.duration(event.seconds), units.size(event.size)]
    if event.items is not None:
        parts.append(units.many(event.items, "item"))
    if event.partial:
        parts.append("partial")
    if not view.plan.stored:
        parts.append("not stored")
    return f"{'ran':{_WORD}} " + "  ".join(parts)


def failed_line(view: StepView, event: e.StepFailed) -> str:
    """`"FAILED  train  4.1 s  ValueError: lr must be positive"`."""
    parts = (harmless(view.plan.name), units.duration(event.seconds), harmless(event.message))
    return f"{'FAILED':{_WORD}} " + "  ".join(parts)


def family_line(family: Family) -> str:
    """`"ran     train  638 of 640 tasks  38 s  2 failed"`: a family of which nothing is left to do."""
    parts = [harmless(family.name), f"{units.count(family.done)} of {units.many(family.total, 'task')}"]
    parts.append(units.duration(family.seconds))
    parts += [f"{units.count(family.count(state))} {state}" for state in ("failed", "blocked") if family.count(state)]
    return f"{'ran':{_WORD}} " + "  ".join(parts)


def heartbeat(snapshot: Snapshot, now: float) -> str:
    """`"01:52   2502/4230 done, 12 running (train 00:41, evaluate 00:12, ...), 1 failed, about 02:44 left, critical: train > report"`."""
    running = snapshot.running
    named = [snapshot.steps[step] for step in running[:_NAMED]]
    names = [f"{harmless(view.plan.name)} {units.clock(view.seconds(now) or 0)}" for view in named]
    names += ["..."] if len(running) > _NAMED else []
    parts = [f"{units.count(snapshot.over)}/{units.count(len(snapshot.steps))} done"]
    parts.append(f"{units.count(len(running))} running" + (f" ({', '.join(names)})" if names else ""))
    if snapshot.failed:
        parts.append(f"{units.count(len(snapshot.failed))} failed")
    left = seconds_left(snapshot, now)
    if left is not None:
        parts.append(f"about {units.clock(left)} left")
    if path := critical(snapshot):
        parts.append(f"critical: {path}")
    return f"{units.clock(snapshot.elapsed(now)):{_WORD}} " + ", ".join(parts)
