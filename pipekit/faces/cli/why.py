"""`why` and `diff`: what is different between now and an earlier run, or between two runs. They run nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

from pipekit.errors import InvocationError
from pipekit.execution import accept, compare, preimages, reasons, summary, why
from pipekit.execution.compare import Compared, Difference, Ended
from pipekit.execution.nearest import Nearest
from pipekit.execution.plan import Plan, Planned
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.products import From, Name, find
from pipekit.faces.cli.run import Folder, Json, Options
from pipekit.faces.cli.talk import columns, put, put_json, say
from pipekit.faces.render import units
from pipekit.faces.render.change import source_change
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.reason import reason_text
from pipekit.project.layout import Layout
from pipekit.project.layout import find as find_project
from pipekit.project.project import Project
from pipekit.project.short import open
from pipekit.store.records import Record
from pipekit.store.store import open_store
from pipekit.values import Digest, Origin

WORDS = {"cached": "is up to date", "would_run": "would run", "may_run": "may run"}
_ENDED = {
    "blocked": "was blocked", "cancelled": "was cancelled", "unneeded": "was not needed", "unfinished": "did not finish",
}  # fmt: skip
Run = Annotated[str | None, flag("A run to compare with; two runs: these with each other.", metavar="[RUN]")]


def explain(
    task: Name, run: Run = None, other: Run = None, invocation: From = None, option: Options = (),
    json: Json = False, folder: Folder = ".",
) -> int:  # fmt: skip
    """Say what is different from the last run, or from RUN, or between two runs: options, files, code, deps."""
    if run is not None and other is not None:
        return _between(find_project(Path(folder)), task, run, other, as_json=json)
    project = open(folder)
    plan, entry = find(project, task, invocation, option)
    chain = [entry, *why.above(plan, entry)] if run is None else [entry]
    rows = [_now(project, plan, one, run) for one in chain]
    if json:
        put_json({**rows[0], "upstream": rows[1:]})
        return 0
    for row, one in zip(rows, chain):
        _put(one, row)
    if run is not None and rows[0]["compared"] is None:
        state = _of_run(project.layout, run, entry.step.name).state
        say(f"  it {_ENDED.get(state, state)} in run {run}: there is nothing to compare with")
    return 0


def _now(project: Project, plan: Plan, entry: Planned, run: str | None) -> dict[str, Any]:
    store = project.store
    record = _record(project, entry, run) if run is not None else entry.record or Nearest(plan.entries, store).of(entry)
    then = preimages.of_then(store, record) if record is not None else None
    stale = entry.state != "cached" or run is not None
    found = compare.differences(why.now(entry, plan.world), then) if stale and record is not None else ()
    return {
        "task": entry.step.name,
        "state": entry.state,
        "reason": summary.reason(entry.reason),
        "key": entry.key.hex() if entry.key is not None else None,
        "compared": _compared(record, project) if record is not None else None,
        "differences": [_row(one) for one in found],
    }


def _record(project: Project, entry: Planned, run: str) -> Record | None:
    ended = _of_run(project.layout, run, entry.step.name)
    return project.store.record(Digest(bytes.fromhex(ended.key))) if ended.key else None


def _of_run(where: Layout, run: str, name: str) -> Ended:
    ended = _ended(where, run).get(name)
    if ended is None:
        raise InvocationError(
            f"run {run} had no step '{name}'", where=Origin(name), hint=f"`pipekit log {run}` lists its steps"
        )
    return ended


def _ended(where: Layout, run: str) -> dict[str, Ended]:
    path = where.runs / f"{run}.jsonl"
    if not path.is_file():
        raise InvocationError(
            f"there is no run '{run}' in the log", where=Origin(str(where.runs)), hint="`pipekit log` lists the runs"
        )
    return compare.ended(path)


def _compared(record: Record, project: Project) -> dict[str, Any]:
    note = accept.noted(record, project.store)
    accepted = {"by": note.by, "when": note.when, "was": note.was} if note is not None else None
    when, seconds = record.created, record.seconds
    return {"run": record.run, "key": record.key.hex(), "when": when, "seconds": seconds, "accepted": accepted}


def _row(one: Difference) -> dict[str, Any]:
    found: dict[str, Any] = {**summary.reason(one.reason), "where": one.reason.where}
    if one.was or one.now:
        found["source"] = list(source_change(one.was, one.now))
    return found


# --- in words -------------------------------------------------------------------------------------------------------------


def _put(entry: Planned, row: dict[str, Any]) -> None:
    name, differences = harmless(entry.step.name), row["differences"]
    if entry.state == "cached" and differences:
        put(f"{name} {WORDS[entry.state]}; since run {row['compared']['run']}:")
    else:
        is_told = not differences and entry.reason.kind != "cached"
        put(f"{name} {WORDS[entry.state]}{': ' + reason_text(entry.reason) if is_told else ''}")
    put_differences(row["differences"], "  ")
    compared = row["compared"]
    if compared is not None and (differences or compared["key"] == row["key"]):
        say(f"  {_said(compared, is_made=not differences)}")


def put_differences(rows: list[dict[str, Any]], indent: str) -> None:
    """Each with the change of its source below it."""
    for row in rows:
        put(indent + reason_text(reasons.Reason(row["kind"], row["subject"], row["was"], row["now"], row["where"])))
        for line in row.get("source", ()):
            put(f"{indent}    {line}".rstrip())


def _said(compared: dict[str, Any], *, is_made: bool) -> str:
    ago = units.ago(time.time() - compared["when"])
    accepted = compared["accepted"]
    if accepted is not None:
        return (
            f"accepted {ago} by {harmless(accepted['by'])} (run {compared['run']}), in place of {accepted['was'][:8]}"
        )
    took = units.duration(compared["seconds"])
    if is_made:
        return f"made by run {compared['run']}, {ago}, in {took}"
    return f"compared with run {compared['run']}, {ago}, which took {took}"


# --- two runs ---------------------------------------------------------------------------------------------------------------


def _between(where: Layout, task: str, run: str, other: str, *, as_json: bool) -> int:
    before, after = _of_run(where, run, task), _of_run(where, other, task)
    found = compare.of_keys(before.key, after.key, open_store(where.store)) if before.key and after.key else None
    rows = [_row(one) for one in found or ()]
    if as_json:
        put_json({"task": task, "was": _end(before), "now": _end(after), "differences": rows})
        return 0
    put(f"{harmless(task)}: {_became(Compared(before, after))}")
    put_differences(rows, "  ")
    if before.key == after.key and before.key:
        say(f"  the same key in both runs: {before.key[:8]}")
    elif found is None and before.key and after.key:
        say("  what its keys were made from is not kept")
    return 0


def diff(
    run: Annotated[str, flag("A run.", metavar="RUN")],
    other: Annotated[str, flag("Another run.", metavar="RUN")],
    everything: Annotated[bool, flag("Also what is the same.", "-a", "--all")] = False,
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """Say which steps of two runs differ, and why."""
    where = find_project(Path(folder))
    for one in (run, other):
        _ended(where, one)
    store = open_store(where.store)
    found = list(compare.runs(where.runs / f"{run}.jsonl", where.runs / f"{other}.jsonl", store))
    shown = [one for one in found if everything or not _is_same(one)]
    if json:
        put_json({"runs": [run, other], "same": sum(map(_is_same, found)), "steps": [_json(one) for one in shown]})
        return 0
    lines = columns([(_name(one), _became(one), _first(one)) for one in shown])
    for line in lines:
        put(line)
    same = sum(map(_is_same, found))
    say(f"{units.many(len(found) - same, 'step')} differ{'s' if len(found) - same == 1 else ''}, {same} the same")
    return 0


def _is_same(one: Compared) -> bool:
    return (
        one.was is not None
        and one.now is not None
        and (one.was.key, one.was.product) == (one.now.key, one.now.product)
        and bool(one.now.key)
    )


def _name(one: Compared) -> str:
    ended = one.now or one.was
    return ended.name if ended is not None else ""


def _became(one: Compared) -> str:
    if one.was is None or one.now is None:
        return "new" if one.was is None else "gone"
    if one.was.product and one.now.product:
        if one.was.product == one.now.product:
            return f"same product {one.now.product[:8]}"
        return f"product {one.was.product[:8]} → {one.now.product[:8]}"
    return one.now.state if one.was.state == one.now.state else f"{one.was.state} → {one.now.state}"


def _first(one: Compared) -> str:
    if not one.differences:
        return ""
    more = f" (and {len(one.differences) - 1} more)" if len(one.differences) > 1 else ""
    return reason_text(one.differences[0].reason) + more


def _end(one: Ended | None) -> dict[str, str] | None:
    return {"state": one.state, "key": one.key, "product": one.product} if one is not None else None


def _json(one: Compared) -> dict[str, Any]:
    rows = [_row(difference) for difference in one.differences]
    return {"task": _name(one), "was": _end(one.was), "now": _end(one.now), "differences": rows}
