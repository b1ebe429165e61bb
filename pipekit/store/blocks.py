"""Blocks: items in order, as a few columns of bytes, so that a million of them cost little to make, send, cut and keep. It
must never decode an item, nor know where its objects are kept."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from pipekit import canon
from pipekit.store import odd
from pipekit.store.columns import column, numbers, span, split
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer

INLINE: Final = 1024
"""Bytes of the largest body that stands in the block itself."""


class Form(NamedTuple):
    """What an item's bytes are: the body that `codec` wrote, with instances of `classes` inside, sorted; without a codec a whole
    product, which is odd."""

    codec: str
    classes: tuple[str, ...] = ()


class Inline(NamedTuple):
    """An item whose product is one small body."""

    codec: str
    body: bytes
    classes: tuple[str, ...] = ()

    @property
    def product(self) -> Product:
        """The same as a product. Its object is kept nowhere: the body is in the block."""
        named = canon.digest(self.body)
        return Product(self.codec, (named,), item_digest(self.codec, self.body), len(self.body), self.classes)


Item = Inline | Encoded
"""An item of a block; with an odd one come the bodies that travelled along."""


def item_digest(codec: str, body: bytes) -> Digest:
    """The identity of an item that stands in a block as the body that `codec` wrote."""
    return canon.digest(b"%s\0%s" % (codec.encode(), body))


class Block(Struct, frozen=True):
    """Items in order. `kinds` tells which of `forms` each one has, and is empty where all have the same; `sizes` are lengths in
    `payload`; `digests` stand side by side. Equal items make equal blocks, however they came together."""

    forms: tuple[Form, ...] = ()
    kinds: bytes = b""
    sizes: bytes = b""
    digests: bytes = b""
    payload: bytes = b""

    def __len__(self) -> int:
        return len(self.sizes) // 4

    def __reduce__(self) -> tuple[Any, ...]:
        return Block, (self.forms, self.kinds, self.sizes, self.digests, self.payload)

    @property
    def size(self) -> int:
        """Bytes that the items take, with those of their objects that lie elsewhere."""
        return len(self.payload) + len(self.digests) + sum(odd.apart(piece) for _, piece in self._odd())

    @property
    def held(self) -> int:
        """Bytes that the block itself takes."""
        return len(self.payload) + len(self.digests) + len(self.sizes) + len(self.kinds)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes with instances in the items, sorted."""
        return tuple(sorted({name for form in self.forms for name in form.classes}))

    def each_form(self) -> Iterable[Form]:
        """The form of each item."""
        return map(self.forms.__getitem__, numbers(self.kinds)) if self.kinds else self.forms * len(self)

    def pieces(self) -> list[bytes]:
        """The bytes of each item: its body; of an odd one its product and what came along."""
        payload = self.payload
        ends = [0, *accumulate(numbers(self.sizes))]
        return [payload[start:end] for start, end in pairwise(ends)]

    def items(self) -> Iterator[Item]:
        """The items, one by one."""
        return map(_item, self.each_form(), self.pieces())

    def products(self) -> Iterator[Product]:
        """Each item as a product."""
        return (item.product for item in self.items())

    def item(self, at: int) -> Item:
        """The item at `at`."""
        (found,) = self.part(range(at, at + 1)).items()
        return found

    def product(self, at: int) -> Product:
        """The item at `at` as a product."""
        return self.item(at).product

    # --- odd items ----------------------------------------------------------------------------------------------------

    @property
    def odd(self) -> Sequence[int]:
        """Which items are odd."""
        kinds = {kind for kind, form in enumerate(self.forms) if not form.codec}
        if not self.kinds:
            return range(len(self) if kinds else 0)
        return [at for at, kind in enumerate(numbers(self.kinds)) if kind in kinds] if kinds else range(0)

    def bodies(self) -> dict[Digest, bytes]:
        """The bodies that travel along with odd items."""
        return {digest: body for _, piece in self._odd() for digest, body in odd.bodies(piece).items()}

    def bare(self) -> Block:
        """The same items without the bodies that travel along: as they are kept, with their objects beside."""
        found = dict(self._odd())
        if not found:
            return self
        pieces = self.pieces()
        for at, piece in found.items():
            pieces[at] = odd.bare(piece)
        return Block(self.forms, self.kinds, column(map(len, pieces)), self.digests, b"".join(pieces))

    def odd_products(self, least: int = 0) -> Iterator[tuple[int, Product]]:
        """Which items are odd, and their products; of those alone that have at least `least` bytes."""
        return ((at, odd.product(piece)) for at, piece in self._odd() if odd.size(piece) >= least)

    def objects(self, least: int = 0) -> set[Digest]:
        """The objects of the odd items; of those alone whose products have at least `least` bytes."""
        return {digest for _, product in self.odd_products(least) for digest in product.objects}

    def odd_size(self) -> int:
        """The bytes of the odd items' products."""
        return sum(odd.size(piece) for _, piece in self._odd())

    def _odd(self) -> Iterator[tuple[int, bytes]]:
        which = self.odd
        if which:
            pieces = self.pieces()
            yield from ((at, pieces[at]) for at in which)

    # --- parts and wholes ---------------------------------------------------------------------------------------------

    def part(self, which: Sequence[int]) -> Block:
        """The items at these places, in this order."""
        whole = span(which)
        if whole is not None:
            return self if len(whole) == len(self) else self._cut(whole.start, whole.stop)
        pieces, digests = self.pieces(), split(self.digests)
        chosen = [pieces[at] for at in which]
        kinds = numbers(self.kinds)
        named = b"".join([digests[at] for at in which])
        picked = column([kinds[at] for at in which]) if kinds else b""
        return _pruned(self.forms, picked, column(map(len, chosen)), named, b"".join(chosen))

    def _cut(self, start: int, stop: int) -> Block:
        sizes = numbers(self.sizes[: 4 * stop])
        first = sum(sizes[:start])
        end = first + sum(sizes[start:])
        four, digests = slice(4 * start, 4 * stop), self.digests[32 * start : 32 * stop]
        return _pruned(self.forms, self.kinds[four], self.sizes[four], digests, self.payload[first:end])

    def _kinds_among(self, forms: Sequence[Form]) -> bytes:
        """`kinds` for a longer list of forms."""
        places = [forms.index(form) for form in self.forms]
        return column(map(places.__getitem__, numbers(self.kinds)) if self.kinds else places * len(self))

    # --- as bytes -----------------------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The block as bytes; equal blocks give equal bytes."""
        forms = canon.plain.encode(tuple(map(tuple, self.forms)), _nothing)
        head = _HEAD.pack(len(self), len(forms), len(self.kinds), len(self.payload))
        return b"".join((head, forms, self.kinds, self.sizes, self.digests, self.payload))

    @classmethod
    def from_bytes(cls, data: Buffer) -> Block:
        """The block that `to_bytes` wrote. Raises ValueError when `data` is none."""
        body = bytes(data)
        if len(body) < _HEAD.size:
            raise ValueError("not the bytes of a block")
        count, forms, kinds, payload = _HEAD.unpack_from(body)
        ends = list(accumulate((_HEAD.size, forms, kinds, 4 * count, 32 * count, payload)))
        parts = [body[start:end] for start, end in pairwise(ends)]
        if ends[-1] != len(body):
            raise ValueError("not the bytes of a block")
        found = cls(_forms(parts[0]), *parts[1:])
        _check(found)
        return found


