"""A reader that is held back: as long as the items that arrive are the beginning of what it has read before, it need not start. It must
never look up what was read before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field


class Recorded(Struct):
    """The digests of the items of a recorded stream, 32 bytes each, joined in pieces of any length."""

    pieces: Iterator[bytes]
    _rest: bytes = b""

    def goes_on_with(self, digests: bytes) -> bool:
        """Are the next items of the stream these?"""
        rest = [self._rest]
        length = len(self._rest)
        while length < len(digests):
            piece = next(self.pieces, b"")
            if not piece:
                return False
            rest.append(piece)
            length += len(piece)
        joined = b"".join(rest) if len(rest) > 1 else self._rest
        self._rest = joined[len(digests) :]
        return joined.startswith(digests)


class HeldBack(Struct):
    """One reader. Each of its `pasts` is a key under which it has a product: what it read then, by the position of the dep."""

    pasts: Sequence[Mapping[int, Recorded]] = field(default_factory=list)

    def take(self, position: int, digests: bytes) -> bool:
        """More items have arrived; False as soon as none of its pasts goes on like that, and then it is to start."""
        self.pasts = [past for past in self.pasts if past[position].goes_on_with(digests)]
        return bool(self.pasts)
