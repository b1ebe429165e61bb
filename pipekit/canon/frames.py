"""The form of pandas frames, series and indexes: names, dtypes, index, values. It must never look at how pandas lays out
its blocks, nor import pandas to ask."""

from __future__ import annotations

from typing import Any

from pipekit.canon.form import Culprit, Walk, Write, length, text
from pipekit.canon.instances import head, inside


def frame(value: Any, write: Write, walk: Walk) -> None:
    """A DataFrame: columns, index, then every column's values."""
    write(b"[" + head(type(value), walk) + length(value.shape[1]))
    inside(value, ".columns", value.columns, write, walk)
    inside(value, ".index", value.index, write, walk)
    for at in range(value.shape[1]):
        try:
            array(value.iloc[:, at].array, write, walk)
        except Culprit as culprit:
            raise culprit.climb(value, f"[{value.columns[at]!r:.60}]") from None
    _extras(value, write, walk)


def series(value: Any, write: Write, walk: Walk) -> None:
    """A Series: name, index, values."""
    write(b"|" + head(type(value), walk))
    inside(value, ".name", value.name, write, walk)
    inside(value, ".index", value.index, write, walk)
    array(value.array, write, walk)
    _extras(value, write, walk)


def _extras(value: Any, write: Write, walk: Walk) -> None:
    names = [name for name in value._metadata if name not in ("_name", "name")]
    inside(value, ".attrs", value.attrs, write, walk)
    inside(value, "", {name: getattr(value, name, None) for name in names}, write, walk)


def index(value: Any, write: Write, walk: Walk) -> None:
    """An Index: class, names and labels; the levels of a MultiIndex by their labels, whatever its codes."""
    kind = type(value).__name__
    write(b"-" + text(kind))
    inside(value, ".names", list(value.names), write, walk)
    if kind == "MultiIndex":
        write(length(value.nlevels) + length(len(value)))
        for level in range(value.nlevels):
            inside(value, f".levels[{level}]", value.get_level_values(level), write, walk)
    elif kind == "RangeIndex":
        inside(value, "", range(value.start, value.stop, value.step), write, walk)
    else:
        inside(value, ".freq", getattr(value, "freqstr", None), write, walk)
        array(value.array, write, walk)


def array(value: Any, write: Write, walk: Walk) -> None:
    """The values of a column or index, by dtype."""
    kind = type(value).__name__
    if kind == "NumpyExtensionArray":
        return inside(value, "", value.to_numpy(), write, walk)
    write(b"=" + text(kind) + text(_dtype(value.dtype)))
    if kind in ("DatetimeArray", "TimedeltaArray", "PeriodArray"):
        return inside(value, "", value.asi8, write, walk)
    if kind == "Categorical":
        inside(value, ".categories", value.categories, write, walk)
        return inside(value, ".codes", value.codes, write, walk)
    if kind == "IntervalArray":
        inside(value, ".left", value.left, write, walk)
        return inside(value, ".right", value.right, write, walk)
    if kind in ("IntegerArray", "FloatingArray", "BooleanArray"):
        inside(value, "", value.isna(), write, walk)
        return inside(value, "", value.to_numpy(value.dtype.numpy_dtype, na_value=0), write, walk)
    return inside(value, "", value.to_numpy(dtype=object), write, walk)


def _dtype(dtype: Any) -> str:
    named = str(dtype)
    if type(dtype).__name__ == "StringDtype":
        return f"{named} {dtype.na_value!r}"
    return f"{named} {dtype.ordered}" if type(dtype).__name__ == "CategoricalDtype" else named
