"""From an annotation to a type. It must never know where the annotation stands, nor look at a value."""

from __future__ import annotations

import collections.abc as abc
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from msgspec.structs import replace

from pipekit.definition.fit import fits
from pipekit.definition.prelude import ANY, PLAIN
from pipekit.definition.records import dataclass_fields, is_keys, is_named_tuple, keys_fields, named_tuple_fields
from pipekit.definition.scope import Scope, scope_of_class
from pipekit.definition.show import article
from pipekit.definition.types import Field, Type
from pipekit.errors import DefinitionError
from pipekit.values.call import Raised, call_user

ITEMS: tuple[Any, ...] = (
    *(list, set, frozenset, abc.Sequence, abc.MutableSequence, abc.Set, abc.MutableSet, abc.Collection),
)
MAPPINGS: tuple[Any, ...] = (dict, abc.Mapping, abc.MutableMapping)
ITERATORS: tuple[Any, ...] = (abc.Iterable, abc.Iterator, abc.Generator)

DECLARE = "declare the type: a predicate under @env.type(), then Annotated[..., that_type]"


def familiar(annotation: Any, known: Mapping[Any, Type[Any]]) -> Type[Any] | None:
    """The type of an annotation that was read before, or that the prelude declares; None for any other, and for text."""
    try:
        return PLAIN.get(annotation) or known.get(annotation)
    except TypeError:  # unhashable, as its metadata or choices are
        return None


def type_of(annotation: Any, scope: Scope) -> Type[Any]:
    """The type that `annotation` stands for; raises DefinitionError (at `scope.where`) if it stands for none."""
    if annotation.__class__ is str:
        return type_of(scope.evaluate(annotation), scope)
    found = familiar(annotation, scope.known)
    if found is not None:
        return found
    made = _read(annotation, scope)
    if not scope.variables and not _speaks_of_names(annotation):
        _remember(annotation, made, scope)
    return made


def _remember(annotation: Any, made: Type[Any], scope: Scope) -> None:
    try:
        scope.known[annotation] = made
    except TypeError:  # unhashable
        return


def _speaks_of_names(annotation: Any) -> bool:
    if isinstance(annotation, (str, typing.ForwardRef)):
        return True
    return any(
        _speaks_of_names(part)
        for part in typing.get_args(annotation)
        if typing.get_origin(annotation) is not typing.Literal
    )


def _read(annotation: Any, scope: Scope) -> Type[Any]:
    if isinstance(annotation, typing.ForwardRef):
        home = sys.modules.get(getattr(annotation, "__forward_module__", None) or "")
        return type_of(annotation.__forward_arg__, replace(scope, names=vars(home)) if home else scope)
    if isinstance(annotation, Type):
        raise _wrong(
            f"'{annotation.name}' stands alone as an annotation", scope, f"write Annotated[..., {annotation.name}]"
        )
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _generic(annotation, origin, scope)
    if isinstance(annotation, type):
        return _class(annotation, (), scope)
    return _form(annotation, scope)


def _form(annotation: Any, scope: Scope) -> Type[Any]:
    if isinstance(annotation, typing.NewType):
        return type_of(annotation.__supertype__, scope)
    if isinstance(annotation, typing.TypeVar):
        known = scope.variables.get(annotation)
        return known if known is not None else _variable(annotation, scope)
    if hasattr(annotation, "__value__"):  # an alias made by the `type` statement
        return type_of(annotation.__value__, scope)
    if annotation is typing.LiteralString:
        return PLAIN[str]
    raise _wrong(
        f"{_shown(annotation)} is no type",
        scope,
        "an annotation is a class, a generic such as list[int], or Annotated with a declared type",
    )


def _variable(variable: Any, scope: Scope) -> Type[Any]:
    if variable.__constraints__:
        return _union(variable.__constraints__, scope)
    return type_of(variable.__bound__, scope) if variable.__bound__ is not None else ANY


def _generic(annotation: Any, origin: Any, scope: Scope) -> Type[Any]:
    args = typing.get_args(annotation)
    if origin is typing.Annotated:
        return _annotated(annotation, scope)
    if origin in (typing.Union, types.UnionType):
        return _union(args, scope)
    if origin is typing.Literal:
        return Type(f"Literal[{', '.join(map(_choice, args))}]", "literal", choices=args)
    if origin in (typing.Required, typing.NotRequired) or getattr(origin, "__name__", "") == "ReadOnly":
        return type_of(args[0], scope)
    if hasattr(origin, "__value__"):  # a generic alias made by the `type` statement
        return type_of(origin.__value__[args], scope)
    if isinstance(origin, type):
        return _class(origin, args, scope)
    raise _wrong(f"{_shown(annotation)} is no type of a value", scope, "name a class instead")


def _choice(choice: Any) -> str:
    return str(choice) if isinstance(choice, Enum) else repr(choice)


def _annotated(annotation: Any, scope: Scope) -> Type[Any]:
    stray = [one for one in annotation.__metadata__ if not isinstance(one, Type)]
    if stray:
        shown = getattr(stray[0], "__name__", None) or _shown(stray[0])
        raise _wrong(f"Annotated speaks of {shown}, which no env declares", scope, DECLARE)
    kept: list[Type[Any]] = []
    bare = type_of(annotation.__origin__, scope)
    for one in annotation.__metadata__:
        _agrees(bare, one, scope)
        kept = [other for other in kept if other not in one.lineage]
        if not any(one in other.lineage for other in kept):
            kept.append(one)
    # of an int that is a positive, the int says nothing; of a list[int] that is a nonempty (of any Sized), it does
    if not any(fits(one, bare) for one in kept):
        kept.insert(0, bare)
    if len(kept) == 1:
        return kept[0]
    return Type(" & ".join(one.name for one in kept), "all", bare.cls, tuple(kept), doc=kept[-1].doc)


