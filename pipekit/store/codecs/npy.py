"""numpy arrays as .npy files in C order, mapped on load, and numpy scalars. It must never import numpy to ask whether a
value is numpy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

_ALIGNED = 64
_CHUNK = 1 << 20


def takes(dtype: Any) -> bool:
    """Whether every element of `dtype` is so many bytes that stand for themselves."""
    import numpy as np

    if dtype.hasobject or dtype.names is not None or dtype.subdtype is not None or dtype.metadata:
        return False
    return dtype.kind in "biufcmMSUV" and bool(np.dtype(dtype.str) == dtype)


def encode(value: Any) -> Buffer | None:
    """The .npy file of an array, its elements copied once; None when its dtype has no such file."""
    import numpy as np

    if type(value) not in (np.ndarray, np.memmap) or not takes(value.dtype):
        return None
    head = _head(value)
    body = np.empty(len(head) + value.nbytes, np.uint8)
    body[: len(head)] = np.frombuffer(head, np.uint8)
    if value.nbytes:
        elements = body[len(head) :].view(value.dtype).reshape(value.shape)
        np.copyto(elements, value)
        if value.dtype.char in "gG":
            clear_padding(body[len(head) :], value.dtype)
    return body.data


def pieces(value: Any) -> tuple[Buffer, ...] | None:
    """What `encode` gives, as the head of the file and the elements where they are; None where these are not as in the file."""
    import numpy as np

    if type(value) not in (np.ndarray, np.memmap) or not value.flags.c_contiguous or not value.nbytes:
        return None
    if value.dtype.char in "gG" or not takes(value.dtype):
        return None
    return _head(value), value.reshape(-1).view(np.uint8).data


def clear_padding(data: Any, dtype: Any) -> None:
    """Make the unused bytes of extended floats zero: `data` is the bytes of an array of `dtype`."""
    import numpy as np

    size = np.dtype(np.longdouble).itemsize
    if np.finfo(np.longdouble).nmant == 63:
        first, last = (10, size) if dtype.isnative else (0, size - 10)
        data.reshape(-1, size)[:, first:last] = 0


def decode(body: Buffer) -> Any:
    """A read-only array over `body`, not copied."""
    import numpy as np

    dtype, shape, start = _parse(memoryview(body))
    count = 1
    for extent in shape:
        count *= extent
    if count * dtype.itemsize == 0:
        array = np.zeros(shape, dtype)
    else:
        array = np.frombuffer(memoryview(body), dtype, count, start).reshape(shape)
    array.flags.writeable = False
    return array


def _head(value: Any) -> bytes:
    text = f"{{'descr': {value.dtype.str!r}, 'fortran_order': False, 'shape': {tuple(map(int, value.shape))!r}, }}"
    size = -(-(10 + len(text) + 1) // _ALIGNED) * _ALIGNED - 10
    return b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little") + text.encode("latin-1").ljust(size - 1) + b"\n"


def _parse(body: memoryview) -> tuple[Any, tuple[int, ...], int]:
    from io import BytesIO

    import numpy as np

    start = 10 + int.from_bytes(body[8:10], "little")
    file = BytesIO(bytes(body[:start]))
    np.lib.format.read_magic(file)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return dtype, shape, start
