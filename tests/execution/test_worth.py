"""What is not worth storing: known from earlier runs, never targets, and with what lies above it."""

from __future__ import annotations

from pathlib import Path

from support.programs import load, start, store_in

from pipekit.execution.history import DISK, learn_disk
from pipekit.store.history import Duration
from pipekit.store.memory import MemoryStore

PROGRAM = """
from collections.abc import Iterator
from pipekit import Env

env = Env("worth")

@env.task()
def quick() -> bytes:
    return b"q" * 3_000_000

@env.task(quick)
def next_(value: bytes, /) -> bytes:
    return value + b"y"

@env.task(store="always")
def always() -> bytes:
    return b"x" * 3_000_000

@env.task(store="never")
def never() -> bytes:
    return b"x"

@env.stream()
def items() -> Iterator[bytes]:
    yield b"x" * 3_000_000

@env.task(next_, always, never, items)
def last(a: bytes, b: bytes, c: bytes, d: Iterator[bytes], /) -> int:
    return len(a) + len(b) + len(c) + sum(map(len, d))
"""

MEGABYTES = 3_000_000.0
SLOW = Duration(DISK, 1e-6)  # a megabyte a second


def passing(root: Path, *known: Duration) -> set[str]:
    """The tasks whose products are not stored, by what is known of them."""
    store, names = store_in(root), load(PROGRAM)
    store.put_durations(known)
    plan = start(names["env"], store, targets=[names["last"]]).plan
    return {plan.entries[step].step.task for step in plan.passing}


def test_only_what_is_known_to_be_made_again_sooner_is_left_out(tmp_path: Path) -> None:
    quick, slow = Duration("quick", 1.4, 0.0, MEGABYTES), Duration("quick", 1.6, 0.0, MEGABYTES)
    assert passing(tmp_path / "1") == {"never"}
    assert passing(tmp_path / "2", quick) == {"never"}, "nothing is known of the disk"
    assert passing(tmp_path / "3", SLOW) == {"never"}, "nothing is known of the task"
    assert passing(tmp_path / "4", SLOW, quick) == {"never", "quick"}
    assert passing(tmp_path / "5", SLOW, slow) == {"never"}, "3 s to write, 1.6 s to make: not clearly less"
    assert passing(tmp_path / "6", SLOW, Duration("quick", 1.4, 0.2, MEGABYTES)) == {"never"}, "it may take longer"
    assert passing(tmp_path / "7", SLOW, Duration("quick", 0.0, 0.0, 1e6)) == {"never"}, "it is small"


def test_what_is_above_and_not_stored_is_to_be_made_again_too(tmp_path: Path) -> None:
    one = Duration("next_", 1.0, 0.0, MEGABYTES)
    assert passing(tmp_path / "1", SLOW, one) == {"never", "next_"}
    assert passing(tmp_path / "2", SLOW, one, Duration("quick", 0.6, 0.0, MEGABYTES)) == {"never", "quick"}


def test_what_says_always_streams_and_targets_are_stored(tmp_path: Path) -> None:
    known = [Duration(name, 0.0, 0.0, MEGABYTES) for name in ("always", "items", "last")]
    assert passing(tmp_path, SLOW, *known) == {"never"}


class Written(MemoryStore):
    def __init__(self, size: int, seconds: float) -> None:
        super().__init__()
        self.so_far = size, seconds

    def written(self) -> tuple[int, float]:
        return self.so_far


def test_the_disk_is_known_by_what_was_written(tmp_path: Path) -> None:
    store = Written(1 << 20, 1.0)
    learn_disk(store)
    assert store.durations([DISK]) == {}, "too little to tell"
    store.so_far = 1 << 25, 4.0
    learn_disk(store)
    assert store.durations([DISK])[DISK].seconds == 4.0 / (1 << 25)
    store.so_far = 1 << 25, 8.0
    learn_disk(store)
    assert store.durations([DISK])[DISK].seconds == 5.0 / (1 << 25)


def test_a_product_that_is_not_stored_is_made_again_for_who_needs_it(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(PROGRAM)
    store.put_durations([SLOW, Duration("quick", 0.0, 0.0, MEGABYTES), Duration("next_", 0.0, 0.0, MEGABYTES)])
    run = start(names["env"], store, targets=[names["last"]]).wait()
    product = run.ledger[run.plan.steps.steps[0].id].product
    assert run.status == "succeeded" and product is not None and not store.has(product.objects)
    assert start(names["env"], store, targets=[names["last"]]).plan.nothing_to_do
    other = load(PROGRAM.replace("len(a) +", "2 * len(a) +"))
    again = start(other["env"], store, targets=[other["last"]], code={"last": 1}).wait()
    assert {row.planned.step.task for row in again.ledger.rows if row.state == "ran"} == {
        "last",
        "next_",
        "quick",
        "never",
    }
    assert again.product("last") == run.product("last") + 3_000_001