def _agrees(bare: Type[Any], one: Type[Any], scope: Scope) -> None:
    root = [*one.lineage][-1]
    if not fits(bare, root) and not fits(root, bare):
        raise _wrong(
            f"Annotated[{bare.name}, {one.name}]: {one.name} speaks of {article(root.name)}",
            scope,
            f"write Annotated[{root.name}, {one.name}]",
        )


# of several that would take a text or a number, the one that takes least comes first, in whatever order they are written:
# typing itself hands out `int | str` for `str | int`
_RANKS = (
    "NoneType",
    "bool",
    "int",
    "float",
    "str",
    "UUID",
    "date",
    "time",
    "datetime",
    "timedelta",
    "Decimal",
    "bytes",
)


def _rank(one: Type[Any]) -> int:
    if one.kind in ("any", "iterator"):
        return 90
    if one.kind in ("declared", "all"):
        return (
            20
            if one.place
            else 30 + (_RANKS.index(one.cls.__name__) if one.cls and one.cls.__name__ in _RANKS else len(_RANKS))
        )
    if one.kind == "literal":
        return 10
    if one.cls is not None and one.cls.__name__ in _RANKS:
        return 50 + _RANKS.index(one.cls.__name__)
    return 45 if isinstance(one.cls, type) and issubclass(one.cls, Enum) else 80


def _union(args: tuple[Any, ...], scope: Scope) -> Type[Any]:
    arms: dict[Type[Any], None] = {}
    for arg in args:
        one = type_of(arg, scope)
        arms.update(dict.fromkeys(one.args if one.kind == "union" else (one,)))
    if len(arms) == 1:
        return next(iter(arms))
    name = " | ".join(one.name for one in sorted(arms, key=lambda one: one.cls is types.NoneType))
    return Type(name, "union", args=tuple(sorted(arms, key=_rank)))


def _class(cls: type[Any], args: tuple[Any, ...], scope: Scope) -> Type[Any]:
    if cls is object:
        return ANY
    if cls in PLAIN and not args and cls is not tuple:
        return PLAIN[cls]
    if cls is tuple:
        return _tuple(args, scope)
    kind = "items" if cls in ITEMS else "mapping" if cls in MAPPINGS else "iterator" if cls in ITERATORS else ""
    if kind:
        return _container(cls, kind, args, scope)
    if getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False):
        raise _wrong(
            f"the Protocol {cls.__name__} cannot be checked",
            scope,
            f"write @runtime_checkable above class {cls.__name__}",
        )
    return _record(cls, args, scope) or Type(cls.__name__, "class", cls)


def _tuple(args: tuple[Any, ...], scope: Scope) -> Type[Any]:
    if len(args) == 2 and args[1] is Ellipsis:
        item = type_of(args[0], scope)
        return Type(f"tuple[{item.name}, ...]", "items", tuple, (item,))
    parts = tuple(type_of(arg, scope) for arg in args if arg != ())
    return Type(f"tuple[{', '.join(part.name for part in parts) or '()'}]", "tuple", tuple, parts)


def _container(cls: type[Any], kind: Any, args: tuple[Any, ...], scope: Scope) -> Type[Any]:
    wanted = 2 if kind == "mapping" else 1
    parts = tuple(type_of(arg, scope) for arg in args[:wanted]) or (ANY,) * wanted
    name = f"{cls.__name__}[{', '.join(part.name for part in parts)}]" if args else cls.__name__
    return Type(name, kind, cls, parts)


def _record(cls: type[Any], args: tuple[Any, ...], scope: Scope) -> Type[Any] | None:
    reader: Callable[..., Mapping[str, Field]]
    if is_dataclass(cls):
        kind, reader = "record", dataclass_fields
    elif is_named_tuple(cls):
        kind, reader = "record", named_tuple_fields
    elif is_keys(cls):
        kind, reader = "keys", keys_fields
    else:
        return None
    parts = tuple(type_of(arg, scope) for arg in args)
    inner = scope_of_class(cls, scope.known, scope.where, dict(zip(getattr(cls, "__parameters__", ()), parts)))
    return Type(
        f"{cls.__name__}[{', '.join(part.name for part in parts)}]" if parts else cls.__name__,
        kind,  # type: ignore[arg-type]
        dict if kind == "keys" else cls,
        parts,
        choices=(cls,),
        doc=_written_doc(cls),
        read_fields=lambda: reader(cls, lambda name, part, owner: _field(cls, name, part, _within(inner, owner, cls))),
    )


def _field(cls: type[Any], name: str, part: Any, scope: Scope) -> Type[Any]:
    try:
        return type_of(part, scope)
    except DefinitionError as wrong:
        raise DefinitionError(f"{cls.__name__}.{name}: {wrong}", where=wrong.where, hint=wrong.hint) from None


def _within(scope: Scope, owner: type[Any], cls: type[Any]) -> Scope:
    if owner is cls:
        return scope
    return replace(scope_of_class(owner, scope.known, scope.where, {}), variables=scope.variables)


def _written_doc(cls: type[Any]) -> str:
    doc = cls.__dict__.get("__doc__") or ""
    return "" if doc.startswith(f"{cls.__name__}(") else doc  # what @dataclass writes by itself says nothing


def _shown(value: object) -> str:
    shown = call_user(repr, value)
    return f"a {type(value).__name__}" if isinstance(shown, Raised) else shown.value[:80]


def _wrong(message: str, scope: Scope, hint: str) -> DefinitionError:
    return DefinitionError(message, where=scope.where, hint=hint)
