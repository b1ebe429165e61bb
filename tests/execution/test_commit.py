"""Records reach the store in groups, by count or by age."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.records import record  # type: ignore[import-not-found]

from pipekit.execution.commit import MOST, SECONDS, Committer
from pipekit.store.memory import MemoryStore


class Clock:
    """Time that only tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_group_waits_until_it_is_old_enough(tmp_path: Path) -> None:
    clock, store = Clock(), MemoryStore(tmp_path)
    one = record(1)
    committer = Committer(store, clock)
    assert committer.due() is None
    committer.add(one, b"static")
    assert committer.due() == pytest.approx(SECONDS) and store.record(one.key) is None
    clock.now += SECONDS / 2
    committer.tick()
    assert store.record(one.key) is None
    clock.now += SECONDS
    committer.tick()
    assert store.record(one.key) == one and store.preimage(one.static) == b"static" and committer.due() is None


def test_a_full_group_goes_at_once(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    committer = Committer(store, Clock())
    made = [record(number) for number in range(MOST + 1)]
    for one in made:
        committer.add(one, b"")
    assert set(store.records([one.key for one in made])) == {one.key for one in made[:MOST]}
    committer.flush()
    assert store.record(made[-1].key) == made[-1]
