"""What a product has beside its first object: parts, files and classes. It must never know how the first one is laid
out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pipekit import canon
from pipekit.canon.shape import class_name
from pipekit.store.codecs.choice import is_library
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest, Reference, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

Hand = Callable[[Stored | Reference], Path]
"""Gives the path under which a file of a product can be read."""


class Parts(Struct):
    """`objects` in the order in which the first object counts them; `stable` says whether equal values give equal parts."""

    objects: list[Digest] = field(default_factory=list)
    bodies: dict[Digest, Buffer] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    files: list[Stored] = field(default_factory=list)
    stable: bool = True
    _met: set[type] = field(default_factory=set)

    def add(self, body: memoryview) -> int:
        """The number under which `body` is a part; the same bytes are one part."""
        digest = canon.digest(body)
        if digest not in self.bodies:
            self.bodies[digest] = body
            self.objects.append(digest)
        return self.objects.index(digest)

    def meet(self, cls: type) -> None:
        """Note that an instance of `cls` is inside, unless the class comes with Python."""
        if cls not in self._met:
            self._met.add(cls)
            if not is_library(cls):
                self.classes.add(class_name(cls))

    def product(self, codec: str, body: Buffer) -> Encoded:
        """The product whose first object is `body`."""
        first = canon.digest(body)
        bodies = {first: body, **self.bodies}
        size = sum(memoryview(one).nbytes for one in bodies.values())
        made = Product.of(codec, (first, *self.objects), size, self.classes)
        return Encoded(made.including([one.content for one in self.files]) if self.files else made, bodies)
