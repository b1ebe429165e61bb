"""The invocation: a graph with a value for every option that matters, checked. It owns the values that phase 2
hands to phase 3, and must never know how values were read or checked, nor what will run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph import Graph

R_co = TypeVar("R_co", covariant=True)

NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""The empty mapping."""


class Axis(msgspec.Struct, frozen=True):
    """One swept option and its values, in order; each combination of all axes is a cell."""

    task: str
    option: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """`"task.option"`, as `.cells`, exclude and the command line spell it."""
        return f"{self.task}.{self.option}"


class Output(msgspec.Struct, frozen=True):
    """Where the product of `task` is written: `path` is relative to the project and may hold `{option}` placeholders."""

    task: str
    path: str
    origin: Origin | None = None


class Settings(msgspec.Struct, frozen=True):
    """How to run and never what: `memory` and every resource named memory in bytes; None means decided at execution."""

    jobs: int | None = None
    memory: int | None = None
    resources: Mapping[str, float] = msgspec.field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, float]] = msgspec.field(default_factory=dict)
    store: Mapping[str, Any] = msgspec.field(default_factory=dict)
    remote: Mapping[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Invocation(Generic[R_co]):
    """A graph whose options all have values.

    `values`: task -> option -> value, checked and with defaults, for the tasks that the targets need; an option that is
    an axis holds its first value there. `exclude`: rows of `"task.option"` -> value that drop the cells they match.
    `environment`: what `${env:NAME}` read. `origins`: (task, option) -> where its value was given.
    """

    graph: Graph
    name: str
    targets: tuple[str, ...]
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    axes: tuple[Axis, ...] = ()
    exclude: tuple[Mapping[str, Any], ...] = ()
    outputs: tuple[Output, ...] = ()
    settings: Settings = field(default=Settings())
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    origins: Mapping[tuple[str, str], Origin] = field(default_factory=dict, repr=False)
