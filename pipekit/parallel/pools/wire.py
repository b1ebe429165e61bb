"""Messages as bytes on a stream socket: frames of kind, length and body, many to a syscall. It must never know who listens."""

from __future__ import annotations

from struct import Struct

from pipekit.parallel.errors import Unpicklable
from pipekit.parallel.pools.call import Raised, call

TYPE_CHECKING = False  # a worker starts without `typing`
if TYPE_CHECKING:
    from _socket import socket
try:  # `pickle` itself costs 5 ms of imports that its C half does without
    from _pickle import Pickler, dumps, loads
except ImportError:
    from pickle import Pickler, dumps, loads

__all__ = ["ROOM", "Inbox", "Outbox", "encode", "loads"]

MESSAGE, SETUP, HELLO, READY, FAILED, UNREAD, STILL, EXITED, SKIPPED = range(0xA0, 0xA9)
_HEADER = Struct("<BQ")
ROOM = 1 << 16  # bytes read at once, and joined rather than gathered
_VECTOR = 512  # chunks to one sendmsg; the system's limit is 1024
_LARGEST = 1 << 44


class _Chunks(list[bytes]):
    """A file for the pickler, which hands over big bytes as they are instead of copying them."""

    __slots__ = ()
    write = list.append


def encode(message: object) -> list[bytes]:
    """`message` pickled with protocol 5, in chunks. Raises Unpicklable."""
    if _small(message):
        return [dumps(message, 5)]
    chunks = _Chunks()
    outcome = call(Pickler(chunks, 5).dump, message)
    if type(outcome) is Raised:
        said = f"a message cannot be pickled: {outcome.cause}"
        raise Unpicklable(said, hint="send plain values, or bytes of your own making") from outcome.error
    # a bytearray or an array comes as itself, and may change before it is written
    return [chunk if type(chunk) is bytes else bytes(chunk) for chunk in chunks]


def _small(message: object) -> bool:
    """Whether copying it costs less than a pickler does."""
    if type(message) is not tuple or len(message) > 8:
        return False
    for part in message:
        kind = type(part)
        if not (kind is int or kind is float or part is None or ((kind is str or kind is bytes) and len(part) < 4096)):
            return False
    return True


class Outbox:
    """What is still to be written to one socket."""

    __slots__ = ("_chunks", "size")

    def __init__(self) -> None:
        self._chunks: list[bytes | memoryview] = []
        self.size = 0

    def put(self, kind: int, chunks: list[bytes]) -> None:
        """Queue one frame."""
        if len(chunks) == 1 and len(chunks[0]) < ROOM:
            frame = _HEADER.pack(kind, len(chunks[0])) + chunks[0]
            self._chunks.append(frame)
            self.size += len(frame)
            return
        length = sum(map(len, chunks))
        self._chunks.append(_HEADER.pack(kind, length))
        self._chunks += chunks
        self.size += length + _HEADER.size

    def push(self, sock: socket) -> None:
        """Write what the socket takes in one go. Raises BlockingIOError, BrokenPipeError, ConnectionResetError."""
        if self.size > ROOM:
            self._drop(sock.sendmsg(self._chunks[:_VECTOR]))
            return
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
        sent = sock.send(self._chunks[0])
        if sent == self.size:
            self._chunks.clear()
            self.size = 0
        else:
            self._drop(sent)

    def clear(self) -> None:
        """Forget everything."""
        self._chunks, self.size = [], 0

    def _drop(self, sent: int) -> None:
        self.size -= sent
        if not self.size:
            self._chunks = []
            return
        done = 0
        while sent >= len(self._chunks[done]):
            sent -= len(self._chunks[done])
            done += 1
        del self._chunks[:done]
        if sent:
            self._chunks[0] = memoryview(self._chunks[0])[sent:]


class Inbox:
    """What has been read from one socket and not yet taken. A taken body is good until the next `fill`."""

    __slots__ = ("_big", "_buffer", "_end", "_filled", "_kind", "_start", "_view")

    def __init__(self) -> None:
        self._buffer = bytearray(ROOM)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._big: memoryview | None = None
        self._filled = self._kind = 0

    def fill(self, sock: socket) -> int:
        """One read; how many bytes came, 0 at the end. Raises BlockingIOError, ConnectionResetError."""
        if self._big is None and self._start == 0 and self._end == ROOM:
            self._take_big_head()
        if self._big is not None:
            came = sock.recv_into(self._big[self._filled :])
            self._filled += came
            return came
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start:
            rest = self._end - self._start
            self._view[:rest] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, rest
        came = sock.recv_into(self._view[self._end :])
        self._end += came
        return came

    def _take_big_head(self) -> None:
        """The buffer is full, and may hold the head of a frame that is larger: whoever only asked `ready` has not taken it."""
        kind, length = _HEADER.unpack_from(self._buffer, 0)
        if MESSAGE <= kind <= SKIPPED and ROOM - _HEADER.size < length <= _LARGEST:
            self._begin(kind, _HEADER.size, length)

    def take(self) -> tuple[int, memoryview] | None:
        """The next whole frame as (kind, body). Raises ValueError if what came is no frame."""
        if self._big is not None:
            return self._take_big(self._big)
        body = self._start + _HEADER.size
        if self._end < body:
            return None
        kind, length = _HEADER.unpack_from(self._buffer, self._start)
        if not MESSAGE <= kind <= SKIPPED or length > _LARGEST:
            raise ValueError("garbage in the pipe")
        if self._end - body >= length:
            self._start = body + length
            return kind, self._view[body : self._start]
        if length > ROOM - _HEADER.size:
            self._begin(kind, body, length)
        return None

    @property
    def amid(self) -> bool:
        """Whether a big frame has begun and is not whole."""
        return self._big is not None

    @property
    def ready(self) -> bool:
        """Whether `take` has a frame to give."""
        if self._big is not None:
            return self._filled == len(self._big)
        body = self._start + _HEADER.size
        return self._end >= body and self._end - body >= int(_HEADER.unpack_from(self._buffer, self._start)[1])

    def _begin(self, kind: int, body: int, length: int) -> None:
        self._big, self._kind = memoryview(bytearray(length)), kind
        self._filled = self._end - body
        self._big[: self._filled] = self._view[body : self._end]
        self._start = self._end = 0

    def _take_big(self, big: memoryview) -> tuple[int, memoryview] | None:
        if self._filled < len(big):
            return None
        self._big = None
        return self._kind, big
