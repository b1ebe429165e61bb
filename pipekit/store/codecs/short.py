"""The short way for values that are one body and no more, as most items of streams are; and for many of one kind at once. It must
give and read the same bytes as the long way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any

from pipekit.canon import plain
from pipekit.canon.builtins import scalars
from pipekit.canon.digests import flat
from pipekit.canon.shape import class_name
from pipekit.store.codecs import tree
from pipekit.store.codecs.choice import is_library, leaf_for
from pipekit.values import Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

FIXED = frozenset({NoneType, bool, int, float, complex, str, bytes})
"""The classes whose values nobody can change."""

Body = tuple[str, "Buffer", tuple[str, ...]]
"""Codec, bytes, and the classes with instances inside, sorted."""


def body(value: Any) -> Body | None:
    """What stands for `value`, if it is one body; None for a value with parts or files, and for one that only pickle takes."""
    cls = type(value)
    if cls in FIXED:
        codec, (found,) = bodies([value])
        return codec, found, ()
    leaf = leaf_for(cls)
    if leaf is not None and leaf.name != "scalar":
        made = leaf.encode(value)
        if made is not None:
            return leaf.name, made if type(made) is bytes else flat(made), _classes(cls)
    return _plain(value)


def bodies(values: Sequence[Any]) -> tuple[str, list[bytes]]:
    """Codec and bytes of several values, all of one class, which is FIXED."""
    cls = values[0].__class__
    if cls is str:
        return "str", [one.encode("utf-8", "surrogatepass") for one in values]
    return ("bytes", list(values)) if cls is bytes else ("plain", scalars(values))


def values(codec: str, bodies: Sequence[bytes], extern: Callable[[bytes], Any]) -> list[Any]:
    """The values of bodies without parts that `str`, `bytes` or `plain` wrote. Raises ValueError where one is none of these; what the
    classes in it raise comes through."""
    if codec == "str":
        return [str(one, "utf-8", "surrogatepass") for one in bodies]
    return list(bodies) if codec == "bytes" else plain.decode_all(bodies, extern)


def _plain(value: Any) -> Body | None:
    if type(value) is Stored:
        return None
    try:
        found, parts = tree.encode(value)
    except plain.NotPlain:
        return None
    if parts.objects or parts.files or not parts.stable:
        return None
    return "plain", found, tuple(sorted(parts.classes))


def _classes(cls: type) -> tuple[str, ...]:
    return () if is_library(cls) else (class_name(cls),)
