"""Blocks of items: what goes in comes out, and how items were grouped leaves no trace."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.blocks import Maker, block, build, makers, numbers, odd

from pipekit.canon import digest
from pipekit.store import codecs
from pipekit.store.blocks import INLINE, Block, Form, Inline, item_digest, join
from pipekit.store.building import Builder
from pipekit.store.columns import split
from pipekit.store.products import Encoded, Product

cuts = st.lists(st.integers(0, 30), max_size=4)


def expected(one: Maker) -> object:
    return one[0] if isinstance(one[0], Encoded) else Inline(*one)


@given(makers)
def test_what_goes_in_comes_out(made: list[Maker]) -> None:
    found = block(*made)
    assert len(found) == len(made)
    assert list(found.items()) == [expected(one) for one in made] == [found.item(at) for at in range(len(made))]
    assert [found.product(at) for at in range(len(made))] == list(found.products())
    assert split(found.digests) == [product.digest for product in found.products()]
    assert [form.classes for form in found.each_form()] == [product.classes for product in found.products()]
    assert list(found.odd) == [at for at, one in enumerate(made) if isinstance(one[0], Encoded)]


@given(makers, cuts, cuts)
def test_grouping_leaves_no_trace(made: list[Maker], one: list[int], other: list[int]) -> None:
    first, second = join(build(made, one)), join(build(made, other))
    assert first == second == join(first.part(range(at, at + 1)) for at in range(len(made)))
    assert first.to_bytes() == second.to_bytes()
    assert first.bare().to_bytes() == join(piece.bare() for piece in build(made, one)).to_bytes()
    assert first.size == sum(piece.size for piece in build(made, other))


@given(makers, st.data())
def test_a_part_is_the_block_of_those_items(made: list[Maker], data: st.DataObject) -> None:
    which = data.draw(st.lists(st.sampled_from(range(len(made))), max_size=30) if made else st.just([]))
    assert block(*made).part(which) == block(*(made[at] for at in which))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(made))] * 2)))
    assert block(*made).part(range(start, stop)) == block(*made[start:stop])


@given(makers)
def test_bytes_and_pickles_give_it_back(made: list[Maker]) -> None:
    found = block(*made)
    assert Block.from_bytes(memoryview(found.to_bytes())) == pickle.loads(pickle.dumps(found, 5)) == found


@given(makers)
def test_a_bare_block_has_the_same_items_without_what_travels(made: list[Maker]) -> None:
    found = block(*made)
    bare = found.bare()
    along = {name: body for one in made if isinstance(one[0], Encoded) for name, body in one[0].bodies.items()}
    assert found.bodies() == along and bare.bodies() == {}
    assert list(bare.products()) == list(found.products()) and bare.digests == found.digests
    whole = [one[0].product for one in made if isinstance(one[0], Encoded)]
    assert bare.objects() == found.objects() == {name for product in whole for name in product.objects}
    assert bare.odd_size() == found.odd_size() == sum(product.size for product in whole)


def test_only_odd_items_have_objects_and_those_may_be_asked_by_size() -> None:
    small, large = odd(1), odd("large" * 100)
    found = block((small,), ("plain", b"x"), (large,))
    assert found.objects(least=large.product.size) == set(large.product.objects)
    assert found.objects(least=10**9) == set()


def test_the_size_counts_what_lies_elsewhere() -> None:
    big = Product.of("bytes", (digest(b"big"),), 10**9)
    assert 10**9 < block((Encoded(big, {}),)).size < 10**9 + 500
    one = odd(1, along=3)
    assert one.product.size < block((one,)).size < one.product.size + 500
    assert block(("plain", b"abc"), ("plain", b"")).size == 3 + 2 * 32


@pytest.mark.parametrize("value", [3, None, "text", b"bytes", (1, [2.5])])
def test_a_small_product_is_inline_however_it_is_given(value: object) -> None:
    encoded = codecs.encode(value)
    (body,) = encoded.bodies.values()
    builder = Builder()
    builder.add(encoded.product.codec, bytes(body))
    builder.add_product(encoded.product, encoded.bodies)
    item = Inline(encoded.product.codec, bytes(body)).product
    builder.add_product(item, {item.objects[0]: memoryview(bytes(body))})
    found = builder.take()
    assert found.odd == range(0) and len(set(found.items())) == len(set(split(found.digests))) == 1
    assert item == found.product(0) and item.objects == encoded.product.objects and item.size == len(body)


def test_the_digest_of_an_item_is_that_of_codec_and_body() -> None:
    """Other processes and later versions compare these."""
    assert split(block(("str", b"abc")).digests) == [digest(b"str\0abc")] == [item_digest("str", b"abc")]
    assert len({item_digest("str", b"abc"), item_digest("bytes", b"abc"), item_digest("str", b"abcd")}) == 3


def test_a_larger_body_is_an_object_beside() -> None:
    builder = Builder()
    builder.add("bytes", b"x" * INLINE)
    builder.add("bytes", b"x" * (INLINE + 1))
    assert len(builder) == 2 and builder.size > 2 * INLINE
    found = builder.take()
    assert list(found.odd) == [1] and found.product(1) == codecs.encode(b"x" * (INLINE + 1)).product
    assert found.bodies() == {digest(b"x" * (INLINE + 1)): b"x" * (INLINE + 1)}
    assert len(builder) == builder.size == len(builder.take()) == 0


@pytest.mark.parametrize(
    "product",
    [
        Product.of("never", (), 0),
        Product.of("stream", (digest(b"a"),), 1, items=0),
        Product("plain", (digest(b"a"),), digest(b"by key"), 1),
        Product.of("plain", (digest(b"not at hand"),), 1),
    ],
)
def test_what_is_not_just_a_body_stays_a_product(product: Product) -> None:
    found = block((Encoded(product, {digest(b"a"): b"a"}),))
    assert list(found.odd) == [0] and list(found.products()) == [product]
    assert split(found.digests) == [product.digest]


def test_only_own_objects_come_along() -> None:
    one = odd(1, along=1)
    found = block((Encoded(one.product, {**one.bodies, digest(b"other"): b"other"}),))
    assert found.bodies() == one.bodies


def test_there_may_be_more_forms_than_a_byte_counts() -> None:
    made: list[Maker] = [("plain", b"x", (f"tasks:C{n}",)) for n in range(300)]
    found = join(build(made, range(0, 300, 7)))
    assert list(found.items()) == [Inline(*one) for one in made] and len(found.classes) == 300
    assert Block.from_bytes(found.to_bytes()).part(range(250, 260)) == block(*made[250:260])


def test_a_block_of_one_form_needs_no_kinds() -> None:
    found = block(("plain", b"1"), ("str", b"a"), ("plain", b"2"))
    assert found.kinds and not found.part([0, 2]).kinds and found.part([0, 2]).forms == (Form("plain"),)
    assert found.part([]) == Block() == join([]) and list(Block().each_form()) == []


@given(makers)
def test_bytes_that_are_none_are_refused(made: list[Maker]) -> None:
    whole = block(*made).to_bytes()
    for bad in (whole[:-1], whole + b"\0", whole[:7], b""):
        with pytest.raises(ValueError, match="not the bytes of a block"):
            Block.from_bytes(bad)


def test_sizes_and_kinds_must_fit() -> None:
    for bad in (
        Block((Form("plain"),), b"", b"\2\0\0\0", bytes(32), b"x"),
        Block((Form("plain"),), b"\1\0\0\0", b"\1\0\0\0", bytes(32), b"x"),
        Block((), b"", b"\1\0\0\0", bytes(32), b"x"),
    ):
        with pytest.raises(ValueError, match="not the bytes of a block"):
            Block.from_bytes(bad.to_bytes())


def test_many_items() -> None:
    found = join(numbers(range(10_000)))
    assert [item.body for item in found.items() if isinstance(item, Inline)] == [b"%d" % n for n in range(10_000)]
    assert found.part(range(9_999, -1, -1)).part(range(9_999, -1, -1)) == found


def test_the_bytes_are_the_same_everywhere() -> None:
    """Other processes and later versions read these."""
    found = block(("plain", b"1"), ("str", b"a", ("tasks:Row",)), (odd(1),))
    assert digest(found.to_bytes()).hex() == "21615b40b02088faa1ca90e7e43dcc329d4de13bb9a7b2241c283e3a64b37837"
