"""Records and objects for tests of the store."""

from __future__ import annotations

from typing import Any

from pipekit import canon
from pipekit.store.products import Product
from pipekit.store.records import Record
from pipekit.values import Digest

BIG = b"0123456789abcdef" * 8192  # 128 KiB: a file of its own


def body(name: object) -> tuple[Digest, bytes]:
    """A small object and its digest."""
    data = f"object {name}".encode() * 3
    return canon.digest(data), data


def record(name: object, **changed: Any) -> Record:
    """The record of key `name`, of a product of one small object; fields as changed."""
    digest, data = body(name)
    fields: dict[str, Any] = {
        "key": canon.digest(f"key {name}".encode()),
        "static": canon.digest(f"static {name}".encode()),
        "task": f"task_{name}",
        "product": Product.of("plain", (digest,), len(data)),
        "seconds": 0.25,
        "created": 1000.0,
        "run": "run-1",
    }
    return Record(**{**fields, **changed})
