"""Which graphics devices a running call may use. It must never look for devices: there are as many as were declared."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "CUDA_VISIBLE_DEVICES"


class Devices:
    """Indices 0..count-1, each leased to one job at a time."""

    def __init__(self, count: int) -> None:
        self._free = list(range(count))
        self._held: dict[int, list[int]] = {}

    def lease(self, job: int, count: int) -> Mapping[str, str]:
        """Take `count` devices for a job, the lowest that are free; gives the variable that says which."""
        if not count:
            return {}
        self._held[job], self._free = self._free[:count], self._free[count:]
        return {VARIABLE: ",".join(map(str, self._held[job]))}

    def release(self, job: int) -> None:
        """The job is over."""
        self._free = sorted([*self._free, *self._held.pop(job, [])])
