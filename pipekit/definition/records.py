"""The fields of dataclasses, NamedTuples and TypedDicts. It must never know what an annotation means: that is passed in."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pipekit.definition.types import Field, Type

Read = Callable[[str, Any, type[Any]], Type[Any]]
"""From a field's name, its annotation, and the class that it is written in, to a type."""


def is_named_tuple(cls: type[Any]) -> bool:
    """Whether `cls` is a tuple whose fields have names and annotations."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and bool(_annotations(cls))


def is_keys(cls: type[Any]) -> bool:
    """Whether `cls` is a TypedDict, of typing or typing_extensions."""
    return type(cls).__name__ == "_TypedDictMeta"


def dataclass_fields(cls: type[Any], read: Read) -> Mapping[str, Field]:
    """The fields of a dataclass, those that it inherits included."""
    return {one.name: _dataclass_field(cls, one, read) for one in dataclasses.fields(cls)}


def _dataclass_field(cls: type[Any], one: dataclasses.Field[Any], read: Read) -> Field:
    free = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
    return Field(read(one.name, one.type, _owner(cls, one.name)), required=one.init and not free, init=one.init)


def named_tuple_fields(cls: type[Any], read: Read) -> Mapping[str, Field]:
    """The fields of a NamedTuple."""
    written, defaults = _annotations(cls), getattr(cls, "_field_defaults", {})
    names: tuple[str, ...] = cls._fields
    return {
        name: Field(read(name, written[name], _owner(cls, name)), name not in defaults)
        for name in names
        if name in written
    }


def keys_fields(cls: type[Any], read: Read) -> Mapping[str, Field]:
    """The keys of a TypedDict; `required` as `total`, Required and NotRequired say."""
    return {
        name: Field(read(name, written, cls), _required(cls, name, written))
        for name, written in _annotations(cls).items()
    }


def _required(cls: type[Any], name: str, written: Any) -> bool:
    # with `from __future__ import annotations` Python leaves Required and NotRequired inside the text, unseen
    text = getattr(written, "__forward_arg__", "").rpartition("Required[")[0]
    if text.endswith("Not"):
        return False
    return name in getattr(cls, "__required_keys__", ()) or "Required[" in getattr(written, "__forward_arg__", "")


def _annotations(cls: type[Any]) -> Mapping[str, Any]:
    return inspect.get_annotations(cls) or getattr(cls, "__annotations__", {})


def _owner(cls: type[Any], name: str) -> type[Any]:
    for base in cls.__mro__:
        if name in inspect.get_annotations(base):
            return base
    return cls
