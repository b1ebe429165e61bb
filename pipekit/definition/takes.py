"""How a parameter takes the product of its dep, and whether the product fits it. It must never know the rest of a function."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, MutableSequence, Sequence
from typing import Any

from pipekit.definition.fit import fits
from pipekit.definition.lines import Spot
from pipekit.definition.prelude import ANY
from pipekit.definition.tasks import Takes, Task
from pipekit.definition.types import Type
from pipekit.errors import DefinitionError

LISTS: tuple[Any, ...] = (list, Sequence, MutableSequence, Collection)
ITERATORS: tuple[Any, ...] = (Iterator, Iterable, Generator)


def take(
    name: str, parameter: str, type: Type[Any], dep: Task[..., Any], first: bool, spot: Spot
) -> tuple[Takes, Type[Any]]:
    """How `parameter` of the task `name` takes `dep`, and of which type: of a stream, and of what an each runs over, one item.

    `first`: it is the first of an each. Raises DefinitionError where what the dep makes does not fit.
    """
    if first:
        how, made, wanted = "item", _item(name, dep, spot), type
    elif dep.streams:
        how, made, wanted = _stream(name, parameter, type, dep, spot)
    else:
        how, made, wanted = "whole", dep.product, type
    if not fits(made, wanted):
        one = "an item of " if how != "whole" else ""
        raise DefinitionError(
            f"'{name}': '{parameter}' takes {one}'{dep.name}' as {wanted.name}, but it is {made.name}",
            where=spot.parameter(parameter),
            hint=f"annotate it with what '{dep.name}' produces, or name another dep",
        )
    return how, wanted  # type: ignore[return-value]


def _item(name: str, dep: Task[..., Any], spot: Spot) -> Type[Any]:
    if dep.streams:
        return dep.product
    product = next((one for one in dep.product.lineage if one.kind != "declared"), ANY)
    if product.kind == "all":
        product = product.args[0]
    if product.kind == "items" and product.cls is not None and issubclass(product.cls, list):
        return product.args[0]
    if product.kind == "any":
        return ANY
    raise DefinitionError(
        f"the each '{name}' cannot run over '{dep.name}', which produces {dep.product.name}",
        where=spot.origin,
        hint="an each takes its items from a stream, or from a task that produces a list",
    )


def _stream(
    name: str, parameter: str, type: Type[Any], dep: Task[..., Any], spot: Spot
) -> tuple[Takes, Type[Any], Type[Any]]:
    if type.kind == "any":
        return "iterator", dep.product, ANY
    if type.kind == "iterator" and type.cls in ITERATORS:
        return "iterator", dep.product, type.args[0]
    if type.kind == "items" and type.cls in LISTS:
        return "list", dep.product, type.args[0]
    raise DefinitionError(
        f"'{name}': '{parameter}' takes the stream '{dep.name}' as {type.name}",
        where=spot.parameter(parameter),
        hint=f"Iterator[{dep.product.name}] takes its items as they come, list[{dep.product.name}] waits for all of them",
    )
