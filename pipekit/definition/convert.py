"""From what YAML gives to what a type declares. It must never judge the result: that is `check`; nor know where the value was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from types import NoneType
from typing import Any

from pipekit.definition.check import Mismatch, check, mismatch, raised
from pipekit.definition.measures import seconds
from pipekit.definition.nearest import nearest
from pipekit.definition.types import Type
from pipekit.values.call import Raised, call_user


class NotA(Exception):
    """A raw value cannot become what its type declares; `mismatch` says where and why."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(mismatch.message)
        self.mismatch = mismatch


def convert(type: Type[Any], raw: Any) -> Any:
    """`raw` (None, bool, int, float, str, list, dict as YAML core gives them) as the class that `type` declares.

    Text becomes a Path, date, datetime, time, timedelta ("90s"), Decimal, UUID, Enum (by name) or bytes (UTF-8); a list becomes a
    tuple, set or frozenset; a mapping a dataclass, NamedTuple or TypedDict; an int a float; inside containers too. Raises NotA
    where that cannot be. Predicates are not asked (but to choose an arm of a union): `check` the result.
    """
    try:
        return _convert(type, raw)
    except RecursionError:
        raise NotA(mismatch(type, raw, "it is nested too deeply")) from None


def admits_only_text(type: Type[Any]) -> bool:
    """Whether everything that may be written for `type` is text, so that `-o` and `${env:}` give it as it stands."""
    if type.kind == "declared":
        return type.parent is not None and admits_only_text(type.parent)
    if type.kind in ("union", "all"):
        return all(map(admits_only_text, type.args))
    if type.kind == "literal":
        return all(isinstance(choice, (str, bytes, Enum)) for choice in type.choices)
    return type.secret or (
        type.kind == "class" and type.cls is not None and (_reader(type.cls) is not None or issubclass(type.cls, str))
    )


def _convert(type: Type[Any], raw: Any) -> Any:
    return _CONVERT[type.kind](type, raw)


def _as_it_is(type: Type[Any], raw: Any) -> Any:
    return raw


def _class(type: Type[Any], raw: Any) -> Any:
    cls = type.cls
    if cls is None or raw.__class__ is cls:
        return raw
    if cls is float and raw.__class__ is int:
        return _made(type, raw, float, raw)
    read = _reader(cls)
    if read is None or isinstance(raw, cls):
        if check(type, raw) is not None:
            raise NotA(mismatch(type, raw))
        return raw
    text = repr(raw) if cls.__name__ == "Decimal" and raw.__class__ in (int, float) else raw
    if not isinstance(text, str):
        raise NotA(mismatch(type, raw))
    return _made(type, raw, read, text)


def _made(type: Type[Any], raw: Any, make: Callable[..., Any], *args: Any, **named: Any) -> Any:
    made = call_user(make, *args, **named)
    if isinstance(made, Raised):
        raise NotA(mismatch(type, raw, _why(made.error)))
    return made.value


def _why(error: BaseException) -> str:
    """What a constructor said; the classes of what Python itself raises for a wrong value say nothing more."""
    if type(error).__module__ == "decimal":
        return ""
    said = raised(error)
    return said.removeprefix("ValueError: ").removeprefix("OverflowError: ")


def _reader(cls: type[Any]) -> Callable[[str], Any] | None:
    """How text becomes a `cls`; by name, so that no module is imported to ask."""
    if issubclass(cls, PurePath):
        return cls
    if issubclass(cls, Enum):
        return lambda text: _member(cls, text)
    home = f"{cls.__module__}.{cls.__qualname__}"
    if home in ("datetime.date", "datetime.time", "datetime.datetime"):
        return cls.fromisoformat  # type: ignore[no-any-return]
    if home in ("decimal.Decimal", "uuid.UUID"):
        return cls
    if home == "datetime.timedelta":
        return lambda text: cls(seconds=seconds(text))
    return str.encode if cls is bytes else None


def _member(cls: type[Enum], text: str) -> Enum:
    if text in cls.__members__:
        return cls.__members__[text]
    close = nearest(text, cls.__members__)
    raise ValueError(f"it has {', '.join(cls.__members__)}" + (f"; did you mean {close}?" if close else ""))


def _parts(type: Type[Any], raw: Iterable[Any], parts: Iterable[Type[Any]]) -> list[Any]:
    return [_below(part, one, f"[{at}]") for at, (part, one) in enumerate(zip(parts, raw))]


def _below(type: Type[Any], raw: Any, step: str) -> Any:
    try:
        return _convert(type, raw)
    except NotA as wrong:
        raise NotA(wrong.mismatch.below(step)) from None


