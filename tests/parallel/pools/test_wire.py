"""Frames survive any cutting of the stream, and nothing else is taken for one."""

from __future__ import annotations

from _socket import socketpair
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipekit.parallel.errors import Unpicklable
from pipekit.parallel.pools import wire


class Pipe:
    """A socket that takes and gives as many bytes as it is told to."""

    def __init__(self, sizes: Iterator[int]) -> None:
        self.stream = bytearray()
        self.sizes = sizes

    def send(self, data: bytes) -> int:
        taken = bytes(data)[: next(self.sizes)]
        self.stream += taken
        return len(taken)

    def sendmsg(self, chunks: list[bytes]) -> int:
        return self.send(b"".join(chunks))

    def recv_into(self, view: memoryview) -> int:
        count = min(len(view), len(self.stream), next(self.sizes))
        view[:count] = self.stream[:count]
        del self.stream[:count]
        return count


def endless(sizes: list[int]) -> Iterator[int]:
    while True:
        yield from sizes


@given(
    st.lists(st.one_of(st.integers(0, 300), st.sampled_from([65_526, 65_527, 65_528, 65_600, 200_000])), max_size=12),
    st.lists(st.sampled_from([1, 7, 500, 9_000, 65_536, 1_000_000]), min_size=1).filter(lambda sizes: max(sizes) > 400),
)
def test_any_cutting_of_any_frames(lengths: list[int], sizes: list[int]) -> None:
    pipe: Any = Pipe(endless(sizes))
    outbox, inbox = wire.Outbox(), wire.Inbox()
    bodies = [bytes([i]) * length for i, length in enumerate(lengths)]
    for body in bodies:
        outbox.put(wire.MESSAGE, [body[:10], body[10:]] if len(body) > 10 else [body])
    while outbox.size:
        outbox.push(pipe)
    heard = []
    while pipe.stream:
        inbox.fill(pipe)
        while True:
            ready = inbox.ready
            frame = inbox.take()
            assert ready is (frame is not None)
            if frame is None:
                break
            heard.append(bytes(frame[1]))
    assert heard == bodies and not inbox.amid


@pytest.mark.parametrize("length", [65_526, 65_527, 65_528, 200_000])
@pytest.mark.parametrize("before", [0, 300])
def test_who_only_asks_whether_a_frame_is_there_gets_all_of_it(length: int, before: int) -> None:
    pipe: Any = Pipe(endless([9_000]))
    outbox, inbox = wire.Outbox(), wire.Inbox()
    for body in (b"a" * before, b"b" * length):
        outbox.put(wire.MESSAGE, [body])
    while outbox.size:
        outbox.push(pipe)
    for size in (before, length):
        while not inbox.ready:
            assert inbox.fill(pipe), "what is no end was taken for one"
        found = inbox.take()
        assert found is not None and len(found[1]) == size


@pytest.mark.parametrize("head", [b"\0" * 9, b"GET / HTTP/1.1\r\n", b"\xa0" + b"\xff" * 8])
def test_what_is_no_frame_is_refused(head: bytes) -> None:
    ours, theirs = socketpair()
    theirs.send(head)
    inbox = wire.Inbox()
    inbox.fill(ours)
    with pytest.raises(ValueError, match="garbage"):
        inbox.take()
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    "message",
    [
        (),
        (1, "a", None, 2.5, b"b"),
        [1],
        ("x" * 5000,),
        (b"x" * 200_000, {"k": bytearray(b"y" * 100_000)}),
        tuple(range(20)),
        (True, (1, 2)),
    ],
)
def test_messages_come_back(message: Any) -> None:
    chunks = wire.encode(message)
    assert all(type(chunk) is bytes for chunk in chunks)
    assert wire.loads(b"".join(chunks)) == message


def test_big_bytes_are_not_copied() -> None:
    body = b"x" * 1_000_000
    assert any(chunk is body for chunk in wire.encode(("do", body)))


def test_what_cannot_be_pickled_says_why() -> None:
    with pytest.raises(Unpicklable, match="lambda") as error:
        wire.encode(("do", lambda: None))
    assert error.value.__cause__ is not None
