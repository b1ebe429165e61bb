"""The bytes between the bytes: tags, lengths, whole numbers, and the walk that keeps track of where it is. It must
never know a particular kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

Write = Callable[["Buffer"], None]
Handler = Callable[[Any, Write, "Walk"], None]

LARGE = 64 * 1024
"""From this many bytes on, text and bytes are offered to `ask` before they are written in place."""

_DEEP = 200
_SMALL = [bytes([n]) for n in range(128)]


class Culprit(Exception):
    """Something that has no form. It collects the steps that lead to it while it rises out of the walk."""

    def __init__(self, value: Any, why: str) -> None:
        super().__init__(why)
        self.value, self.why = value, why
        self.at = value
        self.steps: list[str] = []

    def climb(self, container: Any, step: str) -> Culprit:
        """The same culprit, seen from `container`, where it stands at `step`."""
        self.at = container
        self.steps.append(step)
        return self

    @property
    def path(self) -> str:
        """Where it stands, as one would write it: `value.rows[3].lock`."""
        return "value" + "".join(reversed(self.steps))


class Handlers(dict[type, Handler]):
    """Exact class -> handler; `find` answers for a class that is not in it, and may add it."""

    __slots__ = ("find",)

    def __init__(self, known: dict[type, Handler], find: Callable[[Handlers, type], Handler]) -> None:
        super().__init__(known)
        self.find = find

    def __missing__(self, cls: type) -> Handler:
        return self.find(self, cls)


class Walk:
    """One pass over one value: who handles what, who is being written just now, and whom to ask."""

    __slots__ = ("active", "again", "ask", "backs", "heads", "identity", "table")

    def __init__(
        self,
        table: Handlers,
        again: Handler,
        ask: Callable[[Any], bytes | None] | None = None,
        identity: Callable[[Any], bytes] | None = None,
    ) -> None:
        self.table, self.again, self.ask, self.identity = table, again, ask, identity
        self.active: dict[int, int] = {}
        self.heads: dict[type, bytes] = {}
        self.backs = 0

    def enter(self, value: Any) -> None:
        """Note that `value` is being written; Culprit when it lies too deep."""
        if len(self.active) > _DEEP:
            raise Culprit(value, "lies too deep")
        self.active[id(value)] = len(self.active)

    def leave(self, value: Any) -> None:
        del self.active[id(value)]


def length(n: int) -> bytes:
    """`n` >= 0 in groups of seven bits, lowest first."""
    if n < 128:
        return _SMALL[n]
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def read_length(data: Buffer, at: int) -> tuple[int, int]:
    """The length that stands at `at`, and what follows it. Raises ValueError when it is none."""
    n = shift = 0
    while True:
        byte = data[at]  # type: ignore[index]
        at += 1
        n |= (byte & 127) << shift
        if byte < 128:
            return n, at
        shift += 7
        if shift > 63:
            raise ValueError("a length of more than 63 bits")


def whole(n: int) -> bytes:
    """`n` as length and two's complement, highest byte first."""
    size = (n.bit_length() + 8) >> 3
    return length(size) + n.to_bytes(size, "big", signed=True)


def text(value: str) -> bytes:
    """`value` as length and UTF-8; lone surrogates pass."""
    data = value.encode("utf-8", "surrogatepass")
    return length(len(data)) + data
