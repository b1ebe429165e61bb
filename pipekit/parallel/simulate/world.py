"""One simulation on its way: what happens when, and how the driver's part answers the machine. It must never decide what the
machine decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heappop
from typing import Any

from msgspec import Struct, field

from pipekit.parallel.channel import Channel
from pipekit.parallel.simulate.clockwork import Clockwork, Hand
from pipekit.parallel.simulate.roles import Happening, Luck, Role, Span, Stuck, Watch
from pipekit.parallel.simulate.walking import ONE, Walk
from pipekit.parallel.vocabulary import (
    Again,
    Began,
    Begin,
    Block,
    Capacity,
    Closed,
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
    Quiet,
    Ready,
    Resolve,
    Resume,
    Settled,
    Spawn,
    Start,
    Stopped,
    TakeBack,
    Waits,
)


class _Fed(Struct):
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


WHOLE, EARLY = "whole", "early"


class World(Clockwork):
    """One simulation on its way; see `simulate`."""

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
        super().__init__(nodes, roles, capacity, targets, luck, watch, patient)
        self._fed: dict[int, _Fed] = {}

    def go(self) -> None:
        self._at(0.0, lambda: [Began()])
        if self.luck.stop is not None:
            self._at(self.luck.stop, lambda: [Stopped()])
        while self._heap and not self.machine.finished:
            self.now, _, happening = heappop(self._heap)
            for event in (*happening(), *self._slow()):
                self._hear(event)
            self._look_around()
            if self.patient and (not self._heap or self._heap[0][0] > self.now):
                self._hear(Quiet())
        if not self.machine.finished:
            raise Stuck(f"seed {self.luck.seed}: the machine stands still: {self.machine.state}")

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        commands = self.machine.handle(event)
        if isinstance(event, Offered) and self.nodes[event.node].waits:
            self._starves(event.node)
        if self.watch is not None:
            self.watch(self.machine, event, commands)
        for command in commands:
            handler = _CARRY_OUT.get(type(command))
            if handler is not None:
                handler(self, command)

    # --- commands -----------------------------------------------------------------------------------------------------

    def _resolve(self, command: Resolve) -> None:
        node = command.node
        if node in self._opened:
            self._news(lambda: self._whole(node))
            return
        fed = self._fed.get(node)
        if fed is not None and not fed.sealed:
            fed.sealed = True
            self._news(lambda: self._advance(fed))
            return
        version = self._known(node)
        self._news(lambda: [Missed(node)] if version is None else [self._settle(node, version)])

    def _begin(self, command: Begin) -> None:
        self._enter(command.node, True)

    def _enter(self, node: int, sealed: bool) -> None:
        fed = _Fed(node, sealed, self._life(node), {self._sides(node)})
        self._fed[node] = fed
        self._lives[node] += 1
        self.flows.so_far[node] = 0
        self._news(lambda: self._advance(fed))

    def _start(self, command: Start) -> None:
        node, unit = command.node, command.unit
        hand = self._hands[command.worker]
        if hand.doomed or hand.gone:
            return
        self._note(node, unit)
        if self.nodes[node].waits:
            self._under_way.add((node, unit))
            self._walk(command, hand)
            return
        seconds, sent = self.roles[node].work.seconds(unit), self._sent(node, unit)
        began = max(self.now, hand.until)
        hand.doomed = self._unlucky()
        hand.until = began + seconds * (self.random.random() if hand.doomed else 1.0)
        self.spans.append(Span(node, unit, command.worker, began, hand.until, hand.doomed))
        self._plan_items(node, hand, began, seconds)
        ended = self._of(node, unit, sent, lambda: self._ended(node, unit, seconds))
        self._said(hand, hand.until, (lambda: self._lost(command.worker)) if hand.doomed else ended)

    def _note(self, node: int, unit: int) -> None:
        """What the unit reads, and that a node which is no longer at an end begins anew."""
        if node in self._fed:
            self._fed[node].sides.add(self._sides(node))
            return
        self._found[node, unit] = self._deps(node)
        if self.counts[node] and node not in self.flows.so_far:
            self.flows.so_far[node] = 0
            self.flows.channels.pop(node, None)
            self._lives[node] += 1

    def _plan_items(self, node: int, hand: Hand, began: float, seconds: float) -> None:
        if not self._below[node] or node in self._fed:
            return
        for item in range(self.counts[node]):
            when = began + seconds * (item + 1) / self.counts[node]
            if when <= hand.until:
                item_: Happening = lambda item=item: self._item(node, item)  # type: ignore[misc] # noqa: E731
                self._said(hand, when, self._of(node, 0, self._starts[node, 0], item_))

    # --- units that may wait ------------------------------------------------------------------------------------------

    def _open(self, command: Open) -> None:
        node = self.nodes[command.node]
        if not node.single:
            self._enter(node.id, False)
            return
        self._opened[node.id] = ""
        self._news(lambda: [Offered(node.id, (0,))])

    def _starves(self, node: int) -> None:
        """A unit that reads has been offered: it could begin, and has no room yet, unless something that it reads has gone."""
        for feed in self.nodes[node].feeds if self.machine.units[node] and node not in self.machine.held else ():
            if feed in self.flows.channels:
                self.flows.channels[feed].begin(node, "starves")

    def _walk(self, command: Start, hand: Hand) -> None:
        node, role = self.nodes[command.node], self.roles[command.node]
        rows = max([1, role.work.items, *(self.counts[feed] for feed in node.feeds)])
        dies = self.random.randrange(rows) if self._unlucky() else None
        walk = Walk(
            node.id, command.unit, command.worker, node.feeds, rows, role.work.seconds(command.unit) / rows,
            role.work.items, self.flows, dies,
        )  # fmt: skip
        self._walks[node.id] = walk
        if self.luck.ahead is not None and self._below[node.id]:
            self.flows.channels.setdefault(node.id, Channel(self.luck.ahead, self.luck.slice or self.luck.ahead))
        walk.begin()
        self._step(walk, hand)

    def _step(self, walk: Walk, hand: Hand) -> None:
        """Do the next row, or wait until it can be done."""
        if walk.row == walk.rows:
            self._said(hand, self.now, lambda: self._walked(walk))
        elif not walk.can():
            walk.halt()
            self._said(hand, self.now, lambda: self._waits(walk))
        elif walk.dies == walk.row:
            walk.end()
            self._said(hand, self.now, lambda: self._lost(walk.worker))
        else:
            began, ended = self.now, self.now + walk.seconds
            self.spans.append(Span(walk.node, walk.unit, walk.worker, began, ended))
            self._at(ended, lambda: self._row(walk, hand))

    def _waits(self, walk: Walk) -> Sequence[Event]:
        walk.told = not walk.over
        return [Waits(walk.node, walk.unit)] if walk.told else []

    def _row(self, walk: Walk, hand: Hand) -> Sequence[Event]:
        if walk.over or hand.gone:
            return []
        given = walk.took()
        for item in range(self.flows.so_far.get(walk.node, given), given):
            self._said(hand, self.now, lambda item=item: self._item(walk.node, item))  # type: ignore[misc]
        self._step(walk, hand)
        return []

    def _walked(self, walk: Walk) -> Sequence[Event]:
        if walk.over:
            return []
        walk.end()
        return self._ended(walk.node, walk.unit, 0.0)

    def _whole(self, node: int) -> Sequence[Event]:
        """The deps of a node that began early are known: its product may be known, and be there; or it goes on; or it is done already,
        which counts if what it worked with is still so."""
        if node not in self._opened:
            return []
        walk, version = self._walks.get(node), self._known(node)
        if version is not None and (walk is None or (node, version) in self._there):
            self._forget(node, walk)
            return [self._settle(node, version)]
        if self._opened[node] != EARLY and ((node, 0) in self._under_way or walk is None):
            self._opened[node] = WHOLE
            return []
        if self._opened[node] != EARLY or self._is_outdated(node):
            self._forget(node, walk)
            return [Missed(node)]
        self._opened.pop(node)
        return self._well(node)

    def _is_outdated(self, node: int) -> bool:
        """Was the unit begun with other sides than there are now?"""
        deps, then, now = self.nodes[node].deps, self._found[node, 0], self._deps(node)
        return any(
            was != one for dep, was, one in zip(deps, then, now) if was is not None or dep not in self.nodes[node].feeds
        )

    def _forget(self, node: int, walk: Walk | None) -> None:
        """What a node is doing is not wanted any more."""
        self._opened.pop(node, None)
        self.flows.so_far.pop(node, None)
        self._block(Block(node, node))
        if walk is not None and not walk.over:
            walk.end()

    def _block(self, command: Block) -> None:
        for feed in self.nodes[command.node].feeds:
            if feed in self.flows.channels:
                self.flows.channels[feed].end(command.node)

    def _resume(self, command: Resume) -> None:
        walk, hand = self._walks[command.node], self._hands[command.worker]
        if not walk.over and not hand.gone:
            walk.turn("works")
            self._step(walk, hand)

    def _look_around(self) -> None:
        """Tell of units that wait and could go on."""
        for walk in self._walks.values():
            if walk.told and not walk.over and walk.can():
                walk.told = False
                walk.turn("starves")
                self._news(lambda walk=walk: [] if walk.over else [Ready(walk.node, walk.unit)])  # type: ignore[misc]

    def _complete(self, command: Complete) -> None:
        self._news(lambda: self._finish(command.node))

    def _drop(self, command: Drop) -> None:
        self._news(lambda: self._again(command.node, command.unit))

    # --- what happens -------------------------------------------------------------------------------------------------

    def _ended(self, node: int, unit: int, seconds: float) -> Sequence[Event]:
        role = self.roles[node]
        self._under_way.discard((node, unit))
        tries = self._tries[node, unit] = self._tries.get((node, unit), 0) + 1
        ended = Ended(node, unit, seconds)
        if tries <= role.failures:
            if tries > role.retries:
                return [ended, Failed(node)]
            self._under_way.add((node, unit))
            self._news(lambda: self._again(node, unit), min(60.0, 2.0 ** (tries - 1)))
            return [ended]
        if node in self._fed:
            self._fed[node].done.add(unit)
            return [ended, *self._advance(self._fed[node])]
        if self._opened.get(node) == "":
            self._opened[node] = EARLY
            return [ended]
        if node in self._opened and self._is_outdated(node):
            self._forget(node, None)
            return [ended, Missed(node)]
        self._opened.pop(node, None)
        return [ended, *self._well(node)]

    def _again(self, node: int, unit: int) -> Sequence[Event]:
        self._under_way.discard((node, unit))
        return [Again(node, unit)]

    def _well(self, node: int) -> Sequence[Event]:
        self.inputs[node] = (
            self._deps(node) if self.nodes[node].waits and self.nodes[node].feeds else self._found[node, 0]
        )
        return [self._made(node), *self._wake(node)]

    def _item(self, node: int, item: int) -> Sequence[Event]:
        if item < self.flows.so_far.get(node, 0):
            return []
        self.flows.so_far[node] = item + 1
        if node in self.flows.channels:
            self.flows.channels[node].put(ONE)
        return [Flowing(node), *self._wake(node)]

    def _wake(self, feed: int) -> list[Event]:
        return [event for node in self._below[feed] if node in self._fed for event in self._advance(self._fed[node])]

    def _advance(self, fed: _Fed) -> list[Event]:
        """Take the items that have come, hand on results in order, close when all is done."""
        node = fed.node
        feed = next(iter(self.nodes[node].feeds), None)
        came = self.counts[node] if feed is None else self.flows.so_far.get(feed, self.counts[feed])
        events: list[Event] = []
        if came > fed.taken:
            events.append(Offered(node, tuple(range(fed.taken, came))))
            fed.taken = came
        before = fed.out
        while fed.out in fed.done:
            fed.out += 1
        if fed.out > before:
            self.flows.so_far[node] = fed.out
            events += [Flowing(node), *self._wake(node)]
        if fed.sealed and not fed.closed and fed.out == fed.taken and (feed is None or feed not in self.flows.so_far):
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
        self.flows.so_far.pop(node, None)
        return self._settle(node, version)

    def _sides(self, node: int) -> tuple[int | None, ...]:
        return tuple(self.versions[dep] for dep in self.nodes[node].deps if dep not in self.nodes[node].feeds)

    def _life(self, node: int) -> int:
        return sum(self._lives[feed] for feed in self.nodes[node].feeds)


_CARRY_OUT: dict[type, Any] = {
    Resolve: World._resolve,
    Open: World._open,
    Begin: World._begin,
    Start: World._start,
    Resume: World._resume,
    Block: World._block,
    Complete: World._complete,
    Drop: World._drop,
    Free: World._free,
    Spawn: World._spawn,
    Kill: World._kill,
    TakeBack: World._take_back,
}