def _items(type: Type[Any], raw: Any) -> Any:
    cls = type.cls or list
    if not isinstance(raw, list):
        return _passed(type, raw)
    made = _parts(type, raw, [type.args[0]] * len(raw))
    concrete: Any = cls if cls in (list, tuple, set, frozenset) else _CONCRETE.get(cls.__name__, list)
    return made if concrete is list else _made(type, raw, concrete, made)


_CONCRETE: Mapping[str, type[Any]] = {"Set": frozenset, "MutableSet": set}


def _passed(type: Type[Any], raw: Any) -> Any:
    if bad := check(type, raw):
        raise NotA(bad)
    return raw


def _tuple(type: Type[Any], raw: Any) -> Any:
    if not isinstance(raw, list):
        return _passed(type, raw)
    if len(raw) != len(type.args):
        raise NotA(mismatch(type, raw, f"it has {len(raw)} parts, not {len(type.args)}"))
    return tuple(_parts(type, raw, type.args))


def _mapping(type: Type[Any], raw: Any) -> Any:
    if not isinstance(raw, dict):
        return _passed(type, raw)
    key, part = type.args
    made: dict[Any, Any] = {}
    for name, one in raw.items():
        read = _convert(key, name)
        if _made(type, raw, hash, read) is not None and read in made:
            raise NotA(mismatch(type, raw, f"it has the key {name!r} twice"))
        made[read] = _below(part, one, f"[{name!r}]")
    return made


def _record(type: Type[Any], raw: Any) -> Any:
    if isinstance(raw, list) and type.cls is not None and issubclass(type.cls, tuple):
        raw = dict(zip(type.fields, raw)) if len(raw) <= len(type.fields) else raw
    if not isinstance(raw, dict):
        return _passed(type, raw)
    return _made(type, raw, type.cls or dict, **_fields(type, raw))


def _keys(type: Type[Any], raw: Any) -> Any:
    return _fields(type, raw) if isinstance(raw, dict) else _passed(type, raw)


def _fields(type: Type[Any], raw: dict[Any, Any]) -> dict[str, Any]:
    known = {name: field for name, field in type.fields.items() if field.init}
    for name in raw:
        if name not in known:
            close = nearest(str(name), known)
            raise NotA(
                mismatch(
                    type,
                    raw,
                    f"it has no {name}" + (f"; did you mean {close}?" if close else f": it has {', '.join(known)}"),
                )
            )
    if missing := [name for name, field in known.items() if field.required and name not in raw]:
        raise NotA(mismatch(type, raw, f"it lacks {', '.join(missing)}"))
    return {name: _below(known[name].type, one, f".{name}") for name, one in raw.items()}


def _union(type: Type[Any], raw: Any) -> Any:
    """The first arm that takes `raw` as it is; then the first that it can become; else the nearest one's reason."""
    wrong: list[NotA] = []
    for arm in type.args:
        if arm.kind != "any" and check(arm, raw) is None:
            return _convert(arm, raw)
    for arm in type.args:
        try:
            made = _convert(arm, raw)
        except NotA as bad:
            wrong.append(bad)
            continue
        found = check(arm, made)
        if found is None:
            return made
        wrong.append(NotA(found))
    arms = [bad for arm, bad in zip(type.args, wrong) if arm.cls is not NoneType]
    near = [bad for bad in arms if bad.mismatch.path] or arms
    raise near[0] if len(near) == 1 else NotA(mismatch(type, raw))


def _literal(type: Type[Any], raw: Any) -> Any:
    for choice in type.choices:
        if raw.__class__ is choice.__class__ and raw == choice:
            return choice
        if isinstance(choice, Enum) and raw == choice.name:
            return choice
        if isinstance(choice, bytes) and isinstance(raw, str) and raw.encode() == choice:
            return choice
    raise NotA(mismatch(type, raw))


def _declared(type: Type[Any], raw: Any) -> Any:
    try:
        return raw if type.parent is None else _convert(type.parent, raw)
    except NotA as wrong:
        if wrong.mismatch.path or wrong.mismatch.type is not type.parent:
            raise
        raise NotA(Mismatch("", raw, type, mismatch(type, raw).message)) from None


def _all(type: Type[Any], raw: Any) -> Any:
    for one in type.args:
        raw = _convert(one, raw)
    return raw


_CONVERT: dict[str, Callable[[Type[Any], Any], Any]] = {
    "any": _as_it_is,
    "class": _class,
    "items": _items,
    "tuple": _tuple,
    "mapping": _mapping,
    "iterator": _passed,
    "record": _record,
    "keys": _keys,
    "union": _union,
    "literal": _literal,
    "declared": _declared,
    "all": _all,
}
