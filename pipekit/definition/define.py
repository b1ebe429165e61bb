"""From a decorated function to a task. It must never register what it makes, nor call the function."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import cleandoc
from types import FrameType
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace as changed

from pipekit.definition.annotations import familiar, type_of
from pipekit.definition.check import check
from pipekit.definition.lines import Spot
from pipekit.definition.places import coerce
from pipekit.definition.prelude import ANY
from pipekit.definition.scope import scope_of
from pipekit.definition.show import article, show
from pipekit.definition.signature import Signature, signature
from pipekit.definition.takes import take
from pipekit.definition.tasks import Config, Each, Flat, Option, Stream, Takes, Task, Whole
from pipekit.definition.types import MISSING, Type
from pipekit.errors import DefinitionError

NAME = re.compile(r"[A-Za-z_][\w-]*")
"""What a task or a type may be called."""

Kind = Literal["task", "stream", "each"]


class Frame(NamedTuple):
    """Where a function is being defined: in which frame, at which spot, in which module's body, for which env.

    `known` remembers types by annotation.
    """

    frame: FrameType | None
    spot: Spot
    known: dict[Any, Any]
    module: str = ""
    env_module: str = ""
    env_name: str = ""


def define(
    fn: Callable[..., Any], kind: Kind, name: str, deps: Sequence[Task[..., Any]], config: Config, at: Frame
) -> Task[..., Any]:
    """The task that `fn` is, with its deps in order. Raises DefinitionError, at the parameter where there is one."""
    read = signature(fn, name, at.spot.origin)
    _count(name, len(read.positional), len(deps), at.spot)
    product, flat = _product(name, kind, read, at)
    taken = [
        take(name, parameter, _type(name, parameter, read, at), dep, kind == "each" and not place, at.spot)
        for place, (parameter, dep) in enumerate(zip(read.positional, deps))
    ]
    cls: type[Task[..., Any]] = Flat if flat else _CLASSES[kind]
    return cls.of_fields(
        {
            "name": name,
            "fn": fn,
            "deps": tuple([dep.name for dep in deps]),
            "takes": tuple([how for how, _ in taken]),
            "parameters": tuple([type for _, type in taken]),
            "options": {option: _option(name, option, read, at) for option in read.keywords},
            "product": product,
            "kind": kind,
            "flat": flat,
            "config": config,
            "origin": at.spot.origin,
            "doc": cleandoc(fn.__doc__) if fn.__doc__ else "",
            "module": at.module,
            "env_module": at.env_module,
            "env_name": at.env_name,
            "over": _over(deps[0]) if kind == "each" and deps else None,
        }
    )


_CLASSES: Mapping[str, type[Task[..., Any]]] = {"task": Whole, "stream": Stream, "each": Each}


def redefine(old: Task[..., Any], fn: Callable[..., Any], deps: Sequence[Task[..., Any]], at: Frame) -> Task[..., Any]:
    """`old` with another implementation: its name, kind and decorator's arguments, and its types where `fn` has no annotation.

    `deps` are the handles for the positional parameters of `fn`, in order. Raises DefinitionError as `define` does; whether the
    product still fits the dependents is for the graph to say.
    """
    name = old.name
    read = signature(fn, name, at.spot.origin)
    _count(name, len(read.positional), len(deps), at.spot)
    kind: Kind = "each" if old.kind == "each" else "stream" if old.kind == "stream" else "task"
    product, flat = old.product, old.flat or (kind == "each" and read.generator)
    if "return" in read.annotations:
        product, flat = _product(name, kind, read, at)
    taken = [_taken(old, place, read, dep, at) for place, dep in enumerate(deps)]
    new: Task[..., Any] = replace(
        old,
        fn=fn,
        deps=tuple(dep.name for dep in deps),
        takes=tuple(how for how, _ in taken),
        parameters=tuple(type for _, type in taken),
        options={option: _inherited(old, option, read, at) for option in read.keywords},
        product=product,
        flat=flat,
        origin=at.spot.origin,
        doc=cleandoc(fn.__doc__) if fn.__doc__ else old.doc,
        over=_over(deps[0]) if kind == "each" and deps else None,
        pin=None,
    )
    return new


def _taken(old: Task[..., Any], place: int, read: Signature, dep: Task[..., Any], at: Frame) -> tuple[Takes, Type[Any]]:
    parameter = read.positional[place]
    first = old.kind == "each" and place == 0
    if parameter in read.annotations:
        return take(old.name, parameter, _type(old.name, parameter, read, at), dep, first, at.spot)
    same = place < len(old.deps) and old.deps[place] == dep.name
    return (old.takes[place], old.parameters[place]) if same else take(old.name, parameter, ANY, dep, first, at.spot)


def _inherited(old: Task[..., Any], option: str, read: Signature, at: Frame) -> Option:
    if option in read.annotations or option not in old.options:
        return _option(old.name, option, read, at)
    default = _default(old.name, option, old.options[option].type, read, at.spot)
    return changed(old.options[option], default=default, origin=at.spot.origin)


def _count(name: str, parameters: int, deps: int, spot: Spot) -> None:
    if parameters != deps:
        more = parameters > deps
        raise DefinitionError(
            f"'{name}' takes {parameters} product{'' if parameters == 1 else 's'}, its decorator names {deps} dep{'' if deps == 1 else 's'}",
            where=spot.origin,
            hint="options come after '*': def f(product, /, *, option)"
            if more
            else "each dep gives one positional parameter, in order",
        )


def _type(name: str, parameter: str, read: Signature, at: Frame) -> Type[Any]:
    annotation = read.annotations.get(parameter, MISSING)
    if annotation is MISSING:
        raise DefinitionError(
            f"'{name}': '{parameter}' has no annotation",
            where=at.spot.origin,
            hint=f"say what it is, such as {parameter}: int",
        )
    known = familiar(annotation, at.known)
    if known is not None:
        return known
    try:
        return type_of(annotation, scope_of(read.function, at.known, at.frame, at.spot.origin))
    except DefinitionError as wrong:
        what = "the result" if parameter == "return" else f"'{parameter}'"
        raise DefinitionError(
            f"'{name}': {what}: {wrong}", where=at.spot.parameter(parameter), hint=wrong.hint
        ) from None


def _product(name: str, kind: Kind, read: Signature, at: Frame) -> tuple[Type[Any], bool]:
    """The type of the product, of a stream that of one item; and whether an each yields."""
    if "return" not in read.annotations:
        raise DefinitionError(
            f"'{name}' does not say what it produces",
            where=at.spot.origin,
            hint="write the result's type: def f(...) -> list[str]",
        )
    made = _type(name, "return", read, at)
    yields = made.kind == "iterator" and made.cls in (Iterator, Generator)
    if kind == "task" and (yields or read.generator):
        raise DefinitionError(
            f"the task '{name}' yields its product"
            if read.generator
            else f"the task '{name}' produces {article(made.name)}, which cannot be kept",
            where=at.spot.parameter("return"),
            hint="a function that yields is a stream: @env.stream(...), or @env.each(...) where it yields for each item",
        )
    if kind != "task" and not yields and (kind == "stream" or read.generator):
        raise DefinitionError(
            f"the {kind} '{name}' yields items, its result is annotated {made.name}",
            where=at.spot.parameter("return"),
            hint=f"write -> Iterator[{made.args[0].name if made.args else made.name}]",
        )
    return (made.args[0], kind == "each") if yields else (made, False)


def _over(dep: Task[..., Any]) -> Type[Any]:
    if dep.streams:
        return dep.product
    return dep.product.args[0] if dep.product.kind == "items" else ANY


def _option(name: str, option: str, read: Signature, at: Frame) -> Option:
    type = _type(name, option, read, at)
    if type.kind == "iterator" and type.cls in (Iterator, Generator):
        raise DefinitionError(
            f"'{name}': the option '{option}' is {article(type.name)}, which can be read only once",
            where=at.spot.parameter(option),
            hint=f"write {option}: list[{type.args[0].name}]",
        )
    return Option(option, type, _default(name, option, type, read, at.spot), at.spot.origin)


def _default(name: str, option: str, type: Type[Any], read: Signature, spot: Spot) -> Any:
    default = read.default(option)
    if default is MISSING:
        return default
    bad = check(type, default)
    if bad is None:
        # None and text hold no floats, and a class that is named but not defined yet must not be looked into for them
        return default if default is None or isinstance(default, (str, bool)) else coerce(type, default)
    if callable(default) and not bad.path:
        raise DefinitionError(
            f"'{name}': the default of '{option}' is a function, {show(default)}",
            where=spot.default(option),
            hint="a default is a value: write the value itself",
        )
    raise DefinitionError(
        f"'{name}': the default of '{option}': {bad.message}",
        where=spot.default(option),
        hint="write ${env:NAME} in pipeline.yaml instead"
        if type.is_secret
        else "give another default, or none: then a value must be given",
    )
