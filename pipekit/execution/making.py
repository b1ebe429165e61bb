"""A value that the user's code made, turned into a product: checked against its type, its files taken in, encoded.
It must never know who asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit import canon
from pipekit.definition.check import check
from pipekit.definition.places import replace_files
from pipekit.definition.types import Type
from pipekit.errors import TaskFailed
from pipekit.execution.inside import Context
from pipekit.execution.messages import Made
from pipekit.store import codecs, files
from pipekit.store.blocks import Block
from pipekit.store.building import Builder
from pipekit.store.codecs import short
from pipekit.store.objects import BIG, Objects
from pipekit.store.products import Product
from pipekit.store.segments import RowFile
from pipekit.values import Digest, Reference, Stored


def must_be(type_: Type[Any], value: Any) -> None:
    """Raises TaskFailed for a product, or an item, that is not of its type."""
    mismatch = check(type_, value)
    if mismatch is not None:
        at = f"at {mismatch.path}: " if mismatch.path else ""
        raise TaskFailed(f"its product is not what it says: {at}{mismatch.message}")


class Maker(Struct):
    """Where a call's products go: big objects to `objects`, the rest into the message. `context` and `handed` tell
    which files are the store's to keep, `folder` what references are relative to; `referred` are the paths of these."""

    objects: Objects
    folder: Path | None
    context: Context
    handed: Mapping[Path, tuple[Stored, tuple[Digest, ...]]]
    referred: list[str] = field(default_factory=list)
    _taken: int = 0

    def make(self, type_: Type[Any], value: Any) -> Made:
        """Check, take files in, encode. Raises TaskFailed (wrong type) and Uncodable."""
        must_be(type_, value)
        product, bodies, references = self.product(type_, value)
        return Made(product, dict(bodies.items()), tuple((r.path, r.content, r.folder) for r in references))

    def product(self, type_: Type[Any], value: Any) -> tuple[Product, dict[Digest, Any], list[Reference]]:
        """A value that is of its type as a product, with its small objects and the references in it."""
        bodies: dict[Digest, Any] = {}
        members: dict[Digest, tuple[Digest, ...]] = {}
        references: list[Reference] = []
        self._taken = 0
        if type_.holds_files:
            value = replace_files(type_, value, lambda p, f: self._leaf(p, f, bodies, members, references))
        encoded = codecs.encode(value, keep=self.objects.put)
        for digest, body in encoded.bodies.items():
            self._put(digest, body, bodies)
        inside = {digest for listed in members.values() for digest in listed}
        product = encoded.product
        if inside:
            product = replace(product.including(sorted(inside)), size=product.size + self._taken)
        return product, bodies, references

    def _put(self, digest: Digest, body: Any, bodies: dict[Digest, Any]) -> None:
        if len(body) >= BIG:
            self.objects.put(body)
        else:
            bodies[digest] = bytes(body)

    def _leaf(
        self,
        path: Path,
        folder: bool,
        bodies: dict[Digest, Any],
        members: dict[Digest, tuple[Digest, ...]],
        references: list[Reference],
    ) -> Stored | Reference:
        known = self.handed.get(path)
        if known is not None:
            stored, members[known[0].content] = known
            return stored
        if not path.absolute().is_relative_to(self.context.scratch_path):
            reference = Reference(str(path), files.identity(path), folder)
            references.append(reference)
            self.referred.append(reference.path)
            return reference

        def put(body: Any) -> Digest:
            self._taken += body.stat().st_size if isinstance(body, Path) else 0
            if isinstance(body, Path):
                return self.objects.put_file(body) if body.stat().st_size >= BIG else put(body.read_bytes())
            digest = canon.digest(body)
            self._put(digest, body, bodies)
            return digest

        stored, listed = files.take(path, put)
        members[stored.content] = tuple(listed)
        return stored


class Pieces:
    """Values on their way into a block, each of `type_` and an item of its own."""

    def __init__(self, maker: Maker, type_: Type[Any]) -> None:
        self._maker, self._type = maker, type_
        self._sure = type_.cls if type_.kind == "class" and type_.cls in short.FIXED else None
        self._builder = Builder()
        self._files: list[RowFile] = []

    def __len__(self) -> int:
        return len(self._builder)

    @property
    def size(self) -> int:
        """Bytes of what waits to be taken."""
        return self._builder.size

    def extend(self, values: Sequence[Any]) -> None:
        """Several, in order; those before one that raises are in. Raises as `add`."""
        if self._sure is not None and all(value.__class__ is self._sure for value in values):
            codec, bodies = short.bodies(values)
            if max(map(len, bodies)) < BIG:
                self._builder.add_all(codec, bodies)
                return
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """One more. Raises TaskFailed (wrong type) and Uncodable."""
        must_be(self._type, value)
        found = None if self._type.holds_files else short.body(value)
        if found is None:
            product, bodies, references = self._maker.product(self._type, value)
            self._files += [RowFile(len(self._builder), one.path, one.content) for one in references]
            self._builder.add_product(product, bodies)
            return
        codec, body, classes = found
        size = memoryview(body).nbytes
        if size < BIG:
            self._builder.add(codec, bytes(body), classes)
        else:
            self._builder.add_product(Product.of(codec, (self._maker.objects.put(body),), size, classes))

    def cut(self, count: int) -> None:
        """Leave out all but the first so many of what waits to be taken."""
        self._builder.cut(count)
        self._files = [one for one in self._files if one.row < count]

    def take(self) -> tuple[Block, tuple[RowFile, ...]]:
        """All since the last time, and the references in them, by place."""
        files, self._files = tuple(self._files), []
        return self._builder.take(), files
