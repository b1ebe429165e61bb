"""Which pool a run has, and what its workers are. It must never import a pool before one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipekit.errors import ExecutionError

if TYPE_CHECKING:
    from pipekit.execution.messages import Setup
    from pipekit.execution.run import How
    from pipekit.parallel.pools.protocol import Pool

MAIN = "pipekit.execution.worker:main"
PRELOAD = ("pipekit.execution.worker",)
THREADS = 1
"""Of numeric libraries in each worker, where nobody says otherwise."""


def make_pool(how: How, setup: Setup, expected: int = 0) -> Pool:
    """The pool that `how.pool` names; so many workers are likely to be needed. Raises ExecutionError for a name that there is not."""
    if how.pool == "processes":
        from pipekit.parallel.pools.eager import Eager
        from pipekit.parallel.pools.processes import ProcessPool

        preload = (*PRELOAD, *how.preload)
        cwd = str(setup.folder or "")
        pool = ProcessPool(
            MAIN,
            setup,
            env=how.env,
            cwd=cwd,
            path=how.path or None,
            preload=preload,
            threads=THREADS,
            server=how.server,
        )
        return Eager(pool, expected)
    if how.pool == "threads":
        from pipekit.parallel.pools.threads import ThreadPool

        return ThreadPool(MAIN, setup)
    if how.pool == "inline":
        from pipekit.parallel.pools.inline import InlinePool

        return InlinePool(MAIN, setup)
    raise ExecutionError(f"there is no pool '{how.pool}'", hint="there are: processes, threads, inline")
