"""What an each left out, kept beside its product: the failed items and their errors. It must never decide what is left
out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from pipekit import canon
from pipekit.store import codecs
from pipekit.store.blocks import Block
from pipekit.store.products import Encoded
from pipekit.store.store import Store
from pipekit.values import Digest, Reference, Stored


class Left(Struct, frozen=True):
    """One item that was left out, in a block of its own, and `"ClassName: message"`."""

    item: Block
    error: str


def key(step: Digest) -> Digest:
    """The key under which the failures of the step with key `step` are recorded."""
    return canon.digest_parts(step, b"failed")


def encode(left: Sequence[Left]) -> Encoded:
    """The failures as a product of their own, which lists the objects of the items."""
    found = codecs.encode([(one.item.bare().to_bytes(), one.error) for one in left])
    objects = {digest for one in left for digest in one.item.objects()}
    return Encoded(found.product.including(sorted(objects)), found.bodies) if objects else found


def read(store: Store, step: Digest) -> list[Left] | None:
    """The failures recorded for a step; no one where there is no such record, None where its object is gone."""
    record = store.record(key(step))
    if record is None:
        return []
    if not store.has(record.product.objects[:1]):
        return None
    rows = codecs.decode(record.product, store.read, no_file)
    return [Left(Block.from_bytes(item), error) for item, error in rows]


def present(store: Store, step: Digest) -> bool:
    """Can the items be read that are recorded as failed?"""
    record = store.record(key(step))
    return record is None or len(store.has(record.product.objects)) == len(set(record.product.objects))


def no_file(file: Stored | Reference) -> Path:
    """For products of our own, in which no file can be."""
    raise ValueError(f"there is no file in this, but {file}")
