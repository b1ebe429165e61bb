"""The form of numpy arrays and scalars: dtype, shape, elements in C order. It must never look at how an array lies in
memory, nor import numpy to ask whether a value is an array."""

from __future__ import annotations

from typing import Any

from pipekit.canon.form import Culprit, Walk, Write, length, text
from pipekit.canon.instances import attributes, head, instance
from pipekit.canon.shape import shape_of

_CHUNK = 1 << 17


def array(value: Any, write: Write, walk: Walk) -> None:
    """An array; a subclass adds its name and attributes, or what it gives to be pickled if it has its own way."""
    import numpy as np

    cls: Any = type(value)
    plain: Any = np.ndarray
    if cls not in (np.ndarray, np.memmap):
        if cls.__reduce__ is not plain.__reduce__ or cls.__reduce_ex__ is not plain.__reduce_ex__:
            return instance(value, write, walk)
        write(b"A" + head(cls, walk))
        attributes(value, shape_of(cls), write, walk)
        value = value.view(np.ndarray)
    write(b"#" + dtype_form(value.dtype) + length(value.ndim) + b"".join(map(length, value.shape)))
    return _elements(value, write, walk)


def scalar(value: Any, write: Write, walk: Walk) -> None:
    """A scalar of a dtype."""
    import numpy as np

    held = np.asarray(value)
    write(b"$" + dtype_form(held.dtype))
    _elements(held, write, walk)


def dtype(value: Any, write: Write, walk: Walk) -> None:
    """A dtype by itself."""
    write(b"%" + dtype_form(value))


def dtype_form(value: Any) -> bytes:
    """Everything that says how an element looks: byte order and size; fields with names and offsets; inner shapes."""
    if value.subdtype is not None:
        inner, shape = value.subdtype
        return b"s" + dtype_form(inner) + length(len(shape)) + b"".join(map(length, shape))
    if value.names is None:
        missing = repr(getattr(value, "na_object", "")) if value.kind == "T" else ""
        return b"e" + text(value.str) + text(value.name) + text(missing)
    fields = [text(name) + length(value.fields[name][1]) + dtype_form(value.fields[name][0]) for name in value.names]
    return b"f" + length(value.itemsize) + length(len(fields)) + b"".join(fields)


def _elements(value: Any, write: Write, walk: Walk) -> None:
    if value.dtype.names is not None:
        for name in value.dtype.names:
            _elements(value[name], write, walk)
    elif value.dtype.kind in "OT":
        _objects(value, write, walk)
    elif value.size and value.itemsize:
        _bytes(value, write)


def _objects(value: Any, write: Write, walk: Walk) -> None:
    if id(value) in walk.active:
        return walk.again(value, write, walk)
    walk.enter(value)
    at = 0
    try:
        for item in value.flat:
            walk.table[type(item)](item, write, walk)
            at += 1
    except Culprit as culprit:
        raise culprit.climb(value, f"[{', '.join(_place(at, value.shape))}]") from None
    return walk.leave(value)


def _place(at: int, shape: tuple[int, ...]) -> list[str]:
    found = []
    for extent in reversed(shape):
        at, rest = divmod(at, extent)
        found.append(str(rest))
    return found[::-1]


def _bytes(value: Any, write: Write) -> None:
    import numpy as np

    line = np.ascontiguousarray(value).reshape(-1)
    if line.dtype.kind not in "fc":
        return write(line.view(np.uint8).data)
    floats = line.view(line.real.dtype)
    for start in range(0, floats.size, _CHUNK):
        chunk = floats[start : start + _CHUNK]
        write(_same_nans(chunk).view(np.uint8).data)
    return None


def _same_nans(chunk: Any) -> Any:
    import numpy as np

    wide = chunk.dtype.char == "g"
    missing = np.isnan(chunk)
    if not wide and not missing.any():
        return chunk
    chunk = chunk.copy()
    chunk[missing] = np.nan
    return _without_padding(chunk) if wide else chunk


def _without_padding(chunk: Any) -> Any:
    import numpy as np

    if np.finfo(np.longdouble).nmant != 63:
        return chunk
    native = chunk.astype(np.longdouble)
    return np.ascontiguousarray(native.view(np.uint8).reshape(-1, native.itemsize)[:, :10]).reshape(-1)
