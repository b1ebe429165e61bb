"""What becomes of steps during a run: settled, made, failed, tried again; told as events and to the machine. It must never
know a pool or a message."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from pipekit.execution import events
from pipekit.execution.desk import Desk, Job
from pipekit.execution.events import Event
from pipekit.execution.ledger import Entry
from pipekit.execution.messages import Fault, Made
from pipekit.execution.recording import Recorder
from pipekit.parallel import vocabulary as says
from pipekit.store.blocks import Block
from pipekit.store.objects import BIG
from pipekit.store.products import Product
from pipekit.store.segments import RowFile
from pipekit.values import Digest

LONGEST_PAUSE = 60.0
"""Seconds between two tries: 1, 2, 4 and so on, up to this."""


class Outcomes:
    """Of one run. `inbox` is for the machine, `out` for whoever shows the run; `timers` put events into the inbox later."""

    def __init__(self, desk: Desk, recorder: Recorder) -> None:
        self.desk = desk
        self.recorder = recorder
        self.inbox: deque[says.Event] = deque()
        self.out: deque[Event] = deque()
        self.timers: list[tuple[float, says.Event]] = []
        self.stopping = False
        self._keys: dict[int, Digest | None] = {}  # under which the products are known

    def say(self, event: Event) -> None:
        """Tell those who show the run."""
        self.out.append(event)

    def warn(self, number: int, message: str) -> None:
        """Tell them something that stops nothing."""
        self.out.append(events.Warned(time.time(), number, message))

    def later(self, tries: int, event: says.Event) -> None:
        """Put in the event after 1, 2, 4 ... 60 seconds."""
        self.timers.append((time.monotonic() + min(LONGEST_PAUSE, 2.0 ** (tries - 1)), event))

    def due(self) -> None:
        """Put in the events whose time has come."""
        now = time.monotonic()
        self.inbox.extend(event for when, event in self.timers if when <= now)
        self.timers = [entry for entry in self.timers if entry[0] > now]

    def stop(self) -> None:
        """Start nothing more; what runs is cancelled."""
        self.stopping = True
        self.inbox.append(says.Stopped())

    # --- products -----------------------------------------------------------------------------------------------------

    def take(self, number: int, made: Made) -> Product:
        """A product that a worker made."""
        self.recorder.note(number, made)
        product = self.desk.take(number, made)
        if product.size >= BIG and self.desk.keeps(number):
            self.recorder.committer.add_objects(product.objects)
        return product

    def take_items(self, number: int, block: Block, files: Sequence[RowFile]) -> Block:
        """Items that a worker made, as they are kept: their small objects are available now."""
        self.recorder.note_files(number, files)
        if not block.odd:
            return block
        bodies = block.bodies()
        self.desk.take_items(number, block.objects(), bodies)
        if self.desk.keeps(number):
            big = block.objects(BIG) - bodies.keys()
            if big:
                self.recorder.committer.add_objects(big)
        return block.bare()

    def settle(self, number: int, product: Product, *, present: bool) -> None:
        """The product of a step is known."""
        row = self.desk.ledger[number]
        changed = self.desk.ledger.settle(number, product)
        before, self._keys[number] = self._keys.get(number), row.key
        known = row.planned.record
        unlike = row.state == "ran" and known is not None and known.key == row.key and known.product != product
        if unlike or (changed and before == row.key):
            self.warn(number, f"'{row.planned.step.name}' is not deterministic: the same key gave another product")
        self.inbox.append(says.Settled(number, present, changed))

    def found(self, number: int, product: Product, *, present: bool) -> None:
        """The step has a record."""
        row = self.desk.ledger[number]
        row.state = "cached"
        self.settle(number, product, present=present)
        self._say_cached(number, row, product)

    def made(self, number: int, product: Product) -> None:
        """The step has its product, and `row.state` says how: record it and tell everyone."""
        row = self.desk.ledger[number]
        row.partial = row.partial or self.desk.ledger.is_partial(number)
        if not self.recorder.record(number, product):
            name = row.planned.step.name
            self.warn(number, f"a file that '{name}' reads changed while it ran: its product is used, but not recorded")
        if row.state == "ran":
            self._say_finished(number, row, product)
        self.settle(number, product, present=True)
        if row.state == "cached":
            self._say_cached(number, row, product)

    def _say_cached(self, number: int, row: Entry, product: Product) -> None:
        key = row.key.hex() if row.key else ""
        self.say(events.StepCached(time.time(), number, key, product.digest.hex(), product.size, product.items))

    def _say_finished(self, number: int, row: Entry, product: Product) -> None:
        key = row.key.hex() if row.key else ""
        self.say(
            events.StepFinished(
                time.time(), number, row.seconds, key, product.digest.hex(), product.size, product.items, row.reason,
                row.partial,
            )
        )  # fmt: skip

    # --- failures -----------------------------------------------------------------------------------------------------

    def try_again(self, number: int, unit: int, fault: Fault) -> bool:
        """A unit failed: put it in once more, if tries are left."""
        row = self.desk.ledger[number]
        if row.tries >= row.planned.task.config.retries or self.stopping:
            return False
        row.tries += 1
        self.later(row.tries, says.Again(number, unit))
        self.warn(number, f"'{row.planned.step.name}' failed and is tried again: {fault.message}")
        return True

    def fail(self, number: int, fault: Fault, item: str = "") -> None:
        """The step will have no product; after a stop it counts as cancelled."""
        row = self.desk.ledger[number]
        if row.state in ("failed", "cancelled"):
            return
        row.state = "cancelled" if self.stopping else "failed"
        if not self.stopping:
            row.message, row.traceback = fault.message, fault.traceback
            log = b"".join(row.log).decode("utf-8", "replace")
            where = self.desk.relative(fault.where)
            now = time.time()
            self.say(events.StepFailed(now, number, row.seconds, fault.message, fault.traceback, log, item, where))
        self.inbox.append(says.Failed(number))

    def log(self, job: Job, text: bytes) -> None:
        """What a call, or one item of it, has printed; what was shown while it ran is not shown again."""
        if not text:
            return
        self.desk.ledger[job.node].log.append(text)
        rest = text[job.tailed :]
        if rest:
            self.say(events.LogLines(time.time(), job.node, rest.decode("utf-8", "replace")))
        self.desk.logged(job, len(text))
        job.tailed = max(0, job.tailed - len(text))
