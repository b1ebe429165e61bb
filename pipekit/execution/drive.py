"""The loop of a run: carries out what the machine commands, on a pool and a store, and tells it what happened; yields
events. It must never decide order or placement, nor call the user's code."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from pipekit.errors import PipekitError
from pipekit.execution import events
from pipekit.execution.desk import Desk, Job
from pipekit.execution.events import Event
from pipekit.execution.items import Items
from pipekit.execution.ledger import Entry
from pipekit.execution.messages import Done, Fault, ItemsDone, Made, Progress, Want, Yielded
from pipekit.execution.recording import Recorder
from pipekit.parallel import vocabulary as says
from pipekit.parallel.machine import Machine
from pipekit.parallel.pools.protocol import Event as Heard
from pipekit.parallel.pools.protocol import Lost, Pool, Unread, Up
from pipekit.store.objects import BIG
from pipekit.store.products import Product

TICK = 0.1
"""Seconds between two looks at logs and counters while something runs."""

_LONGEST_WAIT = 60.0


class Drive:
    """One execution of a plan. Iterate `run()` for its events; `stop()` from a signal handler ends it soon."""

    def __init__(
        self, desk: Desk, recorder: Recorder, machine: Machine, pool: Pool, *, fail_fast: bool = False
    ) -> None:
        self.desk = desk
        self.recorder = recorder
        self.machine = machine
        self.pool = pool
        self.fail_fast = fail_fast
        self.inbox: deque[says.Event] = deque([says.Began()])
        self.out: deque[Event] = deque()
        self.jobs: dict[int, Job] = {}
        self.at: dict[tuple[int, int], int] = {}
        self.pids: dict[int, int] = {}
        self.timers: list[tuple[float, says.Event]] = []
        self.failures = 0
        self.items = Items(self)
        self._number = 0
        self._ticked = 0.0
        self._now = time.monotonic

    def run(self) -> Iterator[Event]:
        """Do it all. A KeyboardInterrupt cancels what runs, keeps what is done and goes on to the end."""
        while True:
            try:
                while True:
                    self._pump()
                    while self.out:
                        yield self.out.popleft()
                    if self.machine.finished:
                        break
                    self._hear(self.pool.wait(self._patience()))
                    self._tick()
                break
            except KeyboardInterrupt:
                if self.machine.stopped:
                    raise
                self.stop()
        self.recorder.committer.flush()
        while self.out:
            yield self.out.popleft()

    def stop(self) -> None:
        """Start nothing more; what runs is cancelled."""
        self.inbox.append(says.Stopped())

    def say(self, event: Event) -> None:
        self.out.append(event)

    def _pump(self) -> None:
        while self.inbox:
            for command in self.machine.handle(self.inbox.popleft()):
                _CARRY_OUT[type(command)](self, command)

    def _patience(self) -> float:
        now = self._now()
        waits = [when - now for when, _ in self.timers] + [
            job.deadline - now for job in self.jobs.values() if job.deadline
        ]
        due = self.recorder.committer.due()
        waits += [due] if due is not None else []
        waits += [TICK] if self.jobs else []
        return max(0.0, min(waits, default=_LONGEST_WAIT))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _resolve(self, command: says.Resolve) -> None:
        number = command.node
        row = self.desk.ledger[number]
        if row.planned.pinned is not None:
            self.desk.adopt(row.planned.pinned)
            self._settle(number, row.planned.pinned.product, True)
            return
        try:
            known = self.recorder.resolve(number)
        except PipekitError as error:
            self._fail(number, Fault(str(error), ""))
            return
        if self.items.opened(number):
            return
        if known is None:
            self.say(events.StepReady(time.time(), number))
            self.inbox.append(says.Missed(number))
            return
        row.state = "cached"
        row.partial = known.partial
        self._settle(number, known.product, self.desk.present(number, known.product))
        self._say_cached(number, row)

    def _say_cached(self, number: int, row: Entry) -> None:
        assert row.key is not None and row.product is not None
        product = row.product
        self.say(
            events.StepCached(time.time(), number, row.key.hex(), product.digest.hex(), product.size, product.items)
        )

    def _settle(self, number: int, product: Product, present: bool) -> None:
        changed = self.desk.ledger.settle(number, product)
        row = self.desk.ledger[number]
        known = row.planned.record
        if changed or (row.state == "ran" and known is not None and known.key == row.key and known.product != product):
            name = row.planned.step.name
            self.say(
                events.Warned(time.time(), number, f"'{name}' is not deterministic: the same key gave another product")
            )
        self.inbox.append(says.Settled(number, present, changed))

    def _start(self, command: says.Start) -> None:
        row = self.desk.ledger[command.node]
        self._number += 1
        job = self.desk.job(self._number, command.node, command.unit, command.worker, self._now())
        try:
            call = self.items.call(job) if row.planned.task.kind == "each" else self.desk.call(job)
        except PipekitError as error:
            self.inbox.append(says.Ended(command.node, command.unit))
            self._fail(command.node, Fault(str(error), ""))
            return
        self.jobs[job.number] = job
        self.at[command.node, command.unit] = job.number
        if row.began is None:
            row.began = time.time()
            self.say(events.StepStarted(row.began, command.node, command.worker))
        self.pool.send(command.worker, call)

    def _begin(self, command: says.Begin) -> None:
        self.items.begin(command.node, sealed=True)

    def _open(self, command: says.Open) -> None:
        self.items.begin(command.node, sealed=False)

    def _complete(self, command: says.Complete) -> None:
        self.items.complete(command.node)

    def _block(self, command: says.Block) -> None:
        self.desk.ledger[command.node].state = "blocked"
        self.say(events.StepBlocked(time.time(), command.node, command.by))

    def _cancel(self, command: says.Cancel) -> None:
        self.desk.ledger[command.node].state = "cancelled"
        self.say(events.StepCancelled(time.time(), command.node))

    def _drop(self, command: says.Drop) -> None:
        number = self.at.pop((command.node, command.unit), None)
        job = self.jobs.pop(number, None) if number is not None else None
        self.desk.devices.release(number or 0)
        cause = job.lost if job is not None and job.lost else "its worker was lost"
        fault = Fault(cause, "")
        if self.desk.ledger[command.node].planned.task.kind == "each":
            self.items.dropped(command.node, command.unit, fault)
        else:
            self._retry(command.node, command.unit, fault)

    def _free(self, command: says.Free) -> None:
        self.desk.free(command.node)

    def _spawn(self, command: says.Spawn) -> None:
        self.pool.start(command.worker)

    def _kill(self, command: says.Kill) -> None:
        self.pool.kill(command.worker)

    # --- what workers say ---------------------------------------------------------------------------------------------

    def _hear(self, heard: list[Heard]) -> None:
        for one in heard:
            if isinstance(one, Up):
                self.pids[one.worker] = one.pid
                self.inbox.append(says.WorkerUp(one.worker))
            elif isinstance(one, Lost):
                self._lost(one)
            elif isinstance(one, Unread):
                self.pool.kill(one.worker)
            else:
                handler = _HEARD.get(type(one.message))
                if handler is not None:
                    handler(self, one.message)

    def _lost(self, lost: Lost) -> None:
        for job in self.jobs.values():
            if job.worker == lost.worker and not job.lost:
                job.lost = f"the worker was lost: {lost.cause}"
        self.inbox.append(says.WorkerLost(lost.worker))

    def _done(self, done: Done) -> None:
        job = self.jobs.get(done.job)
        if job is None:
            return
        row = self._close(job, done.seconds, done.log, done.opened)
        if self.items.split_done(job, done.fault):
            return
        if done.fault is not None:
            self._retry(job.node, job.unit, done.fault)
        elif not self.machine.stopped:
            row.state = "ran"
            product = self.items.ended(job.node) if done.product is None else self.take(job.node, done.product)
            self.made(job.node, product, done.peak)

    def take(self, number: int, made: Made) -> Product:
        """A product that a worker made, whole or one item."""
        self.recorder.note(number, made)
        product = self.desk.take(number, made)
        if product.size >= BIG and self.desk.keeps(number):
            self.recorder.committer.objects.update(product.objects)
        return product

    def made(self, number: int, product: Product, peak: int = 0) -> None:
        """The step has its product, and `row.state` says how: record it and tell everyone."""
        row = self.desk.ledger[number]
        row.partial = row.partial or self.desk.ledger.is_partial(number)
        if not self.recorder.record(number, product, peak):
            name = row.planned.step.name
            message = f"a file that '{name}' reads changed while it ran: its product is used, but not recorded"
            self.say(events.Warned(time.time(), number, message))
        assert row.key is not None
        if row.state == "ran":
            self.say(
                events.StepFinished(
                    time.time(), number, row.seconds, row.key.hex(), product.digest.hex(), product.size, product.items,
                    row.reason, row.partial,
                )
            )  # fmt: skip
        self._settle(number, product, True)
        if row.state == "cached":
            self._say_cached(number, row)

    def _close(self, job: Job, seconds: float, log: bytes, opened: tuple[str, ...]) -> Entry:
        """The unit is off its worker."""
        row = self.desk.ledger[job.node]
        self.jobs.pop(job.number, None)
        self.at.pop((job.node, job.unit), None)
        row.seconds += seconds
        self.inbox.append(says.Ended(job.node, job.unit, seconds))
        self._log(job, log)
        self.desk.logged(job, len(log))
        self.desk.devices.release(job.number)
        for message in self.desk.unnamed(job.node, opened):
            self.say(events.Warned(time.time(), job.node, message))
        return row

    def _log(self, job: Job, log: bytes) -> None:
        row = self.desk.ledger[job.node]
        if log:
            row.log.append(log)
            rest = log[job.tailed :]
            if rest:
                self.say(events.LogLines(time.time(), job.node, rest.decode("utf-8", "replace")))

    def _items_done(self, done: ItemsDone) -> None:
        job = self.jobs.get(done.job)
        if job is not None:
            if done.last:
                self._close(job, sum(item.seconds for item in done.items), b"", done.opened)
            self.items.done(job, done)

    def _yielded(self, yielded: Yielded) -> None:
        job = self.jobs.get(yielded.job)
        if job is not None:
            self.items.yielded(job, self._taken(job.node, yielded.items))

    def _taken(self, node: int, made: tuple[Made, ...]) -> list[Product]:
        return [self.take(node, one) for one in made]

    def _progress(self, progress: Progress) -> None:
        job = self.jobs.get(progress.job)
        if job is not None:
            self.say(events.StepProgress(time.time(), job.node, progress.done, progress.total))

    def _want(self, want: Want) -> None:
        job = self.jobs.get(want.job)
        if job is not None:
            self.pool.send(job.worker, self.desk.more(job, want.position))

    # --- what follows -------------------------------------------------------------------------------------------------

    def _retry(self, number: int, unit: int, fault: Fault) -> None:
        row = self.desk.ledger[number]
        if row.tries >= row.planned.task.config.retries or self.machine.stopped:
            self._fail(number, fault)
            return
        row.tries += 1
        self.items.forget(number)
        self.later(row.tries, says.Again(number, unit))
        name = row.planned.step.name
        self.say(events.Warned(time.time(), number, f"'{name}' failed and is tried again: {fault.message}"))

    def later(self, tries: int, event: says.Event) -> None:
        """Put in the event after 1, 2, 4 ... 60 seconds."""
        self.timers.append((self._now() + min(60.0, 2.0 ** (tries - 1)), event))

    def _fail(self, number: int, fault: Fault, item: str = "") -> None:
        row = self.desk.ledger[number]
        if row.state in ("failed", "cancelled"):
            return
        cancelled = self.machine.stopped
        row.state, row.message = ("cancelled", "") if cancelled else ("failed", fault.message)
        row.traceback = fault.traceback
        if not cancelled:
            log = b"".join(row.log).decode("utf-8", "replace")
            where = self.desk.relative(fault.where)
            self.say(
                events.StepFailed(time.time(), number, row.seconds, fault.message, fault.traceback, log, item, where)
            )
            self.failures += 1
        self.inbox.append(says.Failed(number))
        if self.fail_fast and not cancelled:
            self.stop()

    fail = _fail

    def _tick(self) -> None:
        now = self._now()
        due = [entry for entry in self.timers if entry[0] <= now]
        self.timers = [entry for entry in self.timers if entry[0] > now]
        self.inbox.extend(event for _, event in due)
        for job in self.jobs.values():
            if job.deadline and self.pool.name == "processes" and now >= job.deadline:
                job.lost = f"timed out after {row_timeout(self.desk.ledger[job.node]):g} s"
                job.deadline = 0.0
                self.pool.kill(job.worker)
        self.recorder.committer.tick()
        if now - self._ticked >= TICK:
            self._ticked = now
            self.items.tell()
            for job, text in self.desk.tails(self.jobs.values(), self.pids):
                self.say(events.LogLines(time.time(), job.node, text))


def row_timeout(row: Entry) -> float:
    """The timeout of a step, in seconds."""
    return row.planned.task.config.timeout or 0.0


_CARRY_OUT: dict[type, Any] = {
    says.Resolve: Drive._resolve,
    says.Open: Drive._open,
    says.Begin: Drive._begin,
    says.Start: Drive._start,
    says.Complete: Drive._complete,
    says.Block: Drive._block,
    says.Cancel: Drive._cancel,
    says.Drop: Drive._drop,
    says.Free: Drive._free,
    says.Spawn: Drive._spawn,
    says.Kill: Drive._kill,
}
_HEARD: dict[type, Any] = {
    Done: Drive._done,
    ItemsDone: Drive._items_done,
    Yielded: Drive._yielded,
    Progress: Drive._progress,
    Want: Drive._want,
}
