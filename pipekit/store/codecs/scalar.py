"""numpy scalars: a dtype and one element. It must never import numpy to ask whether a value is numpy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipekit.store.codecs import npy

if TYPE_CHECKING:
    from typing_extensions import Buffer


def encode(value: Any) -> Buffer | None:
    """The .npy file of the element; None for records and objects."""
    import numpy as np

    return npy.encode(np.asarray(value)) if type(value) is value.dtype.type else None


def decode(body: Buffer) -> Any:
    """The scalar, of its own class."""
    return npy.decode(body)[()]
