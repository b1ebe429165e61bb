"""A simulated unit that may wait while it works: it takes items as they come, gives some of its own, and stands still where there are
none, or where nobody has taken those it gave. It must never know the machine."""

from __future__ import annotations

from msgspec import Struct, field

from pipekit.parallel.channel import Amount, Channel, Stance

ONE = Amount(1, 0)


class Flows(Struct):
    """How many items each node that is at work has given so far, and the channels of those that give any; `counts` are what they give
    in all. A node that is not in `so_far` has given all it will."""

    counts: list[int]
    so_far: dict[int, int] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)

    def there(self, node: int) -> int:
        """How many items of the node can be taken."""
        return self.so_far.get(node, self.counts[node])


class Walk(Struct):
    """One unit of `node` on a worker. It takes `rows` from its feeds in step, `seconds` each, and gives `gives` items evenly; it dies
    before row `dies`."""

    node: int
    unit: int
    worker: int
    feeds: tuple[int, ...]
    rows: int
    seconds: float
    gives: int
    flows: Flows
    dies: int | None = None
    row: int = 0
    told: bool = False  # the machine knows that it stands still
    over: bool = False

    def begin(self) -> None:
        """It takes from the first item on."""
        for feed in self.feeds:
            if feed in self.flows.channels:
                self.flows.channels[feed].begin(self.node)

    def turn(self, stance: Stance) -> None:
        """It does something else now, for all its feeds."""
        for feed in self.feeds:
            if feed in self.flows.channels:
                self.flows.channels[feed].turn(self.node, stance)

    def can(self) -> bool:
        """Is there something to take, or nothing more to come, and room for what it gives?"""
        if self.waits_for() is not None:
            return False
        own = self.flows.channels.get(self.node)
        return own is None or not own.full

    def waits_for(self) -> int | None:
        """The feed that has to give an item first."""
        for feed in self.feeds:
            there = self.flows.there(feed)
            if feed in self.flows.so_far and there <= self.row:
                return feed
        return None

    def halt(self) -> None:
        """It stands still."""
        self.turn("works" if self.waits_for() is None else "elsewhere")

    def took(self) -> int:
        """One row is done; gives how many items it has given by now."""
        for feed in self.feeds:
            if feed in self.flows.channels and self.row < self.flows.counts[feed]:
                self.flows.channels[feed].take(self.node, ONE)
        self.row += 1
        return self.gives * self.row // self.rows

    def end(self) -> None:
        """It is over, well or not."""
        self.over = True
        for feed in self.feeds:
            if feed in self.flows.channels:
                self.flows.channels[feed].end(self.node)
