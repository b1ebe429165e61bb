"""How a command's parameters are said on the command line: one declaration, read here for the quick way and by `app` for
help and for what is wrong. It must never import typer."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct


class Flag(Struct, frozen=True):
    """A parameter of a command. Without `names` it stands by its place; `metavar` is what help shows for its value."""

    help: str
    names: tuple[str, ...] = ()
    metavar: str = ""


def flag(help: str, *names: str, metavar: str = "") -> Flag:
    """How one parameter is said."""
    return Flag(help, names, metavar)


class Parameter(Struct, frozen=True):
    """`kind` is one of str, int, bool, list (of str); `default` is what it is when it is not said."""

    name: str
    flag: Flag
    kind: type
    default: Any
    required: bool


def parameters(command: Callable[..., Any]) -> list[Parameter]:
    """The parameters of a command, in order."""
    hints = typing.get_type_hints(command, include_extras=True)
    found: list[Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        base, declared = typing.get_args(hints[name])[:2]
        kind = (
            list
            if typing.get_origin(base) is Sequence
            else next(a for a in (typing.get_args(base) or (base,)) if a is not type(None))
        )
        required = parameter.default is inspect.Parameter.empty
        found.append(Parameter(name, declared, kind, None if required else parameter.default, required))
    return found


def parse(declared: Sequence[Parameter], words: Sequence[str]) -> dict[str, Any] | None:
    """The values that `words` give; None for anything but the plain case, which is then `app`'s to explain."""
    places = [one for one in declared if not one.flag.names]
    named = {name: one for one in declared for name in one.flag.names}
    values: dict[str, Any] = {
        one.name: list(one.default or ()) if one.kind is list else one.default for one in declared
    }
    given: set[str] = set()
    rest = list(words)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        one = named.get(word)
        if one is None and (word.startswith("-") or not places):
            return None
        if one is None:
            one, value = places[0], word + equals + value
            places = places if one.kind is list else places[1:]
        elif one.kind is bool:
            if equals:
                return None
            values[one.name] = True
            continue
        elif not (equals and word.startswith("--")):
            if not rest or equals:
                return None
            value = rest.pop(0)
        if not _put(values, one, value):
            return None
        given.add(one.name)
    return values if all(one.name in given for one in declared if one.required) else None


def _put(values: dict[str, Any], one: Parameter, value: str) -> bool:
    if one.kind is list:
        values[one.name].append(value)
    elif one.kind is int:
        if not value.isdigit():
            return False
        values[one.name] = int(value)
    else:
        values[one.name] = value
    return True
