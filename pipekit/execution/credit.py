"""How much a stream may make before it has to ask: about a tenth of a second's work ahead, and nothing more while one that reads it is
too far behind. It must never know what an item is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from pipekit.execution.desk import Job
from pipekit.execution.messages import Credit
from pipekit.parallel.channel import Amount, Channel, Stance

SLICE = 0.05
"""Seconds of work that a stream does before it makes room for one that reads it and has none; it hears of us again after twice that."""

FIRST = Amount(2, 1 << 20)
MOST_ITEMS = 200_000


class _Producer(Struct):
    job: Job
    began: float
    channel: Channel
    granted: Amount = FIRST
    stalled: bool = False

    @property
    def ahead(self) -> Amount:
        """What it may still make."""
        return self.granted - self.channel.made


class Credits:
    """All streams at work in one run. `most`: how many bytes of one may wait for one reader; `send` puts a message on its way, `ready`
    says that a stream which waits could go on; `clock` gives seconds."""

    def __init__(
        self, most: int, send: Callable[[int, object], None], ready: Callable[[int], None], clock: Callable[[], float]
    ) -> None:
        self._limit = Amount(MOST_ITEMS, most)
        self._send, self._ready, self._clock = send, ready, clock
        self._channels: dict[int, Channel] = {}
        self._producers: dict[int, _Producer] = {}

    # --- streams ------------------------------------------------------------------------------------------------------

    def begin(self, job: Job) -> Amount:
        """A stream begins; what it may make at first."""
        channel = self._channel(job.node)
        channel.made = Amount()
        self._producers[job.node] = _Producer(job, self._clock(), channel)
        return FIRST

    def made(self, node: int, amount: Amount) -> None:
        """A stream has made more."""
        producer = self._producers.get(node)
        if producer is None:
            return
        producer.channel.put(amount)
        seconds = max(self._clock() - producer.began, 1e-3)
        self._pace(producer.channel, producer.channel.made.items / seconds)
        if (
            producer.ahead.items < self._window(producer).items // 2
            or producer.ahead.size < self._window(producer).size // 2
        ):
            self._grant(producer)

    def stalled(self, node: int) -> None:
        """A stream has made all that it may, and waits."""
        producer = self._producers.get(node)
        if producer is not None:
            producer.stalled = True
            self._look(producer)

    def went_on(self, node: int) -> None:
        """A stream that said it waits had credit on its way: it does something else by now."""
        producer = self._producers.get(node)
        if producer is not None:
            producer.stalled = False

    def is_stalled(self, node: int) -> bool:
        """Is this a stream that waits for credit?"""
        producer = self._producers.get(node)
        return producer is not None and producer.stalled

    def resume(self, node: int) -> bool:
        """There is room for a stream that waits. False if a reader has fallen too far behind meanwhile: then it waits on."""
        producer = self._producers[node]
        self._grant(producer)
        return not producer.stalled

    def end(self, node: int) -> None:
        """A stream is over, well or not."""
        self._producers.pop(node, None)

    def _channel(self, node: int) -> Channel:
        return self._channels.setdefault(node, Channel(self._limit, Amount(1, self._limit.size)))

    def _pace(self, channel: Channel, rate: float) -> None:
        channel.slice = Amount(max(1, int(rate * SLICE)), self._limit.size)

    def _window(self, producer: _Producer) -> Amount:
        return Amount(max(FIRST.items, 2 * producer.channel.slice.items), max(FIRST.size, self._limit.size // 8))

    def _grant(self, producer: _Producer) -> None:
        """Let it make as much as a window beyond what it has made, unless a reader is too far behind."""
        if producer.channel.full:
            return
        producer.stalled = False
        more = producer.channel.made + self._window(producer) - producer.granted
        producer.granted += Amount(max(0, more.items), max(0, more.size))
        self._send(producer.job.worker, Credit(producer.job.number, max(0, more.items), max(0, more.size)))

    def _look(self, producer: _Producer) -> None:
        if producer.channel.full:
            return
        if producer.stalled:
            self._ready(producer.job.node)
        elif producer.ahead.items <= 0 or producer.ahead.size <= 0:
            self._grant(producer)

    # --- readers ------------------------------------------------------------------------------------------------------

    def read(self, sources: Iterable[int], reader: int, stance: Stance = "works") -> None:
        """A step begins to read these, from the first item on."""
        for source in sources:
            self._channel(source).begin(reader, stance)

    def took(self, source: int, reader: int, amount: Amount) -> None:
        """It has taken more."""
        channel = self._channels.get(source)
        if channel is not None:
            channel.take(reader, amount)
            self._moved(source)

    def turn(self, sources: Iterable[int], reader: int, stance: Stance) -> None:
        """It does something else now."""
        for source in sources:
            channel = self._channels.get(source)
            if channel is not None:
                channel.turn(reader, stance)
                self._moved(source)

    def leave(self, sources: Iterable[int], reader: int) -> None:
        """It reads no more."""
        for source in sources:
            channel = self._channels.get(source)
            if channel is not None:
                channel.end(reader)
                self._moved(source)

    def taken(self) -> Iterator[tuple[int, int, Amount]]:
        """What each reader has taken of each step: (step, reader, amount)."""
        for source, channel in self._channels.items():
            for reader, amount in channel.taken():
                yield source, reader, amount

    def _moved(self, source: int) -> None:
        producer = self._producers.get(source)
        if producer is not None:
            self._look(producer)
