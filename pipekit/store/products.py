"""What a record says a product consists of: a codec's name and the objects it reads. It must never know what a codec
does with them, nor where they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pipekit import canon
from pipekit.values import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Product(Struct, frozen=True):
    """`objects[0]` is what the codec reads first, the rest are its parts and the files inside; `size` is in bytes;
    `classes` are `module:qualname` of every class with instances inside; `items` is the length of a stream. `digest` is
    what codec and objects give, without those that only lie inside a folder."""

    codec: str
    objects: tuple[Digest, ...]
    digest: Digest
    size: int
    classes: tuple[str, ...] = ()
    items: int | None = None

    @classmethod
    def of(
        cls, codec: str, objects: Iterable[Digest], size: int, classes: Iterable[str] = (), items: int | None = None
    ) -> Product:
        """The product with the digest that belongs to its codec and objects."""
        listed = tuple(objects)
        return cls(codec, listed, product_digest(codec, listed), size, tuple(sorted(classes)), items)

    def including(self, more: Iterable[Digest]) -> Product:
        """The same product, with the same digest, that lists `more` objects as well: those of the files inside."""
        listed = dict.fromkeys((*self.objects, *more))
        return replace(self, objects=tuple(listed))

    def pack(self) -> bytes:
        """The product as a few bytes, the same in every process; `unpack` reads them."""
        own = None if self.digest == product_digest(self.codec, self.objects) else self.digest
        fields = (self.codec, b"".join(self.objects), own, self.size, self.classes, self.items)
        return canon.plain.encode(fields, _nothing)

    @classmethod
    def unpack(cls, data: Buffer) -> Product:
        """The product that `pack` wrote. Raises ValueError when `data` is no such bytes."""
        found = canon.plain.decode(data, _refuse)
        if not isinstance(found, tuple) or len(found) != 6 or not _fits(*found):
            raise ValueError("not the bytes of a product")
        codec, joined, own, size, classes, items = found
        objects = tuple(Digest(joined[at : at + 32]) for at in range(0, len(joined), 32))
        return cls(codec, objects, Digest(own or product_digest(codec, objects)), size, classes, items)


class Encoded(Struct, frozen=True):
    """A product, and the bytes of those of its objects that were made with it."""

    product: Product
    bodies: Mapping[Digest, Buffer]


def product_digest(codec: str, objects: Iterable[Digest]) -> Digest:
    """The identity of what `codec` makes of `objects`."""
    return canon.digest_parts(codec.encode(), *objects)


def _fits(codec: object, joined: object, own: object, size: object, classes: object, items: object) -> bool:
    return (
        isinstance(codec, str)
        and isinstance(joined, bytes)
        and len(joined) % 32 == 0
        and (own is None or isinstance(own, bytes))
        and isinstance(size, int)
        and isinstance(classes, tuple)
        and all(isinstance(name, str) for name in classes)
        and (items is None or isinstance(items, int))
    )


def _nothing(value: object) -> None:
    return None


def _refuse(payload: bytes) -> object:
    raise ValueError("a product holds no foreign payload")
