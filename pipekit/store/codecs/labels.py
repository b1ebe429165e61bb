"""pandas indexes as plain data and columns, and back. It must never guess a dtype: what it cannot name exactly it
refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Rows = tuple[tuple[Any, ...], list[Any]]


def encode(index: Any) -> tuple[Any, ...] | None:
    """A flat index as plain data; None where it would not come back exactly."""
    kind, dtype = type(index).__name__, index.dtype
    if kind == "RangeIndex":
        return "range", index.start, index.stop, index.step, index.name
    if kind in ("DatetimeIndex", "TimedeltaIndex"):
        return "moments", index.asi8.tobytes(), str(dtype), index.freqstr, index.name
    if kind != "Index":
        return None
    if type(dtype).__name__ == "StringDtype":
        missing = "nan" if isinstance(dtype.na_value, float) else "NA"
        return "text", _items(index), dtype.storage, missing, index.name
    if dtype.kind in "biuf" and dtype.isnative and dtype.itemsize <= 8:
        return "numbers", index.to_numpy().tobytes(), dtype.str, index.name
    return ("objects", index.tolist(), index.name) if dtype.kind == "O" else None


def decode(spec: tuple[Any, ...]) -> Any:
    """The index that `encode` was given."""
    import numpy as np
    import pandas as pd

    kind, *rest, name = spec
    match kind:
        case "range":
            return pd.RangeIndex(rest[0], rest[1], rest[2], name=name)
        case "moments":
            return _moments_index(np.frombuffer(rest[0], "<i8"), rest[1], rest[2], name)
        case "text":
            return pd.Index(pd.array(rest[0], dtype=text_dtype(*rest[1:])), name=name)
        case "numbers":
            return pd.Index(np.frombuffer(rest[0], rest[1]), name=name)
    held = np.empty(len(rest[0]), object)
    held[:] = rest[0]
    return pd.Index(held, dtype=object, name=name, tupleize_cols=False)


def encode_rows(index: Any) -> Rows | None:
    """An index of rows: what it is, and the columns that hold it."""
    from pipekit.store.codecs import columns

    kind = type(index).__name__
    if kind == "RangeIndex":
        return (kind, encode(index)), []
    if kind == "MultiIndex":
        levels = [encode(level) for level in index.levels]
        codes = [columns.bits(code) for code in index.codes]
        dtypes = [code.dtype.str for code in index.codes]
        return None if None in levels else ((kind, levels, dtypes, list(index.names)), codes)
    held = columns.encode(index.array)
    return None if held is None else ((kind, held[0], getattr(index, "freqstr", None), index.name), [held[1]])


def decode_rows(spec: tuple[Any, ...], arrays: Sequence[Any], height: int) -> Any:
    """The index of `height` rows that `encode_rows` was given."""
    import pandas as pd

    from pipekit.store.codecs import columns

    kind, *rest = spec
    if kind == "RangeIndex":
        return decode(rest[0])
    if kind == "MultiIndex":
        codes = [columns.numbers(array, dtype) for array, dtype in zip(arrays, rest[1])]
        levels = [decode(level) for level in rest[0]]
        return pd.MultiIndex(levels, codes, names=rest[2], verify_integrity=False)
    held = columns.decode(rest[0], arrays[0])
    if rest[1] is not None:
        return getattr(pd, kind)(held, freq=rest[1], name=rest[2])
    return pd.Index(held, name=rest[2], copy=False)


def moments(values: Any, dtype: str) -> Any:
    """The pandas array of times over 64-bit numbers."""
    import pandas as pd

    found: Any = pd.api.types.pandas_dtype(dtype)
    if not isinstance(found, pd.DatetimeTZDtype):
        return values.view(found)
    naive: Any = pd.Series(values.view(f"M8[{found.unit}]"), copy=False).array
    return type(naive)._simple_new(naive._ndarray, dtype=found)


def _moments_index(values: Any, dtype: str, freq: str | None, name: Any) -> Any:
    import pandas as pd

    held = moments(values, dtype)
    cls: Any = pd.TimedeltaIndex if dtype.startswith("timedelta") else pd.DatetimeIndex
    return cls(held, freq=freq, name=name)


def text_dtype(storage: str, missing: str) -> Any:
    """The string dtype that keeps its text in `storage` and shows `missing` where there is none."""
    import pandas as pd

    return pd.StringDtype(storage, na_value=float("nan") if missing == "nan" else pd.NA)


def alike(was: Any, now: Any) -> bool:
    """Whether two indexes have the same class, dtype, names, frequency and levels; labels are not compared."""
    if type(was) is not type(now) or len(was) != len(now) or not alike_names(was.names, now.names):
        return False
    if type(was).__name__ == "MultiIndex":
        return all(alike(one, other) for one, other in zip(was.levels, now.levels))
    from pipekit.store.codecs import columns

    return columns.alike(was.dtype, now.dtype) and getattr(was, "freq", None) == getattr(now, "freq", None)


def alike_names(was: Sequence[Any], now: Sequence[Any]) -> bool:
    """Whether labels are the same, down to their classes."""
    return [(type(one), one) for one in was] == [(type(one), one) for one in now]


def _items(index: Any) -> list[Any]:
    return [None if gone else item for item, gone in zip(index.tolist(), index.isna().tolist())]
