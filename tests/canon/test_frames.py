from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipekit import canon
from pipekit.errors import FingerprintError


def frame(**changed: Any) -> pd.DataFrame:
    columns = {"a": [1, 2], "b": [3.0, np.nan], "s": ["x", None], "t": pd.date_range("2026", periods=2, tz="UTC")}
    return pd.DataFrame({**columns, **changed})


CHANGES = [
    frame(a=[1, 3]),
    frame(a=[1.0, 2.0]),
    frame(s=["x", "y"]),
    frame(t=pd.date_range("2026", periods=2)),
    frame(t=pd.date_range("2026", periods=2, tz="Europe/Berlin")),
    frame(c=1),
    frame(a=pd.array([1, 2])),
    frame(a=pd.array([1, None])),
    frame(s=pd.Categorical(["x", None])),
    frame(s=pd.Categorical(["x", None], categories=["y", "x"])),
    frame(s=pd.Categorical(["x", None], ordered=True)),
    frame(s=pd.array(["x", None], dtype="string")),
    frame(s=pd.Series(["x", None], dtype=object)),
    frame(a=pd.period_range("2026", periods=2)),
    frame(a=pd.interval_range(0, 2)),
    frame(a=pd.array([0, 1], pd.SparseDtype(int))),
    frame(a=pd.array([1, 2], "int64[pyarrow]")),
    frame()[["b", "a", "s", "t"]],
    frame().rename(columns={"a": "z"}),
    frame().set_index("a"),
    frame().set_index(["a", "s"]),
    frame().rename_axis("i"),
    frame().rename_axis("c", axis=1),
    frame(index=0).drop(columns="index").set_axis([0, 1]),
    frame().set_axis(["i", "j"]),
    frame().head(0),
]


def test_every_change_shows() -> None:
    forms = {canon.encode(value): at for at, value in enumerate([frame(), *CHANGES])}
    assert len(forms) == len(CHANGES) + 1


def test_blocks_do_not_count() -> None:
    scattered = pd.DataFrame({"a": [1, 2]})
    scattered["b"], scattered["s"] = [3.0, np.nan], ["x", None]
    scattered["t"] = pd.date_range("2026", periods=2, tz="UTC")
    joined = pd.concat([frame().head(1), frame().tail(1)])
    assert canon.encode(scattered) == canon.encode(frame()) == canon.encode(joined.reset_index(drop=True))


def test_codes_of_a_multi_index_do_not_count() -> None:
    one = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    other = pd.MultiIndex.from_tuples([("b", 2), ("a", 1), ("b", 2), ("c", 9)])[1:3]
    assert canon.encode(one) == canon.encode(other) != canon.encode(one[::-1])


def test_what_lies_under_a_missing_value_does_not_count() -> None:
    one = pd.arrays.IntegerArray(np.array([1, 5]), np.array([False, True]))
    other = pd.arrays.IntegerArray(np.array([1, 6]), np.array([False, True]))
    assert canon.encode(pd.Series(one)) == canon.encode(pd.Series(other))


def test_series_and_columns_of_one_name() -> None:
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    values = [twice, twice.iloc[:, :1], twice.iloc[:, 0], pd.Series([1], name="b"), pd.Series([1])]
    assert len({canon.encode(value) for value in values}) == 5


def test_attrs_count() -> None:
    noted = frame()
    noted.attrs["unit"] = "m"
    assert canon.encode(noted) != canon.encode(frame())


def test_the_culprit_is_named() -> None:
    bad = frame(o=np.array([1, threading.Lock()], object))
    with pytest.raises(FingerprintError, match=r"value\[0\]\['o'\]\[1\] is a lock"):
        canon.encode([bad])
