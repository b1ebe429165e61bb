"""Text and bytes as they are. It must never know what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


def encode_text(value: str) -> Buffer:
    """UTF-8; lone surrogates pass."""
    return value.encode("utf-8", "surrogatepass")


def decode_text(body: Buffer) -> str:
    """The text that `encode_text` wrote."""
    return str(body, "utf-8", "surrogatepass")


def encode_bytes(value: bytes) -> Buffer:
    """The bytes themselves, not copied."""
    return value


def decode_bytes(body: Buffer) -> bytes:
    """`body` as bytes, copied unless it is bytes already."""
    return bytes(body)
