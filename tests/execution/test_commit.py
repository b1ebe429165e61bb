"""Records reach the store in groups, by count or by age."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace
from support.codes import ToldCodes, code_of  # type: ignore[import-not-found]
from support.records import record

from pipekit import canon
from pipekit.errors import StoreError
from pipekit.execution import preimages
from pipekit.execution.commit import BYTES, MOST, SECONDS, Committer
from pipekit.execution.given import Given
from pipekit.execution.keys import Facts, Static
from pipekit.fingerprint.code.symbols import Symbol
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
    committer.add(one)
    assert committer.due() == pytest.approx(SECONDS) and store.record(one.key) is None
    clock.now += SECONDS / 2
    committer.tick()
    assert store.record(one.key) is None
    clock.now += SECONDS
    committer.tick()
    assert store.record(one.key) == one and committer.due() is None


def test_a_record_of_much_does_not_wait(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    committer = Committer(store, Clock())
    one = record(1, product=replace(record(1).product, size=BYTES))
    committer.add(one)
    assert committer.due() == 0.0
    committer.tick()
    assert store.record(one.key) == one and committer.due() is None


def test_a_full_group_goes_at_once(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    committer = Committer(store, Clock())
    made = [record(number) for number in range(MOST + 1)]
    for one in made:
        committer.add(one)
    assert set(store.records([one.key for one in made])) == {one.key for one in made[:MOST]}
    committer.flush()
    assert store.record(made[-1].key) == made[-1]


def test_the_code_that_keys_are_made_from_is_kept(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    side = Symbol("shapes.Box.side", "constant", canon.digest(b"side"), "3", None, "side = 3")
    classes = partial(ToldCodes(classes={"shapes:Box": [side]}).of_class, None)
    facts = Facts("count", "", code_of("count:count").digest.hex(), {"top": ("3", "ab")}, {}, {})
    static = Static(record(1).static, facts, {}, code_of("count:count"), classes)
    deps = [Given(canon.digest(b"boxes"), (("shapes:Box", code_of("shapes:Box", side).digest),))]
    committer = Committer(store, Clock())
    committer.add(record(1), static, deps)
    committer.flush()
    assert [one.name for one in preimages.read(store, static.code.digest)] == ["count:count"]
    kept = preimages.read(store, deps[0].classes[0][1])
    assert preimages.told(store, kept[0]) == side


class Slow(MemoryStore):
    """Commits when it is let, or refuses to."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.go = Event()
        self.refusal: StoreError | None = None

    def commit(self, *args: Any, **kwargs: Any) -> None:
        self.go.wait(10)
        if self.refusal is not None:
            raise self.refusal
        super().commit(*args, **kwargs)


def test_a_group_is_committed_while_the_next_is_collected(tmp_path: Path) -> None:
    store = Slow(tmp_path)
    committer = Committer(store, Clock(), behind=True)
    committer.add(record(1))
    committer.flush()
    committer.add(record(2))
    assert store.record(record(1).key) is None
    store.go.set()
    committer.settle()
    assert store.record(record(1).key) == record(1) and store.record(record(2).key) == record(2)


def test_what_was_refused_behind_is_told_with_the_next_group(tmp_path: Path) -> None:
    store = Slow(tmp_path)
    store.refusal = StoreError("the disk is full")
    store.go.set()
    committer = Committer(store, Clock(), behind=True)
    committer.add(record(1))
    committer.flush()
    with pytest.raises(StoreError, match="the disk is full"):
        committer.settle()
