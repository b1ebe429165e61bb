"""Which handler the classes of numpy, pandas, polars and pyarrow have, by name along the bases. It must never import
any of them."""

from __future__ import annotations

from pipekit.canon import arrays, frames, tables
from pipekit.canon.form import Handler

_KNOWN: dict[str, Handler] = {
    "numpy:ndarray": arrays.array,
    "numpy:generic": arrays.scalar,
    "numpy:dtype": arrays.dtype,
    "pandas:DataFrame": frames.frame,
    "pandas:Series": frames.series,
    "pandas:Index": frames.index,
    "pandas:ExtensionArray": frames.array,
    "polars:DataFrame": tables.polars_frame,
    "polars:Series": tables.polars_series,
    "pyarrow:Table": tables.arrow_table,
    "pyarrow:RecordBatch": tables.arrow_table,
    "pyarrow:ChunkedArray": tables.arrow_array,
    "pyarrow:Array": tables.arrow_array,
}
_HOMES = {name.partition(":")[0] for name in _KNOWN}


def find_foreign(cls: type) -> Handler | None:
    """The handler of `cls` where it, or one of its bases, is an array or frame of a known library."""
    for base in cls.__mro__:
        home = base.__module__.partition(".")[0]
        if home in _HOMES and (found := _KNOWN.get(f"{home}:{base.__qualname__}")):
            return found
    return None
