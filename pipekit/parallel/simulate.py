"""Virtual workers in virtual time over the very same machine: what a schedule comes to, without doing the work. It must
never look at a real clock, start anything, or know more of the machine than its events and commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

from pipekit.parallel.bounds import Bound, Work, bound, items
from pipekit.parallel.errors import ParallelError
from pipekit.parallel.machine import Machine, State
from pipekit.parallel.vocabulary import (
    Again,
    Began,
    Begin,
    Capacity,
    Closed,
    Command,
    Complete,
    Drop,
    Ended,
    Event,
    Failed,
    Flowing,
    Free,
    Kill,
    Missed,
    Node,
    Offered,
    Open,
    Resolve,
    Settled,
    Spawn,
    Start,
    Stopped,
    WorkerLost,
    WorkerUp,
)

Watch = Callable[[Machine, Event, Sequence[Command]], None]
Happening = Callable[[], Sequence[Event]]


class Stuck(ParallelError):
    """Nothing is under way any more, and yet the machine has not finished."""


@dataclass(frozen=True, slots=True)
class Role:
    """How a node behaves.

    `known`: its product is known from before, for as long as those of its deps come out as they were; `present`: it can
    be read. `same`: when it runs, its product comes out as it was; else as another one every time. The first `failures`
    tries of each unit fail, and there are `retries` after the first.
    """

    work: Work = field(default_factory=Work)
    known: bool = False
    present: bool = True
    same: bool = True
    failures: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Luck:
    """What nobody decides, from a seed. `deaths`: the chance that a unit, or a start, takes its worker down (it is then
    tried again). In seconds: `delay`, the longest that news takes to arrive; `startup`, until a worker is there;
    `stop`, when somebody stops the run."""

    seed: int = 0
    deaths: float = 0.0
    delay: float = 0.0
    startup: float = 0.0
    stop: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A unit on a worker, from when to when; `lost` with it."""

    node: int
    unit: int
    worker: int
    began: float
    ended: float
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`versions`: what each product came out as (0: as it was known, None: not at all); `inputs`: of each node that ran,
    the versions of its deps that it read; `events` can be replayed. `bound` holds where nothing had to run again."""

    makespan: float
    states: tuple[State, ...]
    spans: tuple[Span, ...]
    events: tuple[Event, ...]
    versions: tuple[int | None, ...]
    inputs: dict[int, tuple[int | None, ...]]
    bound: Bound


def simulate(
    nodes: Sequence[Node],
    roles: Sequence[Role],
    capacity: Capacity,
    targets: Collection[int] = (),
    luck: Luck = Luck(),
    watch: Watch | None = None,
) -> Outcome:
    """Run the graph on virtual workers. `watch` sees each event and the commands that follow. Raises Stuck."""
    world = _World(nodes, roles, capacity, targets, luck, watch)
    world.go()
    ran = [node for node in world.inputs if world.machine.state[node] == State.SETTLED]
    return Outcome(
        world.now,
        tuple(world.machine.state),
        tuple(world.spans),
        tuple(world.events),
        tuple(world.versions),
        world.inputs,
        bound(nodes, [role.work for role in roles], capacity, ran),
    )


@dataclass(slots=True)
class _Hand:
    """A worker: until when it is busy, when it was last heard of."""

    until: float = 0.0
    heard: float = 0.0
    doomed: bool = False
    gone: bool = False


@dataclass(slots=True)
class _Fed:
    """A node that offers units: as many as were taken, those done, how many went on in order. `sides` is what its other
    deps were when it began, and what each unit found; `life` counts how often its feed has begun."""

    node: int
    sealed: bool
    life: int
    sides: set[tuple[int | None, ...]]
    taken: int = 0
    out: int = 0
    closed: bool = False
    done: set[int] = field(default_factory=set)


class _World:
    def __init__(
        self,
        nodes: Sequence[Node],
        roles: Sequence[Role],
        capacity: Capacity,
        targets: Collection[int],
        luck: Luck,
        watch: Watch | None,
    ) -> None:
        self.machine = Machine(nodes, capacity, targets)
        self.nodes, self.roles, self.luck, self.watch = nodes, roles, luck, watch
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
        self._hands: dict[int, _Hand] = {}
        self._fed: dict[int, _Fed] = {}
        self._flow: dict[int, int] = {}  # items so far of what gives items now
        self._lives = [0] * len(nodes)
        self._below: list[list[int]] = [[] for _ in nodes]
        for node in nodes:
            for feed in node.feeds:
                self._below[feed].append(node.id)

    def go(self) -> None:
        self._at(0.0, lambda: [Began()])
        if self.luck.stop is not None:
            self._at(self.luck.stop, lambda: [Stopped()])
        while self._heap and not self.machine.finished:
            self.now, _, happening = heappop(self._heap)
            for event in happening():
                self._hear(event)
        if not self.machine.finished:
            raise Stuck(f"seed {self.luck.seed}: the machine stands still: {self.machine.state}")

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        commands = self.machine.handle(event)
        if self.watch is not None:
            self.watch(self.machine, event, commands)
        for command in commands:
            handler = _CARRY_OUT.get(type(command))
            if handler is not None:
                handler(self, command)

    def _at(self, when: float, happening: Happening) -> None:
        self._order += 1
        heappush(self._heap, (when, self._order, happening))

    def _news(self, happening: Happening, seconds: float = 0.0) -> None:
        self._at(self.now + seconds + self._delay(), happening)

    def _said(self, hand: _Hand, when: float, happening: Happening) -> None:
        """News of a worker arrive in their order, and none after it is gone."""
        hand.heard = max(hand.heard, when + self._delay())
        self._at(hand.heard, lambda: [] if hand.gone else happening())

    def _delay(self) -> float:
        return self.random.random() * self.luck.delay if self.luck.delay else 0.0

    def _unlucky(self) -> bool:
        return self.luck.deaths > 0.0 and self.random.random() < self.luck.deaths

    # --- commands -----------------------------------------------------------------------------------------------------

    def _spawn(self, command: Spawn) -> None:
        lost = self._unlucky()
        self._hands[command.worker] = _Hand(gone=lost)
        event = WorkerLost(command.worker) if lost else WorkerUp(command.worker)
        self._news(lambda: [event], self.luck.startup)

    def _kill(self, command: Kill) -> None:
        self._hands[command.worker].gone = True
        self._news(lambda: [WorkerLost(command.worker)])

    def _resolve(self, command: Resolve) -> None:
        node = command.node
        fed = self._fed.get(node)
        if fed is not None and not fed.sealed:
            fed.sealed = True
            self._news(lambda: self._advance(fed))
            return
        now = self._deps(node)
        known = self.roles[node].known and not any(now)
        version = self.versions[node] if self.inputs.get(node) == now else 0 if known else None
        self._news(lambda: [Missed(node)] if version is None else [self._settle(node, version)])

    def _begin(self, command: Begin | Open) -> None:
        self._enter(command.node, isinstance(command, Begin))

    def _enter(self, node: int, sealed: bool) -> None:
        fed = _Fed(node, sealed, self._life(node), {self._sides(node)})
        self._fed[node] = fed
        self._lives[node] += 1
        self._flow[node] = 0
        self._news(lambda: self._advance(fed))

    def _start(self, command: Start) -> None:
        node, unit = command.node, command.unit
        hand = self._hands[command.worker]
        if hand.doomed or hand.gone:
            return
        self._note(node, unit)
        seconds = self.roles[node].work.seconds(unit)
        began = max(self.now, hand.until)
        hand.doomed = self._unlucky()
        hand.until = began + seconds * (self.random.random() if hand.doomed else 1.0)
        self.spans.append(Span(node, unit, command.worker, began, hand.until, hand.doomed))
        self._plan_items(node, hand, began, seconds)
        ended: Happening = lambda: self._ended(node, unit, seconds)  # noqa: E731
        self._said(hand, hand.until, (lambda: self._lost(command.worker)) if hand.doomed else ended)

    def _note(self, node: int, unit: int) -> None:
        """What the unit reads, and that a node which is no longer at an end begins anew."""
        if node in self._fed:
            self._fed[node].sides.add(self._sides(node))
            return
        self._found[node, unit] = self._deps(node)
        if self.counts[node] and node not in self._flow:
            self._flow[node] = 0
            self._lives[node] += 1

    def _plan_items(self, node: int, hand: _Hand, began: float, seconds: float) -> None:
        if not self._below[node] or node in self._fed:
            return
        for item in range(self.counts[node]):
            when = began + seconds * (item + 1) / self.counts[node]
            if when <= hand.until:
                self._said(hand, when, lambda item=item: self._item(node, item))  # type: ignore[misc]

    def _complete(self, command: Complete) -> None:
        self._news(lambda: self._finish(command.node))

    def _drop(self, command: Drop) -> None:
        self._news(lambda: [Again(command.node, command.unit)])

    def _free(self, command: Free) -> None:
        if self._runs[command.node] and not self.nodes[command.node].kept:
            self._there -= {(command.node, version) for version in range(self._runs[command.node] + 1)}

    # --- what happens -------------------------------------------------------------------------------------------------

    def _lost(self, worker: int) -> Sequence[Event]:
        self._hands[worker].gone = True
        return [WorkerLost(worker)]

    def _ended(self, node: int, unit: int, seconds: float) -> Sequence[Event]:
        role = self.roles[node]
        tries = self._tries[node, unit] = self._tries.get((node, unit), 0) + 1
        ended = Ended(node, unit, seconds)
        if tries <= role.failures:
            if tries > role.retries:
                return [ended, Failed(node)]
            self._news(lambda: [Again(node, unit)], min(60.0, 2.0 ** (tries - 1)))
            return [ended]
        if node in self._fed:
            self._fed[node].done.add(unit)
            return [ended, *self._advance(self._fed[node])]
        self.inputs[node] = self._found[node, unit]
        return [ended, self._made(node), *self._wake(node)]

    def _item(self, node: int, item: int) -> Sequence[Event]:
        if item < self._flow.get(node, 0):
            return []
        self._flow[node] = item + 1
        return [Flowing(node), *self._wake(node)]

    def _wake(self, feed: int) -> list[Event]:
        return [event for node in self._below[feed] if node in self._fed for event in self._advance(self._fed[node])]

    def _advance(self, fed: _Fed) -> list[Event]:
        """Take the items that have come, hand on results in order, close when all is done."""
        node = fed.node
        feed = next(iter(self.nodes[node].feeds), None)
        came = self.counts[node] if feed is None else self._flow.get(feed, self.counts[feed])
        events: list[Event] = []
        if came > fed.taken:
            events.append(Offered(node, tuple(range(fed.taken, came))))
            fed.taken = came
        before = fed.out
        while fed.out in fed.done:
            fed.out += 1
        if fed.out > before:
            self._flow[node] = fed.out
            events += [Flowing(node), *self._wake(node)]
        if fed.sealed and not fed.closed and fed.out == fed.taken and (feed is None or feed not in self._flow):
            fed.closed = True
            events.append(Closed(node))
        return events

    def _finish(self, node: int) -> Sequence[Event]:
        """All units have ended: the product, if all of them read what is still so; else everything once more."""
        fed = self._fed[node]
        if fed.sides != {self._sides(node)} or fed.life != self._life(node):
            self._enter(node, True)
            return []
        self.inputs[node] = self._deps(node)
        return [self._made(node), *self._wake(node)]

    def _made(self, node: int) -> Settled:
        self._runs[node] += 1
        version = 0 if self.roles[node].same else self._runs[node]
        self._there.add((node, version))
        self._flow.pop(node, None)
        return self._settle(node, version)

    def _settle(self, node: int, version: int) -> Settled:
        before, self.versions[node] = self.versions[node], version
        return Settled(node, (node, version) in self._there, before is not None and before != version)

    def _deps(self, node: int) -> tuple[int | None, ...]:
        return tuple(self.versions[dep] for dep in self.nodes[node].deps)

    def _sides(self, node: int) -> tuple[int | None, ...]:
        return tuple(self.versions[dep] for dep in self.nodes[node].deps if dep not in self.nodes[node].feeds)

    def _life(self, node: int) -> int:
        return sum(self._lives[feed] for feed in self.nodes[node].feeds)


_CARRY_OUT: dict[type, Any] = {
    Resolve: _World._resolve,
    Open: _World._begin,
    Begin: _World._begin,
    Start: _World._start,
    Complete: _World._complete,
    Drop: _World._drop,
    Free: _World._free,
    Spawn: _World._spawn,
    Kill: _World._kill,
}
