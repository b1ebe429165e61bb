"""How far a producer is ahead of those that read its items, and whether it has to wait for them. It must never hold an item, nor know
what one is."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class Amount(Struct, frozen=True):
    """Items and bytes."""

    items: int = 0
    size: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.items + other.items, self.size + other.size)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.items - other.items, self.size - other.size)

    def exceeds(self, limit: Amount) -> bool:
        """More items or more bytes than `limit`?"""
        return self.items > limit.items or self.size > limit.size


Stance = Literal["works", "starves", "elsewhere"]
"""What a reader does: it works, or it could work and has no room to, or it waits for another producer's item."""


class _Reader(Struct):
    stance: Stance
    taken: Amount = Amount()


class Channel(Struct):
    """The items of one producer. `limit`: so far it may be ahead of a reader that works; `slice`: of one that starves.

    A reader that waits for another producer's item holds nobody back. So nodes never wait for each other in a circle: who waits for an
    item lets all other producers go on, and what they are ahead is kept elsewhere meanwhile; who waits because it is far ahead waits for
    somebody below it that does not wait for an item. A reader that starves gets room soon, because its producer gives its own; at
    once, if it has taken nothing yet.
    """

    limit: Amount
    slice: Amount
    made: Amount = Amount()
    _readers: dict[int, _Reader] = field(default_factory=dict)

    def put(self, amount: Amount) -> None:
        """The producer has made so much more."""
        self.made += amount

    def begin(self, reader: int, stance: Stance = "works") -> None:
        """A reader begins, for the first time or anew, with the first item."""
        self._readers[reader] = _Reader(stance)

    def take(self, reader: int, amount: Amount) -> None:
        """The reader has taken so much more; nothing if it has not begun."""
        if reader in self._readers:
            self._readers[reader].taken += amount

    def turn(self, reader: int, stance: Stance) -> None:
        """The reader does something else now; nothing if it has not begun."""
        if reader in self._readers:
            self._readers[reader].stance = stance

    def end(self, reader: int) -> None:
        """The reader takes nothing more."""
        self._readers.pop(reader, None)

    def taken(self) -> list[tuple[int, Amount]]:
        """What each reader has taken."""
        return [(number, reader.taken) for number, reader in self._readers.items()]

    def waiting(self, reader: int) -> Amount:
        """What the reader has still to take of what is there."""
        return self.made - self._readers[reader].taken

    @property
    def full(self) -> bool:
        """Must the producer wait?"""
        return any(self._holds_back(reader) for reader in self._readers.values())

    def _holds_back(self, reader: _Reader) -> bool:
        if reader.stance == "elsewhere":
            return False
        first = Amount(1, self.slice.size)  # who has taken nothing yet gets its room with the first item
        limit = self.limit if reader.stance == "works" else self.slice if reader.taken.items else first
        return (self.made - reader.taken).exceeds(limit)
