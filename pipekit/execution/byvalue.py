"""Objects by value, functions and classes that no module names among them, for processes that cannot import them. It must never be
asked for what can be imported."""

from __future__ import annotations

import io
from collections import ChainMap
from collections.abc import Callable
from types import CodeType
from typing import Any, ClassVar


def by_value(thing: object) -> bytes:
    """`thing` as bytes that `pickle.loads` reads."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Keeps the file names of code, which tracebacks show and which cloudpickle takes away."""

        dispatch_table: ClassVar[Any] = ChainMap(
            {CodeType: _reduced(cloudpickle.Pickler)}, cloudpickle.Pickler.dispatch_table
        )

    out = io.BytesIO()
    Pickler(out).dump(thing)
    return out.getvalue()


def _reduced(pickler: Any) -> Callable[[CodeType], tuple[Any, ...]]:
    plain = pickler.dispatch_table[CodeType]

    def reduced(code: CodeType) -> tuple[Any, ...]:
        make, given = plain(code)[:2]
        return _named, (make, given, code.co_filename)

    return reduced


def _named(make: Callable[..., CodeType], given: tuple[Any, ...], file: str) -> CodeType:
    return make(*given).replace(co_filename=file)
