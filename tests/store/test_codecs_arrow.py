from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support.packed import round_trip

from pipekit import canon
from pipekit.store import codecs

N = 4
COLUMNS: dict[str, Any] = {
    "int": np.arange(N),
    "small": np.arange(N, dtype="u1"),
    "float": [1.0, np.nan, -0.0, np.inf],
    "bool": [True, False, True, True],
    "str": ["x", None, "ä", ""],
    "string": pd.array(["x", None, "", "z"], dtype="string"),
    "python": pd.array(["x", None, "", "z"], dtype=pd.StringDtype("python")),
    "nan python": pd.array(["x", None, "", "z"], dtype=pd.StringDtype("python", na_value=np.nan)),
    "time": pd.to_datetime(["2026-01-01", None, "2026-01-03", "1969-01-01"]),
    "seconds": np.arange(N).astype("M8[s]"),
    "zone": pd.date_range("2026-03-29", periods=N, freq="h", tz="Europe/Berlin"),
    "utc": pd.date_range("2026", periods=N, tz="UTC"),
    "delta": pd.to_timedelta([1, None, 3, 4], "s"),
    "category": pd.Categorical(["b", None, "a", "b"], categories=["b", "unused", "a"]),
    "ordered": pd.Categorical([2, 1, 2, 1], ordered=True),
    "Int64": pd.array([1, None, 3, 4]),
    "Float32": pd.array([1, None, 3, 4], "Float32"),
    "boolean": pd.array([True, None, False, True]),
}
FRAMES: dict[str, pd.DataFrame] = {
    **{name: pd.DataFrame({name: values}) for name, values in COLUMNS.items()},
    "all": pd.DataFrame(COLUMNS),
    "no rows": pd.DataFrame(COLUMNS).head(0),
    "rows taken": pd.DataFrame(COLUMNS).iloc[[3, 1]],
    "sliced": pd.DataFrame(COLUMNS).iloc[1:3],
    "empty": pd.DataFrame(),
    "index alone": pd.DataFrame(index=["a", "b"]),
    "columns alone": pd.DataFrame(columns=["a", "b"], dtype=float),
    "duplicates": pd.DataFrame([[1, 2.0, "x"]], columns=["a", "a", "a"]),
    "mixed labels": pd.DataFrame([[1, 2, 3, 4]], columns=[1, "b", None, ("t", 2)]),
    "integer labels": pd.DataFrame([[1, 2]], columns=[5, 7]),
    "named axes": pd.DataFrame({"a": [1]}).rename_axis("i").rename_axis("c", axis=1),
    "text index": pd.DataFrame({"a": [1, 2]}, index=["x", "y"]),
    "float index": pd.DataFrame({"a": [1, 2]}, index=[0.5, np.nan]),
    "days": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026", periods=2, name="d")),
    "days without frequency": pd.DataFrame({"a": [1, 2]}, index=pd.DatetimeIndex(["2026-01-01", "2026-01-05"])),
    "zone index": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026", periods=2, tz="Asia/Tokyo", freq="h")),
    "deltas": pd.DataFrame({"a": [1, 2]}, index=pd.timedelta_range("1h", periods=2)),
    "category index": pd.DataFrame({"a": [1, 2]}, index=pd.CategoricalIndex(["x", "y"], name="k")),
    "multi": pd.DataFrame({"a": range(4)}, index=pd.MultiIndex.from_product([["x", "y"], [1, 2]], names=["k", None])),
    "multi with times": pd.DataFrame({"a": [1, 2]}).set_index(
        [pd.date_range("2026", periods=2), pd.Index(["x", None])]
    ),
    "multi, levels unused": pd.DataFrame({"a": range(4)}).set_index([pd.Index(list("abcd")), pd.Index([1, 2, 3, 4])])[
        1:3
    ],
    "wide": pd.DataFrame(np.ones((3, 150))),
}
PICKLED: dict[str, pd.DataFrame] = {
    "mixed objects": pd.DataFrame({"o": [1, "x", None, {"k": 2}]}),
    "object text": pd.DataFrame({"o": pd.Series(["x", None], dtype=object)}),
    "complex": pd.DataFrame({"c": [1j]}),
    "half": pd.DataFrame({"h": np.ones(2, "f2")}).astype({"h": "c8"}),
    "periods": pd.DataFrame({"p": pd.period_range("2026", periods=2)}),
    "intervals": pd.DataFrame({"p": pd.interval_range(0, 2)}),
    "sparse": pd.DataFrame({"p": pd.array([0, 1], pd.SparseDtype(int))}),
    "arrow": pd.DataFrame({"p": pd.array([0, 1], "int64[pyarrow]")}),
    "multi columns": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    "object index": pd.DataFrame({"a": [1, 2]}, index=pd.Index([1, "x"], dtype=object)),
    "no duplicates": pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    "surrogates": pd.DataFrame({"a": pd.array(["\ud800"], dtype=pd.StringDtype("python"))}),
}


