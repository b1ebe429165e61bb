"""What is ahead of a run, said to those who show it: at most once a second, and in a hundredth of the time. It must never decide anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from msgspec import Struct

from pipekit.execution.events import Outlook
from pipekit.execution.snapshot import Live

EVERY = 1.0
SHARE = 0.01
"""Seconds between two looks ahead, or more: they take no more than this share of the loop's time."""

MOST_STEPS = 20_000
MOST_TOLD = 32
"""Of the steps of a run, and of those of a path that are told."""


class Outlooks(Struct):
    """Of one run. `clock` gives seconds; `due` is when to look ahead next."""

    live: Live
    due: float
    clock: Callable[[], float] = time.monotonic
    told: Outlook | None = None

    def tell(self, now: float) -> Iterator[Outlook]:
        """What is ahead `now` (Unix seconds), if it is time to say so, and something has changed."""
        began, drive = self.clock(), self.live.drive
        if began < self.due or not drive.jobs or len(drive.machine.nodes) > MOST_STEPS:
            return
        ahead = self.live.forecast.ahead(self.live.moment(now))
        self.due = began + max(EVERY, (self.clock() - began) / SHARE)
        said = Outlook(now, ahead.path[:MOST_TOLD], round(ahead.left, 3) if ahead.left is not None else -1.0)
        if self.told is None or _differs(self.told, said):
            self.told = said
            yield said


def _differs(was: Outlook, now: Outlook) -> bool:
    """Is that news, or only the clock that has gone on?"""
    if was.path != now.path or (was.seconds_left < 0) != (now.seconds_left < 0):
        return True
    later = now.time + now.seconds_left - was.time - was.seconds_left
    return now.seconds_left >= 0 and abs(later) > max(0.5, now.seconds_left / 50)
