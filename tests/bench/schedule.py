"""What the scheduler comes to: how close its schedules are to what none can beat, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import mean

from pipekit.parallel.simulate import simulate
from pipekit.parallel.vocabulary import Capacity
from tests.bench import handling
from tests.bench.measure import Figure, figure, part
from tests.support.families import FAMILIES, Family, Guess

SEEDS = 20
TASKS = 400
KNOWN: dict[Guess, str] = {"seconds": "seconds +-30 %", "one": "each counts as one", "nothing": "first come"}


def schedules(folder: Path) -> Iterator[Figure]:
    """Makespans in virtual time, and the seconds of the scheduler alone."""
    for family in FAMILIES:
        for workers in (4, 16):
            for guess in KNOWN:
                yield over_bound(family, workers, guess)
    for name, what in handling.NAMES.items():
        yield figure(what, [sys.executable, handling.__file__, name], folder, runs=3, run=part)


def over_bound(family: Family, workers: int, guess: Guess) -> Figure:
    """The mean of makespan / max(critical path, work / workers), in the place of seconds."""
    found = []
    for seed in range(SEEDS):
        outcome = simulate(*family(Random(seed), TASKS, guess), Capacity(workers))
        found.append(outcome.makespan / outcome.bound.seconds)
    name = f"{TASKS} {family.__name__} on {workers}, {KNOWN[guess]}: x bound"
    return Figure(name, mean(found), 0.0, max(found) / min(found))