def same(one: Any, other: Any) -> None:
    pd.testing.assert_frame_equal(one, other, check_freq=True, check_index_type="exact", check_column_type="exact")
    assert one.attrs == other.attrs and one.flags == other.flags
    assert canon.encode(one) == canon.encode(other)


@pytest.mark.parametrize("name", FRAMES)
def test_frames_come_back_from_arrow(name: str) -> None:
    frame = FRAMES[name]
    product, back = round_trip(frame)
    assert product.codec == "arrow"
    same(frame, back)
    assert codecs.encode(frame.copy()).product == product == codecs.encode(back).product


@pytest.mark.parametrize("name", PICKLED)
def test_what_arrow_would_change_is_pickled(name: str) -> None:
    product, back = round_trip(PICKLED[name])
    assert product.codec == "pickle"
    same(PICKLED[name], back)


def test_levels_of_a_multi_index_stay() -> None:
    index = round_trip(FRAMES["multi, levels unused"])[1].index
    assert [list(level) for level in index.levels] == [list("abcd"), [1, 2, 3, 4]]


def test_attributes_come_back() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs = {"unit": ("m", 1)}
    assert round_trip(frame)[0].codec == "arrow" and round_trip(frame)[1].attrs == frame.attrs


@pytest.mark.parametrize(
    "series", [pd.Series([1.0, 2.0], name=("a", 1)), pd.Series(["x"], index=["i"]), pd.Series([], dtype=int)]
)
def test_a_series_comes_back(series: Any) -> None:
    product, back = round_trip(series)
    assert product.codec == "arrow"
    pd.testing.assert_series_equal(series, back, check_index_type="exact")


@pytest.mark.parametrize("name", ["all", "int", "multi", "wide", "periods", "mixed objects"])
def test_a_decoded_frame_is_the_users_own(name: str) -> None:
    frame = {**FRAMES, **PICKLED}[name]
    encoded = codecs.encode(frame)
    bodies = {digest: bytearray(body) for digest, body in encoded.bodies.items()}
    before = {digest: bytes(body) for digest, body in bodies.items()}
    back = codecs.decode(
        encoded.product, lambda digest: memoryview(bodies[digest]), lambda stored: pytest.fail("no file")
    )
    first = back.columns[0]
    back["new"] = range(len(back))
    back.iloc[0, 0] = back.iloc[1, 0]
    back.loc[back.index[0], first] = back[first].iloc[1]
    back = back.sort_values("new", ascending=False)
    assert bodies == before and back["new"].iloc[0] == len(back) - 1


def test_numbers_are_mapped_not_copied() -> None:
    encoded = codecs.encode(pd.DataFrame({"a": np.arange(5.0), "t": pd.date_range("2026", periods=5)}))
    (body,) = encoded.bodies.values()
    back = codecs.decode(encoded.product, lambda digest: body, lambda stored: pytest.fail("no file"))
    for values in (back["a"].to_numpy(), back["t"].to_numpy()):
        assert np.shares_memory(values, np.frombuffer(body, "u1"))


