"""How far a producer is ahead of those that read its items, and whether it has to wait for them. It must never hold an item, nor know
what one is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Amount:
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


@dataclass(slots=True)
class _Reader:
    taken: Amount = Amount()
    elsewhere: bool = False


@dataclass(slots=True)
class Channel:
    """The items of one producer. `limit`: so far it may be ahead of a reader.

    Only a reader that has begun, and that does not wait for another producer's item, holds its producer back. So nodes never wait for
    each other in a circle: who waits for an item lets all other producers go on, and what they are ahead is kept elsewhere meanwhile;
    who waits because it is far ahead itself waits for somebody below it that does not wait for an item.
    """

    limit: Amount
    made: Amount = Amount()
    _readers: dict[int, _Reader] = field(default_factory=dict)

    def put(self, amount: Amount) -> None:
        """The producer has made so much more."""
        self.made += amount

    def begin(self, reader: int) -> None:
        """A reader begins, for the first time or anew, with the first item."""
        self._readers[reader] = _Reader()

    def take(self, reader: int, amount: Amount) -> None:
        """The reader has taken so much more."""
        self._readers[reader].taken += amount

    def elsewhere(self, reader: int, waits: bool) -> None:
        """The reader waits for something else, or does not any more."""
        self._readers[reader].elsewhere = waits

    def end(self, reader: int) -> None:
        """The reader takes nothing more."""
        self._readers.pop(reader, None)

    def waiting(self, reader: int) -> Amount:
        """What the reader has still to take of what is there."""
        return self.made - self._readers[reader].taken

    @property
    def full(self) -> bool:
        """Must the producer wait?"""
        return any(
            not reader.elsewhere and (self.made - reader.taken).exceeds(self.limit) for reader in self._readers.values()
        )
