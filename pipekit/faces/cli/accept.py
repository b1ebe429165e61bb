"""`accept`: what was recorded stands for the code as it is now. It runs nothing."""

from __future__ import annotations

import getpass
import json as json_
import subprocess
import time
from typing import Annotated, Any

from pipekit.errors import ExecutionError
from pipekit.execution import accept as accepting
from pipekit.execution import events as e
from pipekit.execution import reasons, why
from pipekit.execution.log import Log
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.run import new_id, planned
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.products import From, Name, find_all
from pipekit.faces.cli.run import Folder, Json, Options
from pipekit.faces.cli.talk import put, put_json
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.reason import reason_text
from pipekit.project.project import Project
from pipekit.project.short import open
from pipekit.store.history import Ran
from pipekit.values import Ok, call_user


def accept(
    task: Name,
    by: Annotated[
        str | None, flag("Who says so; else the name that git knows, or the user's.", "--by", metavar="NAME")
    ] = None,
    invocation: From = None,
    option: Options = (),
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """After a refactoring: let the product that is stored stand for the code as it is now."""
    project = open(folder)
    plan, entries = find_all(project, task, invocation, option)
    stale = [entry for entry in entries if entry.state != "cached"]
    for entry in stale:
        _check(plan, entry)
    found = [(entry, accepting.standing(entry, project.store, plan.world)) for entry in stale]
    rows = _write(project, plan, found, by or author(project)) if found else []
    if json:
        put_json({"accepted": rows})
        return 0
    for row, (_, standing) in zip(rows, found):
        put(f"{harmless(row['task'])} stands: {row['product'][:8]} of run {standing.record.run}")
        for one in standing.differences:
            put(f"  {reason_text(one)}")
    for entry in entries:
        if entry not in stale:
            put(f"{harmless(entry.step.name)} is up to date: there is nothing to accept")
    return 0


def _check(plan: Plan, entry: Planned) -> None:
    first = why.first_above(plan, entry)
    if first is not None:
        above = first.step.name
        raise ExecutionError(
            f"'{entry.step.name}' cannot be accepted before '{above}', which it takes and which is stale itself",
            where=entry.task.origin, hint=f"accept that first, or run it: pipekit accept {above}",
        )  # fmt: skip
    if entry.reason.kind in (reasons.REFRESH, reasons.MISSING, reasons.FILE, reasons.FAILED):
        raise ExecutionError(
            f"'{entry.step.name}' is no refactoring: {reason_text(entry.reason)}",
            where=entry.task.origin, hint=f"run it: pipekit run -t {entry.step.task}",
        )  # fmt: skip


def _write(
    project: Project, plan: Plan, found: list[tuple[Planned, accepting.Standing]], by: str
) -> list[dict[str, Any]]:
    run, began = new_id(), time.time()
    rows: list[dict[str, Any]] = []
    log = Log(project.layout.runs / f"{run}.jsonl")
    log.write(e.RunStarted(began, run, plan.invocation.name, 0, len(found), 0))
    for entry, standing in found:
        record = accepting.accept(entry, standing, project.store, plan.world, run, by)
        names = record.key.hex(), standing.record.key.hex(), record.product.digest.hex()
        log.write(planned(entry, began, project.folder))
        log.write(e.Accepted(record.created, entry.step.id, *names, by))
        rows.append(
            {"task": entry.step.name, "key": names[0], "was": names[1], "product": names[2], "by": by, "run": run}
        )
    log.write(e.RunFinished(time.time(), run, "accepted", time.time() - began, False, {}, 0.0))
    log.close()
    told = json_.dumps({"status": "accepted", "by": by, "tasks": [row["task"] for row in rows]}).encode()
    project.store.put_run(Ran(run, plan.invocation.name, began, time.time(), "accepted", told))
    return rows


def author(project: Project) -> str:
    """Who works here: as git says it for this folder, else the user's name."""
    words = ["git", "-C", str(project.folder), "config", "user.name"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    user = call_user(getpass.getuser)
    return said or (user.value if isinstance(user, Ok) else "somebody")
