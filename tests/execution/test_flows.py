"""Random graphs of streams whose items flow, on threads: tasks fail now and then and are tried again, workers are lost at any moment. What
comes out, down to the digests, is what comes out one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support import chance
from support.programs import Program, compare, load, program, start, store_in

from pipekit.execution import outcomes
from pipekit.execution.run import Run
from pipekit.parallel.pools import threads
from pipekit.parallel.pools.protocol import Event, Up

RETRIES = 12
KILLS = 6


class Deadly(threads.ThreadPool):
    """Loses a worker now and then."""

    random = Random(0)
    odds = 0.0
    left = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._up: set[int] = set()

    def wait(self, timeout: float | None) -> list[Event]:
        events = super().wait(timeout)
        self._up |= {event.worker for event in events if isinstance(event, Up)}
        if self._up and Deadly.left and Deadly.random.random() < Deadly.odds:
            Deadly.left -= 1
            worker = Deadly.random.choice(sorted(self._up))
            self._up.discard(worker)
            self.kill(worker)
        return events


@pytest.fixture
def harsh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "ThreadPool", Deadly)
    monkeypatch.setattr(outcomes, "LONGEST_PAUSE", 0.0)


def digests(run: Run) -> dict[str, str]:
    """The product of each step that has one."""
    rows = [row for row in run.ledger.rows if row.state in ("ran", "cached", "unneeded")]
    return {row.planned.step.name: row.product.digest.hex() for row in rows if row.product is not None}


def flowing(seed: int) -> Program:
    """A program some of whose items fail for good, or one that fails at any moment, is tried again and comes out whole in the end."""
    for_good = Random(seed).random() < 0.5
    found = program(seed, failing=for_good)
    found.retries = 0 if for_good else RETRIES
    return found


def flow(seed: int, folder: Path) -> None:
    """One program: one after the other, then with items that flow."""
    found, random = flowing(seed), Random(seed)
    names = load(found.text)
    names.update({name: chance.wrapped(names[name]) for name in ("mix", "unlucky")})
    matrix = [[names[task].set(k=value) for value in values] for task, values in found.axes()]
    plain = start(names["env"], store_in(folder / "plain"), matrix=matrix).wait()
    compare(plain, found, names)
    for jobs in range(1, 5):
        chance.fails(seed + jobs, 0.02 if found.retries else 0.0)
        Deadly.random, Deadly.left = Random(seed + jobs), KILLS if found.retries else 0
        Deadly.odds = random.choice([0.0, 0.01, 0.1])
        store = store_in(folder / str(jobs))
        run = start(names["env"], store, matrix=matrix, pool="threads", jobs=jobs).wait()
        chance.fails(0, 0.0)
        assert digests(run) == digests(plain), f"with {jobs} jobs"
        compare(run, found, names)
        Deadly.odds = 0.0
        again = start(names["env"], store, matrix=matrix, pool="threads", jobs=jobs).wait()
        assert digests(again) == digests(plain), f"again, with {jobs} jobs"


def flows(folder: Path, seeds: range) -> Iterator[int]:
    for seed in seeds:
        try:
            flow(seed, folder / str(seed))
        except Exception as error:
            error.add_note(f"flow({seed}, folder)\n{flowing(seed).text}")
            raise
        yield seed


@pytest.mark.parametrize("block", range(4))
def test_items_that_flow_give_what_comes_one_after_the_other(tmp_path: Path, block: int, harsh: None) -> None:
    assert len(list(flows(tmp_path, range(25 * block, 25 * block + 25)))) == 25


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_many_that_flow_give_what_comes_one_after_the_other(tmp_path: Path, block: int, harsh: None) -> None:
    assert len(list(flows(tmp_path, range(1000 + 100 * block, 1100 + 100 * block)))) == 100
