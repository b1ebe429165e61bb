"""Encode, keep the objects in a dict, decode: what every test of the codecs does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipekit import canon
from pipekit.store import codecs
from pipekit.store.products import Encoded, Product
from pipekit.values import Reference, Stored


def decoded(encoded: Encoded) -> Any:
    """The value of what was encoded; every object is checked, and is read-only as in the store."""
    for digest, body in encoded.bodies.items():
        assert canon.digest(body) == digest
    return codecs.decode(encoded.product, lambda digest: memoryview(bytes(encoded.bodies[digest])), handed)


def handed(file: Stored | Reference) -> Path:
    return Path(file.path) if isinstance(file, Reference) else Path("/handed") / file.name


def round_trip(value: Any, codec: str | None = None) -> tuple[Product, Any]:
    encoded = codecs.encode(value, codec=codec)
    assert encoded.product.size == sum(memoryview(body).nbytes for body in encoded.bodies.values())
    assert set(encoded.bodies) <= set(encoded.product.objects)
    return encoded.product, decoded(encoded)
