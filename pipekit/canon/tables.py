"""The form of polars frames and pyarrow tables: names, dtypes, values. It must never look at chunks, offsets or what
lies under a null, nor import either library to ask."""

from __future__ import annotations

from typing import Any

from pipekit.canon.form import Walk, Write, length, text
from pipekit.canon.instances import inside


def polars_frame(value: Any, write: Write, walk: Walk) -> None:
    """A polars DataFrame, column by column."""
    write(b"(" + text(type(value).__name__) + length(value.width) + length(value.height))
    for column in value.get_columns():
        inside(value, f"[{column.name!r:.60}]", column, write, walk)


def polars_series(value: Any, write: Write, walk: Walk) -> None:
    """A polars Series: name, dtype, values; what is null is said apart where values are numbers."""
    write(b")" + text(value.name) + text(repr(value.dtype)))
    if not (value.dtype.is_numeric() or value.dtype.is_temporal()) or value.dtype.is_decimal():
        return inside(value, "", value.to_list(), write, walk)
    plain = value.to_physical()
    if plain.null_count():
        inside(value, "", value.is_null().to_numpy(), write, walk)
        plain = plain.fill_null(0)
    return inside(value, "", plain.to_numpy(), write, walk)


def arrow_table(value: Any, write: Write, walk: Walk) -> None:
    """A pyarrow Table or RecordBatch: schema with its metadata, then every column."""
    write(b"<" + text(type(value).__name__) + length(value.num_columns) + length(value.num_rows))
    inside(value, ".schema.metadata", _metadata(value.schema.metadata), write, walk)
    for at, field in enumerate(value.schema):
        write(text(field.name) + (b"?" if field.nullable else b"!"))
        inside(value, "", _metadata(field.metadata), write, walk)
        inside(value, f"[{field.name!r:.60}]", value.column(at), write, walk)


def arrow_array(value: Any, write: Write, walk: Walk) -> None:
    """A pyarrow Array or ChunkedArray: type and values."""
    write(b">" + text("chunked" if hasattr(value, "chunks") else "array") + text(str(value.type)))
    if not _is_number(value.type):
        return inside(value, "", value.to_pylist(), write, walk)
    if value.null_count:
        inside(value, "", value.is_null().to_numpy(zero_copy_only=False), write, walk)
        value = value.fill_null(0)
    return inside(value, "", value.to_numpy(zero_copy_only=False), write, walk)


def _is_number(kind: Any) -> bool:
    return str(kind) in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double")


def _metadata(found: dict[bytes, bytes] | None) -> dict[bytes, bytes]:
    return dict(sorted((found or {}).items()))
