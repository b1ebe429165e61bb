from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipekit import canon
from pipekit.store.products import Product
from pipekit.values import Digest

DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)
PRODUCTS = st.builds(
    Product.of,
    st.sampled_from(["plain", "npy", "tree"]),
    st.lists(DIGESTS, max_size=4),
    st.integers(0, 2**50),
    st.lists(st.text(max_size=9), max_size=3),
    st.none() | st.integers(0),
)


@given(PRODUCTS)
def test_a_packed_product_comes_back(product: Product) -> None:
    assert Product.unpack(product.pack()) == product


@given(PRODUCTS, st.lists(DIGESTS, max_size=3))
def test_more_objects_leave_the_digest(product: Product, more: list[Digest]) -> None:
    longer = product.including(more)
    assert longer.digest == product.digest and set(longer.objects) >= {*product.objects, *more}
    assert Product.unpack(longer.pack()) == longer


def test_codec_and_objects_are_the_identity() -> None:
    one, other = Digest(b"1" * 32), Digest(b"2" * 32)
    assert Product.of("npy", [one, other], 5).digest == canon.digest_parts(b"npy", one, other)
    made = [Product.of(*args, 1) for args in [("a", [one]), ("b", [one]), ("a", [other]), ("a", [one, other])]]
    assert len({product.digest for product in made}) == 4
    assert Product.of("a", [one], 1, ["m:C"], 3).digest == made[0].digest


@pytest.mark.parametrize("data", [b"", b"N", b"t\x00", Product.of("a", [], 1).pack()[:-1], b"t\x06NNNNNN"])
def test_foreign_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        Product.unpack(data)
