"""What the deps of a step give to its key: digests of products, and the code of the classes whose instances are in them. It must
never read a product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipekit import canon
from pipekit.canon.form import length, read_length, text
from pipekit.execution import keys
from pipekit.execution.failed import Left
from pipekit.fingerprint.code.symbols import Code
from pipekit.invocation.steps import Needs
from pipekit.store.blocks import Block
from pipekit.store.columns import split
from pipekit.store.products import Product
from pipekit.values import Digest


class Given(NamedTuple):
    """What one dep gives: `digest` is that of its product, or of all rows of `.cells` and `.failed`; `classes` are the classes in it
    with the identity of their code."""

    digest: Digest
    classes: tuple[tuple[str, Digest], ...] = ()

    @property
    def form(self) -> bytes:
        """What goes into the key."""
        return part(self.digest, self.classes)


def part(digest: Digest, classes: Sequence[tuple[str, Digest]]) -> bytes:
    """A product with the code of the classes in it, as it counts in a key."""
    if not classes:
        return digest
    return canon.digest_parts(digest, *(one for name, code in classes for one in (name.encode(), code)))


Classes = Callable[[str], Code]
"""The code of a class by its name."""


def classes_of(products: Iterable[Product | Block], classes: Classes) -> tuple[tuple[str, Digest], ...]:
    """The classes whose instances are in the products, sorted, with the identity of their code."""
    names = {name for product in products for name in product.classes}
    return tuple((name, classes(name).digest) for name in sorted(names)) if names else ()


def item_keys(block: Block, code: Callable[[str], Digest]) -> bytes:
    """The keys of a block's items, side by side: what each item is, with the `code` of the classes in it. Results are kept by prefix, so
    that nothing else need be in them."""
    if not block.classes:
        return block.digests
    codes = {form: tuple((name, code(name)) for name in form.classes) for form in block.forms}
    return b"".join([part(one, codes[form]) for one, form in zip(split(block.digests), block.each_form())])


def given(
    deps: Sequence[Needs],
    products: Mapping[int, Product],
    failures: Callable[[int], Sequence[Left]],
    classes: Classes,
    identity: Callable[[Any], bytes],
) -> list[Given] | None:
    """What a step's deps give, in order; None while one of them is not known. `failures` gives what an each left out, `identity`
    that of a class in an option's value."""
    found: list[Given] = []
    for needs in deps:
        if any(one not in products for one in needs.steps):
            return None
        if needs.kind == "product":
            product = products[needs.steps[0]]
            found.append(Given(product.digest, classes_of((product,), classes) if product.classes else ()))
        elif needs.kind == "cells":
            rows = [products[one] for one in needs.steps]
            digest = keys.cells([(cell, one.digest) for cell, one in zip(needs.cells, rows)], identity)
            found.append(Given(digest, classes_of(rows, classes)))
        else:
            left = failures(needs.steps[0])
            digest = keys.failed([(Digest(one.item.digests), one.error) for one in left])
            found.append(Given(digest, classes_of((one.item for one in left), classes)))
    return found


def pack(deps: Sequence[Given]) -> bytes:
    """What each dep gave, as bytes that `unpack` reads."""
    pieces: list[bytes] = []
    for one in deps:
        pieces += one.digest, length(len(one.classes))
        for name, code in one.classes:
            pieces += text(name), code
    return b"".join(pieces)


def unpack(packed: bytes) -> list[Given]:
    """What each dep gave, as `pack` wrote it. Raises ValueError for other bytes."""
    found: list[Given] = []
    at = 0
    try:
        while at < len(packed):
            digest, (count, at) = Digest(packed[at : at + 32]), read_length(packed, at + 32)
            classes: list[tuple[str, Digest]] = []
            for _ in range(count):
                size, at = read_length(packed, at)
                name, code = packed[at : at + size].decode(), packed[at + size : at + size + 32]
                classes.append((name, Digest(code)))
                at += size + 32
            found.append(Given(digest, tuple(classes)))
    except (IndexError, UnicodeDecodeError):
        raise ValueError("not what deps gave") from None
    return found
