"""The form of what stands around functions: methods, descriptors, partials, caches, generic aliases, pipekit's own handles. It must
never call what it looks at."""

from __future__ import annotations

import itertools
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from pipekit.canon.form import Culprit, Handler, Walk, Write, length, text
from pipekit.canon.instances import attributes, inside
from pipekit.canon.shape import shape_of
from pipekit.fingerprint.code.allowed import by_type
from pipekit.fingerprint.code.annotations import annotation_form
from pipekit.fingerprint.code.references import References

_DESCRIPTORS = {
    "builtins:property": ("fget", "fset", "fdel"),
    "builtins:staticmethod": ("__func__",),
    "builtins:classmethod": ("__func__",),
    "functools:cached_property": ("func",),
    "functools:partialmethod": ("func", "args", "keywords"),
    "functools:singledispatchmethod": ("dispatcher", "func"),
    "functools:partial": ("func", "args", "keywords"),
    "functools:_lru_cache_wrapper": ("__wrapped__",),
    "types:DynamicClassAttribute": ("fget", "fset", "fdel"),
    "numba.core.dispatcher:Dispatcher": ("py_func", "targetoptions"),
    "pydantic._internal._decorators:Decorator": ("cls_var_name", "func", "info"),
    "pydantic.type_adapter:TypeAdapter": ("_type", "_config"),
    "pydantic._internal._validate_call:ValidateCallWrapper": ("function", "validate_return"),
    **dict.fromkeys(
        ("_wrappers:FunctionWrapper", "wrapt.wrappers:FunctionWrapper"),
        ("__wrapped__", "_self_wrapper", "_self_instance", "_self_enabled", "_self_binding"),
    ),
}
_OPEN = ("functools:partial", "functools:_lru_cache_wrapper")
"""Those that anybody may give attributes of their own."""

_NAMED = (
    "builtins:wrapper_descriptor", "builtins:method_descriptor", "builtins:classmethod_descriptor",
    "builtins:getset_descriptor", "builtins:member_descriptor",
)  # fmt: skip
_ALIASES = ("types", "typing", "typing_extensions")


def find_wrapper(cls: type) -> Handler | None:
    """The handler of a class that wraps code, or that stands for code."""
    for base in cls.__mro__:
        name = f"{base.__module__}:{base.__qualname__}"
        if name in _DESCRIPTORS:
            return _wrapper(name, cls is base)
        if name in _OURS:
            return _OURS[name]
    if f"{cls.__module__}:{cls.__qualname__}" in _NAMED:
        return _named
    if cls.__qualname__ == "cython_function_or_method":
        return _builtin
    if cls.__module__ in _ALIASES and cls.__qualname__ not in ("SimpleNamespace", "MappingProxyType"):
        return _alias
    return _PLAIN.get(cls)


def _wrapper(name: str, exact: bool) -> Handler:
    fields = _DESCRIPTORS[name]

    def wrapper(value: Any, write: Write, walk: Walk) -> None:
        if id(value) in walk.active:
            return walk.again(value, write, walk)
        walk.enter(value)
        write(b"\xd2" + text(name))
        if name == "functools:_lru_cache_wrapper":
            given = value.cache_parameters()
            inside(value, "", (given["maxsize"], given["typed"]), write, walk)
        for field in fields:
            part = getattr(value, field, None)
            inside(
                value, f".{field}", dict(sorted(part.items())) if field == "keywords" and part else part, write, walk
            )
        if name == "builtins:property" and value.__doc__ != getattr(value.fget, "__doc__", None):
            inside(value, ".__doc__", value.__doc__, write, walk)
        if exact and name in _OPEN:
            own = {one: part for one, part in vars(value).items() if not one.startswith("__")}
            inside(value, "", own, write, walk)
        elif not exact and not name.startswith("numba"):  # which keeps what it compiled
            inside(value, "", type(value), write, walk)
            attributes(value, shape_of(type(value)), write, walk)
        return walk.leave(value)

    return wrapper


def _method(value: MethodType, write: Write, walk: Walk) -> None:
    refs, owner = cast(References, walk), value.__self__
    home = _home_of(value, type(owner).__module__, value.__name__)
    if home is not None and (outside := refs.scope.belonging.of_module(home)).kind == "extern":
        return refs.point(refs.scope.extern(f"{home.__name__}:{value.__name__}", outside), write)
    write(b"\xd3")
    inside(value, ".__func__", value.__func__, write, walk)
    return inside(value, ".__self__", owner, write, walk)


