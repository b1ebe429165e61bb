"""What a call receives, made from what the run sent: every call gets values of its own. It must never call user code
but through the codecs."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipekit.execution import held
from pipekit.execution.held import Held
from pipekit.execution.inside import Context
from pipekit.execution.messages import Bodies, Call, More, Source
from pipekit.store import codecs, files, manifests
from pipekit.store.blocks import Block
from pipekit.store.objects import Objects
from pipekit.store.products import Product
from pipekit.values import Cell, Digest, Failure, Reference, Stored

Fetch = Callable[[int], More]
"""The items of the stream at a position for which the run was asked."""


class Inputs:
    """Decodes for one call: small objects from the message, big ones mapped from the store; files into the call's own folder."""

    def __init__(
        self,
        call: Call,
        stores: tuple[Objects, ...],
        context: Context,
        ask: Callable[[int], None],
        fetch: Fetch,
        held: Held,
    ) -> None:
        self.bodies = dict(call.bodies)
        self.stores = stores
        self.context = context
        self.ask, self.fetch, self.held = ask, fetch, held
        self.handed: dict[Path, tuple[Stored, tuple[Digest, ...]]] = {}
        self.referred: list[str] = []
        self._numbers = itertools.count()

    def read(self, digest: Digest) -> Any:
        found = self.bodies.get(digest)
        if found is not None:
            return found
        for store in self.stores:
            if store.has(digest):
                return store.open(digest)
        raise KeyError(digest)

    def hand(self, file: Stored | Reference) -> Path:
        if isinstance(file, Reference):
            self.referred.append(file.path)
            return Path(file.path)
        self.context.scratched = True
        into = self.context.scratch_path / "inputs" / str(next(self._numbers))
        path = files.hand(file, self.read, into)
        members = files.reachable(file.content, self.read) if file.folder else [file.content]
        self.handed[path] = file, tuple(members)
        return path

    def value(self, product: Product) -> Any:
        """The value of one product; a stream's is the list of its items, of one that no bytes stand for what this worker holds."""
        if product.codec == held.CODEC:
            return self.held.value(product, self.bodies[product.digest])
        if product.codec == manifests.CODEC:
            return [one for block in manifests.read(product, self.read) for one in self.values(block)]
        return codecs.decode(product, self.read, self.hand)

    def receive(self, position: int, source: Source, takes: str) -> Any:
        """What the parameter at `position` gets."""
        if source.kind == "product":
            return self.value(source.products[0])
        items = self._items(position, source)
        return list(items) if takes == "list" else items

    def _items(self, position: int, source: Source) -> Iterator[Any]:
        if source.kind == "cells":
            for product, options in zip(source.products, source.notes):
                yield Cell(pickle.loads(options), self.value(product))
        elif source.kind == "failed":
            for value, error in zip(self.values(source.block), source.notes):
                yield Failure(value, error)
        else:
            ended = source.ended
            if not ended:
                self.ask(position)
            yield from self.values(source.block)
            while not ended:
                more = self.fetch(position)
                ended = more.ended
                if not ended:  # the next ones come while these are worked on
                    self.ask(position)
                yield from self.values(more.block, more.bodies)

    def values(self, block: Block, bodies: Bodies | None = None) -> Iterator[Any]:
        """The values of a block's items, for which `bodies` came along."""
        read = self.read if not bodies else lambda digest: bodies[digest] if digest in bodies else self.read(digest)
        return codecs.decode_items(block, read, self.hand)
