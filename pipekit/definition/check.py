"""Whether a value is of a type, and if not, where and why. It must never change the value, nor know where it came from."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any

from msgspec import Struct

from pipekit.definition.show import article, sentence, show
from pipekit.definition.types import Type
from pipekit.values.call import Raised, call_user


class Mismatch(Struct, frozen=True):
    """A value that is not of a type: `path` leads to it from the value that was checked (`"[3].name"`); `type` is what it is not.

    `message` says it all in one line, the path first where there is one.
    """

    path: str
    value: Any
    type: Type[Any]
    message: str

    def below(self, step: str) -> Mismatch:
        """The same, seen from the value that holds this one at `step`."""
        if not step:
            return self
        plain = self.message[len(self.path) + 2 :] if self.path else self.message
        path = step + self.path
        return Mismatch(path, self.value, self.type, f"{path}: {plain}")


def check(type: Type[Any], value: Any) -> Mismatch | None:
    """None if `value` is of `type`, else what is wrong. Runs the user's predicates; one that raises counts as failing."""
    try:
        return _check(type, value)
    except RecursionError:
        return mismatch(type, value, "it is nested too deeply, or holds itself")


def mismatch(type: Type[Any], value: Any, why: str = "") -> Mismatch:
    """`value` is not of `type`; `why` is added to what the type's name and docstring say."""
    doc = sentence(type.doc) if type.kind in ("declared", "all") else ""
    # a wrong value may well be the secret itself
    shown = f"this {value.__class__.__name__}" if type.is_secret else show(value)
    said = f"{shown} is not {article(type.name)}" + (f": {doc}" if doc else "") + (f" ({why})" if why else "")
    return Mismatch("", value, type, said)


def _check(type: Type[Any], value: Any) -> Mismatch | None:
    # by far most values are exactly of the class that was asked for
    if type.kind == "class" and value.__class__ is type.cls:
        return None
    return _CHECKS[type.kind](type, value)


def _any(type: Type[Any], value: Any) -> Mismatch | None:
    return None


def _class(type: Type[Any], value: Any) -> Mismatch | None:
    asked = call_user(isinstance, value, type.cls)
    if isinstance(asked, Raised):
        return mismatch(type, value, f"asking raised {raised(asked.error)}")
    if isinstance(value, bool) and type.cls in (int, float):
        return mismatch(type, value)
    return None if asked.value or (type.cls is float and isinstance(value, int)) else mismatch(type, value)


def _items(type: Type[Any], value: Any) -> Mismatch | None:
    if bad := _class(type, value):
        return bad
    item = type.args[0]
    if item.kind == "any" or isinstance(value, (str, bytes)):
        return None
    cls = item.cls if item.kind == "class" else None
    for at, one in enumerate(value):
        if one.__class__ is not cls and (bad := _check(item, one)):
            return bad.below("" if isinstance(value, (set, frozenset)) else f"[{at}]")
    return None


def _tuple(type: Type[Any], value: Any) -> Mismatch | None:
    if not isinstance(value, tuple):
        return mismatch(type, value)
    if len(value) != len(type.args):
        return mismatch(type, value, f"it has {len(value)} parts, not {len(type.args)}")
    for at, (part, one) in enumerate(zip(type.args, value)):
        if bad := _check(part, one):
            return bad.below(f"[{at}]")
    return None


def _mapping(type: Type[Any], value: Any) -> Mismatch | None:
    if bad := _class(type, value):
        return bad
    key, part = type.args
    if key.kind == part.kind == "any":
        return None
    for name, one in value.items():
        if bad := _check(key, name):
            return bad
        if bad := _check(part, one):
            return bad.below(f"[{show(name)}]")
    return None


def _record(type: Type[Any], value: Any) -> Mismatch | None:
    if bad := _class(type, value):
        return bad
    for name, field in type.fields.items():
        got = call_user(getattr, value, name)
        if isinstance(got, Raised):
            return mismatch(type, value, f"its field {name} raised {raised(got.error)}")
        if bad := _check(field.type, got.value):
            return bad.below(f".{name}")
    return None


def _keys(type: Type[Any], value: Any) -> Mismatch | None:
    if not isinstance(value, dict):
        return mismatch(type, value)
    for name, field in type.fields.items():
        if name not in value:
            if field.required:
                return mismatch(type, value, f"it lacks the key {name}")
        elif bad := _check(field.type, value[name]):
            return bad.below(f"[{name!r}]")
    return None


def _union(type: Type[Any], value: Any) -> Mismatch | None:
    wrong = []
    for arm in type.args:
        bad = _check(arm, value)
        if bad is None:
            return None
        wrong.append(bad)
    near = [
        bad
        for arm, bad in zip(type.args, wrong)
        if bad.path or (arm.cls and arm.kind == "declared" and isinstance(value, arm.cls))
    ]
    if len(near) == 1:
        return near[0]
    others = [bad for arm, bad in zip(type.args, wrong) if arm.cls is not NoneType]
    return others[0] if len(others) == 1 else mismatch(type, value)


def _literal(type: Type[Any], value: Any) -> Mismatch | None:
    for choice in type.choices:
        if value.__class__ is choice.__class__ and value == choice:
            return None
    return mismatch(type, value)


def _declared(type: Type[Any], value: Any) -> Mismatch | None:
    if type.parent is not None and (bad := _check(type.parent, value)):
        return bad
    if type.predicate is None:
        return None
    asked = call_user(_holds, type.predicate, value)
    if isinstance(asked, Raised):
        return mismatch(type, value, f"its predicate raised {raised(asked.error)}")
    return (
        None
        if asked.value is True
        else mismatch(type, value, "its predicate returned None" if asked.value is None else "")
    )


def _holds(predicate: Callable[[Any], object], value: Any) -> bool | None:
    answer = predicate(value)
    return None if answer is None else bool(answer)


def _all(type: Type[Any], value: Any) -> Mismatch | None:
    for one in type.args:
        if bad := _check(one, value):
            return bad
    return None


def raised(error: BaseException) -> str:
    """An error as one line: its class and its message."""
    text = call_user(str, error)
    said = "" if isinstance(text, Raised) else " ".join(text.value.split())
    return f"{error.__class__.__name__}: {said}" if said else error.__class__.__name__


_CHECKS: dict[str, Callable[[Type[Any], Any], Mismatch | None]] = {
    "any": _any,
    "class": _class,
    "items": _items,
    "tuple": _tuple,
    "mapping": _mapping,
    "iterator": _class,
    "record": _record,
    "keys": _keys,
    "union": _union,
    "literal": _literal,
    "declared": _declared,
    "all": _all,
}