EMPTY: Final = Block()
"""No items."""


def join(blocks: Iterable[Block]) -> Block:
    """One block with the items of all, in order."""
    some = [block for block in blocks if block.sizes]
    if len(some) < 2:
        return some[0] if some else Block()
    forms = some[0].forms
    if any(block.forms != forms for block in some):
        forms = tuple(sorted({form for block in some for form in block.forms}))
    columns = ("sizes", "digests", "payload")
    kinds = b"".join([block._kinds_among(forms) for block in some]) if len(forms) > 1 else b""
    return Block(forms, kinds, *(b"".join([getattr(block, name) for block in some]) for name in columns))


_HEAD: Final = struct.Struct("<4I")


def _item(form: Form, piece: bytes) -> Item:
    return Inline(form.codec, piece, form.classes) if form.codec else odd.unpack(piece)


def _pruned(forms: tuple[Form, ...], kinds: bytes, sizes: bytes, digests: bytes, payload: bytes) -> Block:
    """The block without forms that no item has."""
    if not sizes:
        return Block()
    used = sorted(set(numbers(kinds))) if kinds else [0]
    if len(used) < len(forms):
        places = {kind: place for place, kind in enumerate(used)}
        kinds = column([places[kind] for kind in numbers(kinds)]) if len(used) > 1 else b""
        forms = tuple(forms[kind] for kind in used)
    return Block(forms, kinds, sizes, digests, payload)


def _forms(packed: bytes) -> tuple[Form, ...]:
    found = canon.plain.decode(packed, _refuse)
    if not isinstance(found, tuple) or not all(isinstance(one, tuple) and len(one) == 2 for one in found):
        raise ValueError("not the bytes of a block")
    return tuple(Form(*one) for one in found)


def _check(block: Block) -> None:
    kinds, count = numbers(block.kinds), len(block)
    fits = len(kinds) == count and max(kinds) < len(block.forms) if kinds else len(block.forms) == (count > 0)
    if not fits or sum(numbers(block.sizes)) != len(block.payload):
        raise ValueError("not the bytes of a block")


def _nothing(value: object) -> None:
    return None


def _refuse(payload: bytes) -> object:
    raise ValueError("a block holds no foreign payload")
