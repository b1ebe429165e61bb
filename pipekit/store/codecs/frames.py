"""pandas frames as Arrow tables and back: columns, labels, attributes. It must never read a value where a dtype says
enough."""

from __future__ import annotations

from typing import Any

from pipekit.canon import plain
from pipekit.store.codecs import columns, labels

_SPEC = b"pipekit.pandas"
_SCATTERED = 100


def encode(frame: Any, name: Any = None) -> Any:
    """The Arrow table of a pandas frame (`name` is the one its series had); None where it would not come back exactly."""
    import pyarrow as pa

    if not frame.flags.allows_duplicate_labels:
        return None
    rows = labels.encode_rows(frame.index)
    held = [columns.encode(frame.iloc[:, at].array) for at in range(frame.shape[1])]
    head = labels.encode(frame.columns)
    if rows is None or head is None or None in held:
        return None
    spec = (head, rows[0], tuple(one[0] for one in held if one), frame.attrs, name, len(frame))
    try:
        packed = plain.encode(spec, lambda part: None)
    except plain.NotPlain:
        return None
    arrays = [*rows[1], *(one[1] for one in held if one)]
    names = [*("" for _ in rows[1]), *(str(label) for label in frame.columns)]
    return pa.Table.from_arrays(arrays, names=names, metadata={_SPEC: packed})


def decode(table: Any, series: bool) -> Any:
    """The frame, or the series, that `encode` was given."""
    import pandas as pd

    head, rows, kinds, attrs, name, height = plain.decode(table.schema.metadata[_SPEC], _refuse)
    arrays = [column.chunk(0) if column.num_chunks else None for column in table.columns]
    n = len(arrays) - len(kinds)
    index = labels.decode_rows(rows, arrays[:n], height)
    held = {at: columns.decode(kind, array) for at, (kind, array) in enumerate(zip(kinds, arrays[n:]))}
    frame = pd.DataFrame(held, index=index, copy=False)
    frame.columns = labels.decode(head)
    frame.attrs = attrs
    if series:
        one = frame.iloc[:, 0]
        one.name = name
        one.attrs = attrs
        return shared(one)
    return frame.copy() if len(held) > _SCATTERED else shared(frame)


def shared(made: Any) -> Any:
    """`made`, a frame or series over read-only memory, with a twin: it keeps the values referenced, so that
    pandas copies a column before it writes to it."""
    object.__setattr__(made, "_pipekit_twin", made.copy(deep=False))
    return made


def same(value: Any, back: Any) -> bool:
    """Whether `back` has the class, dtypes, names and kind of index that `value` has."""
    if value.shape != back.shape or not labels.alike(value.index, back.index):
        return False
    if value.ndim == 1:
        return bool(value.dtype == back.dtype and labels.alike_names([value.name], [back.name]))
    if not labels.alike(value.columns, back.columns) or not value.columns.equals(back.columns):
        return False
    return all(columns.alike(was, now) for was, now in zip(value.dtypes, back.dtypes))


def _refuse(payload: bytes) -> Any:
    raise ValueError("a frame's description holds no foreign payload")
