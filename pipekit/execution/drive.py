"""The loop of a run: carries out what the machine commands, on a pool and a store, and tells it what happened; yields
events. It must never decide order or placement, nor call the user's code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipekit.errors import ExecutionError, PipekitError
from pipekit.execution import events, held
from pipekit.execution import messages as m
from pipekit.execution.audit import Audit
from pipekit.execution.chains import Chains
from pipekit.execution.credit import Credits
from pipekit.execution.desk import Desk, Job
from pipekit.execution.events import Event
from pipekit.execution.failure import told
from pipekit.execution.flow import Shelf
from pipekit.execution.items import Items
from pipekit.execution.jobs import Jobs
from pipekit.execution.ledger import Entry
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.reading import Readers
from pipekit.execution.recording import Recorder
from pipekit.execution.starting import Starter
from pipekit.execution.weights import Weights
from pipekit.parallel import vocabulary as says
from pipekit.parallel.channel import Amount
from pipekit.parallel.machine import Machine
from pipekit.parallel.pools.protocol import Event as Heard
from pipekit.parallel.pools.protocol import Lost, Pool, Still, Unread, Up
from pipekit.store.columns import seconds

TICK = 0.1
"""Seconds between two looks at logs and counters while something runs."""

MOST_STILLBORN = 3
HINT_STILLBORN = "a module of the project may hide one of Python's own (queue.py, random.py): rename it"

_LONGEST_WAIT = 60.0


class Drive:
    """One execution of a plan. Iterate `run()` for its events. `idle` is called when the loop is about to wait, and at least every
    tenth of a second."""

    def __init__(
        self, desk: Desk, recorder: Recorder, machine: Machine, pool: Pool, audit: Audit, *,
        fail_fast: bool, idle: Callable[[], None], memory: int = 1 << 30,
    ) -> None:  # fmt: skip
        self.desk = desk
        self.recorder = recorder
        self.machine = machine
        self.pool = pool
        self.audit = audit
        self.fail_fast = fail_fast
        self.idle = idle
        self.outcomes = Outcomes(desk, recorder)
        self.items = Items(self.outcomes, machine.room.capacity.jobs, Shelf(desk.temporary, memory // 4))
        self.credits = Credits(
            memory // (4 * max(1, len(desk.flowing))), pool.send, self._could_go_on, time.monotonic
        )  # fmt: skip
        self.readers = Readers(self.outcomes, self.items, self.credits, pool.send, pool.kill)
        self.items.arrived, self.items.credits = self.readers.arrived, self.credits
        self.items.diverged = self.readers.diverged
        self.weights = Weights(self.items.flows, self.credits)
        self.jobs = Jobs(desk, time.monotonic)
        self.chains = Chains(desk, self.jobs, machine.crew, machine.nodes)
        self.starter = Starter(self.outcomes, self.items, self.readers, self.jobs, self.chains, machine.crew, pool)
        self.pids: dict[int, int] = {}
        self._stillborn = 0
        self._ticked = self._rested = 0.0
        self._looked = False

    def run(self) -> Iterator[Event]:
        """Do it all. A KeyboardInterrupt cancels what runs, keeps what is done and goes on to the end; a second one
        comes out."""
        self.outcomes.inbox.append(says.Began())
        try:
            while True:
                try:
                    yield from self._loop()
                    break
                except KeyboardInterrupt:
                    if self.outcomes.stopping:
                        raise
                    self.outcomes.stop()
            self.recorder.committer.settle()
        finally:
            self.items.shelf.close()
        yield from self._told()

    def _loop(self) -> Iterator[Event]:
        while True:
            self._pump()
            yield from self._told()
            if self.machine.finished:
                return
            self._rest()
            came = self.pool.wait(self._patience() if self._looked else 0)
            self.jobs.heard({heard.worker for heard in came})
            for heard in came:
                self._hear(heard)
            if not self._looked:
                self._looked = True
                self.recorder.look_ahead()
            self._tick()

    def _rest(self) -> None:
        """Nothing is to be done just now; who watches is told, but not for every little pause."""
        now = time.monotonic()
        if not self.jobs or now - self._rested >= TICK / 2:
            self._rested = now
            self.idle()

    def _told(self) -> Iterator[Event]:
        out = self.outcomes.out
        while out:
            yield out.popleft()

    def _pump(self) -> None:
        inbox = self.outcomes.inbox
        while inbox:
            event = inbox.popleft()
            if self.fail_fast and isinstance(event, says.Failed) and not self.outcomes.stopping:
                self.outcomes.stop()
            for command in self.machine.handle(event):
                _CARRY_OUT[type(command)](self, command)
            if isinstance(event, says.Offered) and event.node not in self.machine.held:
                self.readers.offered(event.node)
            if not inbox and not isinstance(event, says.Quiet):
                inbox.append(says.Quiet())

    def _patience(self) -> float:
        now = time.monotonic()
        waits = [when - now for when, _ in self.outcomes.timers]
        waits += self.jobs.patience()
        due = self.recorder.committer.due()
        waits += [due] if due is not None else []
        waits += [TICK] if self.jobs else []
        return max(0.0, min(waits, default=_LONGEST_WAIT))

    def _tick(self) -> None:
        self.outcomes.due()
        self.recorder.committer.tick()
        now = time.monotonic()
        for job in self.jobs.overdue() if self.pool.name == "processes" else ():
            job.lost = f"timed out after {self.jobs.timeout(job):g} s"
            self.pool.kill(job.worker)
        if now - self._ticked >= TICK:
            self._ticked = now
            for worker in self.jobs.slow(TICK):
                self.pool.nudge(worker)
            self.items.counts.tell_all()
            self.outcomes.out.extend(self.weights.tell(time.time(), now))
            for job, text in self.desk.tails(self.jobs, self.pids):
                self.outcomes.say(events.LogLines(time.time(), job.node, text))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _resolve(self, command: says.Resolve) -> None:
        number = command.node
        row = self.desk.ledger[number]
        if row.planned.pinned is not None:
            self.desk.adopt(row.planned.pinned)
            self.outcomes.settle(number, row.planned.pinned.product, present=True)
            return
        before = row.key
        try:
            known = self.recorder.resolve(number)
        except PipekitError as error:
            self.outcomes.fail(number, told(error))
            return
        if self.items.opened(number) or self.readers.resolved(number, known):
            return
        if row.state == "ran" and row.product is not None and row.key == before and self.desk.keeps(number):
            self.outcomes.settle(number, row.product, present=True)
            return
        if known is None:
            self.outcomes.say(events.StepReady(time.time(), number))
            self.outcomes.inbox.append(says.Missed(number))
            return
        row.partial = known.partial
        there = self.desk.present(number, known.product)
        if self.recorder.unchecked(number, known) and self.desk.readable(known.product):
            row.checking = known
            self.outcomes.inbox.append(says.Missed(number, reads=False))
            return
        self.outcomes.found(number, known.product, present=there)

    def _start(self, command: says.Start) -> None:
        ended = self.starter.start(command)
        if ended is not None:
            self._done(*ended)

    def _begin(self, command: says.Begin) -> None:
        self.items.begin(command.node, sealed=True)

    def _open(self, command: says.Open) -> None:
        if self.desk.ledger[command.node].planned.task.kind == "each":
            self.items.begin(command.node, sealed=False)
        else:
            self.readers.open(command.node)

    def _resume(self, command: says.Resume) -> None:
        if self.credits.is_stalled(command.node) and not self.credits.resume(command.node):
            self.outcomes.inbox.append(says.Waits(command.node, 0))
        self.readers.resume(command.node)

    def _could_go_on(self, number: int) -> None:
        self.outcomes.inbox.append(says.Ready(number, 0))

    def _stalled(self, job: Job, stalled: m.Stalled) -> None:
        self.outcomes.inbox.append(says.Waits(job.node, job.unit))
        self.credits.stalled(job.node)

    def _complete(self, command: says.Complete) -> None:
        self.items.complete(command.node)

    def _block(self, command: says.Block) -> None:
        self.readers.end(command.node)
        self.desk.ledger[command.node].state = "blocked"
        self.outcomes.say(events.StepBlocked(time.time(), command.node, command.by))

    def _cancel(self, command: says.Cancel) -> None:
        self.readers.end(command.node)
        self.desk.ledger[command.node].state = "cancelled"
        self.outcomes.say(events.StepCancelled(time.time(), command.node))

    def _drop(self, command: says.Drop) -> None:
        job = self.jobs.lost(command.node, command.unit)
        self.credits.end(command.node)
        row = self.desk.ledger[command.node]
        fault = m.Fault(job.lost if job is not None and job.lost else "its worker was lost", "")
        innocent = not command.begun or (job is not None and (job.is_elsewhere or job.together))
        shared = (
            not command.alone and row.planned.task.kind != "each"
        )  # nobody knows which of them it was: each will go alone
        if innocent or shared or self.readers.dropped(command.node):
            self.outcomes.inbox.append(says.Again(command.node, command.unit))
        elif self.desk.ledger[command.node].planned.task.kind == "each" and row.checking is None:
            self.items.dropped(command.node, command.unit, fault)
        else:
            self._failed(command.node, command.unit, fault)

    def _take_back(self, command: says.TakeBack) -> None:
        job = self.jobs.lost(command.node, command.unit)
        if job is not None:
            self.pool.send(command.worker, m.Revoke(job.number))

    def _free(self, command: says.Free) -> None:
        self.desk.free(command.node)
        product = self.desk.ledger.products.get(command.node)
        if product is not None and product.codec == held.CODEC:
            for worker in self.pids:
                self.pool.send(worker, m.Forget(product.digest))

    def _spawn(self, command: says.Spawn) -> None:
        self.pool.start(command.worker)

    def _kill(self, command: says.Kill) -> None:
        self.pool.kill(command.worker)

    # --- what workers say ---------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, Up):
            self.pids[heard.worker] = heard.pid
            self._stillborn = 0
            self.outcomes.inbox.append(says.WorkerUp(heard.worker))
        elif isinstance(heard, Lost):
            self._count_start(heard)
            self.starter.lost(heard.worker, f"the worker was lost: {heard.cause}")
            self.outcomes.inbox.append(says.WorkerLost(heard.worker))
        elif isinstance(heard, Unread):
            self.pool.kill(heard.worker)
        elif isinstance(heard, Still):
            self.outcomes.inbox.append(says.Slow(heard.worker))
        else:
            message = m.full(heard.message)
            handler = _HEARD.get(type(message))
            of = self.jobs.get(message.job) if handler is not None else None
            if handler is not None and of is not None:
                handler(self, of, message)
            elif isinstance(message, m.Done):
                self.chains.take(message)

    def _count_start(self, lost: Lost) -> None:
        """Workers that die before they are there, one after the other, never will be."""
        if lost.worker in self.pids:
            return
        self._stillborn += 1
        if self._stillborn >= MOST_STILLBORN:
            last = lost.detail.strip().splitlines()[-1] if lost.detail.strip() else lost.cause
            raise ExecutionError(f"worker processes cannot start: {last}", hint=HINT_STILLBORN)

    def _done(self, job: Job, done: m.Done) -> None:
        row = self._close(job, done.seconds, done.used, done.peak)
        self.outcomes.log(job, done.log)
        if row.checking is not None:
            self._checked(job, done.fault)
            return
        if self.items.split_done(job, done.fault):
            return
        if done.fault is not None:
            self._failed(job.node, job.unit, done.fault)
        elif not self.outcomes.stopping:
            row.state = "ran"
            made = done.product
            product = self.items.ended(job.node) if made is None else self.outcomes.take(job.node, made)
            if not self.readers.done(job, product):
                self.outcomes.made(job.node, product)

    def _checked(self, job: Job, fault: m.Fault | None) -> None:
        """What is recorded has been checked against the type as it is now."""
        row = self.desk.ledger[job.node]
        record, row.checking = row.checking, None
        if fault is not None:
            self.outcomes.fail(job.node, fault)
        elif record is not None and not self.outcomes.stopping:
            self.recorder.passed(job.node, record)
            self.outcomes.found(job.node, record.product, present=True)

    def _failed(self, number: int, unit: int, fault: m.Fault) -> None:
        if not self.outcomes.try_again(number, unit, fault):
            self.outcomes.fail(number, fault)

    def _close(self, job: Job, seconds: float, used: Sequence[m.Used], peak: int) -> Entry:
        """The unit is off its worker."""
        row = self.desk.ledger[job.node]
        self.jobs.close(job)
        self.credits.end(job.node)
        row.seconds += seconds
        row.peak = max(row.peak, peak)
        self.outcomes.inbox.append(says.Ended(job.node, job.unit, seconds))
        for finding in self.audit.take(job.node, used):
            self.outcomes.warn(job.node, finding.message)
        return row

    def _items_done(self, job: Job, done: m.ItemsDone) -> None:
        job.seconds += sum(seconds(done.seconds))
        if done.last:
            self._close(job, job.seconds, done.used, done.peak)
        self.items.done(job, done)

    def _yielded(self, job: Job, yielded: m.Yielded) -> None:
        self.items.yielded(job, yielded)
        self.credits.made(job.node, Amount(len(yielded.block), yielded.block.size))

    def _progress(self, job: Job, progress: m.Progress) -> None:
        job.said = progress.done, progress.total
        self.outcomes.say(events.StepProgress(time.time(), job.node, progress.done, progress.total))

    def _want(self, job: Job, want: m.Want) -> None:
        if not self.readers.want(job, want.position):
            self.pool.send(job.worker, self.desk.more(job, want.position))

    def _waiting(self, job: Job, waiting: m.Waiting) -> None:
        self.credits.went_on(job.node)
        self.readers.waiting(job, waiting.position)


_CARRY_OUT: dict[type, Any] = {
    says.Resolve: Drive._resolve,
    says.Open: Drive._open,
    says.Begin: Drive._begin,
    says.Start: Drive._start,
    says.Resume: Drive._resume,
    says.Complete: Drive._complete,
    says.Block: Drive._block,
    says.Cancel: Drive._cancel,
    says.Drop: Drive._drop,
    says.TakeBack: Drive._take_back,
    says.Free: Drive._free,
    says.Spawn: Drive._spawn,
    says.Kill: Drive._kill,
}
_HEARD: dict[type, Any] = {
    m.Done: Drive._done,
    m.ItemsDone: Drive._items_done,
    m.Yielded: Drive._yielded,
    m.Progress: Drive._progress,
    m.Want: Drive._want,
    m.Waiting: Drive._waiting,
    m.Stalled: Drive._stalled,
}
