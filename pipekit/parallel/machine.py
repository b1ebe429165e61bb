"""The scheduler: a pure state machine from events to commands. It has no clock, no thread and no idea what a unit does,
so a run can be replayed from its events and simulated with virtual workers.

A node waits until all that it takes is settled, is resolved by the driver (known, or missed), and if missed runs once
everything it reads is present; what is settled but cannot be read is run again only when somebody who must run needs it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from pipekit.parallel.admission import Queue, Room, capacity_for
from pipekit.parallel.crew import Crew
from pipekit.parallel.standing import (
    BLOCKED,
    CANCELLED,
    FAILED,
    OPEN,
    RESOLVING,
    RUNNING,
    SETTLED,
    WAITING,
    WANTED,
    Standing,
)
from pipekit.parallel.vocabulary import (
    Again,
    Began,
    Begin,
    Block,
    Cancel,
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
    Quiet,
    Ready,
    Resolve,
    Settled,
    Slow,
    Stopped,
    TakeBack,
    Waits,
    WorkerLost,
    WorkerUp,
)

MOST_HELD = 64
"""So many events a patient machine takes in, at most, before it starts what is ready."""


class Machine(Standing):
    """`handle(event)` gives the commands that follow from it. Nodes are numbered 0..n-1 in topological order.

    `targets` are the nodes whose products must be readable at the end; `expected`: so many units are likely to run.
    `patient`: units are started when the driver says Quiet, or after MOST_HELD events, and not after each one.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        capacity: Capacity,
        targets: Collection[int] = (),
        expected: int = 0,
        patient: bool = False,
    ) -> None:
        super().__init__(nodes, targets)
        self.room = Room(capacity_for(self.nodes, capacity))
        self.queue = Queue(self.room)
        self.crew = Crew(self.room, expected)
        self.cause: dict[int, int] = {}  # of a blocked node: the one that failed
        self.stopped = False
        self._patience = MOST_HELD if patient else 1
        self._heard = 0  # events since units were last started
        self._out: list[Command] = []

    @property
    def finished(self) -> bool:
        """Nothing is left to do, and no unit is on a worker."""
        return self.live == 0 and not self.crew.busy

    def handle(self, event: Event) -> list[Command]:
        """Take in one event; the commands are to be carried out in their order."""
        self._out = []
        handler: Callable[[Machine, Any], None] = _HANDLERS[type(event)]
        handler(self, event)
        self._heard += 1
        if self._heard >= self._patience:
            self._place()
        return self._out

    def _place(self) -> None:
        """Start what is ready, as far as there is room."""
        self._heard = 0
        if (self.queue.size or self.crew.wakes) and not self.stopped:
            self._out += self.crew.assign(self.queue, self.nodes)

    # --- what happened ------------------------------------------------------------------------------------------------

    def _began(self, event: Began) -> None:
        for node in self.nodes:
            if not node.deps:
                self._resolve(node.id)

    def _settled(self, event: Settled) -> None:
        node = event.node
        if self.state[node] >= FAILED:
            return
        if event.changed:
            self.changed.add(node)
            self.untold.add(node)
        if node in self.stale:
            self._resolve(node)
            return
        self.present[node] = event.present
        self._tell(node)
        if node in self.targets and not event.present:
            self._want(node)
        else:
            self._final(node, SETTLED)
            self._free(node)
        for dependent in self.dependents[node]:
            self._look(dependent)

    def _tell(self, node: int) -> None:
        """The node's dependents learn that its product is known, or that it has changed."""
        if not self.known[node]:
            self.known[node] = True
            for dependent in self.dependents[node]:
                self.unsettled[dependent] -= 1
        elif node in self.untold:
            for dependent in self.dependents[node]:
                self._unsettle(dependent)
        self.untold.discard(node)

    def _missed(self, event: Missed) -> None:
        node = event.node
        if node in self.stale:
            self._resolve(node)
        elif self.state[node] == RESOLVING and not event.reads:
            self.state[node] = RUNNING
            self.units[node] += 1
            self.queue.push(self.nodes[node], 0)
        elif self.state[node] == RESOLVING and self.stands(node):
            self._run(node)
        elif self.state[node] == RESOLVING:
            self._want(node)

    def _flowing(self, event: Flowing) -> None:
        if not self.flowing[event.node] and self.state[event.node] < SETTLED:
            self.flowing[event.node] = True
            for dependent in self.dependents[event.node]:
                self._look(dependent)

    def _offered(self, event: Offered) -> None:
        node = event.node
        if self.state[node] >= SETTLED or (self.nodes[node].single and self.units[node]):
            return
        self.closed[node] = False
        self.units[node] += len(event.units)
        if self.state[node] == RUNNING or self.readable(node):
            for unit in event.units:
                self.queue.push(self.nodes[node], unit)
        else:
            self.held.setdefault(node, []).extend(event.units)
            self._want_gone(node)

    def _closed(self, event: Closed) -> None:
        self.closed[event.node] = True
        self._complete(event.node)

    def _ended(self, event: Ended) -> None:
        node = event.node
        if self.crew.end(node, event.unit, event.seconds, self.nodes):
            self.units[node] -= 1
            if self.closed[node]:
                self._complete(node)

    def _waits(self, event: Waits) -> None:
        self.crew.waits(event.node, event.unit)

    def _ready(self, event: Ready) -> None:
        self.crew.ready(self.nodes[event.node], event.unit)

    def _again(self, event: Again) -> None:
        node = event.node
        if self.state[node] >= SETTLED or self.stopped:
            return
        if node in self.stale and self.nodes[node].single:
            self._resolve(node)
        elif not (self.nodes[node].single and self.units[node]):
            self.units[node] += 1
            self.queue.push(self.nodes[node], event.unit)

    def _failed(self, event: Failed) -> None:
        if self.state[event.node] < FAILED:
            self._final(event.node, FAILED)
            self._block_below(event.node)

    def _worker_up(self, event: WorkerUp) -> None:
        self.crew.up(event.worker)

    def _worker_lost(self, event: WorkerLost) -> None:
        held = self.crew.lost(event.worker)
        for place, (node, unit) in enumerate(held):
            self.units[node] -= 1
            self.crew.doubt(self.nodes[node])
            if self.state[node] < SETTLED:
                self._out.append(Drop(node, unit, place == 0, len(held) == 1))

    def _slow(self, event: Slow) -> None:
        for node, unit in self.crew.take_back(event.worker):
            self._out.append(TakeBack(node, unit, event.worker))
            self.units[node] -= 1
            self._again(Again(node, unit))

    def _quiet(self, event: Quiet) -> None:
        self._heard = self._patience

    def _stopped(self, event: Stopped) -> None:
        self.stopped = True
        self.queue.clear()
        for node in self.nodes:
            if self.state[node.id] < SETTLED:
                self._final(node.id, CANCELLED)
                self._out.append(Cancel(node.id))
        self._out += [Kill(worker) for worker in self.crew.working()]

    # --- what follows -------------------------------------------------------------------------------------------------

    def _resolve(self, node: int) -> None:
        self.stale.discard(node)
        self.state[node] = RESOLVING
        self._out.append(Resolve(node))

    def _look(self, node: int) -> None:
        """A source of the node has moved: is it time to resolve it, to open it, or to let its units go?"""
        state = self.state[node]
        if state <= OPEN and state != RESOLVING and not self.unsettled[node]:
            self._resolve(node)
        elif state == WAITING and self.nodes[node].feeds and self.may_open(node):
            self.state[node] = OPEN
            self.made[node] = True
            self._out.append(Open(node))
        elif state == WANTED:
            if self.readable(node):
                self._run(node)
            else:
                self._want_gone(node)
        if node in self.held:
            self._let_go(node)

    def _let_go(self, node: int) -> None:
        """Units that were held back may start once everything they read is there."""
        if not self.readable(node):
            self._want_gone(node)
            return
        for unit in self.held.pop(node):
            self.queue.push(self.nodes[node], unit)

    def _run(self, node: int) -> None:
        self.state[node] = RUNNING
        self.made[node] = True
        if self.nodes[node].single:
            if not self.units[node]:  # it may have been offered while it was open
                self.units[node] += 1
                self.queue.push(self.nodes[node], 0)
        else:
            self.closed[node] = False
            self._out.append(Begin(node))

    def _want(self, node: int) -> None:
        """The node must run; so must everything that it reads and nobody can read any more."""
        stack = [node]
        while stack:
            one = stack.pop()
            if self.state[one] not in (RESOLVING, SETTLED):
                continue
            self.reopen(one)
            self.state[one] = WANTED
            if (lost := self.lost(one)) is not None:
                self._block_below(lost)
            elif gone := self.gone(one):
                stack += gone
            elif self.readable(one):
                self._run(one)

    def _want_gone(self, node: int) -> None:
        for dep in self.gone(node):
            self._want(dep)

    def _unsettle(self, node: int) -> None:
        """What the node was resolved with is no longer so: it is resolved anew, at once or after what it is doing."""
        state = self.state[node]
        if state == RUNNING and self.nodes[node].single and self.queue.drop(node):
            self.units[node] = 0
            self.state[node] = WAITING
        elif state in (RESOLVING, RUNNING):
            self.stale.add(node)
        elif state in (WANTED, SETTLED):
            self.reopen(node)
            self.state[node] = WAITING

    def _complete(self, node: int) -> None:
        if self.state[node] >= SETTLED or self.units[node] or not self.closed[node]:
            return
        self._out.append(Complete(node))

    def _final(self, node: int, state: int) -> None:
        if self.state[node] < SETTLED:
            self.live -= 1
            for dep in self.nodes[node].deps:
                self.uses[dep] -= 1
                self._free(dep)
        self.state[node] = state
        if node in self.held:
            self.units[node] -= len(self.held.pop(node))
        self.stale.discard(node)
        if self.units[node]:
            self.units[node] -= self.queue.drop(node)
            self._end_work(node)

    def _end_work(self, node: int) -> None:
        """A node is final while its unit is still at work and waits for others: nobody wants any more what it is doing."""
        if self.stopped or not (self.nodes[node].single and self.nodes[node].waits):
            return
        worker = self.crew.disown(node, 0)
        if worker is not None:
            self.units[node] -= 1
            self._out.append(Kill(worker))

    def _free(self, node: int) -> None:
        if self.uses[node] or not self.present[node]:
            return
        if node in self.targets or node in self.changed:
            return
        self._out.append(Free(node))
        if self.made[node] and not self.nodes[node].kept:
            self.present[node] = False

    def _block_below(self, failed: int) -> None:
        by = self.cause.get(failed, failed)
        todo = deque(self.dependents[failed])
        while todo:
            node = todo.popleft()
            if self.state[node] < SETTLED:
                self._final(node, BLOCKED)
                self.cause[node] = by
                self._out.append(Block(node, by))
                todo.extend(self.dependents[node])


_HANDLERS: dict[type, Any] = {
    Began: Machine._began,
    Settled: Machine._settled,
    Missed: Machine._missed,
    Flowing: Machine._flowing,
    Offered: Machine._offered,
    Closed: Machine._closed,
    Ended: Machine._ended,
    Waits: Machine._waits,
    Ready: Machine._ready,
    Again: Machine._again,
    Failed: Machine._failed,
    WorkerUp: Machine._worker_up,
    WorkerLost: Machine._worker_lost,
    Slow: Machine._slow,
    Quiet: Machine._quiet,
    Stopped: Machine._stopped,
}
