"""One pandas column as an Arrow array and back, over the same memory. It must never change a bit that pandas can see."""

from __future__ import annotations

from typing import Any

from pipekit.store.codecs import labels

Column = tuple[tuple[Any, ...], Any]


def encode(array: Any) -> Column | None:
    """What the column is, as plain data, and its Arrow array; None where it would not come back exactly."""
    made = _ENCODE.get(type(array).__name__)
    return None if made is None else made(array)


def decode(spec: tuple[Any, ...], array: Any) -> Any:
    """The pandas array or numpy array of a column; `array` is None when it has no rows."""
    return _DECODE[spec[0]](array, *spec[1:])


def alike(was: Any, now: Any) -> bool:
    """Whether two dtypes are the same in everything that shows."""
    if was != now or type(was) is not type(now):
        return False
    kind = type(was).__name__
    if kind == "CategoricalDtype":
        return labels.alike(was.categories, now.categories) and was.ordered == now.ordered
    if kind == "DatetimeTZDtype":
        return type(was.tz) is type(now.tz)
    return kind != "StringDtype" or (was.storage == now.storage and repr(was.na_value) == repr(now.na_value))


def bits(values: Any) -> Any:
    """The Arrow array of integers or floats over the memory of numpy `values`, whatever they mean."""
    import numpy as np
    import pyarrow as pa

    line = np.ascontiguousarray(values)
    if line.dtype.kind in "mM":
        line = line.view(np.int64)
    if line.dtype.kind == "b":
        line = line.view(np.uint8)
    return pa.Array.from_buffers(pa.from_numpy_dtype(line.dtype), line.size, [None, pa.py_buffer(line)])


def numbers(array: Any, dtype: str) -> Any:
    """The numpy array of `dtype` over an Arrow array that `bits` made."""
    import numpy as np

    if array is None or not len(array):
        return np.empty(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype, len(array), array.offset * np.dtype(dtype).itemsize)


def _numpy(array: Any) -> Column | None:
    values = array.to_numpy()
    if values.dtype.kind not in "biuf" or values.dtype.itemsize > 8 or not values.dtype.isnative:
        return None
    return ("numpy", values.dtype.str), bits(values)


def _moments(array: Any) -> Column | None:
    return ("moments", str(array.dtype)), bits(array.asi8)


def _moments_back(array: Any, dtype: str) -> Any:
    return labels.moments(numbers(array, "<i8"), dtype)


def _text(array: Any) -> Column:
    import pyarrow as pa

    missing = "nan" if isinstance(array.dtype.na_value, float) else "NA"
    if array.dtype.storage == "python":
        values = pa.array(array.to_numpy(dtype=object), pa.large_string(), mask=array.isna())
    else:
        values = pa.array(array)
    return ("text", array.dtype.storage, missing), _one(values)


def _text_back(array: Any, storage: str, missing: str) -> Any:
    import pyarrow as pa

    return labels.text_dtype(storage, missing).__from_arrow__(
        pa.array([], pa.large_string()) if array is None else array
    )


def _one(values: Any) -> Any:
    import pyarrow as pa

    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _masked(array: Any) -> Column:
    import pyarrow as pa

    dtype = array.dtype.numpy_dtype
    values = pa.array(array.to_numpy(dtype, na_value=dtype.type(0)), mask=array.isna())
    return ("masked", str(array.dtype)), values


def _masked_back(array: Any, dtype: str) -> Any:
    import pandas as pd
    import pyarrow as pa

    found: Any = pd.api.types.pandas_dtype(dtype)
    empty = pa.array([], pa.from_numpy_dtype(found.numpy_dtype))
    return found.__from_arrow__(empty if array is None else array)


def _category(array: Any) -> Column | None:
    categories = labels.encode(array.categories)
    return (
        None
        if categories is None
        else (("category", categories, array.ordered, array.codes.dtype.str), bits(array.codes))
    )


def _category_back(array: Any, categories: tuple[Any, ...], ordered: bool, codes: str) -> Any:
    import pandas as pd

    dtype = pd.CategoricalDtype(labels.decode(categories), ordered)
    return pd.Categorical.from_codes(numbers(array, codes), dtype=dtype, validate=False)


_ENCODE: dict[str, Any] = {
    "NumpyExtensionArray": _numpy,
    "DatetimeArray": _moments,
    "TimedeltaArray": _moments,
    "ArrowStringArray": _text,
    "StringArray": _text,
    "IntegerArray": _masked,
    "FloatingArray": _masked,
    "BooleanArray": _masked,
    "Categorical": _category,
}
_DECODE: dict[str, Any] = {
    "numpy": numbers,
    "moments": _moments_back,
    "text": _text_back,
    "masked": _masked_back,
    "category": _category_back,
}
