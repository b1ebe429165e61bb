"""What a simulation stands on: virtual time, news that takes a while, workers that come and go, and what products are. It must never
answer the machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heappush
from random import Random

from msgspec import Struct

from pipekit.parallel.bounds import items
from pipekit.parallel.machine import Machine
from pipekit.parallel.simulate.roles import Happening, Luck, Role, Span, Watch
from pipekit.parallel.simulate.walking import Flows, Walk
from pipekit.parallel.vocabulary import (
    Capacity,
    Event,
    Free,
    Kill,
    Node,
    Settled,
    Slow,
    Spawn,
    TakeBack,
    WorkerLost,
    WorkerUp,
)


class Hand(Struct):
    """A worker: until when it is busy, when it was last heard of."""

    until: float = 0.0
    heard: float = 0.0
    doomed: bool = False
    gone: bool = False


class Clockwork:
    """The part of a simulation that is no answer to a command."""

    def __init__(
        self,
        nodes: Sequence[Node],
        roles: Sequence[Role],
        capacity: Capacity,
        targets: Collection[int],
        luck: Luck,
        watch: Watch | None,
        patient: bool,
    ) -> None:
        self.machine = Machine(nodes, capacity, targets, patient=patient)
        self.nodes, self.roles, self.luck, self.watch, self.patient = nodes, roles, luck, watch, patient
        self.counts = items(nodes, [role.work for role in roles])
        self.random = Random(luck.seed)
        self.now = 0.0
        self.spans: list[Span] = []
        self.events: list[Event] = []
        self.versions: list[int | None] = [None] * len(nodes)
        self.inputs: dict[int, tuple[int | None, ...]] = {}
        self._heap: list[tuple[float, int, Happening]] = []
        self._order = 0
        self._there = {(node.id, 0) for node in nodes if roles[node.id].known and roles[node.id].present}
        self._runs = [0] * len(nodes)
        self._found: dict[tuple[int, int], tuple[int | None, ...]] = {}
        self._tries: dict[tuple[int, int], int] = {}
        self._hands: dict[int, Hand] = {}
        self._starts: dict[
            tuple[int, int], int
        ] = {}  # how often each unit was sent to a worker, or taken back from one
        self.flows = Flows(self.counts)
        self._walks: dict[int, Walk] = {}
        # Units that are on a worker, as far as anybody knows, or are tried again.
        self._under_way: set[tuple[int, int]] = set()
        # Single nodes that began early: their deps are WHOLE by now, or they are done EARLY.
        self._opened: dict[int, str] = {}
        self._lives = [0] * len(nodes)
        self._below: list[list[int]] = [[] for _ in nodes]
        for node in nodes:
            for feed in node.feeds:
                self._below[feed].append(node.id)

    def _at(self, when: float, happening: Happening) -> None:
        self._order += 1
        heappush(self._heap, (when, self._order, happening))

    def _news(self, happening: Happening, seconds: float = 0.0) -> None:
        self._at(self.now + seconds + self._delay(), happening)

    def _said(self, hand: Hand, when: float, happening: Happening) -> None:
        """News of a worker arrive in their order, and none after it is gone."""
        hand.heard = max(hand.heard, when + self._delay())
        self._at(hand.heard, lambda: [] if hand.gone else happening())

    def _delay(self) -> float:
        return self.random.random() * self.luck.delay if self.luck.delay else 0.0

    def _unlucky(self) -> bool:
        return self.luck.deaths > 0.0 and self.random.random() < self.luck.deaths

    def _sent(self, node: int, unit: int) -> int:
        """The unit goes to a worker: what tells this from other times."""
        self._starts[node, unit] = self._starts.get((node, unit), 0) + 1
        return self._starts[node, unit]

    def _of(self, node: int, unit: int, sent: int, happening: Happening) -> Happening:
        """What comes of a unit that was sent; nothing, if it was taken back meanwhile."""
        return lambda: happening() if self._starts[node, unit] == sent else []

    def _take_back(self, command: TakeBack) -> None:
        self._sent(command.node, command.unit)

    def _slow(self) -> Sequence[Event]:
        """Somebody may take a worker for slow."""
        if not self.luck.slow or not self._hands or self.random.random() >= self.luck.slow:
            return []
        return [Slow(self.random.choice(list(self._hands)))]

    def _spawn(self, command: Spawn) -> None:
        lost = self._unlucky()
        self._hands[command.worker] = Hand(gone=lost)
        event = WorkerLost(command.worker) if lost else WorkerUp(command.worker)
        self._news(lambda: [event], self.luck.startup)

    def _kill(self, command: Kill) -> None:
        self._gone(command.worker)
        self._news(lambda: [WorkerLost(command.worker)])

    def _gone(self, worker: int) -> None:
        self._hands[worker].gone = True
        for walk in self._walks.values():
            if walk.worker == worker and not walk.over:
                walk.end()

    def _lost(self, worker: int) -> Sequence[Event]:
        self._gone(worker)
        return [WorkerLost(worker)]

    def _free(self, command: Free) -> None:
        if self._runs[command.node] and not self.nodes[command.node].kept:
            self._there -= {(command.node, version) for version in range(self._runs[command.node] + 1)}

    def _settle(self, node: int, version: int) -> Settled:
        self.flows.so_far.pop(node, None)
        before, self.versions[node] = self.versions[node], version
        return Settled(node, (node, version) in self._there, before is not None and before != version)

    def _deps(self, node: int) -> tuple[int | None, ...]:
        return tuple(self.versions[dep] for dep in self.nodes[node].deps)

    def _known(self, node: int) -> int | None:
        """The version that the node's product is known to have."""
        now = self._deps(node)
        if self.inputs.get(node) == now:
            return self.versions[node]
        return 0 if self.roles[node].known and not any(now) else None
