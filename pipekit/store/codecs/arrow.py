"""Frames as Arrow IPC files, mapped on load. It must never import a frame library to ask whether a value is a frame."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pipekit.store.codecs import frames
from pipekit.store.codecs.canonical import canonical_table

if TYPE_CHECKING:
    from typing_extensions import Buffer

CLASSES = ("pandas:DataFrame", "pandas:Series", "polars:DataFrame", "pyarrow:Table", "pyarrow:RecordBatch")

_KIND = b"pipekit.frame"


def encode(value: Any) -> Buffer | None:
    """The IPC file of a frame, its columns copied once; None where it would not come back exactly, or without pyarrow."""
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        body = _write(*_table(value))
        return memoryview(body) if body is not None and _same(value, decode(body)) else None
    except (pa.ArrowException, UnicodeEncodeError, NotImplementedError):
        return None


def decode(body: Buffer) -> Any:
    """The frame; its columns lie over `body` where the library allows it, and new columns can be added."""
    import pyarrow as pa

    table = pa.ipc.open_file(pa.py_buffer(body)).read_all()
    found = dict(table.schema.metadata or {})
    kind = found.pop(_KIND, b"")
    table = table.replace_schema_metadata(found or None)
    match kind:
        case b"pandas" | b"series":
            return frames.decode(table, kind == b"series")
        case b"polars":
            import polars as pl

            return pl.from_arrow(table)
        case b"batch":
            return _batch(table)
        case b"table":
            return table
    raise ValueError("not an Arrow file that pipekit wrote")


def _table(value: Any) -> tuple[Any, bytes]:
    import pyarrow as pa

    if type(value) is pa.Table:
        return value, b"table"
    if type(value) is pa.RecordBatch:
        return pa.Table.from_batches([value]), b"batch"
    polars = sys.modules.get("polars")
    if polars is not None and type(value) is polars.DataFrame:
        return value.rechunk().to_arrow(compat_level=polars.CompatLevel.oldest()), b"polars"
    pandas = sys.modules.get("pandas")
    if pandas is not None and type(value) is pandas.DataFrame:
        return frames.encode(value), b"pandas"
    if pandas is not None and type(value) is pandas.Series:
        return frames.encode(value.to_frame(name=0), value.name), b"series"
    return None, b""


def _write(table: Any, kind: bytes) -> Any:
    import pyarrow as pa

    if table is None:
        return None
    table = canonical_table(table)
    marked = table.replace_schema_metadata({**(table.schema.metadata or {}), _KIND: kind})
    counted = pa.MockOutputStream()
    _fill(counted, marked)
    body = pa.allocate_buffer(counted.size())
    _fill(pa.FixedSizeBufferWriter(body), marked)
    return body


def _fill(sink: Any, table: Any) -> None:
    import pyarrow as pa

    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)


def _batch(table: Any) -> Any:
    import pyarrow as pa

    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)


def _same(value: Any, back: Any) -> bool:
    if type(back) is not type(value):
        return False
    home = type(value).__module__.partition(".")[0]
    if home == "polars":
        return bool(back.schema == value.schema and back.shape == value.shape)
    if home == "pyarrow":
        return bool(back.schema.equals(value.schema, check_metadata=True) and back.num_rows == value.num_rows)
    return frames.same(value, back)
