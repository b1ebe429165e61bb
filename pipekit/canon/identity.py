"""What a value is, as bytes: the form of everything that has one. It must never know what a class's code is; the hook
`class_identity` says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from pipekit.canon.builtins import HANDLERS
from pipekit.canon.digests import digest, flat, hasher
from pipekit.canon.foreign import find_foreign
from pipekit.canon.form import LARGE, Culprit, Handler, Handlers, Walk, Write, length
from pipekit.canon.instances import find_instance
from pipekit.canon.moments import find_moment
from pipekit.errors import FingerprintError
from pipekit.values import Digest

ClassIdentity = Callable[[Any], bytes]

_HINT = "leave it out of the value, or let its class give its state with __getstate__"
_MOST_BACKS = 1_000_000


def encode(value: Any, *, class_identity: ClassIdentity | None = None) -> bytes:
    """The canonical form of `value`: equal bytes in every process exactly for values that are the same.

    An instance is its class's qualified name, what `class_identity(cls)` says of the class's code, and its state.
    Classes and functions in the value are `module:qualname` and what the hook (given the class or function) says; a
    function that no module names needs the hook. Raises FingerprintError, whose message leads to the culprit.
    """
    return b"".join(_pieces(value, class_identity))


def fingerprint(value: Any, *, class_identity: ClassIdentity | None = None) -> Digest:
    """The digest of `encode(value)`; big arrays are hashed where they lie. Raises FingerprintError."""
    pieces = _pieces(value, class_identity)
    if sum(map(len, pieces)) < LARGE:
        return digest(b"".join(pieces))
    made, small = hasher(), list[bytes | memoryview]()
    for piece in pieces:
        if len(piece) < LARGE:
            small.append(piece)
            continue
        made.update(b"".join(small))
        made.update(piece)
        small.clear()
    made.update(b"".join(small))
    return made.digest()


def _pieces(value: Any, identity: ClassIdentity | None) -> list[bytes | memoryview]:
    out: list[Any] = []
    try:
        _TABLE[type(value)](value, out.append, Walk(_TABLE, _again, None, identity))
    except Culprit as culprit:
        raise FingerprintError(f"{culprit.path} {culprit.why}", hint=_HINT) from None
    except RecursionError:
        raise FingerprintError("value lies too deep", hint=_HINT) from None
    return [piece if type(piece) is bytes else flat(piece) for piece in out]


def _again(value: Any, write: Write, walk: Walk) -> None:
    walk.backs += 1
    if walk.backs > _MOST_BACKS:
        raise Culprit(value, "is part of too entangled a web of objects")
    write(b"^" + length(walk.active[id(value)]))


_FOUND: WeakKeyDictionary[type, Handler] = WeakKeyDictionary()


def _find(table: Handlers, cls: type) -> Handler:
    found = _FOUND.get(cls)
    if found is None:
        found = _FOUND[cls] = find_moment(cls) or find_foreign(cls) or find_instance(cls)
    return found


_TABLE = Handlers(HANDLERS, _find)
