"""The env: the registry of types and tasks, which only grows. It must never know option values, graphs' insides or how anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from pipekit.definition import arguments
from pipekit.definition.declare import declare
from pipekit.definition.define import NAME, Frame, Kind, define
from pipekit.definition.lines import Lines, call_line, caller_frame, importing_module, spot_of
from pipekit.definition.show import show
from pipekit.definition.signature import unwrapped
from pipekit.definition.tasks import Config, Task
from pipekit.definition.types import Type
from pipekit.errors import DefinitionError
from pipekit.values import Origin

if TYPE_CHECKING:
    from typing import Unpack

    from pipekit.definition.arguments import EachArguments, TaskArguments
    from pipekit.definition.decorators import (
        Each1,
        Each2,
        Each3,
        Each4,
        Each5,
        Each6,
        Each7,
        Each8,
        Stream1,
        Stream2,
        Stream3,
        Stream4,
        Stream5,
        Stream6,
        Stream7,
        Stream8,
        Task1,
        Task2,
        Task3,
        Task4,
        Task5,
        Task6,
        Task7,
        Task8,
    )  # fmt: skip
    from pipekit.definition.tasks import Stream, Whole
    from pipekit.graph.graph import Graph

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")


class Env:
    """The registry of one project's types and tasks, by name; `name` finds it again in another process."""

    def __init__(self, name: str) -> None:
        frame = sys._getframe(1)
        if not isinstance(name, str) or not name:
            raise DefinitionError(
                f"an env has a name, not {show(name)}", where=call_line(frame), hint='write Env("words")'
            )
        self.name = name
        self.module = importing_module(frame)
        self._types: dict[str, Type[Any]] = {}
        self._tasks: dict[str, Task[..., Any]] = {}
        self._known: dict[Any, Any] = {}
        self._lines: Lines | None = None

    @property
    def types(self) -> Mapping[str, Type[Any]]:
        """The declared types by name, those of included envs too."""
        return MappingProxyType(self._types)

    @property
    def tasks(self) -> Mapping[str, Task[..., Any]]:
        """The tasks by name in the order of their definition, those of included envs too."""
        return MappingProxyType(self._tasks)

    def __repr__(self) -> str:
        return f"<env {self.name}: {len(self._types)} types, {len(self._tasks)} tasks>"

    def include(self, other: Env) -> None:
        """Takes over the types and tasks that `other` has now. Raises DefinitionError if a name means something else here."""
        frame = sys._getframe(1)
        if not isinstance(other, Env):
            raise DefinitionError(
                f"include takes an Env, not {show(other)}", where=call_line(frame), hint="write env.include(other_env)"
            )
        for what, mine, theirs in (("type", self._types, other._types), ("task", self._tasks, other._tasks)):
            for name in mine.keys() & theirs.keys():
                if mine[name] is not theirs[name]:
                    raise DefinitionError(
                        f"both '{self.name}' and '{other.name}' have a {what} '{name}'",
                        where=call_line(frame),
                        hint=f"rename one; they are at {mine[name].origin} and {theirs[name].origin}",
                    )
        self._types.update(other._types)
        self._tasks.update(other._tasks)

    def graph(self) -> Graph:
        """All tasks as a graph. Raises DefinitionError where an annotation inside a record names nothing, and for a
        product that holds a Secret."""
        from pipekit.graph.graph import Graph

        seen: set[int] = set()
        for task in self._tasks.values():
            for one in (task.product, *task.parameters, *(option.type for option in task.options.values())):
                if id(one) not in seen:
                    seen.update(map(id, one.parts))
            if task.product.is_secret:
                raise DefinitionError(
                    f"the product of '{task.name}' holds a Secret, which is never stored",
                    where=task.origin,
                    hint="reveal it where it is used, and leave it out of the product",
                )
        return Graph(dict(self._tasks), self.name)

    @overload
    def type(self, *, name: str | None = None) -> Callable[[Callable[[T], bool]], Type[T]]: ...
    @overload
    def type(self, *, parent: Type[T], name: str | None = None) -> Callable[[Callable[[T], bool]], Type[T]]: ...
    def type(self, *stray: object, parent: Any = None, name: str | None = None) -> Any:
        """Declares a type: `@env.type()` above a predicate. The parent is its annotation's type, or `parent`."""
        if stray:
            bare = len(stray) == 1 and callable(stray[0]) and not isinstance(stray[0], Type)
            raise DefinitionError(
                "@env.type stands without parentheses" if bare else "env.type takes its parent by name",
                where=call_line(caller_frame()),
                hint="write @env.type()" if bare else "write @env.type(parent=...)",
            )

        def register(predicate: Callable[[Any], object]) -> Type[Any]:
            called: Any = getattr(predicate, "__name__", "") if name is None else name
            at = self._at(predicate, sys._getframe(1))
            self._admit("type", called, self._types, at.spot.origin)
            self._types[called] = made = declare(predicate, called, parent, at)
            return made

        return register

    # fmt: off
    @overload
    def task(self, /, **config: Unpack[TaskArguments]) -> Callable[[Callable[P, R]], Whole[P, P, R]]: ...
    @overload
    def task(self, a: Task[..., A], /, **config: Unpack[TaskArguments]) -> Task1[A]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], /, **config: Unpack[TaskArguments]) -> Task2[A, B]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], /, **config: Unpack[TaskArguments]) -> Task3[A, B, C]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], /, **config: Unpack[TaskArguments]) -> Task4[A, B, C, D]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], /, **config: Unpack[TaskArguments]) -> Task5[A, B, C, D, E]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], /, **config: Unpack[TaskArguments]) -> Task6[A, B, C, D, E, F]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], /, **config: Unpack[TaskArguments]) -> Task7[A, B, C, D, E, F, G]: ...
    @overload
    def task(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], h: Task[..., H], /, **config: Unpack[TaskArguments]) -> Task8[A, B, C, D, E, F, G, H]: ...
    def task(self, *deps: Any, **config: Any) -> Any:
        """Declares a task with one product; deps are handles, their products come as positional parameters."""
        return self._decorator("task", deps, config)
    @overload
    def stream(self, /, **config: Unpack[TaskArguments]) -> Callable[[Callable[P, Iterator[R]]], Stream[P, P, R]]: ...
    @overload
    def stream(self, a: Task[..., A], /, **config: Unpack[TaskArguments]) -> Stream1[A]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], /, **config: Unpack[TaskArguments]) -> Stream2[A, B]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], /, **config: Unpack[TaskArguments]) -> Stream3[A, B, C]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], /, **config: Unpack[TaskArguments]) -> Stream4[A, B, C, D]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], /, **config: Unpack[TaskArguments]) -> Stream5[A, B, C, D, E]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], /, **config: Unpack[TaskArguments]) -> Stream6[A, B, C, D, E, F]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], /, **config: Unpack[TaskArguments]) -> Stream7[A, B, C, D, E, F, G]: ...
    @overload
    def stream(self, a: Task[..., A], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], h: Task[..., H], /, **config: Unpack[TaskArguments]) -> Stream8[A, B, C, D, E, F, G, H]: ...
    def stream(self, *deps: Any, **config: Any) -> Any:
        """Declares a task that yields its items, `-> Iterator[T]`; they flow on at once."""
        return self._decorator("stream", deps, config)
    @overload
    def each(self, a: Task[..., list[A]], /, **config: Unpack[EachArguments]) -> Each1[A]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], /, **config: Unpack[EachArguments]) -> Each2[A, B]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], /, **config: Unpack[EachArguments]) -> Each3[A, B, C]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], d: Task[..., D], /, **config: Unpack[EachArguments]) -> Each4[A, B, C, D]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], /, **config: Unpack[EachArguments]) -> Each5[A, B, C, D, E]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], /, **config: Unpack[EachArguments]) -> Each6[A, B, C, D, E, F]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], /, **config: Unpack[EachArguments]) -> Each7[A, B, C, D, E, F, G]: ...
    @overload
    def each(self, a: Task[..., list[A]], b: Task[..., B], c: Task[..., C], d: Task[..., D], e: Task[..., E], f: Task[..., F], g: Task[..., G], h: Task[..., H], /, **config: Unpack[EachArguments]) -> Each8[A, B, C, D, E, F, G, H]: ...
    def each(self, *deps: Any, **config: Any) -> Any:
        """Declares a task that runs once per item of its first dep, a stream or a list; further deps are whole."""
        return self._decorator("each", deps, config)
    # fmt: on

    def _decorator(
        self, kind: Kind, deps: Sequence[Any], given: Mapping[str, Any]
    ) -> Callable[[Callable[..., Any]], Task[..., Any]]:
        for dep in deps:
            self._check_dep(kind, dep, deps)
        if kind == "each" and not deps:
            raise DefinitionError(
                "an each needs a dep to run over", where=call_line(caller_frame()), hint="write @env.each(items)"
            )
        config = _config(kind, given)
        name = given.get("name")

        def register(fn: Callable[..., Any]) -> Task[..., Any]:
            return self._register(fn, kind, deps, config, name, sys._getframe(1))

        return register

    def _register(
        self, fn: Callable[..., Any], kind: Kind, deps: Sequence[Any], config: Config, name: Any, frame: FrameType
    ) -> Task[..., Any]:
        called = getattr(fn, "__name__", "") if name is None else name
        at = self._at(fn, frame)
        self._admit("task", called, self._tasks, at.spot.origin)
        task = define(fn, kind, called, deps, config, at)
        self._tasks[called] = task
        return task

    def _at(self, fn: Any, frame: FrameType) -> Frame:
        spot = spot_of(unwrapped(fn) if hasattr(fn, "__wrapped__") else fn, frame, self._lines)
        self._lines = spot.lines or self._lines
        return Frame(frame, spot, self._known, importing_module(frame), self.module, self.name)

    def _admit(self, what: str, name: Any, there: Mapping[str, Any], where: Origin) -> None:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise DefinitionError(
                f"{show(name)} is no name for a {what}",
                where=where,
                hint="a name starts with a letter or '_', then letters, digits, '_' and '-'; give one as name=\"...\"",
            )
        if name in there:
            raise DefinitionError(
                f"the {what} '{name}' is already defined",
                where=where,
                hint=f"rename one: the other is at {there[name].origin}",
            )

    def _check_dep(self, kind: str, dep: Any, deps: Sequence[Any]) -> None:
        if not isinstance(dep, Task):
            bare = len(deps) == 1 and callable(dep) and not isinstance(dep, Type)
            raise DefinitionError(
                f"@env.{kind} stands without parentheses" if bare else f"a dep is a task's handle, not {show(dep)}",
                where=call_line(caller_frame()),
                hint=f"write @env.{kind}()" if bare else "name the decorated function itself",
            )
        known = dep.of or dep
        if self._tasks.get(known.name) is not known:
            raise DefinitionError(
                f"the dep '{dep.name}' is not in the env '{self.name}'",
                where=call_line(caller_frame()),
                hint=f"it is defined at {known.origin} in the env '{known.env_name}': env.include(...) that one first",
            )


def _config(kind: Kind, given: Mapping[str, Any]) -> Config:
    try:
        return arguments.config(given, kind == "each")
    except arguments.Wrong as wrong:
        raise DefinitionError(f"@env.{kind}: {wrong}", where=call_line(caller_frame()), hint=wrong.hint) from None
