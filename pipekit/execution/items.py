"""The eaches of a run: which items are known, which go out as units, what they gave and what was left out. It must never
know how a unit is sent or who runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pipekit.errors import FingerprintError
from pipekit.execution import given, keys, rows
from pipekit.execution.counts import Counts
from pipekit.execution.credit import Credits
from pipekit.execution.desk import Job
from pipekit.execution.failed import Left
from pipekit.execution.failing import Failing
from pipekit.execution.failure import told
from pipekit.execution.flow import Flow, Shelf
from pipekit.execution.messages import Call, Fault, ItemsDone, Yielded
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.streams import LARGEST, MOST, Each
from pipekit.parallel import vocabulary as says
from pipekit.parallel.channel import Amount
from pipekit.store import columns
from pipekit.store.blocks import Block
from pipekit.store.products import Product
from pipekit.values import Digest

SPLIT = 0
"""The unit of an each that turns a list product into items; batches of items count from 1."""

_WHOLE = -1  # in the place of an item's number: the list itself


class Items:
    """All streams and eaches of one run on `workers` workers; `outcomes` is told what follows."""

    def __init__(self, outcomes: Outcomes, workers: int, shelf: Shelf) -> None:
        self.outcomes = outcomes
        self.workers = workers
        self.shelf = shelf
        self.desk = outcomes.desk
        self.recorder = outcomes.recorder
        self.flows: dict[int, Flow] = {}
        self.eaches: dict[int, Each] = {}
        self.failing = Failing(outcomes)
        self.counts = Counts(outcomes, self.flows, self.eaches)
        self.arrived: Callable[[int, Sequence[Block]], None] = lambda source, items: None
        self.diverged: Callable[[int, int], None] = lambda source, kept: None
        self._at_work: dict[int, Each] = {}  # by job
        self._replayed: dict[int, int] = {}  # streams that begin once more: how many items came again
        self.credits: Credits | None = None

    # --- beginning ----------------------------------------------------------------------------------------------------

    def begin(self, number: int, *, sealed: bool) -> None:
        """The each may take items: those of a product that is known (`sealed`), or live ones while its key is not yet."""
        row = self.desk.ledger[number]
        step = row.planned.step
        source = step.deps[0].steps[0]
        flow, before = self.flows.get(source), self.eaches.get(number)
        try:
            prefix = self._prefix(number)
        except FingerprintError as error:  # of a class in what a side dep gave
            self.outcomes.fail(number, told(error))
            return
        classes = row.planned.static.classes
        keys_of = partial(given.item_keys, code=lambda name: classes(name).digest)
        source_flow = self._new() if flow is None else flow
        past = self.recorder.past(number, prefix)
        each = Each(number, source_flow, prefix, keys_of, past, out=self._new(), sealed=sealed)
        each.forced = self.desk.ledger.plan.items.get(number, frozenset())
        self.eaches[number] = each
        self.flows[number] = each.out
        self.desk.begin_stream(number)
        if before is not None:
            each.follow_on(before)
        if step.deps[0].kind != "product" or not self.desk.streams(source):
            each.source = self._new()
            self.outcomes.inbox.append(says.Offered(number, (SPLIT,)))
        elif flow is not None:
            each.follows = True
            if self.credits is not None:
                self.credits.read((source,), number, "elsewhere")
        else:
            for block in self.desk.items(number):
                each.source.add(block)
            each.source.ended = True
        if before is not None:
            self._replaced(number, before.out, 0)
        self.advance(each)

    def _new(self) -> Flow:
        return Flow(shelf=self.shelf)

    def _prefix(self, number: int) -> Digest:
        return keys.item_prefix(self.desk.ledger[number].planned.static.digest, self.desk.sides(number))

    def _outdated(self, each: Each) -> bool:
        """Has something that the each works with come out another way meanwhile?"""
        if not self.desk.ledger.moved:
            return False
        flow = self.flows.get(self._source(each))
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

    def yielded(self, job: Job, yielded: Yielded) -> None:
        """A stream, or the split of a list, gave items."""
        block = self.outcomes.take_items(job.node, yielded.block, yielded.files)
        each = self._at_work.get(job.number)
        if each is None:
            self.yielded_by(job.node, block)
        elif each is self.eaches[job.node]:
            each.source.add(block)
            self.advance(each)

    def yielded_by(self, number: int, block: Block) -> None:
        """A stream has more items, or gives the same ones again."""
        if number in self._replayed:
            block = self._replay(number, block)
        self.flow(number).add(block)
        self.desk.wrote(number, block)
        if len(block) and self.desk.flows_live(number):
            self.outcomes.inbox.append(says.Flowing(number))
            self._wake(number, [block])

    # --- beginning once more ------------------------------------------------------------------------------------------

    def restart(self, number: int) -> None:
        """A stream begins, perhaps not for the first time: what it gave before need not be read again as long as it is the same."""
        if number in self.eaches or number not in self.flows:
            return
        flow = self.flows[number]
        flow.ended = False
        if not self.desk.writes(number):
            self._write(number, flow)
        self._replayed[number] = 0

    def _replay(self, number: int, block: Block) -> Block:
        """What is new of a block in a stream that begins once more."""
        flow, at = self.flows[number], self._replayed[number]
        same = flow.common(at, block)
        if same < len(block) and at + same < len(flow):
            self._cut(number, at + same)
        elif at + same < len(flow):
            self._replayed[number] = at + same
        else:
            del self._replayed[number]
        return block.part(range(same, len(block)))

    def _cut(self, number: int, kept: int) -> None:
        """A stream goes on in another way after so many items: whoever has read more of it begins again."""
        self._replayed.pop(number, None)
        before, self.flows[number] = self.flows[number], self._new()
        self.flows[number].add(before.part(0, kept))
        self._write(number, self.flows[number])
        self._replaced(number, before, kept)

    def _write(self, number: int, flow: Flow) -> None:
        self.desk.begin_stream(number)
        for block in flow.since(0):
            self.desk.wrote(number, block)

    def _replaced(self, number: int, before: Flow, kept: int) -> None:
        self.diverged(number, kept)
        for each in [one for one in self.eaches.values() if one.source is before and not one.closed]:
            if each.taken <= kept:
                each.source = self.flows[number]
            else:
                self.recorder.committer.settle()  # so that what its items gave is found
                self.begin(each.node, sealed=each.sealed)

    def flow(self, number: int) -> Flow:
        """The flow of a stream, which may only begin."""
        if number not in self.flows:
            self.flows[number] = self._new()
            self.desk.begin_stream(number)
        return self.flows[number]

    def is_live(self, number: int) -> bool:
        """Are items of the step being made, or made for a product that is not known yet?"""
        flow = self.flows.get(number)
        return flow is not None and not (flow.ended and number in self.desk.ledger.products)

    def ended(self, number: int) -> Product:
        """No more items of a stream will come; its product."""
        if (again := self._replayed.pop(number, None)) is not None and again < len(self.flows[number]):
            self._cut(number, again)
        self.flow(number).ended = True
        product = self.desk.manifest(number)
        self._wake(number, [])
        return product

    def split_done(self, job: Job, fault: Fault | None) -> bool:
        """A list product has been split; False if the job was something else."""
        each = self._at_work.pop(job.number, None)
        if each is None:
            return False
        if fault is not None:
            self.outcomes.fail(job.node, fault)
        elif each is self.eaches[job.node]:
            each.source.ended = True
            self.advance(each)
        return True

    def done(self, job: Job, done: ItemsDone) -> None:
        """Items of a batch have ended."""
        each = self._at_work[job.number]
        self.outcomes.log(job, done.log)
        done = done._replace(block=self.outcomes.take_items(each.node, done.block, done.files))
        if done.last:
            del self._at_work[job.number]
        if each is not self.eaches[job.node]:
            return  # it has begun again meanwhile
        batch = each.batches[job.unit]
        spans = batch.after(batch.done, done.items)
        if not each.tries or done.items > 1 or spans[0][0] not in each.tries:
            self._took(each, spans)
        if self._has_failed(each, job.unit, done):
            return
        if done.last:
            each.batches.pop(job.unit, None)
            each.started.discard(job.unit)
        self.advance(each)

    def _has_failed(self, each: Each, unit: int, done: ItemsDone) -> bool:
        """Take in what items gave; True if one of them was too much."""
        batch = each.batches[unit]
        at, spans = batch.done, batch.after(batch.done, done.items)
        places = [place for span in spans for place in range(*span)] if done.faults else []
        results = rows.gave(batch, done)
        again: list[int] = []
        left: list[tuple[int, Left]] = []
        for place, fault in done.faults:
            index = places[place]
            if self.failing.tries_again(each, index, fault):
                again.append(place)
            elif (out := self.failing.left_out(each, index, fault)) is not None:
                left.append((place, out))
            else:
                return True
        each.put(unit, results, sum(columns.seconds(done.seconds)), again)
        passed = done.items - len(done.faults)
        if batch.known is not None:
            each.cached += passed
        else:
            each.ran += passed
        if not self._outdated(each):
            kept = left if self.desk.ledger[each.node].planned.task.config.on_error == "drop" else ()
            self.recorder.record_items(each.node, each.prefix, rows.rows(each, batch, at, results, done, dict(kept)))
        return False

    def dropped(self, number: int, unit: int, fault: Fault) -> None:
        """A batch took its worker down: try its items one by one; a single one is the culprit."""
        each = self.eaches[number]
        if unit == SPLIT:
            self._split_lost(each, fault)
            return
        batch = each.batches.get(unit)
        each.started.discard(unit)
        rest = batch.after(batch.done) if batch is not None else []
        if batch is not None and sum(stop - start for start, stop in rest) > 1:
            self.outcomes.inbox.append(says.Offered(number, tuple(each.split(unit))))
        elif batch is not None and rest:
            none = columns.column([0])
            done = ItemsDone(0, 1, Block(), none, columns.column_of_seconds([0.0]), ((0, fault),), (), b"", True)
            if self._has_failed(each, unit, done):
                return
            each.batches.pop(unit, None)
        self.advance(each)

    def _split_lost(self, each: Each, fault: Fault) -> None:
        """To turn a list into items is no work of the user's: it is tried once more at least."""
        tries = each.tries.get(_WHOLE, 0)
        if tries >= max(1, self.desk.ledger[each.node].planned.task.config.retries):
            self.outcomes.fail(each.node, fault)
            return
        each.tries[_WHOLE] = tries + 1
        self.begin(each.node, sealed=each.sealed)

    # --- what follows -------------------------------------------------------------------------------------------------

    def advance(self, each: Each) -> None:
        """Take in new items, offer units, hand on results that are next in order, close when all has come."""
        row = self.desk.ledger[each.node]
        if row.state in ("failed", "blocked", "cancelled"):
            return
        try:
            known = each.take()
        except FingerprintError as error:  # of a class in an item
            self.outcomes.fail(each.node, told(error))
            return
        self._took(each, known)
        if each.past is not None and each.past.names_files and known:
            self.recorder.note_files(each.node, each.past.references(each.past.known(each.keys(known))))
        workers = self.workers
        largest = 1 if row.planned.task.config.timeout else self._fitting(each)
        while len(each.batches) < 2 * workers + 2:
            unit = each.batch(workers, largest)
            if unit is None:
                break
            self.outcomes.inbox.append(says.Offered(each.node, (unit,)))
        blocks = each.release()
        for block in blocks:
            self.desk.wrote(each.node, block)
        if blocks and self.desk.flows_live(each.node):
            self.outcomes.inbox.append(says.Flowing(each.node))
            self._wake(each.node, blocks)
        if each.whole and each.sealed and not each.closed and not each.batches:
            each.closed = True
            self.outcomes.inbox.append(says.Closed(each.node))
        self._stand(each)

    def _fitting(self, each: Each) -> int:
        """How many items of the usual size go into one message."""
        usual = each.source.size / max(1, len(each.source))
        return max(1, min(MOST, int(LARGEST / max(1.0, usual))))

    def _took(self, each: Each, spans: Sequence[tuple[int, int]]) -> None:
        if spans and each.follows and self.credits is not None:
            count = sum(stop - start for start, stop in spans)
            self.credits.took(self._source(each), each.node, Amount(count, each.items(spans).size))

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

    def _wake(self, source: int, blocks: Sequence[Block]) -> None:
        self.arrived(source, blocks)
        flow = self.flows[source]
        for each in list(self.eaches.values()):
            if each.source is flow:
                self.advance(each)

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
        if self.failing.too_many(each):
            self.outcomes.fail(number, Fault(f"{each.failed} items failed, more than max_errors", ""))
            return
        skipped = len(row.left) if config.on_error == "skip" else 0
        row.partial = bool(skipped)
        row.items = {"ran": each.ran, "cached": each.cached, "failed": each.failed, "skipped": skipped}
        product = self.desk.manifest(number)
        self.counts.tell(number)
        self._wake(number, [])
        row.state = "cached" if each.cached and not each.ran and not each.failed else "ran"
        self.outcomes.made(number, product)

    def call(self, job: Job) -> Call | None:
        """The message that starts a unit of an each; None if the each has begun again since that was offered."""
        each = self.eaches[job.node]
        if job.unit != SPLIT and job.unit not in each.batches:
            return None
        self._at_work[job.number] = each
        if job.unit == SPLIT:
            return self.desk.split_call(job)
        batch = each.batches[job.unit]
        each.started.add(job.unit)
        if batch.known is not None:
            return self.desk.recheck_call(job, batch.known)
        return self.desk.each_call(job, each.items(batch.after(batch.done)))
