"""The product of a stream: the ordered items, packed into chunks cut by content, so that an appended item rewrites one
chunk. It must never read an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pipekit.canon import digest, digest_parts
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest

CODEC = "stream"
MOST = 4096
"""Items in the largest chunk; on average a chunk ends after some 512."""

_CUT = 512


def encode(items: Iterable[Product]) -> Encoded:
    """The manifest of `items`: one root object that lists the chunks, and the chunks."""
    bodies: dict[Digest, Any] = {}
    root: list[bytes] = []
    count = size = 0
    classes: dict[str, None] = {}
    for chunk in _chunks(items):
        packed = b"".join(_frame(item.pack()) for item in chunk)
        named = digest(packed)
        bodies[named] = packed
        root.append(len(chunk).to_bytes(4, "big") + named)
        count += len(chunk)
        size += sum(item.size for item in chunk) + len(packed)
        classes.update(dict.fromkeys(name for item in chunk for name in item.classes))
    head = b"".join(root)
    objects = (digest(head), *bodies)
    bodies[objects[0]] = head
    made = Product(CODEC, objects, digest_parts(CODEC.encode(), *objects), size + len(head), tuple(classes), count)
    return Encoded(made, bodies)


def decode(product: Product, read: Callable[[Digest], Any]) -> Iterator[Product]:
    """The items of a manifest, in order, chunk after chunk."""
    for _, named in layout(product, read):
        yield from chunk(bytes(read(named)))


def layout(product: Product, read: Callable[[Digest], Any]) -> list[tuple[int, Digest]]:
    """The chunks of a manifest in order: how many items, and the chunk's digest."""
    head = bytes(read(product.objects[0]))
    rows = (head[at : at + 36] for at in range(0, len(head), 36))
    return [(int.from_bytes(row[:4], "big"), Digest(row[4:])) for row in rows]


def chunk(packed: bytes) -> list[Product]:
    """The items of one chunk."""
    items: list[Product] = []
    at = 0
    while at < len(packed):
        length = int.from_bytes(packed[at : at + 4], "big")
        items.append(Product.unpack(packed[at + 4 : at + 4 + length]))
        at += 4 + length
    return items


def _frame(packed: bytes) -> bytes:
    return len(packed).to_bytes(4, "big") + packed


def _chunks(items: Iterable[Product]) -> Iterator[Sequence[Product]]:
    """A chunk ends behind an item whose digest says so: the cut moves with the items, not with their positions."""
    held: list[Product] = []
    for item in items:
        held.append(item)
        if int.from_bytes(item.digest[:4], "big") % _CUT == 0 or len(held) == MOST:
            yield held
            held = []
    if held:
        yield held
