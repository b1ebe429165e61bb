from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from pipekit import canon
from pipekit.errors import FingerprintError

GRID = np.arange(24.0).reshape(2, 3, 4)


def test_memory_order_does_not_count() -> None:
    strided = np.zeros((4, 6, 8))[::2, ::2, ::2]
    strided[...] = GRID
    forms = {canon.encode(array) for array in [GRID, np.asfortranarray(GRID), strided, GRID[::-1].copy()[::-1]]}
    assert len(forms) == 1


def test_dtype_shape_and_elements_count() -> None:
    others = [GRID.reshape(6, 4), GRID.astype("f4"), GRID.astype(">f8"), GRID + 1, GRID.astype(object), GRID.tolist()]
    others += [GRID.view("M8[ns]"), np.float64(0), np.array(0.0), np.array([0.0]), np.array([]), np.array([[]])]
    assert len({canon.encode(value) for value in [GRID, *others]}) == len(others) + 1


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_side=4)))
@settings(max_examples=60)
def test_a_copy_is_the_same(array: np.ndarray) -> None:  # type: ignore[type-arg]
    assert canon.encode(np.array(array, order="F")) == canon.encode(array)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "c8", "c16", "G"])
def test_nan_is_nan_and_zeros_have_signs(kind: str) -> None:
    nan = np.array([np.nan, 1], kind)
    assert canon.encode(nan) == canon.encode(np.array([-np.nan, 1], kind))
    assert canon.encode(np.array([0.0], kind)) != canon.encode(-np.array([0.0], kind))
    assert canon.encode(np.array([1, 2], kind)) != canon.encode(np.array([1, 3], kind))


def test_padding_does_not_count() -> None:
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    zeros, ones = (np.full(2 * dtype.itemsize, fill, "u1").view(dtype) for fill in (0, 255))
    for array in (zeros, ones):
        array["a"], array["b"] = 1, 2
    assert zeros.tobytes() != ones.tobytes() and canon.encode(zeros) == canon.encode(ones)
    assert canon.encode(zeros) != canon.encode(zeros.astype([("a", "i1"), ("c", "f8")]))


def test_objects_count_by_element() -> None:
    one, other = np.array([1, "x", {"k"}], object), np.array([1, "x", {"k"}], object)
    assert canon.encode(one) == canon.encode(other) != canon.encode(np.array([1, "x", {"l"}], object))


def test_the_culprit_in_an_object_array_is_named() -> None:
    array = np.array([[1, 2], [3, threading.Lock()]], object)
    with pytest.raises(FingerprintError, match=r"value\['a'\]\[1, 1\] is a lock"):
        canon.encode({"a": array})


def test_subclasses_and_masks_count() -> None:
    plain = np.array([[1, 2]])
    values = [plain, plain.view(np.recarray), np.ma.array(plain, mask=[[0, 1]]), np.ma.array(plain, mask=[[0, 0]])]
    assert len({canon.encode(value) for value in values}) == 4


def test_a_big_array_is_hashed_where_it_lies() -> None:
    big = np.arange(300_000, dtype="f8")
    assert canon.fingerprint(big) == canon.digest(canon.encode(big)) != canon.fingerprint(big[::-1])


def test_strings_of_any_length() -> None:
    text = np.array(["a", "bcd"], np.dtypes.StringDType())
    assert canon.encode(text) == canon.encode(text.copy()) != canon.encode(np.array(["a", "bcd"]))