def _builtin(value: Any, write: Write, walk: Walk) -> None:
    refs, owner = cast(References, walk), getattr(value, "__self__", None)
    name = f"{value.__module__ or type(owner).__module__}:{value.__qualname__}"
    home = sys.modules.get(name.partition(":")[0])
    write(b"\xd4" + text(name))
    if isinstance(home, ModuleType) and home.__name__ != "builtins":
        belongs = refs.scope.belonging.of_module(home)
        refs.point(refs.scope.module(home) if belongs.kind == "extension" else refs.scope.extern(name, belongs), write)
    if isinstance(owner, ModuleType | None) or _home_of(value, name.partition(":")[0], value.__name__) is not None:
        return
    inside(value, ".__self__", owner, write, walk)


def _home_of(value: Any, module: str, name: str) -> ModuleType | None:
    """The module in which `name` is `value`, as `random.random` is a method of an instance that nobody names."""
    home = sys.modules.get(module)
    found = vars(home).get(name) if isinstance(home, ModuleType) else None
    return cast(ModuleType, home) if found is value else None


def _named(value: Any, write: Write, walk: Walk) -> None:
    owner = value.__objclass__
    write(b"\xd5" + text(f"{owner.__module__}:{owner.__qualname__}.{value.__name__}"))


def _bound_slot(value: Any, write: Write, walk: Walk) -> None:
    write(b"\xd6" + text(value.__name__))
    inside(value, ".__self__", value.__self__, write, walk)


def _alias(value: Any, write: Write, walk: Walk) -> None:
    """`list[Model]` and its like, where code holds it: the classes in it count by their code."""
    given = getattr(value, "__args__", None)
    if not isinstance(given, tuple) or id(value) in walk.active:
        return write(b"\xd7" + annotation_form(value))
    walk.enter(value)
    write(b"\xd8" + text(type(value).__qualname__) + length(len(given)))
    inside(value, "", getattr(value, "__origin__", None), write, walk)
    for one in given:
        inside(value, "", one, write, walk)
    refs = cast(References, walk)
    for one in getattr(value, "__metadata__", ()):
        refs.point(refs.scope.node(one, "__metadata__", "", True), write)
    return walk.leave(value)


def _code(value: CodeType, write: Write, walk: Walk) -> None:
    write(b"\xd9" + cast(References, walk).scope.sources.forms.bare(value))


def _cell(value: Any, write: Write, walk: Walk) -> None:
    try:
        held = value.cell_contents
    except ValueError:
        return write(b"\xda")
    return inside(value, ".cell_contents", held, write, walk)


def _entity(value: Any, write: Write, walk: Walk) -> None:
    refs = cast(References, walk)
    node = refs.scope.entity(value)
    if node is None:
        raise Culprit(value, "is no function, class or module")
    refs.point(node, write)


def _class(value: type, write: Write, walk: Walk) -> None:
    if value.__module__ == "builtins":
        return write(b"\xdb" + text(value.__qualname__))
    return _entity(value, write, walk)


def find_class(cls: type) -> Handler | None:
    """The handler of classes themselves."""
    return _class if issubclass(cls, type) else None


def _task(value: Any, write: Write, walk: Walk) -> None:
    """A task's handle, which code can call: its function."""
    write(b"\xdc" + text(value.name))
    inside(value, ".fn", value.fn, write, walk)


def _type(value: Any, write: Write, walk: Walk) -> None:
    """A declared type in a function's body, which can call it: its predicates."""
    write(b"\xdd" + text(value.name))
    for one in value.lineage:
        if one.predicate is not None:
            inside(value, "", one.predicate, write, walk)


def _env(value: Any, write: Write, walk: Walk) -> None:
    write(by_type(value) + text(value.name))


def _sentinel(value: Any, write: Write, walk: Walk) -> None:
    write(b"\xde" + text(cast(References, walk).scope.owner(value)))


def _count(value: Any, write: Write, walk: Walk) -> None:
    """A counter, by where it stands; newer Pythons do not let it be taken apart."""
    write(b"\xe2" + text(repr(value)))


_OURS: dict[str, Handler] = {
    "pipekit.definition.tasks:Task": _task,
    "pipekit.definition.types:Type": _type,
    "pipekit.definition.env:Env": _env,
}
_PLAIN: dict[type, Handler] = {
    FunctionType: _entity,
    ModuleType: _entity,
    MethodType: _method,
    BuiltinFunctionType: _builtin,
    CodeType: _code,
    type("".__str__): _bound_slot,
    type((lambda x: lambda: x)(0).__closure__[0]): _cell,  # type: ignore[index]
    object: _sentinel,
    itertools.count: _count,
}
