"""Where the screen's events come from: a log that may still grow, and whether the run behind it lives. It must never block longer than it is told to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipekit.execution.events import Event
from pipekit.execution.log import Reader
from pipekit.faces.render.fold import Fold

_LOOK_EVERY = 64


class Feed:
    """Reads events into `fold`. `read` is what a Reader's `read` is; `alive` tells whether a process (pid) lives."""

    def __init__(self, read: Callable[[], Iterator[Event]], *, alive: Callable[[int], bool] | None = None) -> None:
        self.fold = Fold()
        self._read, self._alive = read, alive or is_alive
        self._pending: Iterator[Event] = iter(())
        self.behind, self._caught_up = True, False

    def pull(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> int:
        """Folds what has come, for about `seconds` at most; how many events. `behind` tells whether there is more."""
        start, number = clock(), 0
        for refilled in (False, True):
            for event in self._pending:
                self.fold.take(event)
                number += 1
                if number % _LOOK_EVERY == 0 and clock() - start > seconds:
                    self.behind = True
                    return number
            if not refilled:
                self._pending = self._more()
        self.behind, self._caught_up = False, True
        return number

    def status(self) -> str:
        """`reading` what was recorded before, `live`, `recorded`, or `lost`: not finished, and its process is gone."""
        shown = self.fold.glance()
        if shown.finished is not None:
            return "recorded"
        if not self._caught_up or shown.started is None:
            return "reading"
        return "live" if self._alive(shown.started.pid) else "lost"

    def _more(self) -> Iterator[Event]:
        try:
            yield from self._read()
        except OSError:
            # The log was cleaned away under us; what is known stays on the screen.
            return


def feed_of(log: Path) -> Feed:
    """The feed of a run's log file."""
    return Feed(Reader(log).read)


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists on this machine."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def newest(runs: Path) -> Path | None:
    """The log in the folder that was written to last."""
    try:
        logs = [(entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(runs) if entry.name.endswith(".jsonl")]
    except OSError:
        return None
    return Path(max(logs)[1]) if logs else None
