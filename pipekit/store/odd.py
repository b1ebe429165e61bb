"""How an item stands in a block whose product is more than one small body: its packed product, and the bodies that travel
along. It must never know the block."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import TYPE_CHECKING

from pipekit.store.products import Encoded, Product
from pipekit.values import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer

_HEAD = Struct("<QII")
"""Size of the product; length of the packed product; how many bodies."""
_BODY = Struct("<32sI")


def pack(product: Product, bodies: Mapping[Digest, Buffer]) -> bytes:
    """The product, and those of the bodies that are objects of it, in its order."""
    packed = product.pack()
    along = [(digest, bytes(bodies[digest])) for digest in dict.fromkeys(product.objects) if digest in bodies]
    parts = [_HEAD.pack(product.size, len(packed), len(along)), packed]
    for digest, body in along:
        parts += _BODY.pack(digest, len(body)), body
    return b"".join(parts)


def unpack(piece: bytes) -> Encoded:
    """What `pack` wrote."""
    return Encoded(product(piece), bodies(piece))


def product(piece: bytes) -> Product:
    """The product alone. Raises ValueError when there is none."""
    return Product.unpack(piece[_HEAD.size : _bare_size(piece)])


def bodies(piece: bytes) -> dict[Digest, bytes]:
    """The bodies that travel along."""
    found: dict[Digest, bytes] = {}
    at = _bare_size(piece)
    for _ in range(_HEAD.unpack_from(piece)[2]):
        digest, size = _BODY.unpack_from(piece, at)
        at += _BODY.size
        found[digest] = piece[at : at + size]
        at += size
    return found


def bare(piece: bytes) -> bytes:
    """The same without bodies."""
    size, packed, _ = _HEAD.unpack_from(piece)
    return _HEAD.pack(size, packed, 0) + piece[_HEAD.size : _HEAD.size + packed]


def size(piece: bytes) -> int:
    """The size of the product in bytes."""
    found: int = _HEAD.unpack_from(piece)[0]
    return found


def apart(piece: bytes) -> int:
    """How many bytes of the product are elsewhere."""
    whole, packed, count = _HEAD.unpack_from(piece)
    found: int = whole - (len(piece) - _HEAD.size - packed - count * _BODY.size)
    return max(0, found)


def _bare_size(piece: bytes) -> int:
    packed: int = _HEAD.unpack_from(piece)[1]
    return _HEAD.size + packed
