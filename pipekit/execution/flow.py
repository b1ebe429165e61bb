"""The items of a stream during a run, in order, as blocks. It must never know who makes them or who reads them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct, field

from pipekit.store.blocks import Block, join
from pipekit.store.columns import numbers


class Flow(Struct):
    """The items so far, which take `size` bytes; `ended` when there will be no more."""

    ended: bool = False
    size: int = 0
    _blocks: list[Block] = field(default_factory=list)
    _starts: list[int] = field(default_factory=lambda: [0])

    def __len__(self) -> int:
        return self._starts[-1]

    def add(self, block: Block) -> None:
        """More items."""
        if len(block):
            self._blocks.append(block)
            self._starts.append(len(self) + len(block))
            self.size += block.size

    def since(self, start: int) -> Iterator[Block]:
        """The items from `start` on, piece by piece."""
        at = bisect_right(self._starts, start) - 1
        for place in range(at, len(self._blocks)):
            first = max(0, start - self._starts[place])
            yield self._blocks[place].part(range(first, len(self._blocks[place])))

    def part(self, start: int, stop: int) -> Block:
        """The items from `start` up to `stop`."""
        return join(self._parts(start, stop))

    def _parts(self, start: int, stop: int) -> Iterator[Block]:
        at = bisect_right(self._starts, start) - 1
        while start < stop:
            block, begin = self._blocks[at], self._starts[at]
            end = min(stop, self._starts[at + 1])
            yield block.part(range(start - begin, end - begin))
            start, at = end, at + 1

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
