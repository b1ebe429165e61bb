"""The name of some bytes. It must never know how a digest is made."""

from __future__ import annotations

from typing import NewType

Digest = NewType("Digest", bytes)
"""32 raw bytes of BLAKE3; `.hex()` is its text form."""


def short(digest: bytes) -> str:
    """The first 8 hexadecimal digits, as people see them."""
    return digest[:4].hex()
