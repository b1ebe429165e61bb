"""Items for tests of blocks, in every form that an item may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from pipekit.canon import digest
from pipekit.store.blocks import Block, join
from pipekit.store.building import Builder
from pipekit.store.products import Encoded, Product

Maker = tuple[Any, ...]
"""codec, body, classes: one body; or a product and the bodies that come along."""


def odd(name: object, classes: tuple[str, ...] = (), *, along: int = 2) -> Encoded:
    """A product of three objects, of which the first `along` come along."""
    bodies = [f"{name} {n}".encode() * 5 for n in range(3)]
    product = Product.of("tree", map(digest, bodies), sum(map(len, bodies)), classes)
    return Encoded(product, {digest(body): body for body in bodies[:along]})


classes = st.sampled_from([(), (), ("tasks:Row",), ("tasks:Row", "tasks:Spot")])
inline = st.tuples(st.sampled_from(["plain", "plain", "str", "npy"]), st.binary(max_size=9), classes)
odd_ones = st.tuples(st.builds(odd, st.integers(0, 9), classes))
makers = st.lists(inline | inline | odd_ones, max_size=30)


def build(made: Sequence[Maker], cuts: Sequence[int] = ()) -> list[Block]:
    """The items in blocks that end behind the given numbers of items."""
    builder, blocks = Builder(), []
    for number, one in enumerate(made):
        if number in cuts:
            blocks.append(builder.take())
        add(builder, one)
    return [*blocks, builder.take()]


def add(builder: Builder, one: Maker) -> None:
    if isinstance(one[0], Encoded):
        builder.add_product(one[0].product, one[0].bodies)
    else:
        builder.add(*one)


def block(*made: Maker) -> Block:
    """All of them in one block."""
    return join(build(made))


def numbers(which: Sequence[int], size: int = 256) -> list[Block]:
    """Small items, told apart by their numbers, in blocks of `size`."""
    return build([("plain", b"%d" % one) for one in which], range(size, len(which), size))
