"""The steps that take items while their producers still run: held back while they have read the same before, then at work, and what
becomes of them when their key is known. It must never know how an item is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from pipekit.execution import dispatch
from pipekit.execution.credit import Credits
from pipekit.execution.desk import Job
from pipekit.execution.holding import HeldBack, Recorded
from pipekit.execution.items import Items
from pipekit.execution.messages import Call, More, Source
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.priority import feeds_of
from pipekit.parallel import vocabulary as says
from pipekit.parallel.channel import Amount
from pipekit.store import manifests
from pipekit.store.blocks import Block
from pipekit.store.products import Product
from pipekit.store.records import Record


class Reader(Struct):
    """One step. `feeds`: position of a dep -> the step that gives its items; `held` until it starts; `sides` is what its other deps gave
    when it did. `sent`: items that went to its worker, by position; `wants`: the positions for which it has asked for more, `waits`: that for which it waits. `early` is its product, made
    before its key was known."""

    node: int
    feeds: Mapping[int, int]
    held: HeldBack | None = None
    sides: tuple[bytes, ...] = ()
    job: Job | None = None
    sent: dict[int, int] = field(default_factory=dict)
    wants: set[int] = field(default_factory=set)
    waits: int | None = None
    whole: bool = False
    early: Product | None = None
    outdated: bool = False


class Readers:
    """All readers of one run. `send` puts a message on its way to a worker, `kill` ends one."""

    def __init__(
        self, outcomes: Outcomes, items: Items, credits: Credits, send: Callable[[int, object], None], kill: Callable[[int], None]
    ) -> None:  # fmt: skip
        self.outcomes, self.items, self.credits, self.send, self.kill = outcomes, items, credits, send, kill
        self.desk, self.recorder = outcomes.desk, outcomes.recorder
        self._readers: dict[int, Reader] = {}
        self._below: dict[int, list[int]] = {}

    def early(self, number: int) -> bool:
        """Is this a step that takes items while its key is not known?"""
        reader = self._readers.get(number)
        return reader is not None and not reader.whole

    # --- beginning ----------------------------------------------------------------------------------------------------

    def open(self, number: int) -> None:
        """Items flow towards the step: it starts, unless it has read the same before."""
        feeds = self._live(number)
        reader = self._note(Reader(number, feeds, HeldBack(self.recorder.pasts(number, feeds))))
        for position, source in feeds.items():
            self._come(reader, position, list(self.items.flows[source].since(0)))
        if reader.held is not None and not reader.held.pasts:
            self._begin(reader)

    def adopt(self, number: int) -> bool:
        """A step is to start. Does it take items while they are made? If its key is known, something that it reads has gone and is made
        once more."""
        if number in self._readers:
            return True
        feeds = self._live(number)
        if feeds:
            self._note(Reader(number, feeds, whole=True))
        return bool(feeds)

    def _live(self, number: int) -> dict[int, int]:
        """The deps of a step whose items are being made, by position."""
        plan = self.desk.ledger.plan
        return {at: source for at, source in feeds_of(plan, plan.entries[number]) if self.items.is_live(source)}

    def _note(self, reader: Reader) -> Reader:
        self._readers[reader.node] = reader
        for source in dict.fromkeys(reader.feeds.values()):
            below = self._below.setdefault(source, [])
            if reader.node not in below:
                below.append(reader.node)
        return reader

    def _begin(self, reader: Reader) -> None:
        reader.held = None
        self.outcomes.inbox.append(says.Offered(reader.node, (0,)))

    def offered(self, number: int) -> None:
        """The step could start, and may have no room yet."""
        reader = self._readers.get(number)
        if reader is not None and reader.job is None:
            self.credits.read(reader.feeds.values(), number, "starves")

    def _come(self, reader: Reader, position: int, blocks: Sequence[Block]) -> None:
        """A reader that is held back looks at what has come."""
        if reader.held is None or not blocks:
            return
        if not reader.held.take(position, b"".join([block.digests for block in blocks])):
            self._begin(reader)

    def arrived(self, source: int, items: Sequence[Block]) -> None:
        """A step has given more items, or will give none any more."""
        for number in self._below.get(source, ()):
            reader = self._readers.get(number)
            if reader is None:
                continue
            for position, feed in reader.feeds.items():
                if feed == source:
                    self._come(reader, position, items)
            for position in [one for one in reader.wants if reader.feeds.get(one) == source]:
                self._come_to(reader, position)

    def _come_to(self, reader: Reader, position: int) -> None:
        """What the reader has asked for may be there."""
        if not self._is_there(reader, position):
            return
        if reader.waits == position:
            self.outcomes.inbox.append(says.Ready(reader.node, 0))
            self.credits.turn(reader.feeds.values(), reader.node, "starves")
        else:
            self._more(reader, position)

    def diverged(self, source: int, kept: int) -> None:
        """A step gives other items than before, after the first `kept`: who has read more begins again."""
        for number in self._below.get(source, ()):
            reader = self._readers.get(number)
            if reader is None:
                continue
            if reader.held is not None:
                self._begin(reader)
            elif reader.early is not None:
                reader.early = reader.job = None
                self._begin(reader)
            elif reader.job is not None and self._has_read(reader, source) > kept:
                reader.outdated = True
                self.kill(reader.job.worker)

    def _has_read(self, reader: Reader, source: int) -> int:
        return max(reader.sent.get(position, 0) for position, feed in reader.feeds.items() if feed == source)

    # --- at work ------------------------------------------------------------------------------------------------------

    def call(self, job: Job) -> Call:
        """The message that starts the step, from the first item on."""
        reader = self._readers[job.node]
        reader.feeds = {**reader.feeds, **self._live(job.node)}  # what was gone may be made again meanwhile
        self._note(reader)
        reader.job, reader.sent, reader.wants, reader.waits, reader.early = job, {}, set(), None, None
        self.credits.read(reader.feeds.values(), job.node)
        reader.sides = self._sides(reader)
        sources: list[Source] = []
        bodies: dict[bytes, Any] = {}
        for position in range(len(self.desk.ledger[job.node].planned.step.deps)):
            if position in reader.feeds:
                block, ended = self._next(reader, position)
                sources.append(Source("stream", block=block, ended=ended))
                bodies.update(self.desk.dispatcher.along(block))
            else:
                source, along = self.desk.source(job, position)
                sources.append(source)
                bodies.update(along)
        return self.desk.reader_call(job, tuple(sources), bodies)

    def _sides(self, reader: Reader) -> tuple[bytes, ...]:
        return tuple(self.desk.given(reader.node, tuple(reader.feeds)))

    def _next(self, reader: Reader, position: int) -> tuple[Block, bool]:
        """The next items of a stream for a reader, and whether they are the last."""
        flow = self.items.flows[reader.feeds[position]]
        start = reader.sent.get(position, 0)
        now = flow.next(start, dispatch.ITEMS, dispatch.SIZE)
        reader.sent[position] = start + len(now)
        self.credits.took(reader.feeds[position], reader.node, Amount(len(now), now.size))
        return now, flow.ended and reader.sent[position] == len(flow)

    def want(self, job: Job, position: int) -> bool:
        """The step asks for more items, which it will need; False if it is none of these."""
        reader = self._readers.get(job.node)
        if reader is None or position not in reader.feeds:
            return False
        reader.wants.add(position)
        if self._is_there(reader, position):
            self._more(reader, position)
        return True

    def waiting(self, job: Job, position: int) -> None:
        """The step can do nothing until it has what it asked for, unless that is on its way."""
        reader = self._readers.get(job.node)
        if reader is not None and reader.job is job and position in reader.wants:
            reader.waits = position
            self.outcomes.inbox.append(says.Waits(job.node, job.unit))
            self.credits.turn(reader.feeds.values(), job.node, "elsewhere")

    def _is_there(self, reader: Reader, position: int) -> bool:
        flow = self.items.flows[reader.feeds[position]]
        return flow.ended or len(flow) > reader.sent.get(position, 0)

    def _more(self, reader: Reader, position: int) -> None:
        job = reader.job
        assert job is not None
        reader.wants.discard(position)
        block, ended = self._next(reader, position)
        self.send(job.worker, More(job.number, position, block, self.desk.dispatcher.along(block), ended))

    def resume(self, number: int) -> None:
        """There is room for the step to go on."""
        reader = self._readers.get(number)
        if reader is None or reader.waits is None:
            return
        if self._is_there(reader, reader.waits):
            position, reader.waits = reader.waits, None
            self.credits.turn(reader.feeds.values(), number, "works")
            self._more(reader, position)
        else:
            self.outcomes.inbox.append(says.Waits(number, 0))

    # --- its key is known ---------------------------------------------------------------------------------------------

    def resolved(self, number: int, known: Record | None) -> bool:
        """The step's key is known, and perhaps a record of it. False if what follows is what follows for any other step."""
        reader = self._readers.get(number)
        if reader is None:
            return False
        reader.whole = True
        if known is not None and self._fits(number, known):
            del self._readers[number]
            return False
        if reader.job is None and reader.held is not None:
            del self._readers[number]
            return False
        if self.desk.ledger.moved and reader.sides != self._sides(reader):
            return self._anew(reader)
        if reader.early is not None:
            del self._readers[number]
            self.outcomes.made(number, reader.early)
        return True

    def _fits(self, number: int, known: Record) -> bool:
        """Can the recorded product stand for what the step has given already?"""
        if not self.desk.readable(known.product):
            return False
        if not self.desk.streams(number):
            return True
        flow = self.items.flow(number)
        whole = Recorded(manifests.digests(known.product, self.desk.store.read))
        if not whole.goes_on_with(b"".join([block.digests for block in flow.since(0)])):
            return False
        for block in manifests.blocks_from(known.product, self.desk.store.read, len(flow)):
            self.items.yielded_by(number, block)
        self.items.ended(number)
        return True

    def _anew(self, reader: Reader) -> bool:
        """What the step began with is not so any more: it begins again."""
        if reader.early is None and reader.job is not None:
            reader.outdated = True
            self.kill(reader.job.worker)
            return True
        del self._readers[reader.node]
        return False

    # --- its end ------------------------------------------------------------------------------------------------------

    def done(self, job: Job, product: Product) -> bool:
        """The step has its product; True if that is to wait until its key is known."""
        reader = self._readers.get(job.node)
        if reader is not None:
            self.credits.leave(reader.feeds.values(), job.node)
        if reader is None or reader.whole:
            self._readers.pop(job.node, None)
            return False
        reader.early = product
        return True

    def dropped(self, number: int) -> bool:
        """The step's worker is gone; True if that was so that it begins again."""
        reader = self._readers.get(number)
        if reader is None or not reader.outdated:
            return False
        reader.outdated = False
        return True

    def end(self, number: int) -> None:
        """The step will have no product."""
        reader = self._readers.pop(number, None)
        if reader is not None:
            self.credits.leave(reader.feeds.values(), number)
