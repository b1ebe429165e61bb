"""`watch`: rerun on every save."""

from __future__ import annotations

from pathlib import Path

from pipekit.faces.cli.run import Folder, Invocation, Jobs, Options, Pool, checked_jobs, checked_pool
from pipekit.faces.cli.talk import say
from pipekit.invocation.every import read_overrides
from pipekit.project.layout import find


def watch(
    invocation: Invocation = None,
    option: Options = (),
    jobs: Jobs = None,
    pool: Pool = "processes",
    folder: Folder = ".",
) -> int:
    """Run, then run again what a save has made stale, until Ctrl-C."""
    where = find(Path(folder))
    asked = {
        "folder": str(where.folder),
        "invocation": invocation,
        "options": dict(read_overrides(option)),
        "jobs": checked_jobs(jobs),
        "pool": checked_pool(pool),
    }
    from pipekit.faces.watch.loop import Watch

    return Watch(where.folder, asked, say).run()
