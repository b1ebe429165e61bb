"""Code whose identity is told instead of found: what keys need of it, with the real contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipekit import canon
from pipekit.definition.tasks import Task
from pipekit.definition.types import Type
from pipekit.fingerprint.code.symbols import Code, Symbol
from pipekit.values import Digest


@dataclass(frozen=True)
class Listed:
    """A reach of a few symbols, all of which the root uses itself."""

    root: str
    all: tuple[Symbol, ...] = ()

    def symbols(self) -> tuple[Symbol, ...]:
        return self.all

    def chain(self, name: str) -> tuple[str, ...]:
        return (self.root, name) if any(one.name == name for one in self.all) else ()

    def outside(self) -> frozenset[str]:
        return frozenset()


def code_of(name: str, *symbols: Symbol) -> Code:
    """Code that covers these symbols, or else the one of its name."""
    listed = symbols or (Symbol(name, "function", canon.digest(name.encode())),)
    return Code(canon.digest_parts(*(one.digest for one in listed)), lambda: Listed(name, listed))


@dataclass(frozen=True)
class ToldCodes:
    """The code of a task is as old as `ages` says and covers what `tasks` says, that of a class as `classes` says, and all types check
    the same way. What `foreign` names are modules of others."""

    ages: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, Sequence[Symbol]] = field(default_factory=dict)
    types: Mapping[str, int] = field(default_factory=dict)
    tasks: Mapping[str, Sequence[Symbol]] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()

    def of(self, task: Task[..., Any]) -> Code:
        return code_of(f"{task.name} {self.ages.get(task.name, 0)}", *self.tasks.get(task.name, ()))

    def of_class(self, task: Task[..., Any] | None, name: str) -> Code:
        return code_of(name, *self.classes.get(name, ()))

    def identity(self, task: Task[..., Any] | None, thing: Any) -> bytes:
        return b""

    def of_thing(self, thing: Any) -> Code:
        return self.of_class(None, f"{thing.__module__}:{thing.__qualname__}")

    def owns(self, file: str, module: str) -> bool:
        return module not in self.foreign

    def predicates(self, type_: Type[Any]) -> Digest | None:
        return canon.digest(f"{type_.name} {self.types.get(type_.name, 0)}".encode())
