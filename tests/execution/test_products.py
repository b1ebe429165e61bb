"""A finished stream as a lazy sequence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipekit.execution.products import Items, Reader
from pipekit.store import codecs
from pipekit.store.building import Builder
from pipekit.store.manifests import Writer
from pipekit.store.memory import MemoryStore


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(MemoryStore(tmp_path))


def stream(reader: Reader, values: list[object]) -> Items[object]:
    builder, writer = Builder(), Writer()
    for value in values:
        one = codecs.encode(value)
        builder.add_product(one.product, one.bodies)
    block = builder.take()
    for bodies in (block.bodies(), writer.add(block)):
        reader.store.put(bodies)
    made = writer.end()
    reader.store.put(made.bodies)
    found = reader.value(made.product)
    assert isinstance(found, Items)
    return found


def test_it_is_a_sequence(reader: Reader) -> None:
    values: list[object] = list(range(3000))
    items = stream(reader, values)
    assert len(items) == 3000 and items[0] == 0 and items[-1] == 2999 and items[1500] == 1500
    assert list(items) == values and items == values and items != values[:-1]
    assert list(items[10:20:3]) == values[10:20:3] and items[10:][5] == 15 and len(items[::-1]) == 3000
    assert items[::-1][0] == 2999 and 17 in items and list(reversed(items[:3])) == [2, 1, 0]
    with pytest.raises(IndexError):
        items[3000]


def test_items_small_and_large_stand_side_by_side(reader: Reader) -> None:
    values: list[object] = [1, "x" * 2000, b"", {"large": "y" * 70_000}, None]
    assert list(stream(reader, values)) == values


def test_it_shows_its_head(reader: Reader) -> None:
    assert repr(stream(reader, [1, 2, 3, 4])) == "<4 items: 1, 2, 3, ...>"
    assert repr(stream(reader, [])) == "<0 items: >"


def test_items_are_fresh_each_time(reader: Reader) -> None:
    items = stream(reader, [[1]])
    first = items[0]
    assert isinstance(first, list)
    first.append(2)
    assert items[0] == [1]
