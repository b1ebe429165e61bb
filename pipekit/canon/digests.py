"""How bytes get their name: BLAKE3, and nothing else. It must never know what the bytes mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, cast

from blake3 import blake3

from pipekit.values import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Hasher(Protocol):
    """Takes bytes piece by piece; `digest` may be asked at any time."""

    def update(self, data: Buffer, /) -> object:
        """Add `data` (contiguous bytes); other threads run meanwhile when it is big."""
        ...

    def digest(self) -> Digest:
        """The digest of everything added so far."""
        ...


def digest(data: Buffer, *more: Buffer) -> Digest:
    """The 32 bytes that name `data` (any contiguous bytes-like object) with `more` behind it; big data is hashed while other threads run."""
    made = blake3(data if type(data) is bytes else flat(data))
    for piece in more:
        made.update(flat(piece))
    return Digest(made.digest())


def digest_parts(*parts: bytes) -> Digest:
    """The digest of `parts`, each preceded by its length (8 bytes), so that no two lists of parts collide."""
    joined = b"".join([piece for part in parts for piece in (len(part).to_bytes(8, "big"), part)])
    return Digest(blake3(joined).digest())


def digests(heads: Iterable[bytes], bodies: Iterable[bytes]) -> bytes:
    """The digest of each head with its body behind it, one after the other: for many small ones at once."""
    return b"".join([blake3(head + body).digest() for head, body in zip(heads, bodies)])


def hasher() -> Hasher:
    """A new, empty hasher."""
    return cast(Hasher, blake3())


def flat(data: Buffer) -> memoryview:
    """`data` as a view of single bytes, not copied. Raises TypeError when its bytes do not lie side by side."""
    view = memoryview(data)
    if view.nbytes == 0:
        return memoryview(b"")
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")
