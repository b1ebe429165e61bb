from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from support.packed import decoded, round_trip

from pipekit.store import codecs
from pipekit.store.codecs import npy

KINDS = ["?", "i1", "u2", "<i4", ">i8", "f2", ">f8", "g", "c8", ">c16", "G", "S3", "U4", ">U2", "M8[ns]", "m8[D]", "V5"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (7,), (2, 0, 3), (3, 4), (2, 3, 4)]


def filled(kind: str, shape: tuple[int, ...]) -> Any:
    dtype = np.dtype(kind)
    count = int(np.prod(shape)) if shape else 1
    if dtype.kind == "V":
        return np.arange(count * dtype.itemsize, dtype="u1").view(dtype).reshape(shape)
    return np.arange(count).astype("M8[D]" if dtype.kind == "M" else "i8").astype(dtype).reshape(shape)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_every_dtype_and_shape_comes_back(kind: str, shape: tuple[int, ...]) -> None:
    array = filled(kind, shape)
    product, back = round_trip(array)
    assert product.codec == "npy" and back.dtype == array.dtype and back.shape == array.shape
    assert back.tolist() == array.tolist() and not back.flags.writeable
    assert codecs.encode(np.array(array, order="F")).product == product


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_side=4)))
@settings(max_examples=60)
def test_any_array_comes_back_bit_by_bit(array: Any) -> None:
    _, back = round_trip(array)
    assert back.dtype == array.dtype and (back.dtype.char in "gG" or back.tobytes() == array.tobytes())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_pieces_are_the_same_bytes_where_nothing_need_be_copied(kind: str, shape: tuple[int, ...]) -> None:
    array = filled(kind, shape)
    array.flags.writeable = False
    pieces = npy.pieces(array)
    assert (pieces is None) == (kind in "gG" or 0 in shape)
    if pieces is not None:
        assert b"".join(pieces) == npy.encode(array)
        assert np.shares_memory(np.frombuffer(pieces[1], "u1"), array)
    assert npy.pieces(np.asfortranarray(filled("f8", (2, 3)))) is None and npy.pieces([1.0]) is None


def test_memory_order_and_class_do_not_count() -> None:
    grid = np.arange(24.0).reshape(4, 6)
    wide = np.zeros((8, 12))
    wide[::2, ::2] = grid
    same = [grid, np.asfortranarray(grid), wide[::2, ::2], grid[::-1].copy()[::-1]]
    assert len({codecs.encode(array).product.digest for array in same}) == 1


def test_the_object_is_an_npy_file_whose_elements_are_aligned() -> None:
    (body,) = codecs.encode(np.arange(6).reshape(2, 3)).bodies.values()
    data = bytes(body)
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), np.arange(6).reshape(2, 3))
    assert (len(data) - 48) % 64 == 0


def test_a_decoded_array_lies_over_the_object_and_stays_read_only() -> None:
    encoded = codecs.encode(np.arange(9.0))
    body = memoryview(bytearray(next(iter(encoded.bodies.values()))))
    back = codecs.decode(encoded.product, lambda digest: body, lambda stored: pytest.fail("no file is inside"))
    assert np.shares_memory(back, np.frombuffer(body, "u1"))
    with pytest.raises(ValueError):
        back[0] = 1


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, "x", None], object),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
        np.array(["a", "bcd"], np.dtypes.StringDType()),
        np.ma.array([1, 2], mask=[0, 1]),
        np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([1], np.dtype("i4", metadata={"k": 1})),
    ],
    ids=["object", "structured", "text", "masked", "records", "metadata"],
)
def test_what_npy_would_not_give_back_is_pickled(array: Any) -> None:
    product, back = round_trip(array)
    assert product.codec == "pickle" and type(back) is type(array) and back.dtype == array.dtype
    assert back.tolist() == array.tolist()


def test_padding_of_extended_floats_does_not_count() -> None:
    raw = np.ones(2, "g").view("u1").copy()
    raw.reshape(2, -1)[:, 10:] = 7
    dirty = raw.view("g")
    assert codecs.encode(dirty).product == codecs.encode(np.ones(2, "g")).product
    assert decoded(codecs.encode(dirty)).tolist() == [1, 1]
