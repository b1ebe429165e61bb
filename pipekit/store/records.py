"""Records: the claims that keys produced products, and their one packed form. It must never know how a key is made or where a record is kept."""

from __future__ import annotations

import struct
from binascii import crc32
from typing import Any, Final

from msgspec import Struct

from pipekit.store.products import Product
from pipekit.values.digest import Digest


class Record(Struct, frozen=True):
    """The claim that `key` produced `product`.

    `static` is the part of the key that deps do not touch; `seconds` is the time in user code; `created` is Unix seconds;
    `references` are files left where they are, with their content (None: absent); `peak` is memory in bytes, 0 unknown; `preimage`: what
    the key was made from, in a form that is not the store's to read.
    """

    key: Digest
    static: Digest
    task: str
    product: Product
    seconds: float
    created: float
    run: str
    log: Digest | None = None
    references: tuple[tuple[str, Digest | None], ...] = ()
    predicates: Digest | None = None
    partial: bool = False
    peak: int = 0
    preimage: bytes = b""


# flags; seconds, created; peak, size, items; lengths of run, codec, classes; counts of objects, references
_HEAD: Final = struct.Struct("<BddQQqIHIII")
_REFERENCE: Final = struct.Struct("<I?")
_SUM: Final = struct.Struct("<I")
_LEAST: Final = _HEAD.size + _SUM.size
_LOG, _PREDICATES, _PARTIAL, _ITEMS, _PREIMAGE = 1, 2, 4, 8, 16


def pack(record: Record) -> bytes:
    """All of a record but its key, static part and task, and a checksum over all of it with them."""
    product, log, predicates, items = record.product, record.log, record.predicates, record.product.items
    flags = (log is not None) | (predicates is not None) << 1 | record.partial << 2 | (items is not None) << 3
    flags |= _PREIMAGE if record.preimage else 0
    run, codec, objects = record.run.encode(), product.codec.encode(), product.objects
    classes = "\0".join(product.classes).encode("utf-8", "surrogatepass") if product.classes else b""
    sizes = len(run), len(codec), len(classes), len(objects), len(record.references)
    head = _HEAD.pack(flags, record.seconds, record.created, record.peak, product.size, items or 0, *sizes)
    parts = [head, product.digest, log or b"", predicates or b"", *objects, run, codec, classes]
    for path, content in record.references:
        name = path.encode("utf-8", "surrogateescape")
        parts += _REFERENCE.pack(len(name), content is not None), name, content or b""
    parts.append(record.preimage)
    body = b"".join(parts)
    return body + _SUM.pack(crc32(body, crc32(record.key + record.static + record.task.encode())))


def unpack(key: Any, static: Any, task: Any, body: Any) -> Record | None:
    """The record of a row; None when the row is damaged, because a damaged claim claims nothing."""
    return _unpack(key, static, task, body) if _is_whole(key, static, task, body) else None


def _is_whole(key: Any, static: Any, task: Any, body: Any) -> bool:
    try:
        found: int = _SUM.unpack_from(body, len(body) - 4)[0]
        return len(body) >= _LEAST and found == crc32(body[:-4], crc32(key + static + task))
    except (TypeError, struct.error):
        return False  # a flipped bit may also change what a column holds


def _unpack(key: Any, static: Any, task: bytes, body: Any) -> Record:
    flags, seconds, created, peak, size, items, run_size, codec_size, classes_size, count, references = (
        _HEAD.unpack_from(body)
    )
    at = _HEAD.size + 32
    digest = body[at - 32 : at]
    log = predicates = None
    if flags & _LOG:
        log, at = body[at : at + 32], at + 32
    if flags & _PREDICATES:
        predicates, at = body[at : at + 32], at + 32
    objects, at = tuple([body[one : one + 32] for one in range(at, at + 32 * count, 32)]), at + 32 * count
    run, at = body[at : at + run_size].decode(), at + run_size
    codec, at = body[at : at + codec_size].decode(), at + codec_size
    classes = _classes(body[at : at + classes_size]) if classes_size else ()
    product = Product(codec, objects, digest, size, classes, items if flags & _ITEMS else None)
    left, at = _references(body, at + classes_size, references)
    partial, preimage = flags & _PARTIAL != 0, body[at : -_SUM.size] if flags & _PREIMAGE else b""
    return Record(
        key, static, task.decode(), product, seconds, created, run, log, left, predicates, partial, peak, preimage
    )


def _classes(joined: bytes) -> tuple[str, ...]:
    return tuple(joined.decode("utf-8", "surrogatepass").split("\0"))


def _references(body: bytes, at: int, count: int) -> tuple[tuple[tuple[str, Digest | None], ...], int]:
    found: list[tuple[str, Digest | None]] = []
    for _ in range(count):
        length, is_there = _REFERENCE.unpack_from(body, at)
        at += _REFERENCE.size
        path = body[at : at + length].decode("utf-8", "surrogateescape")
        at += length
        found.append((path, Digest(body[at : at + 32]) if is_there else None))
        at += 32 * is_there
    return tuple(found), at
