"""Whether every value of one type may be given where another is asked for. It must never look at a value."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from pipekit.definition.types import Type
from pipekit.values.call import Raised, call_user


def fits(product: Type[Any], parameter: Type[Any]) -> bool:
    """Whether a product of this type fits a parameter of that one: subclasses, arms of unions, parts, and a declared type's parents.

    Any fits everywhere. A bool is not an int, an int fits a float. A plain class never fits a type that is declared over it.
    """
    return _fits(product, parameter, frozenset())


_Seen = frozenset[tuple[int, int]]


def _fits(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if product is parameter or "any" in (product.kind, parameter.kind) or (id(product), id(parameter)) in seen:
        return True
    seen = seen | {(id(product), id(parameter))}
    if product.kind == "union":
        return all(_fits(arm, parameter, seen) for arm in product.args)
    if parameter.kind == "union":
        return any(_fits(product, arm, seen) for arm in parameter.args) or _each_choice(product, parameter, seen)
    if parameter.kind == "all":
        return all(_fits(product, one, seen) for one in parameter.args)
    if product.kind == "all":
        return any(_fits(one, parameter, seen) for one in product.args)
    if product.kind == "declared":
        return product.parent is not None and _fits(product.parent, parameter, seen)
    if parameter.kind == "declared":
        return False
    return _FITS.get(parameter.kind, _by_class)(product, parameter, seen)


def _each_choice(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    alone: list[Type[Any]] = [Type(product.name, "literal", choices=(choice,)) for choice in product.choices]
    return product.kind == "literal" and all(any(_fits(one, arm, seen) for arm in parameter.args) for one in alone)


def _by_class(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if product.kind == "literal":
        return all(_subclass(choice.__class__, parameter.cls) for choice in product.choices)
    return _subclass(product.cls, parameter.cls)


def _subclass(one: type[Any] | None, other: type[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    if one is bool:
        return other not in (int, float, complex) and _is_subclass(one, other)
    if other is float and _is_subclass(one, int):
        return True
    return _is_subclass(one, other)


def _is_subclass(one: type[Any], other: type[Any]) -> bool:
    asked = call_user(issubclass, one, other)
    # a protocol with attributes cannot be asked about a class, only about a value: the check of the product will tell
    return True if isinstance(asked, Raised) else bool(asked.value)


def _literal(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    return product.kind == "literal" and all(
        any(one.__class__ is other.__class__ and one == other for other in parameter.choices) for one in product.choices
    )


def _held(product: Type[Any]) -> tuple[Type[Any], ...]:
    """The types of what iterating over a product gives."""
    if product.kind in ("items", "iterator", "tuple"):
        return product.args
    if product.kind == "mapping":
        return product.args[:1]
    return ()


def _items(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if not _by_class(product, parameter, seen):
        return False
    return all(_fits(one, parameter.args[0], seen) for one in _held(product))


def _iterator(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if product.kind == "iterator" and product.cls in (Iterator, Generator) and parameter.cls is Iterator:
        return all(_fits(one, parameter.args[0], seen) for one in _held(product))
    return _items(product, parameter, seen)


def _tuple(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    parts = tuple(field.type for field in product.fields.values()) if product.kind == "record" else product.args
    if product.kind not in ("tuple", "record") or not _by_class(product, parameter, seen):
        return False
    return len(parts) == len(parameter.args) and all(_fits(a, b, seen) for a, b in zip(parts, parameter.args))


def _mapping(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if not _by_class(product, parameter, seen):
        return False
    if product.kind == "keys":
        return all(_fits(field.type, parameter.args[1], seen) for field in product.fields.values())
    return product.kind != "mapping" or all(_fits(a, b, seen) for a, b in zip(product.args, parameter.args))


def _record(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if not _by_class(product, parameter, seen):
        return False
    return product.cls is not parameter.cls or all(_fits(a, b, seen) for a, b in zip(product.args, parameter.args))


def _keys(product: Type[Any], parameter: Type[Any], seen: _Seen) -> bool:
    if product.kind != "keys":
        return False
    for name, field in parameter.fields.items():
        has = product.fields.get(name)
        if has is None and field.required:
            return False
        if has is not None and (not _fits(has.type, field.type, seen) or (field.required and not has.required)):
            return False
    return True


_FITS: dict[str, Callable[[Type[Any], Type[Any], _Seen], bool]] = {
    "class": _by_class,
    "literal": _literal,
    "items": _items,
    "iterator": _iterator,
    "tuple": _tuple,
    "mapping": _mapping,
    "record": _record,
    "keys": _keys,
}
