"""How blocks come about, item by item. It must never keep more than the block in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipekit import canon
from pipekit.store import odd
from pipekit.store.blocks import INLINE, Block, Form, item_digest
from pipekit.store.columns import column
from pipekit.store.products import Product, product_digest
from pipekit.values import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Builder:
    """Puts items into a block, one by one. `size` are the bytes they take so far, digests included."""

    def __init__(self) -> None:
        self._begin()

    def __len__(self) -> int:
        return len(self._pieces)

    def _begin(self) -> None:
        self.size = 0
        self._forms: dict[tuple[str, tuple[str, ...]], int] = {}
        self._kinds: list[int] = []
        self._pieces: list[bytes] = []
        self._named: dict[int, Digest] = {}  # the digests of odd items, by place

    def add(self, codec: str, body: bytes, classes: tuple[str, ...] = ()) -> None:
        """An item that is one body, written by `codec`, with instances of `classes` (sorted) inside."""
        size = len(body)
        if size > INLINE:
            digest = canon.digest(body)
            self._add_odd(Product.of(codec, (digest,), size, classes), {digest: body})
            return
        self._kinds.append(self._forms.setdefault((codec, classes), len(self._forms)))
        self._pieces.append(body)
        self.size += size + 32

    def add_all(self, codec: str, bodies: Sequence[bytes]) -> None:
        """Several items as `add` takes them, without classes."""
        sizes = list(map(len, bodies))
        if max(sizes, default=0) > INLINE:
            for body in bodies:
                self.add(codec, body)
            return
        kind = self._forms.setdefault((codec, ()), len(self._forms))
        self._kinds += [kind] * len(sizes)
        self._pieces += bodies
        self.size += sum(sizes) + 32 * len(sizes)

    def add_product(self, product: Product, bodies: Mapping[Digest, Buffer] = {}) -> None:
        """An item that is any product, with those of its bodies that are at hand; the same as `add` where that can be."""
        body = _only_body(product, bodies)
        if body is None:
            self._add_odd(product, bodies)
        else:
            self.add(product.codec, body, product.classes)

    def _add_odd(self, product: Product, bodies: Mapping[Digest, Buffer]) -> None:
        self._named[len(self._pieces)] = product.digest
        self._kinds.append(self._forms.setdefault(("", product.classes), len(self._forms)))
        piece = odd.pack(product, bodies)
        self._pieces.append(piece)
        self.size += len(piece) + odd.apart(piece) + 32

    def cut(self, count: int) -> None:
        """Leave out all but the first so many items."""
        gone = self._pieces[count:]
        self.size -= sum(map(len, gone)) + 32 * len(gone)
        for at in [at for at in self._named if at >= count]:
            self.size -= odd.apart(self._pieces[at])
            del self._named[at]
        del self._kinds[count:], self._pieces[count:]

    def take(self) -> Block:
        """The block of all items that were added since the last one."""
        used = set(self._kinds)
        forms = tuple(sorted(Form(*form) for form, kind in self._forms.items() if kind in used))
        kinds = b""
        if len(forms) > 1:
            places = {kind: forms.index(Form(*form)) for form, kind in self._forms.items() if kind in used}
            kinds = column([places[kind] for kind in self._kinds])
        pieces = self._pieces
        made = Block(forms, kinds, column(map(len, pieces)), self._digests(), b"".join(pieces))
        self._begin()
        return made

    def _digests(self) -> bytes:
        heads = [codec.encode() + b"\0" for codec, _ in self._forms]
        if not self._named:
            return canon.digests(map(heads.__getitem__, self._kinds), self._pieces)
        named, pairs = self._named, enumerate(zip(self._kinds, self._pieces))
        return b"".join([named.get(at) or canon.digest(heads[kind] + piece) for at, (kind, piece) in pairs])


def _only_body(product: Product, bodies: Mapping[Digest, Buffer]) -> bytes | None:
    if len(product.objects) != 1 or product.items is not None or product.objects[0] not in bodies:
        return None
    view = memoryview(bodies[product.objects[0]])
    if view.nbytes > INLINE:
        return None
    body, own = bytes(view), product.digest
    is_plain = own == product_digest(product.codec, product.objects) or own == item_digest(product.codec, body)
    return body if is_plain else None
