"""The units that are on workers, and until when they may be. It must never send anything, nor know what a unit does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from pipekit.execution.desk import Desk, Job


class Jobs:
    """Of one run, by number; `clock` gives seconds. A unit that was sent to a worker ahead has time from when the one before it has
    ended."""

    def __init__(self, desk: Desk, clock: Callable[[], float]) -> None:
        self._desk, self._clock = desk, clock
        self._jobs: dict[int, Job] = {}
        self._at: dict[tuple[int, int], int] = {}
        self._behind: list[Job] = []
        self._number = 0
        self._heard: dict[int, float] = {}

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def __len__(self) -> int:
        return len(self._jobs)

    def copy(self) -> list[Job]:
        """The units that are on workers now, for any thread."""
        return list(self._jobs.copy().values())

    def get(self, number: int) -> Job | None:
        """The unit with this number, if it is on a worker."""
        return self._jobs.get(number)

    def new(self, node: int, unit: int, worker: int, *, ahead: bool) -> Job:
        """A unit that is about to be sent; it is on its worker when it is added."""
        self._number += 1
        job = self._desk.job(self._number, node, unit, worker, self._clock())
        job.ahead = ahead
        return job

    def add(self, job: Job) -> None:
        """The unit is on its way to its worker, or there already."""
        if job.deadline and any(other.worker == job.worker for other in self):
            job.deadline = 0.0
            self._behind.append(job)
        self._jobs[job.number] = job
        self._at[job.node, job.unit] = job.number

    def close(self, job: Job) -> None:
        """The unit is off its worker, or never was on it."""
        self._jobs.pop(job.number, None)
        self._at.pop((job.node, job.unit), None)
        self._desk.devices.release(job.number)
        for one in [one for one in self._behind if one.worker == job.worker]:
            self._behind.remove(one)
            one.deadline = self._clock() + self.timeout(one)

    def lost(self, node: int, unit: int) -> Job | None:
        """The worker that had the unit is gone; gives what was known of it."""
        job = self._jobs.pop(self._at.pop((node, unit), 0), None)
        if job is not None:
            self._desk.devices.release(job.number)
        return job

    def heard(self, workers: Iterable[int]) -> None:
        """Something came from these workers."""
        now = self._clock()
        self._heard.update(dict.fromkeys(workers, now))

    def slow(self, seconds: float) -> list[int]:
        """The workers that have several units, and have said nothing for so long."""
        now, count = self._clock(), Counter(job.worker for job in self)
        return [one for one, held in count.items() if held > 1 and now - self._heard.get(one, now) >= seconds]

    def patience(self) -> list[float]:
        """Seconds that units still have."""
        now = self._clock()
        return [job.deadline - now for job in self if job.deadline]

    def overdue(self) -> list[Job]:
        """Units whose time is over; each is told once."""
        now = self._clock()
        found = [job for job in self if job.deadline and now >= job.deadline]
        for job in found:
            job.deadline = 0.0
        return found

    def timeout(self, job: Job) -> float:
        """Seconds that the unit may take; 0 where nobody says."""
        return self._desk.ledger[job.node].planned.task.config.timeout or 0.0
