"""Makes the message that starts a unit of work: what each parameter receives, and the small objects to send along. It
must never decide what runs or where."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from pipekit.definition.tasks import Task
from pipekit.execution.byvalue import by_value
from pipekit.execution.failed import Left
from pipekit.execution.flow import Flow
from pipekit.execution.messages import Bodies, Source
from pipekit.execution.passing import Passing
from pipekit.invocation.steps import Needs, Step
from pipekit.store import manifests
from pipekit.store.blocks import Block, join
from pipekit.store.objects import BIG, Objects
from pipekit.store.products import Product
from pipekit.store.store import Store
from pipekit.values import Digest

ITEMS = 4096
SIZE = 8 << 20
"""Items of a stream, and their bytes, that go to its consumer at once; the rest goes when it asks."""


class Supply:
    """What a call has not been sent yet of a finished stream."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = iter(blocks)
        self._held = Flow()
        self._sent = 0

    def next(self, items: int = ITEMS, size: int = SIZE) -> tuple[Block, bool]:
        """The next items, and whether they are the last."""
        while len(self._held) - self._sent < items and self._held.size < size and self._more():
            pass
        found = self._held.next(self._sent, items, size)
        self._sent += len(found)
        if self._sent < len(self._held):
            return found, False
        self._held, self._sent = Flow(), 0
        return found, not self._more()

    def _more(self) -> bool:
        block = next(self._blocks, None)
        if block is not None:
            self._held.add(block)
        return block is not None


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


class Dispatcher(Struct):
    """Reads products for messages. `objects` are the big ones in the store, which workers read by themselves."""

    store: Store
    objects: Objects
    passing: Passing

    def read(self, digest: Digest) -> Any:
        """The bytes of an object, stored or passing. Raises KeyError and CorruptObject."""
        return self.passing.read(digest) if digest in self.passing else self.store.read(digest)

    def bodies(self, products: Iterable[Product]) -> Bodies:
        """The small objects of the products; what is big, workers map by themselves."""
        found: dict[bytes, Any] = {}
        for product in products:
            if product.size < BIG and product.codec != manifests.CODEC:
                found.update((digest, self._read_small(digest)) for digest in product.objects)
            else:
                found.update(self._small(product.objects))
        return found

    def _read_small(self, digest: Digest) -> bytes:
        """An object that is small in any case, so that no file need be looked for."""
        if not self.passing.is_small(digest):
            with suppress(KeyError):
                return bytes(self.store.read(digest))
        return bytes(self.read(digest))

    def _mapped(self, digest: Digest) -> bool:
        return not self.passing.is_small(digest) and (digest in self.passing or self.objects.has(digest))

    def along(self, block: Block) -> Bodies:
        """The small objects of the block's odd items that do not come along in it."""
        wanted = block.objects()
        return self._small(wanted - block.bodies().keys()) if wanted else {}

    def items(self, product: Product) -> Iterator[Block]:
        """The items of a stream's product."""
        return manifests.read(product, self.read)

    def source(
        self, step: Step, needs: Needs, products: Mapping[int, Product], left: Sequence[Left], everything: bool
    ) -> tuple[Source, Bodies, Supply | None]:
        """What one dep gives: the source, the small objects to send along, and where the items come from that follow."""
        if needs.kind == "cells":
            made = [products[one] for one in needs.steps]
            notes = tuple(pack_options(cell) or pickle.dumps({}) for cell in needs.cells)
            return Source("cells", tuple(made), notes), self._with_items(made), None
        if needs.kind == "failed":
            block = join([one.item for one in left])
            return Source("failed", (), tuple(one.error for one in left), block), self.along(block), None
        product = products[needs.steps[0]]
        if product.codec != manifests.CODEC:
            return Source("product", (product,)), self.bodies([product]), None
        if everything:
            block = join(self.items(product))
            return Source("stream", block=block), self.along(block), None
        rest = Supply(self.items(product))
        block, ended = rest.next()
        return Source("stream", block=block, ended=ended), self.along(block), None if ended else rest

    def _with_items(self, products: Sequence[Product]) -> Bodies:
        found = dict(self.bodies(products))
        for product in products:
            if product.codec == manifests.CODEC:
                found.update(self._small(manifests.objects_of(product, self.read)))
        return found

    def _small(self, objects: Iterable[Digest]) -> dict[bytes, Any]:
        return {digest: bytes(self.read(digest)) for digest in objects if not self._mapped(digest)}
