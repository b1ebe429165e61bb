"""Every error pipekit raises: one root, one branch per phase. It must never know what raised it.

PipekitError                 has `.problems`: what, where, and what to do, one or many
├── DefinitionError          phase 1: a type or task is wrong, where it is written        exit 3
│   └── GraphError           a query or mutation that breaks a name, a type or an edge
├── InvocationError          phase 2: every problem of an invocation, before anything ran  exit 2
├── FingerprintError         something has no identity; names the path to it               exit 3
├── ProjectError             the folder is no project, or its files cannot be read         exit 3
├── ExecutionError           phase 3: a run could not go on                                exit 1
│   ├── TaskFailed           a task raised, timed out, was killed, or its product is wrong
│   └── Interrupted          stopped by the person who started it                          exit 130
└── StoreError               the store cannot do what was asked                            exit 4
    ├── CorruptObject        bytes that do not have the digest they are named by
    ├── FormatError          made by a newer pipekit
    └── Uncodable            a product that no codec can turn into bytes; names the path to the culprit
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self


class Place(Protocol):
    """Where something stands; `values.Origin` is one."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def length(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `message` says what, `where` says in which file and line, `hint` what to do."""

    message: str
    where: Place | None = None
    hint: str | None = None


class PipekitError(Exception):
    """The root. `str(error)` is its messages, one a line."""

    def __init__(self, message: str = "", *, where: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message, where, hint)
        self.problems: tuple[Problem, ...] = (Problem(message, where, hint),)

    @property
    def where(self) -> Place | None:
        return self.problems[0].where if self.problems else None

    @property
    def hint(self) -> str | None:
        return self.problems[0].hint if self.problems else None

    def __str__(self) -> str:
        return "\n".join(problem.message for problem in self.problems)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """The error that carries all of `problems`, in their order."""
        error = cls(*(problems[0].message,) if problems else ())
        error.problems = tuple(problems)
        return error

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.problems, self.__dict__)


def _again(cls: type[PipekitError], problems: tuple[Problem, ...], state: dict[str, object]) -> PipekitError:
    error = cls.__new__(cls)
    Exception.__init__(error, problems[0].message if problems else "")
    error.__dict__.update(state)
    return error


class DefinitionError(PipekitError):
    """A type or a task is wrong where it is written."""


class GraphError(DefinitionError):
    """A query or a mutation of a graph that breaks a name, a type or an edge."""


class InvocationError(PipekitError):
    """Every problem of an invocation; nothing has run."""


class FingerprintError(PipekitError):
    """A value has no identity; the message names the path to it."""


class ProjectError(PipekitError):
    """The folder is no project, or one of its files cannot be read or imported."""


class ExecutionError(PipekitError):
    """A run could not go on."""


class TaskFailed(ExecutionError):
    """A task raised, timed out, was killed, or made a product that is not of its type."""


class Interrupted(ExecutionError):
    """The person who started the run stopped it."""


class StoreError(PipekitError):
    """The store cannot do what was asked."""


class CorruptObject(StoreError):
    """Bytes that do not have the digest they are named by."""


class FormatError(StoreError):
    """The store was made by a newer pipekit."""


class Uncodable(StoreError):
    """A product that no codec can turn into bytes; the message names the path to the culprit."""
