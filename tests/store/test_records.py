from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.records import record

from pipekit import canon
from pipekit.store import records
from pipekit.store.products import Product
from pipekit.store.records import Record
from pipekit.values import Digest

digests = st.binary(min_size=32, max_size=32).map(Digest)
names = st.text(max_size=12)
paths = st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
sizes = st.integers(0, 2**63 - 1)
classes = st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=9), max_size=3).map(tuple)
products = st.builds(
    Product, names, st.lists(digests, max_size=3).map(tuple), digests, sizes, classes, st.none() | sizes
)
floats = st.floats(allow_nan=False)
references = st.lists(st.tuples(paths, st.none() | digests), max_size=3).map(tuple)
maybe = st.none() | digests
made = st.builds(
    Record, digests, digests, names, products, floats, floats, names, maybe, references, maybe, st.booleans(), sizes
)


def row(one: Record) -> tuple[bytes, bytes, bytes, bytes]:
    return one.key, one.static, one.task.encode(), records.pack(one)


@settings(max_examples=150, derandomize=True)
@given(made)
def test_what_is_packed_comes_back(one: Record) -> None:
    again = records.unpack(*row(one))
    assert again == one
    assert type(again) is Record
    assert type(again.product) is Product
    assert hash(again) == hash(one)


def test_the_form_is_the_same_everywhere() -> None:
    """Other processes and later versions read these bytes."""
    assert (
        canon.digest(records.pack(record(1))).hex()
        == "ebde1a1a18fda0a17cc47baef2ef09c899558d24c6ba6d5823c97e8e0c1036de"
    )


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    parts = row(record(1, references=(("a", None),)))
    for which, part in enumerate(parts):
        for bit in range(len(part) * 8):
            bad = bytearray(part)
            bad[bit // 8] ^= 1 << bit % 8
            key, static, task, body = (bytes(bad) if n == which else whole for n, whole in enumerate(parts))
            assert records.unpack(key, static, task, body) is None
    key, static, task, body = parts
    for length in range(len(body)):
        assert records.unpack(key, static, task, body[:length]) is None


@pytest.mark.parametrize("body", [None, 3, "text", b""])
def test_a_row_of_other_types_is_damaged(body: object) -> None:
    key, static, task, _ = row(record(1))
    assert records.unpack(key, static, task, body) is None
