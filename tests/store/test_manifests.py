"""The product of a stream: order kept, equal chunks shared, an appended item rewrites little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipekit.canon import digest
from pipekit.store import manifests
from pipekit.store.products import Product


def item(number: int) -> Product:
    return Product.of("plain", (digest(str(number).encode()),), 3, ("tasks:Row",) if number % 2 else ())


def items(numbers: list[int]) -> list[Product]:
    return [item(number) for number in numbers]


@given(st.lists(st.integers(0, 50), max_size=200))
def test_what_goes_in_comes_out_in_order(numbers: list[int]) -> None:
    encoded = manifests.encode(items(numbers))
    assert list(manifests.decode(encoded.product, encoded.bodies.__getitem__)) == items(numbers)
    assert encoded.product.items == len(numbers)
    assert set(encoded.product.objects) == set(encoded.bodies)


def test_an_appended_item_rewrites_one_chunk() -> None:
    before = manifests.encode(items(list(range(20_000))))
    after = manifests.encode(items(list(range(20_001))))
    new = set(after.bodies) - set(before.bodies)
    assert len(before.bodies) > 20 and len(new) == 2, "the last chunk and the root"


def test_an_inserted_item_rewrites_one_chunk() -> None:
    numbers = list(range(20_000))
    before = manifests.encode(items(numbers))
    after = manifests.encode(items([*numbers[:7_000], 99_999, *numbers[7_000:]]))
    assert len(set(after.bodies) - set(before.bodies)) <= 3


def test_order_counts() -> None:
    assert manifests.encode(items([1, 2])).product.digest != manifests.encode(items([2, 1])).product.digest


def test_classes_are_gathered() -> None:
    assert manifests.encode(items([1, 2, 3])).product.classes == ("tasks:Row",)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_layout_counts_items(count: int) -> None:
    encoded = manifests.encode(items(list(range(count))))
    assert sum(n for n, _ in manifests.layout(encoded.product, encoded.bodies.__getitem__)) == count
