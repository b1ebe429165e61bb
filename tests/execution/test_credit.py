"""How much a stream may make, and that it is never forgotten while it waits."""

from __future__ import annotations

from pipekit.execution.credit import FIRST, Credits
from pipekit.execution.desk import Job
from pipekit.execution.messages import Credit
from pipekit.parallel.channel import Amount


class Given:
    """What a stream is granted, and when it is said that it could go on."""

    def __init__(self) -> None:
        self.items = FIRST.items
        self.ready = 0
        self.now = 0.0
        self.credits = Credits(1 << 20, self._send, self._could, lambda: self.now)
        self.credits.begin(Job(1, 7, 0, 0))

    def _send(self, worker: int, message: object) -> None:
        assert isinstance(message, Credit)
        self.items += message.items

    def _could(self, node: int) -> None:
        self.ready += 1

    def made(self, count: int, size: int) -> None:
        self.now += 0.01 * count
        self.items -= count
        self.credits.made(7, Amount(count, count * size))


def test_a_stream_that_nobody_waits_for_is_granted_more() -> None:
    given = Given()
    for _ in range(100):
        given.made(1, 10)
        assert given.items > 0


def test_a_stream_whose_reader_falls_behind_before_it_is_resumed_waits_on() -> None:
    given = Given()
    given.credits.read([7], 8)
    while given.items:
        given.made(1, 1 << 19)
    given.credits.stalled(7)
    assert given.credits.is_stalled(7) and given.ready == 0, "its reader is behind"
    given.credits.took(7, 8, Amount(100, 1 << 30))
    assert given.ready == 1
    given.credits.read([7], 9)  # another one begins, before there was room
    assert not given.credits.resume(7) and given.items == 0 and given.credits.is_stalled(7)
    given.credits.took(7, 9, Amount(100, 1 << 30))
    assert given.ready == 2, "it is said once more that it could go on"
    assert given.credits.resume(7) and given.items > 0 and not given.credits.is_stalled(7)


def test_a_stream_that_went_on_with_credit_on_its_way_does_not_wait_for_it() -> None:
    given = Given()
    given.credits.read([7], 8)
    while given.items:
        given.made(1, 1 << 19)
    given.credits.stalled(7)
    given.credits.went_on(7)
    given.credits.took(7, 8, Amount(100, 1 << 30))
    assert given.ready == 0 and not given.credits.is_stalled(7) and given.items > 0
