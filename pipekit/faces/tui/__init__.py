"""The door of the screen: shows one run until the person leaves. The only home of textual; nothing of it is imported before it is shown."""

from __future__ import annotations

from pathlib import Path


def watch_run(log: Path, *, runs: Path) -> int:
    """Shows the run whose events are in `log`, live or recorded; `runs` is the folder newer logs appear in. The exit code."""
    import gc

    from pipekit.errors import ProjectError
    from pipekit.faces.tui.app import RunApp
    from pipekit.faces.tui.feed import Feed, feed_of, newest

    if not log.is_file():
        raise ProjectError(f"there is no log of a run at {log}", hint="pipekit run makes one")
    shown = log

    def newer() -> Feed | None:
        nonlocal shown
        found = newest(runs)
        if found is None or found == shown:
            return None
        shown = found
        return feed_of(found)

    # Hundreds of thousands of small lasting objects: the collector's default pace would walk them all the time.
    gc.set_threshold(100_000, 50, 50)
    return RunApp(feed_of(log), newest=newer).run() or 0
