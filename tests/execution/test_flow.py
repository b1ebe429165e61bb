"""What a run holds in memory, and what of it lies elsewhere: items on a shelf, passing objects, shared memory."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from support import blocks

from pipekit.canon import digest
from pipekit.execution import sharing
from pipekit.execution.credit import Credits
from pipekit.execution.flow import Flow, Shelf
from pipekit.execution.messages import DISK, MEMORY
from pipekit.execution.passing import Passing
from pipekit.execution.sharing import shared_folder
from pipekit.execution.weights import Weights
from pipekit.parallel.channel import Amount
from pipekit.store.blocks import join
from pipekit.store.objects import BIG, Objects


def test_what_takes_too_much_memory_lies_in_a_file_and_reads_the_same(tmp_path: Path) -> None:
    numbers = blocks.numbers(range(4000), 100)
    shelf = Shelf(tmp_path / "later", 5 * numbers[0].held)
    flows = [Flow(shelf=shelf), Flow(shelf=shelf)]
    for at, block in enumerate(numbers):
        flows[at % 2].add(block)
    assert shelf.spilled > 30 * numbers[0].held and os.listdir(tmp_path / "later") == [], "the file has no name"
    for at, flow in enumerate(flows):
        whole = join(numbers[at::2])
        for seed in range(20):
            start, stop = sorted(Random(seed).sample(range(2001), 2))
            assert flow.part(start, stop) == whole.part(range(start, stop))
            assert join(flow.since(start)) == whole.part(range(start, 2000))
    shelf.close()
    shelf.close()


def test_a_flow_that_is_gone_is_not_written(tmp_path: Path) -> None:
    numbers = blocks.numbers(range(1000), 100)
    shelf = Shelf(tmp_path, 2 * numbers[1].held)
    gone = Flow(shelf=shelf)
    gone.add(numbers[0])
    del gone
    kept = Flow(shelf=shelf)
    for block in numbers[:2]:
        kept.add(block)
    assert shelf.spilled == 0 and kept.part(0, 200) == join(numbers[:2])


def test_what_passes_by_is_there_until_the_last_lets_go(tmp_path: Path) -> None:
    files, shared = Objects(tmp_path / "files"), Objects(tmp_path / "shared", in_memory=True)
    passing = Passing(files, shared, 2 * BIG)
    assert passing.place == MEMORY
    big = [shared.put(bytes([n]) * BIG) for n in range(2)]
    small = {digest(body): body for body in (b"one", b"two")}
    passing.put(small)
    passing.hold(1, [*big, *small])
    passing.hold(2, [big[0], digest(b"one")])
    assert passing.place == DISK, "there is no more room"
    passing.free(1)
    assert [one in passing for one in (*big, *small)] == [True, False, True, False]
    assert passing.place == MEMORY and bytes(passing.read(big[0])) == bytes(BIG)
    assert passing.is_small(digest(b"one")) and not passing.is_small(big[0])
    passing.free(2)
    assert not any(one in passing for one in (*big, *small)) and not shared.has(big[0])


def test_small_objects_beyond_their_share_lie_in_files(tmp_path: Path) -> None:
    passing = Passing(Objects(tmp_path), None, 10)
    bodies = {digest(body): body for body in (b"12345678", b"abcdefgh")}
    passing.put(bodies)
    passing.hold(1, bodies)
    assert [passing.is_small(one) for one in bodies] == [True, False]
    assert [bytes(passing.read(one)) for one in bodies] == list(bodies.values())
    passing.free(1)
    assert not any(one in passing for one in bodies)


def test_shared_memory_that_a_killed_run_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_SHARED", tmp_path)
    parent = tmp_path / f"pipekit-{os.getuid()}"
    (parent / "99-dead").mkdir(parents=True)
    found = shared_folder(1)
    assert found is not None and os.listdir(parent / found.path.name) == [] and not (parent / "99-dead").exists()
    assert parent.stat().st_mode & 0o077 == 0 or os.listdir(parent)
    found.close()
    assert shared_folder(1 << 62) is None, "there is no such room"
    monkeypatch.setattr(sharing, "_SHARED", tmp_path / "nowhere")
    assert shared_folder(1) is None


def test_edges_tell_what_waits_and_how_fast_it_goes() -> None:
    flow, credits = Flow(), Credits(1 << 20, lambda worker, message: None, lambda node: None, lambda: 0.0)
    for block in blocks.numbers(range(100), 50):
        flow.add(block)
    weights = Weights({0: flow}, credits)
    credits.read([0], 1)
    (first,) = weights.tell(1.0, 10.0)
    assert (first.source, first.target, first.items, first.left) == (0, 1, 100, -1.0)
    credits.took(0, 1, Amount(40, 400))
    (second,) = weights.tell(2.0, 12.0)
    assert (second.items, second.rate) == (60, 20.0) and second.left < 0, "nobody knows how many more come"
    assert list(weights.tell(2.1, 12.1)) == [], "nothing has moved"
    flow.ended = True
    credits.took(0, 1, Amount(20, 200))
    (third,) = weights.tell(3.0, 13.1)
    assert third.items == 40 and third.left == pytest.approx(40 / third.rate)
