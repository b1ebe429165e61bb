"""What an each left out, kept beside its product: the failed items and their errors. It must never decide what is left
out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipekit import canon
from pipekit.store import codecs
from pipekit.store.products import Encoded, Product
from pipekit.store.store import Store
from pipekit.values import Digest, Reference, Stored


@dataclass(frozen=True, slots=True)
class Left:
    """One item that was left out, and `"ClassName: message"`."""

    item: Product
    error: str


def key(step: Digest) -> Digest:
    """The key under which the failures of the step with key `step` are recorded."""
    return canon.digest_parts(step, b"failed")


def encode(left: Sequence[Left]) -> Encoded:
    """The failures as a product of their own."""
    return codecs.encode([(one.item.pack(), one.error) for one in left])


def read(store: Store, step: Digest) -> list[Left] | None:
    """The failures recorded for a step; no one where there is no such record, None where its object is gone."""
    record = store.record(key(step))
    if record is None:
        return []
    if len(store.has(record.product.objects)) < len(set(record.product.objects)):
        return None
    rows = codecs.decode(record.product, store.read, no_file)
    return [Left(Product.unpack(item), error) for item, error in rows]


def present(store: Store, step: Digest) -> bool:
    """Can the items be read that are recorded as failed?"""
    left = read(store, step)
    wanted = {digest for one in left or () for digest in one.item.objects}
    return left is not None and len(store.has(wanted)) == len(wanted)


def no_file(file: Stored | Reference) -> Path:
    """For products of our own, in which no file can be."""
    raise ValueError(f"there is no file in this, but {file}")
