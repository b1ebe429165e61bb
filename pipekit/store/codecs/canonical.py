"""Arrow arrays with one byte form: nothing under a null, nothing after the last bit. It must never change a value, nor
copy an array that has no nulls."""

from __future__ import annotations

from typing import Any


def canonical_table(table: Any) -> Any:
    """`table` with every column in one chunk and in its one form."""
    import pyarrow as pa

    whole = table.combine_chunks()
    columns = [canonical(column.chunk(0)) if column.num_chunks == 1 else column for column in whole.columns]
    return pa.Table.from_arrays(columns, schema=table.schema) if columns else table


def canonical(array: Any) -> Any:
    """An equal array whose bytes depend on nothing but its type and values."""
    import pyarrow as pa

    kind = array.type
    if not _is_laid_out_simply(kind):
        return array
    if pa.types.is_dictionary(kind):
        parts = canonical(array.indices), canonical(array.dictionary)
        return pa.DictionaryArray.from_arrays(*parts, ordered=kind.ordered, safe=False)
    children = _children(array)
    if not array.null_count and not children and not pa.types.is_boolean(kind):
        return array
    if array.offset:
        array = pa.concat_arrays([array.slice(0, 0), array])
        children = _children(array)
    bits, *held = array.buffers()[: kind.num_buffers]
    valid = _bits(bits, array) if array.null_count else None
    buffers = [None if valid is None else _packed(valid), *_values(array, held, valid)]
    return pa.Array.from_buffers(kind, len(array), buffers, array.null_count, 0, children or None)


def _is_laid_out_simply(kind: Any) -> bool:
    import pyarrow.types as types

    simple = (types.is_boolean, types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    nested = (types.is_struct, types.is_list, types.is_large_list, types.is_dictionary)
    return any(holds(kind) for holds in (types.is_primitive, *simple, *nested))


def _children(array: Any) -> list[Any]:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_struct(kind):
        return [canonical(array.field(at)) for at in range(kind.num_fields)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [canonical(array.values)]
    return []


def _values(array: Any, held: list[Any], valid: Any) -> list[Any]:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_boolean(kind):
        values = _bits(held[0], array)
        return [_packed(values if valid is None else values & valid)]
    if valid is None or len(held) != 1 or not pa.types.is_primitive(kind):
        return held
    return [_zeroed(held[0], len(array), kind.bit_width // 8, valid)]


def _zeroed(buffer: Any, count: int, width: int, valid: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    rows = np.frombuffer(buffer, np.uint8, count * width).reshape(count, width)
    if rows[valid == 0].any():
        rows = rows.copy()
        rows[valid == 0] = 0
    return pa.py_buffer(rows.reshape(-1))


def _bits(buffer: Any, array: Any) -> Any:
    import numpy as np

    found = np.unpackbits(np.frombuffer(buffer, np.uint8), count=array.offset + len(array), bitorder="little")
    return found[array.offset :]


def _packed(bits: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.py_buffer(np.packbits(bits, bitorder="little"))
