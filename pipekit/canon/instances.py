"""The form of instances, classes and functions: a name, what the hook says of the code, and the state. It must never
execute more of a class than what gives its state."""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Any

from pipekit.canon.builtins import apart
from pipekit.canon.form import Culprit, Handler, Walk, Write, length, text
from pipekit.canon.shape import Shape, class_name, is_named, shape_of
from pipekit.values import Reference, Secret, Stored
from pipekit.values.call import Ok, Raised, call_user


def find_instance(cls: type) -> Handler:
    """The handler for instances of `cls`, a class that has no form of its own."""
    if cls in _OWN:
        return _OWN[cls]
    if issubclass(cls, type):
        return _code
    kind = shape_of(cls).kind
    if kind in ("enum", "flag"):
        return _member
    return _re_pattern if class_name(cls) == "re:Pattern" else instance


def head(thing: Any, walk: Walk) -> bytes:
    """Name and code identity of a class or function."""
    known = walk.heads.get(thing)
    if known is None:
        code = walk.identity(thing) if walk.identity is not None else b""
        known = walk.heads[thing] = text(class_name(thing)) + length(len(code)) + code
    return known


def inside(value: Any, step: str, part: Any, write: Write, walk: Walk) -> None:
    """Write `part`, which stands at `step` of `value`."""
    try:
        walk.table[type(part)](part, write, walk)
    except Culprit as culprit:
        raise culprit.climb(value, step) from None


def instance(value: Any, write: Write, walk: Walk) -> None:
    """Class and state: attributes and slots; where a class says otherwise, what it gives to be pickled."""
    if id(value) in walk.active:
        walk.again(value, write, walk)
        return
    cls = type(value)
    shape = shape_of(cls)
    walk.enter(value)
    write(b"O" + head(cls, walk))
    if shape.bare and shape.kind != "namedtuple":
        attributes(value, shape, write, walk)
    elif issubclass(cls, set | frozenset):
        write(b"S" + length(len(value)) + b"".join(sorted([apart(item, walk) for item in value])))
        attributes(value, shape, write, walk)
    else:
        _reduced(value, write, walk)
    walk.leave(value)


def attributes(value: Any, shape: Shape, write: Write, walk: Walk) -> None:
    """`__dict__` and slots of `value`, by name."""
    tried: Ok[dict[str, Any]] | Raised = call_user(_held, value, shape.slots)
    if isinstance(tried, Raised):
        raise Culprit(value, f"is a {type(value).__qualname__} and has no fingerprint: {tried.error}")
    _named(value, tried.value, write, walk)


def _held(value: Any, slots: Iterable[str]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for name in ("__dict__", *slots):
        try:
            held = object.__getattribute__(value, name)  # never the class's own `__getattr__`
        except AttributeError:
            continue
        state.update(held if name == "__dict__" else {name: held})
    if "__wrapped__" in state:  # the rest of what functools.update_wrapper copies says nothing of its own
        state = {name: held for name, held in state.items() if name not in ("__doc__", "__annotations__")}
    return state


def _named(value: Any, state: dict[str, Any], write: Write, walk: Walk) -> None:
    write(b"a" + length(len(state)))
    name = ""
    try:
        for name in sorted(state, key=str):
            write(text(str(name)))
            part = state[name]
            walk.table[type(part)](part, write, walk)
    except Culprit as culprit:
        raise culprit.climb(value, f".{name}") from None


def _reduced(value: Any, write: Write, walk: Walk) -> None:
    cls = type(value)
    take: Callable[[Any], Any] = copyreg.dispatch_table.get(cls, _reduce)
    tried: Ok[Any] | Raised = call_user(take, value)
    if isinstance(tried, Raised):
        raise Culprit(value, f"is a {cls.__qualname__} and has no fingerprint: {tried.error}")
    if isinstance(tried.value, str):
        return write(b"g" + text(f"{_home(value, tried.value)}:{tried.value}"))
    if not isinstance(tried.value, tuple) or len(tried.value) < 2:
        raise Culprit(value, f"is a {cls.__qualname__} whose __reduce_ex__ gives no tuple")
    make, args, state, items, pairs = (*tried.value, None, None, None)[:5]
    write(b"R")
    if make is getattr(copyreg, "__newobj__", None) and args[:1] == (cls,):
        args = args[1:]
    else:
        inside(value, "", make, write, walk)
    inside(value, "", args, write, walk)
    _state(value, state, write, walk)
    inside(value, "", None if items is None else _all(value, items), write, walk)
    return inside(value, "", None if pairs is None else dict(_all(value, pairs)), write, walk)


def _home(value: Any, name: str) -> str:
    """The module in which `value` stands by this name, as it says it does."""
    first, *rest = name.split(".")
    for home in (getattr(value, "__module__", None), type(value).__module__, *sorted(sys.modules)):
        names = getattr(sys.modules.get(home or ""), "__dict__", {})
        if first in names and reduce(_step, rest, names[first]) is value:
            return str(home)
    raise Culprit(value, f"is a {type(value).__qualname__} and has no fingerprint: no module names it")


def _step(value: Any, name: str) -> Any:
    return getattr(value, name, None)


def _reduce(value: Any) -> Any:
    return value.__reduce_ex__(4)


def _state(value: Any, state: Any, write: Write, walk: Walk) -> None:
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    own = getattr(type(value), "__getstate__", None) is not getattr(object, "__getstate__", None)
    if own or not all(part is None or _is_attributes(part) for part in parts):
        return inside(value, "", state, write, walk)
    for part in parts:
        _named(value, part or {}, write, walk)
    return None


def _is_attributes(part: Any) -> bool:
    return type(part) is dict and all(type(name) is str for name in part)


def _all(value: Any, items: Iterable[Any]) -> list[Any]:
    tried: Ok[list[Any]] | Raised = call_user(list, items)
    if isinstance(tried, Raised):
        raise Culprit(value, f"does not give its items: {tried.error}")
    return tried.value


def _member(value: Any, write: Write, walk: Walk) -> None:
    write(b"e" + head(type(value), walk) + text(value._name_ or ""))
    inside(value, ".value", value._value_, write, walk)


def _code(value: Any, write: Write, walk: Walk) -> None:
    write(b"k" + head(value, walk))


def _function(value: FunctionType, write: Write, walk: Walk) -> None:
    if walk.identity is None and not is_named(value):
        raise Culprit(value, "is a function that no module names")
    write(b"k" + head(value, walk))


def _builtin(value: Any, write: Write, walk: Walk) -> None:
    write(b"j" + text(f"{value.__module__}:{value.__qualname__}"))
    owner = value.__self__
    inside(value, ".__self__", None if type(owner).__name__ == "module" else owner, write, walk)


def _proxy(value: MappingProxyType[Any, Any], write: Write, walk: Walk) -> None:
    write(b"v")
    inside(value, "", dict(value), write, walk)


def _re_pattern(value: Any, write: Write, walk: Walk) -> None:
    write(b"/")
    inside(value, ".pattern", value.pattern, write, walk)
    inside(value, ".flags", value.flags, write, walk)


def _record(value: Any, write: Write, walk: Walk) -> None:
    write(b"I" + text(class_name(type(value))))
    for name in type(value).__slots__:
        inside(value, f".{name}", getattr(value, name), write, walk)


def _secret(value: Secret, write: Write, walk: Walk) -> None:
    raise Culprit(value, "is a Secret, which enters no fingerprint")


_OWN: dict[type, Handler] = {
    FunctionType: _function,
    BuiltinFunctionType: _builtin,
    MappingProxyType: _proxy,
    Stored: _record,
    Reference: _record,
    Secret: _secret,
}
