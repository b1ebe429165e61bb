from __future__ import annotations

import datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipekit import canon

COLUMNS: dict[str, list[Any]] = {
    "i": [1, None, 3],
    "f": [1.0, float("nan"), None],
    "s": ["x", None, "y"],
    "l": [[1], [], None],
    "d": [datetime.date(2026, 1, 1), None, datetime.date(2026, 1, 3)],
    "b": [True, None, False],
}


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_chunks_do_not_count_and_values_do(make: Any) -> None:
    whole = make(COLUMNS)
    pieces = [make({name: values[at : at + 1] for name, values in COLUMNS.items()}) for at in range(3)]
    if make is pl.DataFrame:
        joined = pl.concat([piece.cast(whole.schema) for piece in pieces], rechunk=False)
    else:
        joined = pa.concat_tables([piece.cast(whole.schema) for piece in pieces])
    assert canon.encode(joined) == canon.encode(whole)
    forms = {canon.encode(make({**COLUMNS, name: values[::-1]})) for name, values in COLUMNS.items()}
    assert len({*forms, canon.encode(whole)}) == len(COLUMNS) + 1


def test_slices_are_what_they_show() -> None:
    table = pa.table(COLUMNS)
    assert canon.encode(table.slice(1, 2)) == canon.encode(
        pa.table({n: v[1:] for n, v in COLUMNS.items()}, table.schema)
    )


def test_types_names_and_metadata_count() -> None:
    table, frame = pa.table({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]})
    values = [table, table.rename_columns(["b"]), table.replace_schema_metadata({"k": "v"}), table.to_batches()[0]]
    values += [
        table["a"],
        table["a"].chunk(0),
        pa.table({"a": pa.array([1, 2], pa.int32())}),
        pa.table({"a": [1.0, 2.0]}),
    ]
    values += [frame, frame["a"], frame.rename({"a": "b"}), frame.cast(pl.Int32), frame.cast(pl.String), frame.clear()]
    values += [frame.cast(pl.String).cast(pl.Categorical), frame.cast(pl.Decimal(10, 2)), frame.with_columns(b=1)]
    assert len({canon.encode(value) for value in values}) == len(values)


def test_what_lies_under_a_null_does_not_count() -> None:
    bits = pa.py_buffer(b"\x01")
    arrays = [pa.Array.from_buffers(pa.int8(), 2, [bits, pa.py_buffer(data)]) for data in (b"\x01\x07", b"\x01\x09")]
    assert canon.encode(arrays[0]) == canon.encode(arrays[1]) == canon.encode(pa.array([1, None], pa.int8()))
