"""`log` and `tui`: what earlier and running runs said."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

from pipekit.errors import InvocationError
from pipekit.execution import events as e
from pipekit.execution.log import Reader
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.run import Folder, Json
from pipekit.faces.cli.talk import columns, put, put_json, say
from pipekit.faces.render import units
from pipekit.faces.render.harmless import harmless
from pipekit.project.layout import Layout, find
from pipekit.store.store import open_store
from pipekit.values import Origin


def log(
    what: Annotated[
        str | None, flag("A run, or a task of the latest run; else the list of runs.", metavar="[RUN|TASK]")
    ] = None,
    count: Annotated[int, flag("How many runs to list.", "-k", "--count", metavar="N")] = 20,
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """List the runs, or say what happened in one, or what a task printed."""
    where = find(Path(folder))
    if what is None:
        return _runs(where, count, as_json=json)
    path = where.runs / f"{what}.jsonl"
    if path.is_file():
        return _one(path, as_json=json)
    for path in logs(where):
        found = list(Reader(path).read(None))
        steps = {event.step: event.name for event in found if isinstance(event, e.StepPlanned)}
        numbers = {step for step, name in steps.items() if what in (name, name.partition("@")[0])}
        if numbers:
            return _task(found, numbers, what, where, as_json=json)
    raise InvocationError(
        f"there is no run and no task '{what}' in the log",
        where=Origin(str(where.runs)),
        hint="`pipekit log` lists the runs",
    )


def logs(where: Layout) -> list[Path]:
    """The logs of all runs, newest first."""
    return sorted(where.runs.glob("*.jsonl"), key=lambda one: one.stat().st_mtime, reverse=True)


def _runs(where: Layout, count: int, *, as_json: bool) -> int:
    runs = open_store(where.store).runs(count) if where.store.is_dir() else []
    if as_json:
        put_json(
            [
                {
                    "run": r.run,
                    "invocation": r.invocation,
                    "started": r.started,
                    "finished": r.finished,
                    "status": r.status,
                }
                for r in runs
            ]
        )
        return 0
    rows: list[tuple[str, ...]] = []
    for ran in runs:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ran.started))
        took = units.duration(ran.finished - ran.started) if ran.finished is not None else ""
        rows.append((ran.run, when, ran.status, took, ran.invocation))
    for line in columns(rows):
        put(line)
    if not rows:
        say("there has been no run yet")
    return 0


def _one(path: Path, *, as_json: bool) -> int:
    found = list(Reader(path).read(None))
    if as_json:
        sys.stdout.write(path.read_text())
        return 0
    names = {event.step: event.name for event in found if isinstance(event, e.StepPlanned)}
    for event in found:
        text = _said(event, names)
        if text:
            put(f"{time.strftime('%H:%M:%S', time.localtime(event.time))} {text}")
    return 0


def _said(event: e.Event, names: dict[int, str]) -> str:
    name = harmless(names.get(getattr(event, "step", None) or 0, ""))
    match event:
        case e.RunStarted():
            workers = f", {units.many(event.jobs, 'worker')}" if event.jobs else ""
            steps = units.many(event.steps, "step")
            return f"run {event.run} of {harmless(event.invocation) or 'no invocation'}: {steps}{workers}"
        case e.StepStarted():
            return f"{name} started"
        case e.StepFinished():
            return f"{name} ran in {units.duration(event.seconds)}, {units.size(event.size)}"
        case e.StepCached():
            return f"{name} cached"
        case e.StepFailed():
            return f"{name} failed: {harmless(event.message)}"
        case e.StepBlocked():
            return f"{name} blocked by {harmless(names.get(event.by, ''))}"
        case e.StepCancelled():
            return f"{name} cancelled"
        case e.StepUnneeded():
            return f"{name} was not needed"
        case e.Accepted():
            return f"{name} accepted by {harmless(event.by)}: {event.product[:8]} stands, made for {event.was[:8]}"
        case e.Warned():
            return f"warning: {harmless(event.message)}"
        case e.OutputWritten():
            return f"wrote {harmless(event.path)} ({units.size(event.size)})"
        case e.RunFinished():
            return f"{event.status} in {units.duration(event.seconds)}"
        case _:
            return ""


def _task(found: list[e.Event], numbers: set[int], name: str, where: Layout, *, as_json: bool) -> int:
    lines = [event.text for event in found if isinstance(event, e.LogLines) and event.step in numbers]
    text = "".join(lines) or kept(where, name)
    failures = [event for event in found if isinstance(event, e.StepFailed) and event.step in numbers]
    if as_json:
        rows: list[dict[str, Any]] = [
            {"message": f.message, "traceback": f.traceback, "where": f.where} for f in failures
        ]
        put_json({"task": name, "log": text, "failures": rows})
        return 0
    for line in text.splitlines():
        put(harmless(line))
    for failed in failures:
        for line in failed.traceback.splitlines():
            put(harmless(line))
    if not text and not failures:
        say(f"'{name}' printed nothing")
    return 0


def kept(where: Layout, name: str) -> str:
    """The log that is kept with the newest record of a task."""
    store = open_store(where.store)
    record = store.latest([name.partition("@")[0]]).get(name.partition("@")[0])
    return (
        bytes(store.read(record.log)).decode("utf-8", "replace")
        if record is not None and record.log is not None
        else ""
    )


def tui(
    run: Annotated[str | None, flag("A run; else the live or the latest one.", metavar="[RUN]")] = None,
    folder: Folder = ".",
) -> int:
    """Look at a live or recorded run, in the terminal."""
    where = find(Path(folder))
    there = logs(where)
    chosen = where.runs / f"{run}.jsonl" if run is not None else there[0] if there else None
    if chosen is None or not chosen.is_file():
        what = f"there is no run '{run}'" if run is not None else "there has been no run yet"
        raise InvocationError(
            what, where=Origin(str(where.runs)), hint="`pipekit log` lists the runs; `pipekit run` starts one"
        )
    from pipekit.faces.tui import watch_run

    return watch_run(chosen, runs=where.runs)
