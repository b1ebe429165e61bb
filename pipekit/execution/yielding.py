"""A stream's items on their way out of a worker: taken from the user's iterator, made into blocks, sent in batches while the rest is
still to come. It must never hold back an item longer than a batch takes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipekit.execution.making import Pieces
from pipekit.execution.messages import Fault, Yielded
from pipekit.store.codecs.short import FIXED
from pipekit.values import call_user
from pipekit.values.call import Raised

if TYPE_CHECKING:
    from pipekit.execution.call import Work

MOST = 4096
_ROWS = 256
FLUSH_SECONDS = 0.001
"""A batch of items goes out when it has this many or has been in the making for so long."""


def stream(work: Work, task: Any, iterable: Any) -> Fault | None:
    """Send the items on as they come; gives what ended it early."""
    begun = work.timed(iter, iterable)
    if isinstance(begun, Raised):
        return work.fault(begun.error)
    pieces, ended = Pieces(work.maker, task.product), False
    while not ended:
        until = time.perf_counter() + FLUSH_SECONDS
        most = work.worker.most(MOST)
        while not ended and len(pieces) < most:
            pulled: list[Any] = []
            outcome = work.timed(_pull, begun.value, pulled, most - len(pieces), until)
            made = call_user(pieces.extend, pulled) if pulled else None
            if isinstance(made, Raised):
                _send(work, pieces)
                return work.fault(made.error)
            if isinstance(outcome, Raised):
                _send(work, pieces)
                return work.fault(outcome.error)
            ended = outcome.value
            if time.perf_counter() >= until:
                break
        _send(work, pieces, last=ended)
    return None


def several(work: Work, pieces: Pieces, iterable: Any) -> Fault | None:
    """All that one item of a flat each gives."""
    begun = work.timed(iter, iterable)
    if isinstance(begun, Raised):
        return work.fault(begun.error)
    ended = False
    while not ended:
        pulled: list[Any] = []
        outcome = work.timed(_pull, begun.value, pulled, MOST, float("inf"))
        made = call_user(pieces.extend, pulled) if pulled else None
        if isinstance(made, Raised):
            return work.fault(made.error)
        if isinstance(outcome, Raised):
            return work.fault(outcome.error)
        ended = outcome.value
    return None


def split(work: Work, type_: Any, rows: Sequence[Any]) -> Fault | None:
    """The items of a list product, each a product of its own."""
    pieces = Pieces(work.maker, type_)
    for start in range(0, len(rows), _ROWS):
        made = call_user(pieces.extend, rows[start : start + _ROWS])
        if isinstance(made, Raised):
            return work.fault(made.error)
        if len(pieces) >= MOST or pieces.size >= 1 << 20:
            _send(work, pieces, last=True)
    _send(work, pieces, last=True)
    return None


def _pull(iterator: Iterator[Any], into: list[Any], most: int, until: float) -> bool:
    """Take items until it is time, or one comes that the user's code could still change; True at the end of them."""
    clock, take = time.perf_counter, into.append
    for item in iterator:
        take(item)
        if item.__class__ not in FIXED or len(into) >= most or clock() >= until:
            return False
    return True


def _send(work: Work, pieces: Pieces, last: bool = False) -> None:
    if not len(pieces):
        return
    count, size = len(pieces), pieces.size
    block, files = pieces.take()
    work.worker.port.send(Yielded(work.call.job, block, files))
    if not last:
        work.worker.spend(work.call.job, count, size)
