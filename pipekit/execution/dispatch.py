"""Makes the message that starts a unit of work: what each parameter receives, and the small objects to send along. It
must never decide what runs or where."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipekit.definition.tasks import Task
from pipekit.execution.byvalue import by_value
from pipekit.execution.failed import Left
from pipekit.execution.messages import Bodies, Source
from pipekit.invocation.steps import Needs, Step
from pipekit.store import manifests
from pipekit.store.objects import Objects
from pipekit.store.products import Product
from pipekit.store.store import Store
from pipekit.values import Digest

FIRST = 256
"""Items that go along with the message that starts a stream's consumer; the rest goes when it asks."""


class _Shipped:
    """A task that no module of the workers holds, as much of it as a call needs."""

    def __init__(self, task: Task[..., Any]) -> None:
        self.fn, self.product, self.takes = task.fn, task.product, task.takes
        self.flat, self.over = task.flat, task.over


def ship(task: Task[..., Any]) -> bytes:
    """The task by value, for workers that cannot import it."""
    return by_value(_Shipped(task))


def pack_options(options: Mapping[str, Any]) -> bytes:
    """The option values of a step as bytes; empty if there are none."""
    if not options:
        return b""
    try:
        packed = pickle.dumps(dict(options), 5)
    except (pickle.PicklingError, AttributeError, TypeError):
        packed = b""
    return by_value(dict(options)) if not packed or b"__main__" in packed else packed


@dataclass(slots=True)
class Dispatcher:
    """Reads products for messages. `passing` holds small objects of products that are not stored."""

    store: Store
    objects: Objects
    passing_objects: Objects
    passing: dict[Digest, Any] = field(default_factory=dict)

    def read(self, digest: Digest) -> Any:
        """The bytes of an object, stored or passing. Raises KeyError and CorruptObject."""
        found = self.passing.get(digest)
        if found is not None:
            return found
        return self.passing_objects.open(digest) if self.passing_objects.has(digest) else self.store.read(digest)

    def bodies(self, products: Iterable[Product]) -> Bodies:
        """The small objects of the products; what is big, workers map by themselves."""
        found: dict[bytes, Any] = {}
        for product in products:
            for digest in product.objects:
                if digest not in found and not self._mapped(digest):
                    found[digest] = bytes(self.read(digest))
        return found

    def _mapped(self, digest: Digest) -> bool:
        return digest not in self.passing and (self.objects.has(digest) or self.passing_objects.has(digest))

    def items(self, product: Product) -> list[Product]:
        """The items of a stream's product."""
        return list(manifests.decode(product, self.read))

    def source(
        self, step: Step, needs: Needs, products: Mapping[int, Product], left: Sequence[Left], everything: bool
    ) -> tuple[Source, list[Product], list[Product]]:
        """What one dep gives: the source, the products whose objects go along, and the items that come later."""
        if needs.kind == "cells":
            made = [products[one] for one in needs.steps]
            notes = tuple(pack_options(cell) or pickle.dumps({}) for cell in needs.cells)
            return Source("cells", tuple(one.pack() for one in made), notes), self._with_items(made), []
        if needs.kind == "failed":
            items = [one.item for one in left]
            return Source("failed", tuple(i.pack() for i in items), tuple(one.error for one in left)), items, []
        product = products[needs.steps[0]]
        if product.codec != manifests.CODEC:
            return Source("product", (product.pack(),)), [product], []
        items = self.items(product)
        now = items if everything else items[:FIRST]
        rest = items[len(now) :]
        return Source("stream", tuple(one.pack() for one in now), (), not rest), now, rest

    def _with_items(self, products: Iterable[Product]) -> list[Product]:
        found: list[Product] = []
        for product in products:
            found.append(product)
            if product.codec == manifests.CODEC:
                found += self.items(product)
        return found
