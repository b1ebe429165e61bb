"""What a run and its workers say to each other, as tuples. Products travel with the bytes of small objects, and the items of streams in
blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec.structs import astuple

from pipekit.store.blocks import EMPTY, Block
from pipekit.store.products import Product
from pipekit.store.segments import RowFile

Bodies = Mapping[bytes, Any]
"""Digest -> bytes of the small objects that a message brings along; big ones are read from the store by their digest. Of a product that
no bytes stand for, its own digest -> the lean call that makes it."""


STORE, DISK, MEMORY = range(3)
"""Where the big objects of a product lie: in the store, or passing by in files or in shared memory."""


class Setup(NamedTuple):
    """What every worker is told once. `home`: (module:function, arguments) that gives the tasks by name; `audit`: note all that
    the user's code uses; `failed` is called with what the user's code raises, where it runs in the coordinator's own thread."""

    home: tuple[str, tuple[Any, ...]] | None
    folder: Path | None
    objects: Path
    passing: Path
    shared: Path | None
    temporary: Path
    capture: Literal["descriptors", "streams"]
    audit: bool = False
    failed: Callable[[BaseException], None] | None = None


class Source(NamedTuple):
    """What one parameter receives. `kind`: product (`products` has one), cells (one a cell, `notes` its pickled options), stream
    (the items in `block`, and where not `ended` those of More messages), failed (items in `block`, `notes` their errors) or before: what the call before this one, in the
    same message, has made."""

    kind: str
    products: tuple[Product, ...] = ()
    notes: tuple[Any, ...] = ()
    block: Block = EMPTY
    ended: bool = True


BEFORE = Source("before")


class Call(NamedTuple):
    """Run a task's function. `mode`: task, stream, each (over the items of `block`), recheck (of what items gave, `counts` each), split
    or check; `place`: where big objects go, STORE, DISK or MEMORY; `seed` is empty where nothing at random is used; `variables` are set in its environment while it runs; `credit`: how many
    items and bytes a stream may make (None: any); `tiny`: it takes no longer than what was told before it may wait."""

    job: int
    task: str | bytes
    mode: str
    options: bytes
    sources: tuple[Source, ...]
    bodies: Bodies
    block: Block
    counts: bytes
    place: int
    seed: bytes
    checkpoint: str
    granted: Mapping[str, float]
    variables: Mapping[str, str]
    credit: tuple[int, int] | None = None
    tiny: bool = False


class More(NamedTuple):
    """Items of the stream at `position` among a call's sources."""

    job: int
    position: int
    block: Block
    bodies: Bodies
    ended: bool


class Want(NamedTuple):
    """The call will need more items at `position`: it works on the last that came."""

    job: int
    position: int


class Waiting(NamedTuple):
    """The call can do nothing until the items at `position` come for which it has asked."""

    job: int
    position: int


class Credit(NamedTuple):
    """The stream may make so many more items and bytes."""

    job: int
    items: int
    size: int


class Stalled(NamedTuple):
    """The stream has made all that it may, and waits for Credit."""

    job: int


class Forget(NamedTuple):
    """Nobody will ask the worker any more for the product with this digest that it holds."""

    digest: bytes


class Revoke(NamedTuple):
    """The worker is not to begin the call any more."""

    job: int


class Progress(NamedTuple):
    """What the call itself said of how far it is."""

    job: int
    done: float
    total: float


class Made(NamedTuple):
    """One product, the small objects it consists of, the references in it (path, digest, folder)."""

    product: Product
    bodies: Bodies
    references: tuple[tuple[str, bytes | None, bool], ...] = ()


class Fault(NamedTuple):
    """What went wrong in the user's code: `message` is "ClassName: text"; `where` is "file:line" of the last own frame; `item` shows the
    item, where it was one."""

    message: str
    traceback: str
    where: str = ""
    item: str = ""


class Yielded(NamedTuple):
    """Items of a stream that runs; `files` are the references in them."""

    job: int
    block: Block
    files: tuple[RowFile, ...] = ()


class Used(NamedTuple):
    """Something that the user's code used. `kind`: code (`subject` is module:name), module (whose own code ran), file, variable or
    program. `file` and `line`: where code is written, and else which line of the project used it; "" where that is unknown."""

    kind: str
    subject: str
    file: str = ""
    line: int = 0


class Done(NamedTuple):
    """The call has ended. `product` is what it made; of a stream None, for its items went ahead in Yielded."""

    job: int
    product: Made | None
    fault: Fault | None
    seconds: float
    log: bytes
    used: tuple[Used, ...] = ()
    peak: int = 0


class ItemsDone(NamedTuple):
    """The next `items` of an each's call have ended; when `last`, so has the call. `block` is what they gave, `counts` how many
    each (empty: one), `seconds` in the user's code as a column; `faults`: what went wrong, by place among these items."""

    job: int
    items: int
    block: Block
    counts: bytes
    seconds: bytes
    faults: tuple[tuple[int, Fault], ...]
    files: tuple[RowFile, ...]
    log: bytes
    last: bool
    used: tuple[Used, ...] = ()
    peak: int = 0


# --- the two that every task takes, as plain tuples: to pickle and to read classes takes three times as long ------------------------


def lean(message: Call | Done) -> tuple[Any, ...]:
    """The same without classes, for the way; `full` gives it back."""
    if isinstance(message, Done):
        made, fault = message.product, message.fault
        told = None if made is None else (astuple(made.product), *made[1:])
        return (message.job, told, None if fault is None else tuple(fault), *message[3:])
    sources = [(one.kind, [astuple(made) for made in one.products], *_light(one[2:])) for one in message.sources]
    return (*message[:4], sources, *_light(message[5:]))


def _light(fields: Sequence[Any]) -> list[Any]:
    return [None if one is EMPTY else one for one in fields]


def _whole(fields: Sequence[Any]) -> list[Any]:
    return [EMPTY if one is None else one for one in fields]


def full(message: object) -> Any:
    """What `lean` was given; any other message as it is."""
    if type(message) is not tuple:
        return message
    if len(message) == len(Done._fields):
        made, fault = message[1:3]
        told = None if made is None else Made(Product(*made[0]), *made[1:])
        return Done(message[0], told, None if fault is None else Fault(*fault), *message[3:])
    sources = tuple(
        Source(kind, tuple(Product(*made) for made in products), *_whole(rest)) for kind, products, *rest in message[4]
    )
    rest = *message[:4], sources, message[5], message[6] or EMPTY, *message[7:]
    return Call._make(rest)
