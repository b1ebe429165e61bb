"""How each node of a run stands: its state, whether its product can be read, who still needs it. It must never command anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import IntEnum

from pipekit.parallel.vocabulary import Node


class State(IntEnum):
    """Of a node. From SETTLED on it is final, but a settled node that cannot be read may be wanted again."""

    WAITING = 0
    RESOLVING = 1
    OPEN = 2
    WANTED = 3
    RUNNING = 4
    SETTLED = 5
    FAILED = 6
    BLOCKED = 7
    CANCELLED = 8


WAITING, RESOLVING, OPEN, WANTED, RUNNING, SETTLED, FAILED, BLOCKED, CANCELLED = map(int, State)
# Every event compares states many times, and plain numbers are found and compared much faster than members.


class Standing:
    """Lists by the number of the node; flags are 0 or 1, a byte each."""

    def __init__(self, nodes: Sequence[Node], targets: Collection[int]) -> None:
        self.nodes = tuple(nodes)
        self.targets = frozenset(targets)
        count = len(self.nodes)
        self.state: list[int] = [WAITING] * count
        self.known = bytearray(count)  # has been settled before
        self.present = bytearray(count)
        self.made = bytearray(count)  # by this run: it goes when it is freed, if it is not kept
        self.flowing = bytearray(count)
        self.closed = bytearray(count)
        self.units = [0] * count  # offered or held back, and not yet ended
        self.held: dict[int, list[int]] = {}  # units that wait until what their node reads is present
        self.stale: set[int] = set()  # at work with a product that has changed: to be resolved again afterwards
        self.changed: set[int] = set()  # came out another way when run again: kept, or a run might never end
        self.untold: set[int] = set()  # has changed, and its dependents do not know yet
        self.unsettled = [len(node.deps) for node in self.nodes]
        self.dependents: list[Sequence[int]] = _dependents(self.nodes)
        self.uses = [len(below) for below in self.dependents]  # dependents that are not final
        self.live = count  # nodes that are not final

    def may_open(self, node: int) -> bool:
        """Do items flow towards the node, and is all else that it takes known?"""
        feeds = self.nodes[node].feeds
        return any(self.flowing[feed] for feed in feeds) and all(
            self.state[dep] == SETTLED or (dep in feeds and self.flowing[dep]) for dep in self.nodes[node].deps
        )

    def stands(self, node: int) -> bool:
        """Is all that the node takes there, as whole products?"""
        for dep in self.nodes[node].deps:
            whole = self.state[dep] == SETTLED and self.present[dep]
            if not whole:
                return False
        return True

    def readable(self, node: int) -> bool:
        """Is everything there that the node reads, as a product that stands, or as items that flow?"""
        feeds = self.nodes[node].feeds
        for dep in self.nodes[node].deps:
            stands = self.present[dep] if self.state[dep] == SETTLED else dep in feeds and self.flowing[dep]
            if not stands:
                return False
        return True

    def gone(self, node: int) -> list[int]:
        """What the node takes that is known and cannot be read."""
        return [dep for dep in self.nodes[node].deps if self.state[dep] == SETTLED and not self.present[dep]]

    def lost(self, node: int) -> int | None:
        """The first that the node takes which will have no product."""
        return next((dep for dep in self.nodes[node].deps if self.state[dep] >= FAILED), None)

    def reopen(self, node: int) -> None:
        """A final node becomes live again: it is to be run although its product is known."""
        if self.state[node] == SETTLED:
            self.live += 1
            self.flowing[node] = False
            for dep in self.nodes[node].deps:
                self.uses[dep] += 1


def _dependents(nodes: Sequence[Node]) -> list[Sequence[int]]:
    """Of each node; most have few or none, and those without share one empty tuple."""
    found: list[Sequence[int]] = [()] * len(nodes)
    for node in nodes:
        for dep in node.deps:
            below = found[dep]
            if isinstance(below, list):
                below.append(node.id)
            else:
                found[dep] = [node.id]
    return found
