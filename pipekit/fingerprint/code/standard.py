"""The form of objects of the standard library that cannot be taken apart like others, but say what they are: views of dicts, structs,
context variables, weak references, threads, libraries of C. It must never write what such an object gathers while code runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, cast

from pipekit import canon
from pipekit.canon.form import Handler, Walk, Write, text
from pipekit.canon.instances import inside
from pipekit.fingerprint.code.allowed import by_class
from pipekit.fingerprint.code.references import References, members


def find_standard(cls: type) -> Handler | None:
    """The handler of a class of these objects, or of one derived from it, which counts by its own code too."""
    for base in cls.__mro__:
        found = _HANDLERS.get(f"{base.__module__}:{base.__qualname__}")
        if found is not None:
            return found
    return None


def _view(value: Any, write: Write, walk: Walk) -> None:
    by_class(value, write, walk)
    inside(value, "", list(value), write, walk)


def _struct(value: Any, write: Write, walk: Walk) -> None:
    by_class(value, write, walk)
    inside(value, ".format", value.format, write, walk)


def _variable(value: Any, write: Write, walk: Walk) -> None:
    """A context variable's name, and what it is here and now, which is its default in most cases."""
    by_class(value, write, walk)
    write(text(value.name))
    try:
        held = value.get()
    except LookupError:
        return
    inside(value, ".get()", held, write, walk)


def _thread(value: Any, write: Write, walk: Walk) -> None:
    by_class(value, write, walk)
    for name in ("_target", "_args", "_kwargs"):  # which are gone when it has run
        inside(value, f".{name}", getattr(value, name, None), write, walk)


def _weak(held: Callable[[Any], Iterable[tuple[Any, ...]]]) -> Handler:
    """What refers weakly counts by the functions and classes that it leads to: other objects come and go."""

    def weak(value: Any, write: Write, walk: Walk) -> None:
        by_class(value, write, walk)
        members(frozenset(one for one in held(value) if _is_code(one[-1])), write, walk)

    return weak


def _is_code(value: object) -> bool:
    return issubclass(type(value), FunctionType | type)


def _referent(value: Any) -> list[tuple[Any, ...]]:
    found = value()
    return [(getattr(found, "__func__", found),)]


def _library(value: Any, write: Write, walk: Walk) -> None:
    """A library of C, by name, or by its bytes where it is the project's; and what is declared of its functions."""
    scope = cast(References, walk).scope
    content = scope.sources.content(value._name) if value._name and scope.belonging.is_project(value._name) else None
    by_class(value, write, walk)
    inside(value, "", value._name if content is None else canon.digest(content), write, walk)
    inside(value, "", {name: one for name, one in sorted(vars(value).items()) if _is_declared(one)}, write, walk)


def _is_declared(value: Any) -> bool:
    import ctypes

    kind: Any = ctypes._CFuncPtr  # type: ignore[attr-defined]
    return isinstance(value, kind) and (value.restype, value.argtypes, value.errcheck) != (ctypes.c_int, None, None)


def _pointer(value: Any, write: Write, walk: Walk) -> None:
    write(b"\xe3" + text(str(getattr(value, "__name__", ""))))
    inside(value, "", (value.restype, value.argtypes), write, walk)


_HANDLERS: dict[str, Handler] = {
    "builtins:dict_keys": _view,
    "builtins:dict_values": _view,
    "builtins:dict_items": _view,
    "_struct:Struct": _struct,
    "_contextvars:ContextVar": _variable,
    "threading:Thread": _thread,
    "weakref:ReferenceType": _weak(_referent),
    "weakref:WeakValueDictionary": _weak(lambda value: list(value.items())),
    "weakref:WeakKeyDictionary": _weak(lambda value: [pair for pair in value.items() if _is_code(pair[0])]),
    "_weakrefset:WeakSet": _weak(lambda value: [(one,) for one in value]),
    "ctypes:CDLL": _library,
    "_ctypes:CFuncPtr": _pointer,
}
