"""`profile`: where the time of a run went."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated

from msgspec import to_builtins

from pipekit.errors import InvocationError
from pipekit.execution.log import Reader
from pipekit.execution.profile import Profile, trace
from pipekit.execution.profile import profile as made_of
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.history import logs
from pipekit.faces.cli.run import Folder, Json
from pipekit.faces.cli.talk import columns, put, put_json, say
from pipekit.faces.render import units
from pipekit.faces.render.harmless import harmless
from pipekit.project.layout import find
from pipekit.values import Origin


def profile(
    run: Annotated[str | None, flag("A run; else the last in which anything ran.", metavar="[RUN]")] = None,
    to: Annotated[
        str | None, flag("Write a trace there, for chrome://tracing and Perfetto.", "--trace", metavar="FILE")
    ] = None,
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """Say where the time of a run went: the chain that took longest, what each link of it would save, how idle workers were."""
    found = _found(Path(folder), run)
    if to is not None:
        Path(to).write_text(json_.dumps(trace(found)))
        say(f"wrote {to} ({units.many(len(found.bars), 'step')})")
    elif json:
        put_json(to_builtins(found))
    else:
        _put(found)
    return 0


def _found(folder: Path, run: str | None) -> Profile:
    where = find(folder)
    paths = logs(where) if run is None else [where.runs / f"{run}.jsonl"]
    if run is not None and not paths[0].is_file():
        raise InvocationError(
            f"there is no run '{run}'", where=Origin(str(where.runs)), hint="`pipekit log` lists the runs"
        )
    for path in paths:
        if (made := made_of(Reader(path).read(None))) is not None:
            return made
    said = f"nothing ran in run '{run}'" if run is not None else "there has been no run in which anything ran"
    raise InvocationError(said, where=Origin(str(where.runs)), hint="run something, then ask again")


def _put(made: Profile) -> None:
    put(
        f"run {made.run}: {units.duration(made.makespan)} from the first start to the last end, "
        f"{units.duration(made.bound)} at the least; {units.many(made.jobs, 'worker')}, {made.idle:.0%} idle"
    )
    put("the chain that took longest:")
    rows: list[tuple[str, ...]] = [("", "waited for", "would save", "in the code")]
    rows += [
        (
            harmless(one.bar.name),
            units.duration(one.alone),
            units.duration(one.saves),
            units.duration(one.bar.seconds),
        )
        for one in made.path
    ]
    for line in columns(rows):
        put(f"  {line}")
