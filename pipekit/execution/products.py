"""Products as people get them back: values, and finished streams as lazy sequences. It must never compute one."""

from __future__ import annotations

import atexit
import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from pipekit.store import codecs, files, manifests
from pipekit.store.blocks import Block, Item
from pipekit.store.locks import OwnFolder
from pipekit.store.products import Product
from pipekit.store.store import Store
from pipekit.values import Reference, Stored

T = TypeVar("T")


class Reader:
    """Decodes products of one store; files are handed out in a folder that lives as long as this process."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._folder = OwnFolder(store.root / "tmp")
        self._numbers = itertools.count()

    def value(self, product: Product) -> Any:
        """The value of a product; a stream's is `Items`. Raises KeyError if an object is gone, CorruptObject."""
        if product.codec == manifests.CODEC:
            return Items(self, product)
        return codecs.decode(product, self.store.read, self._hand)

    def item(self, item: Item) -> Any:
        """The value of an item of a stream; raises as `value` does."""
        return codecs.decode_item(item, self.store.read, self._hand)

    def _hand(self, file: Stored | Reference) -> Path:
        if isinstance(file, Reference):
            return Path(file.path)
        number = next(self._numbers)
        if number == 0:
            atexit.register(_close, self._folder)
        return files.hand(file, self.store.read, self._folder.path / str(number))


def _close(folder: OwnFolder) -> None:
    files.remove(folder.path)
    folder.close()


class Items(Sequence[T], Generic[T]):
    """A finished stream: length, index and slice, each item read when it is asked for."""

    def __init__(self, reader: Reader, product: Product, span: range | None = None) -> None:
        self._reader = reader
        self._product = product
        self._layout = manifests.layout(product, reader.store.read)
        self._starts = [0, *itertools.accumulate(chunk.items for chunk in self._layout)]
        self._span = span if span is not None else range(self._starts[-1])
        self._chunk: tuple[int, list[Item]] = (-1, [])

    def __len__(self) -> int:
        return len(self._span)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Items[T]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return Items(self._reader, self._product, self._span[at])
        return self._reader.item(self._at(self._span[at]))

    def __iter__(self) -> Iterator[T]:
        for place in self._span:
            yield self._reader.item(self._at(place))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Items, list, tuple)):
            return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        head = ", ".join(repr(item) for item in itertools.islice(self, 3))
        return f"<{len(self)} items: {head}{', ...' if len(self) > 3 else ''}>"

    def _at(self, place: int) -> Item:
        number = bisect_right(self._starts, place) - 1
        if self._chunk[0] != number:
            block = Block.from_bytes(self._reader.store.read(self._layout[number].digest))
            self._chunk = (number, list(block.items()))
        return self._chunk[1][place - self._starts[number]]
