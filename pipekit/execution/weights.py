"""What waits on the edges of a run, for people: items and bytes, how fast they go, how long that still takes. It must never decide
anything by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from pipekit.execution.credit import Credits
from pipekit.execution.events import EdgeWeight
from pipekit.execution.flow import Flow

_SHARE = 0.3
"""Of a new rate in the moving average."""


class _Seen(Struct):
    moment: float
    taken: int
    rate: float = 0.0
    told: tuple[int, int] = (-1, -1)


class Weights(Struct):
    """The edges along which items flow, and what was said of each of them last."""

    flows: Mapping[int, Flow]
    credits: Credits
    latest: dict[tuple[int, int], EdgeWeight] = field(default_factory=dict)
    _seen: dict[tuple[int, int], _Seen] = field(default_factory=dict)

    def tell(self, now: float, moment: float) -> Iterator[EdgeWeight]:
        """The edges on which something has moved; `now` in seconds since 1970, `moment` on any steady clock."""
        for source, reader, taken in self.credits.taken():
            flow = self.flows.get(source)
            if flow is None:
                continue
            seen = self._seen.setdefault((source, reader), _Seen(moment, taken.items))
            if moment > seen.moment:
                rate = max(0, taken.items - seen.taken) / (moment - seen.moment)
                seen.rate += (_SHARE if seen.rate else 1.0) * (rate - seen.rate)
                seen.moment, seen.taken = moment, taken.items
            waiting = max(0, len(flow) - taken.items)
            if seen.told != (waiting, taken.items):
                seen.told = waiting, taken.items
                left = waiting / seen.rate if flow.ended and seen.rate else -1.0
                weight = EdgeWeight(now, source, reader, waiting, max(0, flow.size - taken.size), seen.rate, left)
                self.latest[source, reader] = weight
                yield weight
