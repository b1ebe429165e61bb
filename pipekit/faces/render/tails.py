"""The last log lines of every step, bounded. It must never read a file."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from pipekit.faces.render.harmless import harmless_lines

_PER_STEP = 2_000
_IN_ALL = 200_000

LogLine = tuple[float, int, str]


class Tails:
    """Keeps the newest lines: 2,000 of one step, 200,000 in all; the step that was quiet longest goes first."""

    def __init__(self, per_step: int = _PER_STEP, in_all: int = _IN_ALL) -> None:
        self._per_step, self._in_all, self._held = per_step, in_all, 0
        self._steps: OrderedDict[int, deque[LogLine]] = OrderedDict()
        self._latest: deque[LogLine] = deque(maxlen=per_step)
        self.written = 0

    def add(self, time: float, step: int, text: str) -> None:
        """Takes what a step printed: `text` may be many lines; Unix `time`."""
        tail = self._steps.get(step)
        if tail is None:
            tail = self._steps[step] = deque(maxlen=self._per_step)
        self._steps.move_to_end(step)
        self._held -= len(tail)
        found = [(time, step, line) for line in harmless_lines(text)]
        tail.extend(found)
        self._latest.extend(found)
        self._held += len(tail)
        self.written += len(found)
        while self._held > self._in_all and len(self._steps) > 1:
            self._held -= len(self._steps.popitem(last=False)[1])

    def of(self, step: int) -> Sequence[LogLine]:
        """The lines of one step, oldest first."""
        return tuple(self._steps.get(step, ()))

    def latest(self) -> Sequence[LogLine]:
        """The newest lines of all steps, oldest first."""
        return tuple(self._latest)
