"""`watch`: rerun on every save."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.run import Folder, Invocation, Options, Pool, checked_jobs, checked_pool, overrides
from pipekit.faces.cli.talk import say
from pipekit.project.layout import find


def watch(
    invocation: Invocation = None,
    option: Options = [],  # noqa: B006
    jobs: Annotated[int | None, flag("How many workers; else as many as processors.", "-j", "--jobs", metavar="N")] = None,
    pool: Pool = "processes",
    folder: Folder = ".",
) -> int:
    """Run, then run again what a save has made stale, until Ctrl-C."""
    where = find(Path(folder))
    asked = {
        "folder": str(where.folder),
        "invocation": invocation,
        "options": dict(overrides(option)),
        "jobs": checked_jobs(jobs),
        "pool": checked_pool(pool),
    }
    from pipekit.faces.watch.loop import Watch

    return Watch(where.folder, asked, say).run()
