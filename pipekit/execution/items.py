"""The eaches of a run: which items are known, which go out as units, what they gave and what was left out. It must never
know how a unit is sent or who runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from pipekit.errors import FingerprintError
from pipekit.execution import events, given, keys
from pipekit.execution.credit import Credits
from pipekit.execution.desk import Job
from pipekit.execution.failed import Left
from pipekit.execution.failure import stable, told
from pipekit.execution.messages import Call, Fault, ItemDone, ItemsDone
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.streams import Each, Flow, Known
from pipekit.parallel import vocabulary as says
from pipekit.parallel.channel import Amount
from pipekit.store.products import Product
from pipekit.values import Digest, short

SPLIT = 0
"""The unit of an each that turns a list product into items; batches of items count from 1."""


class Items:
    """All streams and eaches of one run on `workers` workers; `outcomes` is told what follows."""

    def __init__(self, outcomes: Outcomes, workers: int) -> None:
        self.outcomes = outcomes
        self.workers = workers
        self.desk = outcomes.desk
        self.recorder = outcomes.recorder
        self.flows: dict[int, Flow] = {}
        self.eaches: dict[int, Each] = {}
        self._told: dict[int, tuple[int, ...]] = {}
        self.arrived: Callable[[int, list[Product]], None] = lambda source, items: None
        self.credits: Credits | None = None

    # --- beginning ----------------------------------------------------------------------------------------------------

    def begin(self, number: int, *, sealed: bool) -> None:
        """The each may take items: those of a product that is known (`sealed`), or live ones while its key is not yet."""
        row = self.desk.ledger[number]
        step = row.planned.step
        source = step.deps[0].steps[0]
        flow = self.flows.get(source)
        try:
            prefix = self._prefix(number)
        except FingerprintError as error:  # of a class in what a side dep gave
            self.outcomes.fail(number, told(error))
            return
        part = partial(given.item_part, classes=row.planned.static.classes)
        each = Each(number, flow or Flow(), prefix, part, sealed=sealed)
        self.eaches[number] = each
        self.flows[number] = each.out
        if step.deps[0].kind != "product" or not self.desk.streams(source):
            each.source = Flow()
            self.outcomes.inbox.append(says.Offered(number, (SPLIT,)))
        elif flow is not None:
            each.follows = True
            if self.credits is not None:
                self.credits.read((source,), number, "elsewhere")
        else:
            each.source.items, each.source.ended = self.desk.items(number), True
        self.advance(each)

    def _prefix(self, number: int) -> Digest:
        return keys.item_prefix(self.desk.ledger[number].planned.static.digest, self.desk.sides(number))

    def _outdated(self, each: Each) -> bool:
        """Has something that the each works with come out another way meanwhile?"""
        if not self.desk.ledger.moved:
            return False
        flow = self.flows.get(self.desk.ledger[each.node].planned.step.deps[0].steps[0])
        return each.prefix != self._prefix(each.node) or (each.follows and each.source is not flow)

    def opened(self, number: int) -> bool:
        """Is this an each whose items are flowing already? Then its key changes nothing any more."""
        each = self.eaches.get(number)
        if each is None or each.sealed:
            return False
        each.sealed = True
        self.advance(each)
        return True

    # --- what happens -------------------------------------------------------------------------------------------------

    def yielded(self, job: Job, items: list[Product]) -> None:
        """A stream, or the split of a list, gave items."""
        each = self.eaches.get(job.node)
        if each is not None:
            each.source.items += items
            self.advance(each)
            return
        self.yielded_by(job.node, items)

    def yielded_by(self, number: int, items: list[Product]) -> None:
        """A stream has more items."""
        flow = self.flows.setdefault(number, Flow())
        flow.items += items
        if items and self.desk.flows_live(number):
            self.outcomes.inbox.append(says.Flowing(number))
            self._wake(number, items)

    def is_live(self, number: int) -> bool:
        """Are items of the step being made, or made for a product that is not known yet?"""
        flow = self.flows.get(number)
        return flow is not None and not (flow.ended and number in self.desk.ledger.products)

    def ended(self, number: int) -> Product:
        """No more items of a stream will come; its product."""
        flow = self.flows.setdefault(number, Flow())
        flow.ended = True
        self._wake(number, [])
        return self.desk.manifest(number, flow.items)

    def forget(self, number: int) -> None:
        """A stream runs, perhaps not for the first time, from its first item."""
        if number not in self.eaches:
            self.flows.pop(number, None)

    def split_done(self, job: Job, fault: Fault | None) -> bool:
        """A list product has been split; False if the job was something else."""
        each = self.eaches.get(job.node)
        if each is None or job.unit != SPLIT:
            return False
        if fault is not None:
            self.outcomes.fail(job.node, fault)
        else:
            each.source.ended = True
            self.advance(each)
        return True

    def done(self, job: Job, done: ItemsDone) -> None:
        """Items of a batch have ended."""
        each = self.eaches[job.node]
        for item in done.items:
            self._item(each, job, item)
        self._took(each, len(done.items), sum(each.source.items[item.number].size for item in done.items))
        if done.last:
            each.batches.pop(job.unit, None)
            each.started.discard(job.unit)
        self.advance(each)

    def dropped(self, number: int, unit: int, fault: Fault) -> None:
        """A batch took its worker down: try its items one by one; a single one is the culprit."""
        each = self.eaches[number]
        if unit == SPLIT:
            self.outcomes.fail(number, fault)
            return
        batch = each.batches.get(unit, ())
        each.started.discard(unit)
        if len(batch) > 1:
            self.outcomes.inbox.append(says.Offered(number, tuple(each.split(unit))))
        elif batch:
            each.batches.pop(unit)
            self._fault(each, batch[0], fault, 0.0)
        self.advance(each)

    def _item(self, each: Each, job: Job, item: ItemDone) -> None:
        self.outcomes.log(job, item.log)
        if item.fault is not None:
            self._fault(each, item.number, item.fault, item.seconds)
            return
        known = each.checks.get(item.number)
        made = tuple(self.outcomes.take(each.node, one) for one in item.made) if known is None else known
        each.put(item.number, made, item.seconds)
        if self._outdated(each):
            return
        if known is not None:
            self.recorder.item_passed(each.node, each.key(item.number))
            return
        flat = self.desk.ledger[each.node].planned.task.flat
        self.recorder.record_item(each.node, each.key(item.number), made, item, flat)

    def _fault(self, each: Each, index: int, fault: Fault, seconds: float) -> None:
        config = self.desk.ledger[each.node].planned.task.config
        tries = each.tries.get(index, 0)
        if tries < config.retries and not self.outcomes.stopping:
            each.tries[index] = tries + 1
            self.outcomes.later(tries + 1, says.Offered(each.node, (each.alone(index),)))
            return
        item = each.source.items[index]
        if config.on_error == "raise":
            self.outcomes.fail(each.node, fault, f"{index} ({short(item.digest)})")
            return
        left = Left(item, stable(fault.message, self.desk.folder))
        each.put(index, left, seconds)
        if config.on_error == "drop":
            self.recorder.record_left(each.node, each.key(index), left)
        if self._too_many(each, config.max_errors):
            self.outcomes.fail(each.node, fault, f"{index} ({short(item.digest)}), one more than max_errors")

    def _too_many(self, each: Each, most: float | int | None) -> bool:
        if most is None:
            return False
        if isinstance(most, int) and most >= 1:
            return each.failed > most
        return each.source.ended and each.failed > most * len(each.source.items)

    # --- what follows -------------------------------------------------------------------------------------------------

    def advance(self, each: Each) -> None:
        """Take in new items, offer units, hand on results that are next in order, close when all has come."""
        row = self.desk.ledger[each.node]
        if row.state in ("failed", "blocked", "cancelled"):
            return
        known = each.cached
        try:
            each.take(lambda wanted: self._known(each, wanted))
        except FingerprintError as error:  # of a class in an item
            self.outcomes.fail(each.node, told(error))
            return
        self._took(each, each.cached - known, 0)
        workers = self.workers
        largest = 1 if row.planned.task.config.timeout else 256
        while len(each.batches) < 2 * workers + 2:
            unit = each.batch(workers, largest)
            if unit is None:
                break
            self.outcomes.inbox.append(says.Offered(each.node, (unit,)))
        start = len(each.out.items)
        if each.release() and self.desk.flows_live(each.node):
            self.outcomes.inbox.append(says.Flowing(each.node))
            self._wake(each.node, each.out.items[start:])
        if each.whole and each.sealed and not each.closed and not each.batches:
            each.closed = True
            self.outcomes.inbox.append(says.Closed(each.node))
        self._stand(each)

    def _took(self, each: Each, items: int, size: int) -> None:
        if items and each.follows and self.credits is not None:
            self.credits.took(self._source(each), each.node, Amount(items, size))

    def _stand(self, each: Each) -> None:
        """Who makes the items is told whether they are worked on, or could be: then it waits if it is far ahead."""
        if not each.follows or self.credits is None:
            return
        source = (self._source(each),)
        if each.closed:
            self.credits.leave(source, each.node)
        elif each.started:
            self.credits.turn(source, each.node, "works")
        else:
            plain = not self.desk.ledger[each.node].planned.task.config.resources
            self.credits.turn(source, each.node, "starves" if each.batches and plain else "elsewhere")

    def _source(self, each: Each) -> int:
        return self.desk.ledger[each.node].planned.step.deps[0].steps[0]

    def _wake(self, source: int, items: list[Product]) -> None:
        self.arrived(source, items)
        flow = self.flows[source]
        for each in list(self.eaches.values()):
            if each.source is flow:
                self.advance(each)

    def _known(self, each: Each, wanted: Sequence[Digest]) -> Mapping[Digest, Known]:
        if self.desk.ledger.plan.forced and each.node in self.desk.ledger.plan.forced:
            return {}
        return self.recorder.known_items(each.node, wanted)

    def complete(self, number: int) -> None:
        """Every item has a result: the each's product is their manifest."""
        each, row = self.eaches[number], self.desk.ledger[number]
        if self._outdated(each):
            self.begin(number, sealed=True)
            return
        if self.desk.ledger.moved:
            row.key = self.recorder.key(number)
        each.out.ended = True
        config = row.planned.task.config
        row.left = each.left()
        self.desk.keep(one.item for one in row.left)
        if self._too_many(each, config.max_errors):
            self.outcomes.fail(number, Fault(f"{each.failed} items failed, more than max_errors", ""))
            return
        skipped = len(row.left) if config.on_error == "skip" else 0
        row.partial = bool(skipped)
        row.items = {"ran": each.ran, "cached": each.cached, "failed": each.failed, "skipped": skipped}
        product = self.desk.manifest(number, each.out.items)
        self.tell(final=number)
        self._wake(number, [])
        row.state = "cached" if each.cached and not each.ran and not each.failed else "ran"
        self.outcomes.made(number, product)

    def tell(self, final: int | None = None) -> None:
        """Say how far each stream is, where that has changed."""
        for number, each in self.eaches.items():
            if final is not None and number != final:
                continue
            config = self.desk.ledger[number].planned.task.config
            skipped = each.failed if config.on_error == "skip" else 0
            total = len(each.source.items) if each.source.ended else None
            now = (each.ran, each.cached, each.failed, skipped, each.running, -1 if total is None else total)
            if self._told.get(number) != now:
                self._told[number] = now
                self.outcomes.say(events.Items(time.time(), number, *now[:5], total))
        for number, flow in self.flows.items():
            if number not in self.eaches and final is None:
                so_far = (len(flow.items), int(flow.ended))
                if self._told.get(number) != so_far:
                    self._told[number] = so_far
                    total = len(flow.items) if flow.ended else None
                    self.outcomes.say(events.Items(time.time(), number, len(flow.items), 0, 0, 0, 0, total))

    def call(self, job: Job) -> Call:
        """The message that starts a unit of an each."""
        each = self.eaches[job.node]
        if job.unit == SPLIT:
            return self.desk.split_call(job)
        batch = each.batches[job.unit]
        each.started.add(job.unit)
        items = [(index, each.source.items[index], each.checks.get(index, ())) for index in batch]
        return self.desk.each_call(job, items)
