"""The items of a stream during a run, in order, as blocks; what takes too much memory lies in a file. It must never know who makes items
or who reads them."""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from weakref import ReferenceType, ref

from msgspec import Struct, field

from pipekit.store.blocks import Block, join
from pipekit.store.columns import numbers
from pipekit.store.faults import telling
from pipekit.store.writing import write_all


class Shelf:
    """Keeps no more than `most` bytes of blocks in memory: those that came first go into a file in `folder`, of which nothing is left after
    the run. Raises StoreError where the disk refuses."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._held: deque[tuple[ReferenceType[Flow], int, int]] = deque()
        self._bytes = 0
        self._fd: int | None = None
        self.spilled = 0
        """Bytes that went into the file so far."""

    def took(self, flow: Flow, place: int, size: int) -> None:
        """A flow has one more block in memory."""
        self._held.append((ref(flow), place, size))
        self._bytes += size
        while self._bytes > self._most and len(self._held) > 1:
            whose, where, freed = self._held.popleft()
            self._bytes -= freed
            if (one := whose()) is not None:
                one.put_away(where)

    @property
    def held(self) -> int:
        """Bytes of blocks in memory."""
        return self._bytes

    def put(self, block: Block) -> tuple[int, int]:
        """Write a block; where it lies."""
        body, start = block.to_bytes(), self.spilled
        with telling("write", self._folder):
            if self._fd is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._fd, name = tempfile.mkstemp(dir=self._folder, prefix="items-")
                os.unlink(name)
            write_all(self._fd, memoryview(body))
        self.spilled += len(body)
        return start, len(body)

    def get(self, place: tuple[int, int]) -> Block:
        """The block that lies there."""
        assert self._fd is not None
        return Block.from_bytes(os.pread(self._fd, place[1], place[0]))

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Flow(Struct, weakref=True):
    """The items so far, which take `size` bytes with all their objects; `ended` when there will be no more."""

    ended: bool = False
    shelf: Shelf | None = None
    size: int = 0
    _blocks: list[Block | tuple[int, int]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])

    def __len__(self) -> int:
        return self._starts[-1]

    def add(self, block: Block) -> None:
        """More items."""
        if len(block):
            self._blocks.append(block)
            self._starts.append(len(self) + len(block))
            self.size += block.size
            if self.shelf is not None:
                self.shelf.took(self, len(self._blocks) - 1, block.held)

    def put_away(self, place: int) -> None:
        """A block goes to the shelf."""
        block = self._blocks[place]
        if isinstance(block, Block) and self.shelf is not None:
            self._blocks[place] = self.shelf.put(block)

    def _block(self, place: int) -> Block:
        found = self._blocks[place]
        if isinstance(found, Block):
            return found
        assert self.shelf is not None
        return self.shelf.get(found)

    def since(self, start: int) -> Iterator[Block]:
        """The items from `start` on, piece by piece."""
        at = bisect_right(self._starts, start) - 1
        for place in range(at, len(self._blocks)):
            block = self._block(place)
            yield block.part(range(max(0, start - self._starts[place]), len(block)))

    def part(self, start: int, stop: int) -> Block:
        """The items from `start` up to `stop`."""
        return join(self._parts(start, stop))

    def _parts(self, start: int, stop: int) -> Iterator[Block]:
        at = bisect_right(self._starts, start) - 1
        while start < stop:
            begin = self._starts[at]
            end = min(stop, self._starts[at + 1])
            yield self._block(at).part(range(start - begin, end - begin))
            start, at = end, at + 1

    def common(self, start: int, block: Block) -> int:
        """How many of the block's items are those from `start` on."""
        mine, theirs = self.part(start, min(len(self), start + len(block))).digests, block.digests
        if theirs.startswith(mine):
            return len(mine) // 32
        return next(
            at for at in range(len(mine) // 32) if mine[32 * at : 32 * at + 32] != theirs[32 * at : 32 * at + 32]
        )

    def next(self, start: int, items: int, size: int) -> Block:
        """The items from `start` on: as many as there are, but no more than `items`, and one at least but no more than `size` bytes."""
        found: list[Block] = []
        for block in self.since(start):
            block = block.part(range(min(items, len(block))))
            if block.size > size:
                block = block.part(range(_fitting(block, size, first=not found)))
                size = 0
            found.append(block)
            items, size = items - len(block), size - block.size
            if items <= 0 or size <= 0:
                break
        return join(found)


def _fitting(block: Block, size: int, *, first: bool) -> int:
    """How many of the block's items have no more bytes than `size`; the first one may, where it is the `first` of all."""
    if block.odd:
        ends = list(accumulate(block.part(range(at, at + 1)).size for at in range(len(block))))
    else:
        ends = [end + 32 * place for place, end in enumerate(accumulate(numbers(block.sizes)), 1)]
    return max(int(first), bisect_right(ends, size))
