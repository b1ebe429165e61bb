"""From a predicate to a declared type. It must never register what it makes, nor ask the predicate anything."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

from pipekit.definition.annotations import type_of
from pipekit.definition.define import Frame
from pipekit.definition.fit import fits
from pipekit.definition.scope import scope_of
from pipekit.definition.show import article, show
from pipekit.definition.signature import Signature, signature
from pipekit.definition.types import Type
from pipekit.errors import DefinitionError


def declare(predicate: Callable[[Any], object], name: str, parent: Any, at: Frame) -> Type[Any]:
    """The type that `predicate` makes of its parent. Raises DefinitionError if it does not take exactly one value."""
    where = at.spot.origin
    if parent is not None and not isinstance(parent, Type):
        raise DefinitionError(
            f"the parent of '{name}' is {show(parent)}, no declared type",
            where=where,
            hint="annotate the predicate's parameter instead",
        )
    read = signature(predicate, name, where)
    _takes_one_value(read, name, at)
    own = _annotated(read, name, at)
    if parent is not None and own is not None and not fits(parent, own):
        raise DefinitionError(
            f"'{name}' takes {article(own.name)}, its parent '{parent.name}' is {article([*parent.lineage][-1].name)}",
            where=at.spot.parameter(read.positional[0]),
            hint=f"annotate it as its parent's values are, or leave out parent={parent.name}",
        )
    root = parent or own
    if root is None:
        raise DefinitionError(
            f"the predicate '{name}' does not say what it takes",
            where=where,
            hint=f"write def {name}(value: int) -> bool",
        )
    doc = cleandoc(predicate.__doc__) if predicate.__doc__ else ""
    return Type(
        name,
        "declared",
        root.cls,
        parent=root,
        predicate=predicate,
        doc=doc,
        origin=where,
        place=root.place,
        secret=root.secret,
    )


def _takes_one_value(read: Signature, name: str, at: Frame) -> None:
    must = [one for one in (*read.positional, *read.keywords) if one not in read.defaults]
    if not read.positional or must not in ([], [read.positional[0]]):
        count = len(must)
        raise DefinitionError(
            f"the predicate '{name}' takes {count} values",
            where=at.spot.origin,
            hint=f"a predicate takes the value alone: def {name}(value: int) -> bool",
        )
    if read.generator:
        raise DefinitionError(
            f"the predicate '{name}' yields", where=at.spot.origin, hint="a predicate returns whether the value is one"
        )


def _annotated(read: Signature, name: str, at: Frame) -> Type[Any] | None:
    parameter = read.positional[0]
    if parameter not in read.annotations:
        return None
    scope = scope_of(read.function, at.known, at.frame, at.spot.origin)
    try:
        return type_of(read.annotations[parameter], scope)
    except DefinitionError as wrong:
        raise DefinitionError(
            f"'{name}': '{parameter}': {wrong}", where=at.spot.parameter(parameter), hint=wrong.hint
        ) from None
