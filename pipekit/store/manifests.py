"""The product of a stream: its items in chunks cut by content, so that an appended item rewrites one chunk. It must never
decode an item."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate
from struct import Struct
from typing import Any, Final, NamedTuple

from pipekit.canon import digest, digest_parts
from pipekit.store.blocks import Block, join
from pipekit.store.columns import numbers
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest

CODEC = "stream"
LEAST, MOST = 64, 4096
"""Items in the smallest chunk, the last one apart, and in the largest; on average a chunk ends after some 570."""

LARGEST = 1 << 20
"""A chunk ends with the item with which its items have this many bytes."""

_ROW: Final = Struct("<II32s")

Read = Callable[[Digest], Any]


class Chunk(NamedTuple):
    """A chunk in the list of them: how many items, how many of them are odd, and the object that holds them."""

    items: int
    odd: int
    digest: Digest


class Writer:
    """Makes the product of a stream from its blocks as they come. It holds the items of one chunk that is not complete."""

    def __init__(self) -> None:
        self._held: list[Block] = []
        self._count = self._bytes = 0  # of what is held
        self._rows: list[bytes] = []
        self._chunks: dict[Digest, None] = {}
        self._classes: set[str] = set()
        self._items = self._size = 0

    def add(self, block: Block) -> dict[Digest, bytes]:
        """Take in more items; gives the chunks that are complete now. What came along with odd items is not in them."""
        block = block.bare()
        self._classes.update(block.classes)
        self._size += block.odd_size()
        found: dict[Digest, bytes] = {}
        ends = [0, *accumulate(numbers(block.sizes))]
        cuts = _cuts(block.digests)
        start = 0
        while start < len(block):
            stop, whole = self._stop(start, cuts, ends)
            self._held.append(block.part(range(start, stop)))
            self._count += stop - start
            self._bytes += ends[stop] - ends[start]
            start = stop
            if whole:
                self._close(found)
        return found

    def end(self) -> Encoded:
        """The product of all that came, with the objects that were not handed out yet."""
        bodies: dict[Digest, Any] = {}
        if self._count:
            self._close(bodies)
        head = b"".join(self._rows)
        objects = (digest(head), *self._chunks)
        bodies[objects[0]] = head
        named, size = digest_parts(CODEC.encode(), *objects), self._size + len(head)
        return Encoded(Product(CODEC, objects, named, size, tuple(sorted(self._classes)), self._items), bodies)

    def _stop(self, start: int, cuts: list[int], ends: list[int]) -> tuple[int, bool]:
        """Where the chunk ends that goes on at `start`, and whether it does so within the block."""
        last = len(ends) - 1
        cut = bisect_left(cuts, start + max(1, LEAST - self._count))
        stop = min(
            cuts[cut] if cut < len(cuts) else last + 1,
            start + MOST - self._count,
            bisect_left(ends, ends[start] + LARGEST - self._bytes),
        )
        return min(stop, last), stop <= last

    def _close(self, found: dict[Digest, bytes]) -> None:
        whole = join(self._held)
        body = whole.to_bytes()
        named = digest(body)
        self._rows.append(_ROW.pack(len(whole), len(whole.odd), named))
        if named not in self._chunks:
            self._chunks[named] = None
            found[named] = body
        self._items += len(whole)
        self._size += len(body)
        self._held, self._count, self._bytes = [], 0, 0


def layout(product: Product, read: Read) -> list[Chunk]:
    """The chunks of a manifest, in order."""
    return [Chunk(items, odd, Digest(named)) for items, odd, named in _ROW.iter_unpack(bytes(read(product.objects[0])))]


def read(product: Product, read: Read) -> Iterator[Block]:
    """The items of a manifest in order, chunk after chunk."""
    return (Block.from_bytes(read(one.digest)) for one in layout(product, read))


def blocks_from(product: Product, read: Read, start: int) -> Iterator[Block]:
    """The items from the one at `start` on; chunks before it are not read."""
    at = 0
    for one in layout(product, read):
        at += one.items
        if at > start:
            block = Block.from_bytes(read(one.digest))
            yield block.part(range(max(0, len(block) - (at - start)), len(block)))


def digests(product: Product, read: Read) -> Iterator[bytes]:
    """The digests of the items, side by side, chunk after chunk."""
    return (Block.from_bytes(read(one.digest)).digests for one in layout(product, read))


def objects_of(product: Product, read: Read) -> set[Digest]:
    """The objects of the items, where they are not in the manifest itself; only chunks with odd items are read."""
    chunks = dict.fromkeys(one.digest for one in layout(product, read) if one.odd)
    return {named for one in chunks for named in Block.from_bytes(read(one)).objects()}


def _cuts(digests: bytes) -> list[int]:
    """Behind how many items a chunk may end: an item's digest says so, so that cuts move with the items, not with their positions.

    They are those whose first four bytes, highest first, are a multiple of 512.
    """
    high, low = digests[2::32], digests[3::32]
    found: list[int] = []
    at = low.find(0)
    while at >= 0:
        if not high[at] & 1:
            found.append(at + 1)
        at = low.find(0, at + 1)
    return found
