"""A value that the user's code made, turned into a product: checked against its type, its files taken in, encoded.
It must never know who asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipekit import canon
from pipekit.definition.check import check
from pipekit.definition.places import replace_files
from pipekit.definition.types import Type
from pipekit.errors import TaskFailed
from pipekit.execution.messages import Made
from pipekit.store import codecs, files
from pipekit.store.objects import BIG, Objects
from pipekit.values import Digest, Reference, Stored


def must_be(type_: Type[Any], value: Any) -> None:
    """Raises TaskFailed for a product, or an item, that is not of its type."""
    mismatch = check(type_, value)
    if mismatch is not None:
        at = f"at {mismatch.path}: " if mismatch.path else ""
        raise TaskFailed(f"its product is not what it says: {at}{mismatch.message}")


@dataclass(slots=True)
class Maker:
    """Where a call's products go: big objects to `objects`, the rest into the message. `scratch` and `handed` tell
    which files are the store's to keep, `folder` what references are relative to; `referred` are the paths of these."""

    objects: Objects
    folder: Path | None
    scratch: Path
    handed: Mapping[Path, tuple[Stored, tuple[Digest, ...]]]
    referred: list[str] = field(default_factory=list)
    _taken: int = 0

    def make(self, type_: Type[Any], value: Any) -> Made:
        """Check, take files in, encode. Raises TaskFailed (wrong type) and Uncodable."""
        must_be(type_, value)
        bodies: dict[bytes, Any] = {}
        members: dict[Digest, tuple[Digest, ...]] = {}
        references: list[Reference] = []
        self._taken = 0
        if type_.holds_files:
            value = replace_files(type_, value, lambda p, f: self._leaf(p, f, bodies, members, references))
        encoded = codecs.encode(value)
        for digest, body in encoded.bodies.items():
            self._put(digest, body, bodies)
        inside = {digest for listed in members.values() for digest in listed}
        product = encoded.product
        if inside:
            product = replace(product.including(sorted(inside)), size=product.size + self._taken)
        return Made(product.pack(), bodies, tuple((r.path, r.content, r.folder) for r in references), product.size)

    def _put(self, digest: Digest, body: Any, bodies: dict[bytes, Any]) -> None:
        if len(body) >= BIG:
            self.objects.put(body)
        else:
            bodies[digest] = bytes(body)

    def _leaf(
        self,
        path: Path,
        folder: bool,
        bodies: dict[bytes, Any],
        members: dict[Digest, tuple[Digest, ...]],
        references: list[Reference],
    ) -> Stored | Reference:
        known = self.handed.get(path)
        if known is not None:
            stored, members[known[0].content] = known
            return stored
        if not path.absolute().is_relative_to(self.scratch):
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
