"""What a product has beside its first object: parts, files and classes. It must never know how the first one is laid
out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pipekit import canon
from pipekit.canon.form import LARGE
from pipekit.canon.shape import class_name
from pipekit.store.codecs.choice import is_library
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest, Reference, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

Hand = Callable[[Stored | Reference], Path]
"""Gives the path under which a file of a product can be read."""


Keep = Callable[..., Digest]
"""Takes a big body, whole or in pieces, and says how it is named: it is kept then."""


class Parts(Struct):
    """`objects` in the order in which the first object counts them; `stable` says whether equal values give equal parts. What `keep` was
    given is not in `bodies`; `size` is that of all objects in bytes."""

    keep: Keep | None = None
    objects: list[Digest] = field(default_factory=list)
    bodies: dict[Digest, Buffer] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    files: list[Stored] = field(default_factory=list)
    stable: bool = True
    size: int = 0
    _met: set[type] = field(default_factory=set)

    def add(self, *pieces: Buffer) -> int:
        """The number under which a body is a part; the same bytes are one part."""
        digest = self._named(*pieces)
        if digest not in self.objects:
            self.objects.append(digest)
        return self.objects.index(digest)

    def _named(self, *pieces: Buffer) -> Digest:
        size = sum(memoryview(piece).nbytes for piece in pieces)
        if self.keep is not None and size >= LARGE:
            digest = self.keep(*pieces)
        else:
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            digest = canon.digest(body)
            self.bodies[digest] = body
        self.size += size if digest not in self.objects else 0
        return digest

    def meet(self, cls: type) -> None:
        """Note that an instance of `cls` is inside, unless the class comes with Python."""
        if cls not in self._met:
            self._met.add(cls)
            if not is_library(cls):
                self.classes.add(class_name(cls))

    def product(self, codec: str, *pieces: Buffer) -> Encoded:
        """The product whose first object is the body in `pieces`."""
        first = self._named(*pieces)
        made = Product.of(codec, (first, *self.objects), self.size, self.classes)
        return Encoded(made.including([one.content for one in self.files]) if self.files else made, self.bodies)
