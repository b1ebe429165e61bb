"""Which codec a value's class has, by names along its bases. It must never import a package to ask whether a value is
its own, and looks for codecs of third parties only when it has met a class that nobody here knows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from msgspec import Struct

from pipekit.canon.shape import shape_of
from pipekit.errors import StoreError
from pipekit.store.codecs import arrow, npy, raw, scalar
from pipekit.values.call import Ok, call_user

if TYPE_CHECKING:
    from typing_extensions import Buffer

GROUP = "pipekit.codecs"
"""The entry point group: each names an object with the attributes of `Leaf` (`name` is the entry point's own)."""


class Leaf(Struct, frozen=True):
    """A codec of values that are one object each. `classes` are `package:QualName`, and stand for their subclasses too;
    `encode` returns None where `decode` would not give the value back exactly; `decode` gets read-only bytes; `pieces` gives the
    same as `encode` in several pieces, where it need not copy the value for that, else None."""

    name: str
    classes: Collection[str]
    encode: Callable[[Any], Buffer | None]
    decode: Callable[[Buffer], Any]
    stable: bool = True
    pieces: Callable[[Any], tuple[Buffer, ...] | None] = lambda value: None


TEXT = Leaf("str", ("builtins:str",), raw.encode_text, raw.decode_text)
BYTES = Leaf("bytes", ("builtins:bytes",), raw.encode_bytes, raw.decode_bytes)
_OWN = (
    TEXT,
    BYTES,
    Leaf("npy", ("numpy:ndarray",), npy.encode, npy.decode, pieces=npy.pieces),
    Leaf("scalar", ("numpy:generic",), scalar.encode, scalar.decode),
    Leaf("arrow", arrow.CLASSES, arrow.encode, arrow.decode),
)
_BY_NAME = {leaf.name: leaf for leaf in _OWN}
_BY_CLASS = {name: leaf for leaf in _OWN[2:] for name in leaf.classes}
_KNOWN: WeakKeyDictionary[type, Leaf | None] = WeakKeyDictionary()


def leaf_for(cls: type) -> Leaf | None:
    """The codec that instances of `cls` have of their own."""
    try:
        return _KNOWN[cls]
    except KeyError:
        found = _KNOWN[cls] = _search(cls)
        return found


def leaf_named(name: str) -> Leaf:
    """The codec called `name`. Raises StoreError when there is none."""
    found = _BY_NAME.get(name) or _foreign().get(name)
    if found is None:
        raise StoreError(f"no codec is called {name!r}", hint="install the package that this product was made with")
    return found


def forget() -> None:
    """Look for codecs of third parties anew, as after one was installed."""
    _foreign.cache_clear()
    _KNOWN.clear()


def is_library(cls: type) -> bool:
    """Whether `cls` comes with Python itself."""
    return cls.__module__.partition(".")[0] in sys.stdlib_module_names


def _search(cls: type) -> Leaf | None:
    names = [f"{base.__module__.partition('.')[0]}:{base.__qualname__}" for base in cls.__mro__]
    if cls in (str, bytes):
        return TEXT if cls is str else BYTES
    found = next((_BY_CLASS[name] for name in names if name in _BY_CLASS), None)
    if found is not None:
        return found
    if is_library(cls) or shape_of(cls).kind != "object":
        return None
    return next((leaf for name in names for leaf in _foreign().values() if name in leaf.classes), None)


@cache
def _foreign() -> dict[str, Leaf]:
    from importlib.metadata import entry_points

    found = {}
    for point in entry_points(group=GROUP):
        loaded = call_user(point.load)
        if isinstance(loaded, Ok):
            made = loaded.value
            found[point.name] = Leaf(point.name, made.classes, made.encode, made.decode, bool(made.stable))
    return found
