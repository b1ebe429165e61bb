"""What a task is once it is defined: frozen values and the handles that people hold, call, set and name as deps. It must never know how an env reads a function, nor anything of option values or execution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, Self, TypeVar

import msgspec

from pipekit.definition.lines import call_line, caller_frame
from pipekit.definition.prelude import cell_type, failure_type
from pipekit.definition.recall import recall
from pipekit.definition.types import MISSING, Type
from pipekit.errors import DefinitionError
from pipekit.values import Cell, Failure, Origin

F = ParamSpec("F")
P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")

Kind = Literal["task", "stream", "each", "cells", "failed"]
Takes = Literal["whole", "iterator", "list", "item"]

if TYPE_CHECKING:

    class Flow(list[T], Iterator[T]):
        """What a stream is to a checker: its consumer may take it as an iterator or as a list."""


class Option(msgspec.Struct, frozen=True):
    """A named, typed knob of a task; without a default it must be given."""

    name: str
    type: Type[Any]
    default: Any = MISSING
    origin: Origin | None = None

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Setting:
    """Values for options of one task, by name; `task` is its name."""

    task: str
    values: Mapping[str, Any]


class Pin(msgspec.Struct, frozen=True):
    """A product given by hand; of a stream, the list of its items."""

    value: Any


class Config(msgspec.Struct, frozen=True):
    """The decorator's arguments: `timeout` in seconds, `resources["memory"]` in bytes, `refresh` as written ("1d")."""

    store: Literal["auto", "always", "never"] = "auto"
    retries: int = 0
    timeout: float | None = None
    resources: Mapping[str, float] = msgspec.field(default_factory=dict)
    refresh: str | None = None
    on_error: Literal["raise", "skip", "drop"] = "raise"
    max_errors: float | int | None = None
    environ: tuple[str, ...] = ()
    code_includes: tuple[Any, ...] = ()
    opaque: tuple[Any, ...] = ()
    version: str = ""
    tags: frozenset[str] = frozenset()


def dep_task(name: str) -> str:
    """The task that a dep's name speaks of: `"train.cells"` -> `"train"`."""
    return name.partition(".")[0]


@dataclass(frozen=True, eq=False)
class Task(Generic[P, R_co]):
    """A task's definition and its handle; two are equal if they are the same object.

    `deps` are names (`"words"`, `"train.cells"`, `"words.failed"`); `takes` and `parameters` say for each how the function takes
    it and of which type (for iterator, list and item: the type of one item). `product` is the type of the product, of a stream
    the type of one item. `over` is the type of the items that an each runs over; `of` the task that `.cells` and
    `.failed` stand beside. `module` is the module whose import defines it.
    """

    name: str
    fn: Callable[..., Any] | None
    deps: tuple[str, ...]
    takes: tuple[Takes, ...]
    parameters: tuple[Type[Any], ...]
    options: Mapping[str, Option]
    product: Type[Any]
    kind: Kind
    flat: bool = False
    config: Config = field(default=Config())
    origin: Origin | None = None
    doc: str = ""
    module: str = ""
    env_module: str = ""
    env_name: str = ""
    pin: Pin | None = None
    over: Type[Any] | None = None
    of: Task[..., Any] | None = None

    def __post_init__(self) -> None:
        self.__dict__.update(_as_function(self.fn, self.name, self.doc))

    @classmethod
    def of_fields(cls, fields: dict[str, Any]) -> Self:
        """The same as calling the class, for the fields that differ from their defaults; 10,000 tasks are made this way."""
        task = object.__new__(cls)
        fields.update(_as_function(fields["fn"], fields["name"], fields["doc"]))
        object.__setattr__(task, "__dict__", fields)
        return task

    @property
    def streams(self) -> bool:
        """Whether the product is a stream."""
        return self.kind != "task"

    def set(self, *args: P.args, **kwargs: P.kwargs) -> Setting:
        """Values for this task's options, to invoke with; checked when the invocation is."""
        if args:
            first = next(iter(self.options), "option")
            raise DefinitionError(
                f"{self.name}.set takes options by name",
                where=call_line(caller_frame()),
                hint=f"write {self.name}.set({first}=...)",
            )
        return Setting(self.name, kwargs)

    @property
    def cells(self) -> Streamed[[], Cell[R_co]]:
        """This task in every cell of the matrix above it: a stream of `Cell(options, product)`, to be named as a dep."""
        return self._beside("cells", cell_type(self.product, self.streams))

    @property
    def failed(self) -> Streamed[[], Failure]:
        """What `on_error` left out: a stream of `Failure(item, error)`, to be named as a dep."""
        return self._beside("failed", failure_type(self.over))

    def _beside(self, kind: Literal["cells", "failed"], product: Type[Any]) -> Streamed[[], Any]:
        if self.of is not None:
            raise DefinitionError(
                f"'{self.name}' is a dep and no task: it has no .{kind}",
                where=call_line(caller_frame()),
                hint=f"only a task has .{kind}, such as {self.of.name}.{kind}",
            )
        return Streamed(
            name=f"{self.name}.{kind}",
            fn=None,
            deps=(self.name,),
            takes=("whole",),
            parameters=(self.product,),
            options={},
            product=product,
            kind=kind,
            origin=self.origin,
            module=self.module,
            env_module=self.env_module,
            env_name=self.env_name,
            of=self,
        )

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str, str, str]]:
        return recall, (self.module, self.env_module, self.env_name, self.name)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def _function(self) -> Callable[..., Any]:
        if self.fn is None:
            raise DefinitionError(f"'{self.name}' has no function to call", where=self.origin)
        return self.fn


def _as_function(fn: Any, name: str, doc: str) -> dict[str, Any]:
    """What makes a handle look like its function to people and tools."""
    return {
        "__wrapped__": fn,
        "__doc__": doc or None,
        "__name__": name,
        "__qualname__": getattr(fn, "__qualname__", name),
        "__module__": getattr(fn, "__module__", ""),
    }


class Whole(Task[P, R], Generic[F, P, R]):
    """A task with one product. Calling it calls its function."""

    def __call__(self, *args: F.args, **kwargs: F.kwargs) -> R:
        product: R = self._function()(*args, **kwargs)
        return product


class Streamed(Task[P, "Flow[T]"], Generic[P, T]):
    """A task whose product is a stream of T."""


class Stream(Streamed[P, T], Generic[F, P, T]):
    """A task that yields its items. Calling it calls its function."""

    def __call__(self, *args: F.args, **kwargs: F.kwargs) -> Iterator[T]:
        items: Iterator[T] = self._function()(*args, **kwargs)
        return items


class Each(Streamed[P, T], Generic[F, P, T]):
    """Runs once per item. Calling it handles one item."""

    def __call__(self, *args: F.args, **kwargs: F.kwargs) -> T:
        product: T = self._function()(*args, **kwargs)
        return product


class Flat(Streamed[P, T], Generic[F, P, T]):
    """An each that yields none, one or many items per item. Calling it yields what one item gives."""

    def __call__(self, *args: F.args, **kwargs: F.kwargs) -> Iterator[T]:
        items: Iterator[T] = self._function()(*args, **kwargs)
        return items
