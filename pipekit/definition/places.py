"""Building a value anew with some of its leaves replaced, by what its type says of them. It must never read a file, nor check anything but which arm of a union a value is."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from pipekit.definition.check import check
from pipekit.definition.types import Type

Change = Callable[[Type[Any], Any], Any]


def replace_files(type: Type[Any], value: Any, visit: Callable[[Path, bool], Any]) -> Any:
    """`value` with `visit(path, folder)` in the place of every File and Folder in it; `value` itself if none is changed.

    `value` must be of `type`. Only what the type declares as File or Folder is visited, mapping keys included.
    """

    def change(leaf: Type[Any], one: Any) -> Any:
        return visit(one, leaf.place == "folder") if leaf.place else one

    return _rebuild(type, value, lambda one: one.holds_files, change) if type.holds_files else value


def coerce(type: Type[Any], value: Any) -> Any:
    """`value`, as Python code gives it, with every int that is declared a float made one; `value` itself if there is none.

    What is not of `type` is left as it is.
    """

    def change(leaf: Type[Any], one: Any) -> Any:
        return _as_float(one) if leaf.cls is float and isinstance(one, int) and not isinstance(one, bool) else one

    if not type.holds_floats or check(type, value) is not None:
        return value
    return _rebuild(type, value, lambda one: one.holds_floats, change)


def _as_float(value: int) -> Any:
    try:
        return float(value)
    except OverflowError:  # too big for a float; the value stays what it is
        return value


def _rebuild(type: Type[Any], value: Any, wanted: Callable[[Type[Any]], bool], change: Change) -> Any:
    if not wanted(type):
        return value
    if type.place or type.kind == "class":
        return change(type, value)

    def again(part: Type[Any], one: Any) -> Any:
        return _rebuild(part, one, wanted, change)

    return _REBUILD.get(type.kind, _same)(type, value, again)


def _same(type: Type[Any], value: Any, again: Change) -> Any:
    return value


def _items(type: Type[Any], value: Any, again: Change) -> Any:
    if isinstance(value, (str, bytes)):
        return value
    old = list(value)
    new = [again(type.args[0], one) for one in old]
    return value if _equal(old, new) else _collection(value, new)


def _tuple(type: Type[Any], value: Any, again: Change) -> Any:
    new = [again(part, one) for part, one in zip(type.args, value)]
    return value if _equal(list(value), new) else _collection(value, new)


def _collection(like: Any, parts: list[Any]) -> Any:
    cls = like.__class__
    if hasattr(cls, "_make"):
        return cls._make(parts)
    return parts if cls is list else cls(parts)


def _equal(old: list[Any], new: list[Any]) -> bool:
    return all(a is b for a, b in zip(old, new))


def _mapping(type: Type[Any], value: Any, again: Change) -> Any:
    key, part = type.args
    old = [one for pair in value.items() for one in pair]
    new = [again(key if at % 2 == 0 else part, one) for at, one in enumerate(old)]
    if _equal(old, new):
        return value
    pairs = dict(zip(new[::2], new[1::2]))
    if value.__class__ is dict or not isinstance(value, dict):
        return pairs
    made = copy(value)
    made.clear()
    made.update(pairs)
    return made


def _record(type: Type[Any], value: Any, again: Change) -> Any:
    old = {name: getattr(value, name) for name in type.fields}
    new = {name: again(field.type, old[name]) for name, field in type.fields.items()}
    if all(new[name] is old[name] for name in old):
        return value
    if not is_dataclass(value):
        return value._replace(**new)
    made = copy(value)
    for name, one in new.items():
        object.__setattr__(made, name, one)
    return made


def _keys(type: Type[Any], value: Any, again: Change) -> Any:
    new = {name: again(type.fields[name].type, one) if name in type.fields else one for name, one in value.items()}
    return value if all(new[name] is value[name] for name in new) else new


def _union(type: Type[Any], value: Any, again: Change) -> Any:
    return next((again(arm, value) for arm in type.args if check(arm, value) is None), value)


def _declared(type: Type[Any], value: Any, again: Change) -> Any:
    return value if type.parent is None else again(type.parent, value)


def _all(type: Type[Any], value: Any, again: Change) -> Any:
    for one in type.args:
        value = again(one, value)
    return value


_REBUILD: dict[str, Callable[[Type[Any], Any, Change], Any]] = {
    "items": _items,
    "tuple": _tuple,
    "mapping": _mapping,
    "record": _record,
    "keys": _keys,
    "union": _union,
    "declared": _declared,
    "all": _all,
}
