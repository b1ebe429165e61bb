"""What a function's own code says of its parameters, without meaning: names, annotations, defaults. It must never know deps, options or types."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, NamedTuple

from pipekit.definition.types import MISSING
from pipekit.errors import DefinitionError
from pipekit.values import Origin
from pipekit.values.call import Raised, call_user

_REST = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE


class Signature(NamedTuple):
    """`positional` and `keywords` are names; `annotations` and `defaults` are by name, "return" among the annotations."""

    function: Callable[..., Any]
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    annotations: Mapping[str, Any]
    defaults: Mapping[str, Any]
    generator: bool

    def default(self, name: str) -> Any:
        return self.defaults.get(name, MISSING)


def unwrapped(fn: Any) -> Any:
    """The function below decorators that keep `__wrapped__`."""
    seen = 0
    while hasattr(fn, "__wrapped__") and seen < 100:
        fn, seen = fn.__wrapped__, seen + 1
    return fn


def signature(fn: Callable[..., Any], name: str, where: Origin) -> Signature:
    """The signature of a function, or of anything that is called as one. Raises DefinitionError for what cannot be one of ours."""
    inner = unwrapped(fn) if hasattr(fn, "__wrapped__") else fn
    if inner.__class__ is not FunctionType:
        return _of_callable(inner, name, where)
    code = inner.__code__
    if code.co_flags & _REST:
        raise _starred(name, where)
    if code.co_flags & _ASYNC:
        raise _asynchronous(name, where)
    count = code.co_argcount
    names = code.co_varnames
    annotations = inner.__annotations__ if sys.version_info < (3, 14) else _annotations(inner, name, where)
    return Signature(
        inner,
        names[:count],
        names[count : count + code.co_kwonlyargcount],
        annotations,
        _defaults(inner, names[:count]),
        bool(code.co_flags & inspect.CO_GENERATOR),
    )


def _annotations(fn: FunctionType, name: str, where: Origin) -> Mapping[str, Any]:
    read = call_user(getattr, fn, "__annotations__")  # from Python 3.14 on, they are only evaluated now
    if isinstance(read, Raised):
        raise DefinitionError(
            f"the annotations of '{name}' cannot be read: {read.error}",
            where=where,
            hint="define or import what they name above",
        )
    found: Mapping[str, Any] = read.value
    return found


def _defaults(fn: FunctionType, positional: tuple[str, ...]) -> Mapping[str, Any]:
    if not fn.__defaults__:
        return fn.__kwdefaults__ or {}
    return {**dict(zip(reversed(positional), reversed(fn.__defaults__))), **(fn.__kwdefaults__ or {})}


def _of_callable(fn: Any, name: str, where: Origin) -> Signature:
    if isinstance(fn, type):
        raise DefinitionError(
            f"'{name}' is a class, not a function", where=where, hint="write a function (def) around it"
        )
    read = call_user(inspect.signature, fn)
    if isinstance(read, Raised):
        raise DefinitionError(
            f"'{name}' is no function whose parameters can be read",
            where=where,
            hint="write a function (def) around it",
        )
    parameters = read.value.parameters.values()
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
        raise _starred(name, where)
    if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        raise _asynchronous(name, where)
    written = {one.name: one.annotation for one in parameters if one.annotation is not one.empty}
    if read.value.return_annotation is not inspect.Signature.empty:
        written["return"] = read.value.return_annotation
    return Signature(
        _function_below(fn),
        tuple(one.name for one in parameters if one.kind is not one.KEYWORD_ONLY),
        tuple(one.name for one in parameters if one.kind is one.KEYWORD_ONLY),
        written,
        {one.name: one.default for one in parameters if one.default is not one.empty},
        inspect.isgeneratorfunction(fn),
    )


def _function_below(fn: Any) -> Any:
    """The plain function whose module its annotations speak of: of a method, a partial, a callable object."""
    below = getattr(fn, "func", None) or getattr(fn, "__func__", None) or fn
    return below if isinstance(below, FunctionType) else getattr(type(below).__call__, "__func__", type(below).__call__)


def _starred(name: str, where: Origin) -> DefinitionError:
    return DefinitionError(
        f"'{name}' takes *args or **kwargs",
        where=where,
        hint="name every product before '/' and every option after '*'; a decorator of yours needs functools.wraps",
    )


def _asynchronous(name: str, where: Origin) -> DefinitionError:
    return DefinitionError(
        f"'{name}' is an async function",
        where=where,
        hint="write def; inside it, asyncio.run(...) runs what is asynchronous",
    )
