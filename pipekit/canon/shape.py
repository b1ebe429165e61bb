"""What the state of a class's instances consists of, seen once per class. It must never read an instance's state."""

from __future__ import annotations

import copyreg
import sys
from functools import reduce
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct

from pipekit.canon.form import length, text
from pipekit.values.call import Ok, call_user

_CUSTOM = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__")
_HEAP = 1 << 9
_WORD = tuple.__itemsize__


class Shape(Struct, frozen=True):
    """A class as its instances' state sees it. `kind` is dataclass, namedtuple, enum, flag or object; `fields` are a
    dataclass's or named tuple's; `slots` are all of its slots; `bare`: the state is `__dict__` and slots, no more;
    `named`: module and qualified name lead to the class; `head` is name and fields as they stand in plain bytes."""

    name: str
    kind: str
    fields: tuple[str, ...]
    slots: tuple[str, ...]
    bare: bool
    named: bool
    names: frozenset[str]
    head: bytes


_SHAPES: WeakKeyDictionary[type, Shape] = WeakKeyDictionary()


def shape_of(cls: type) -> Shape:
    """The shape of `cls`, remembered as long as the class lives."""
    shape = _SHAPES.get(cls)
    if shape is None:
        shape = _SHAPES[cls] = _look(cls)
    return shape


def class_name(cls: Any) -> str:
    """`module:qualname`."""
    return f"{cls.__module__}:{cls.__qualname__}"


def find_named(name: str) -> Any:
    """What `module:qualname` names. Raises ValueError when nothing is there; imports the module if need be."""
    module, _, qualname = name.partition(":")
    home = sys.modules.get(module)
    if home is None:
        home = _imported(module)
    try:
        return reduce(getattr, qualname.split("."), home)
    except AttributeError:
        raise ValueError(f"{module} has no {qualname}") from None


def _imported(module: str) -> Any:
    from importlib import import_module

    if not module or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"{module!r:.80} is no module's name")
    found = call_user(import_module, module)
    if isinstance(found, Ok):
        return found.value
    raise ValueError(f"cannot import {module}: {type(found.error).__name__}: {found.error}")


def is_named(thing: Any) -> bool:
    """Whether its module and qualified name lead to `thing` itself."""
    home = sys.modules.get(thing.__module__)
    for part in thing.__qualname__.split("."):
        home = getattr(home, part, None)
    return home is thing


def _look(cls: type) -> Shape:
    slots = tuple(_slots(cls))
    kind, fields = _kind(cls)
    bare = _is_bare(cls, kind)
    name = class_name(cls)
    head = b"".join([text(name), length(len(fields)), *map(text, fields)])
    return Shape(name, kind, fields, slots, bare, is_named(cls), frozenset(fields), length(len(head)) + head)


def _kind(cls: Any) -> tuple[str, tuple[str, ...]]:
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(cls, enum.Enum):
        return ("flag" if issubclass(cls, enum.Flag) else "enum"), ()
    if issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple):
        return "namedtuple", cls._fields
    if "__dataclass_fields__" in cls.__dict__:
        found = cls.__dataclass_fields__.values()
        return "dataclass", tuple(field.name for field in found if field._field_type.name == "_FIELD")
    return "object", ()


def _slots(cls: type) -> list[str]:
    found: list[str] = []
    for base in reversed(cls.__mro__):
        own = base.__dict__.get("__slots__", ())
        for name in (own,) if isinstance(own, str) else tuple(own):
            if name not in ("__dict__", "__weakref__") and name not in found:
                mangled = name.startswith("__") and not name.endswith("__")
                found.append(f"_{base.__name__.lstrip('_')}{name}" if mangled else name)
    return found


def _is_bare(cls: type, kind: str) -> bool:
    custom = _CUSTOM[:4] if kind == "namedtuple" else _CUSTOM
    if cls in copyreg.dispatch_table or any(_customised(cls, name) for name in custom):
        return False
    known = (object, tuple) if kind == "namedtuple" else (object,)
    return all(base in known or _written_in_python(base) for base in cls.__mro__)


def _customised(cls: type, name: str) -> bool:
    found = getattr(cls, name, None)
    if found is None or found is getattr(object, name, None):
        return False
    return getattr(found, "__module__", "") != "dataclasses"


def _written_in_python(base: type) -> bool:
    extra = (base.__basicsize__ - (tuple if issubclass(base, tuple) else object).__basicsize__) // _WORD
    return bool(base.__flags__ & _HEAP) and extra <= len(_slots(base)) + (base.__weakrefoffset__ > 0) + _has_dict(base)


def _has_dict(base: type) -> bool:
    return base.__dictoffset__ != 0
