"""Where the names in an annotation are looked up: a function's module, what it closes over, the place it is defined in. It must never know what an annotation means."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

from msgspec import Struct, field

from pipekit.errors import DefinitionError
from pipekit.values import Origin
from pipekit.values.call import Raised, call_user

_compiled: dict[str, CodeType] = {}


class Scope(Struct, frozen=True):
    """`known` remembers types by annotation; `local` is asked first, and only for annotations that are text; `variables` gives a
    generic class's type variables their meaning."""

    known: dict[Any, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    local: Callable[[], Mapping[str, Any]] = dict
    where: Origin | None = None
    variables: Mapping[Any, Any] = field(default_factory=dict)

    def evaluate(self, text: str) -> Any:
        """What an annotation that is text stands for; raises DefinitionError where it names nothing."""
        local = self.local()
        for names in (local, self.names, vars(builtins)):
            if text in names:
                return names[text]
        read = call_user(_evaluate, text, self.names, local)
        if isinstance(read, Raised):
            raise self.unresolved(text, read.error)
        return read.value

    def unresolved(self, text: str, error: BaseException) -> DefinitionError:
        """The error for an annotation that cannot be read."""
        if isinstance(error, NameError):
            name = getattr(error, "name", None) or text
            return DefinitionError(
                f"the annotation '{text}' names '{name}', which is not defined here",
                where=self.where,
                hint=f"define or import '{name}' above (an import under TYPE_CHECKING is not there at run time)",
            )
        said = error.msg if isinstance(error, SyntaxError) else error
        return DefinitionError(
            f"the annotation '{text}' cannot be read: {type(error).__name__}: {said}",
            where=self.where,
            hint="an annotation is a Python type",
        )


def scope_of(fn: Callable[..., Any], known: dict[Any, Any], frame: FrameType | None, where: Origin | None) -> Scope:
    """The scope of a function's annotations: its closure and the variables of the frame that defines it, then its module."""

    if not fn.__closure__ and (frame is None or frame.f_code.co_name == "<module>"):
        return Scope(known, fn.__globals__, dict, where)

    def local() -> Mapping[str, Any]:
        around = frame.f_locals if frame is not None and frame.f_code.co_name != "<module>" else {}
        return {**around, **dict(_cells(fn))}

    return Scope(known, fn.__globals__, local, where)


def scope_of_class(cls: type[Any], known: dict[Any, Any], where: Origin | None, variables: Mapping[Any, Any]) -> Scope:
    """The scope of a class's annotations: its own names, then its module."""
    module = sys.modules.get(cls.__module__)
    # a default value often has the name of its field's type: only classes count among the class's own names
    nested = {name: value for name, value in vars(cls).items() if isinstance(value, type)}
    nested[cls.__name__] = cls
    return Scope(known, vars(module) if module else {}, lambda: nested, where, variables)


def _cells(fn: Callable[..., Any]) -> list[tuple[str, Any]]:
    found = []
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or ()):
        try:
            found.append((name, cell.cell_contents))
        except ValueError:  # a variable that is not assigned yet
            continue
    return found


def _evaluate(text: str, names: Mapping[str, Any], local: Mapping[str, Any]) -> Any:
    code = _compiled.get(text)
    if code is None:
        code = _compiled.setdefault(text, compile(text, "<annotation>", "eval"))
    # the annotation is the user's own code, as Python itself would have run it where it stands
    return eval(code, names if isinstance(names, dict) else dict(names), local)