POLARS: dict[str, pl.DataFrame] = {
    "many": pl.DataFrame(
        {
            "i": [1, None],
            "s": ["x", None],
            "t": [datetime.datetime(2026, 1, 1), None],
            "z": pl.Series([datetime.datetime(2026, 1, 1)] * 2, dtype=pl.Datetime("ms", "Europe/Berlin")),
            "l": [[1], None],
            "st": [{"x": 1}, {"x": None}],
            "c": pl.Series(["a", None], dtype=pl.Categorical),
            "e": pl.Series(["b", "a"], dtype=pl.Enum(["a", "b"])),
            "d": pl.Series(["1.10", None]).cast(pl.Decimal(10, 2)),
            "b": [b"x", None],
            "n": [None, None],
            "du": [datetime.timedelta(1), None],
        }
    ),
    "empty": pl.DataFrame(),
    "no rows": pl.DataFrame({"a": pl.Series([], dtype=pl.Int8)}),
}


@pytest.mark.parametrize("name", POLARS)
def test_polars_frames_come_back(name: str) -> None:
    frame = POLARS[name]
    product, back = round_trip(frame)
    assert product.codec == "arrow" and back.schema == frame.schema and back.equals(frame)
    chunked = pl.concat([frame.head(1), frame.tail(-1)], rechunk=False)
    assert codecs.encode(chunked).product == product
    assert back.with_columns(new=1).width == frame.width + 1


TABLES: dict[str, Any] = {
    "table": pa.table({"a": [1, None], "b": ["x", None]}).replace_schema_metadata({"k": "v"}),
    "empty": pa.table({}),
    "no rows": pa.table({"a": pa.array([], pa.int8())}),
    "dictionary": pa.table({"d": pa.array(["a", "b", "a"]).dictionary_encode()}),
    "batch": pa.record_batch({"a": [1, 2]}),
    "empty batch": pa.record_batch({"a": pa.array([], pa.int8())}),
}


@pytest.mark.parametrize("name", TABLES)
def test_pyarrow_tables_come_back(name: str) -> None:
    product, back = round_trip(TABLES[name])
    assert product.codec == "arrow" and type(back) is type(TABLES[name])
    assert back.equals(TABLES[name], check_metadata=True)


def test_chunks_and_slices_do_not_count() -> None:
    table = pa.table({"a": [1, 2, 3], "s": ["x", "yy", "z"]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert codecs.encode(chunked).product == codecs.encode(table).product
    part = pa.table({"a": [2, 3], "s": ["yy", "z"]})
    assert codecs.encode(table.slice(1)).product == codecs.encode(part).product


HIDDEN = {
    "numbers": pa.Array.from_buffers(pa.int16(), 2, [pa.py_buffer(b"\xf1"), pa.py_buffer(b"\x01\x00\x09\x09")]),
    "bits": pa.Array.from_buffers(pa.bool_(), 2, [pa.py_buffer(b"\xf1"), pa.py_buffer(b"\xff")]),
    "inside a struct": pa.StructArray.from_arrays(
        [pa.Array.from_buffers(pa.int8(), 2, [pa.py_buffer(b"\xf1"), pa.py_buffer(b"\x01\x09")])], names=["x"]
    ),
    "inside a list": pa.ListArray.from_arrays(
        [0, 2], pa.Array.from_buffers(pa.int8(), 2, [pa.py_buffer(b"\xf1"), pa.py_buffer(b"\x01\x09")])
    ),
    "a slice": pa.array([None, True, None, False])[1:3],
    "a dictionary": pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int8(), 2, [pa.py_buffer(b"\xf1"), pa.py_buffer(b"\x00\x00")]), ["x"]
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_nobody_sees_does_not_count(name: str) -> None:
    hidden = HIDDEN[name]
    clean = pa.array(hidden.to_pylist(), hidden.type)
    product, back = round_trip(pa.table({"a": hidden}))
    assert back["a"].to_pylist() == hidden.to_pylist() and back["a"].chunk(0).validate(full=True) is None
    assert product == codecs.encode(pa.table({"a": clean})).product
