"""Plain data with parts: what is large or has a codec of its own stands outside the skeleton, or as a payload in it. It
must never write where it is not sure to give the same value back: then it says NotPlain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipekit.canon import plain
from pipekit.canon.digests import flat
from pipekit.canon.form import LARGE
from pipekit.store.codecs.choice import leaf_for, leaf_named
from pipekit.store.codecs.parts import Hand, Keep, Parts
from pipekit.values import Digest, Reference, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

_INLINE, _APART, _STORED, _REFERENCE = b"i", b"o", b"f", b"r"


def encode(value: Any, keep: Keep | None = None) -> tuple[bytes, Parts]:
    """The skeleton and its parts, big ones given to `keep` if there is one. Raises NotPlain."""
    parts = Parts(keep)
    return plain.encode(value, lambda part: _extern(part, parts)), parts


def decode(body: Buffer, part: Callable[[int], Buffer], hand: Hand) -> Any:
    """The value; `part(n)` reads its n-th part. Raises ValueError when `body` is no skeleton."""
    return plain.decode(body, lambda payload: _intern(payload, part, hand))


def _extern(value: Any, parts: Parts) -> bytes | None:
    cls = type(value)
    if cls is Stored:
        parts.files.append(value)
        return _STORED + plain.encode((value.name, value.content, value.folder), _none)
    if cls is Reference:
        return _REFERENCE + plain.encode((value.path, value.content, value.folder), _none)
    leaf = leaf_for(cls)
    parts.meet(cls)
    if leaf is None:
        return None
    pieces = leaf.pieces(value) if parts.keep is not None else None
    if pieces is not None and memoryview(pieces[-1]).nbytes >= LARGE:
        return _apart(leaf.name, parts.add(*pieces))
    body = leaf.encode(value)
    if body is None:
        return None
    parts.stable &= leaf.stable
    return _payload(leaf.name, flat(body), parts)


def _payload(codec: str, body: memoryview, parts: Parts) -> bytes:
    if body.nbytes < LARGE:
        return _INLINE + plain.encode((codec, bytes(body)), _none)
    return _apart(codec, parts.add(body))


def _apart(codec: str, number: int) -> bytes:
    return _APART + plain.encode((codec, number), _none)


def intern(payload: bytes, read: Callable[[Digest], Buffer], hand: Hand) -> Any:
    """What stands behind a payload in a skeleton without parts."""
    return _intern(payload, parts_of((), read), hand)


def _intern(payload: bytes, part: Callable[[int], Buffer], hand: Hand) -> Any:
    kind, fields = payload[:1], plain.decode(payload[1:], _refuse)
    if kind == _STORED:
        return hand(Stored(*fields))
    if kind == _REFERENCE:
        return hand(Reference(*fields))
    if kind not in (_INLINE, _APART):
        raise ValueError(f"unknown payload {kind!r}")
    codec, place = fields
    return leaf_named(codec).decode(place if kind == _INLINE else part(place))


def _none(value: Any) -> None:
    return None


def _refuse(payload: bytes) -> Any:
    raise ValueError("a payload within a payload")


def parts_of(objects: Sequence[Digest], read: Callable[[Digest], Buffer]) -> Callable[[int], Buffer]:
    """The n-th part of a skeleton, read when it is asked for."""
    return lambda n: read(objects[1 + n])
