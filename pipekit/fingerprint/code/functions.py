"""What a function consists of: its body, what the names in it stand for, closure cells, defaults and attributes. It must never call
one."""

from __future__ import annotations

import functools
import marshal
import os
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pipekit.canon.form import text
from pipekit.fingerprint.code.annotations import annotation_uses, annotations_form
from pipekit.fingerprint.code.entities import OPEN, SCALARS, SOURCE, Content, Node, Parts, Place, Scope, Told
from pipekit.fingerprint.code.names import NOTHING
from pipekit.fingerprint.code.uses import reads_of
from pipekit.values import Origin

_DISPATCH = "singledispatch.<locals>.wrapper"
_EXACT = frozenset({type(None), bool, int, str, bytes})
_SEPARATOR = os.sep.encode()
_PLAIN = ("functools", "contextlib", "abc", "typing")


def function_name(fn: FunctionType) -> str:
    """`module.qualname`, of the code that runs and not of what it wraps."""
    return f"{fn.__globals__.get('__name__', '?')}.{fn.__code__.co_qualname}"


def function_node(scope: Scope, fn: FunctionType) -> Node:
    """The entity of a function: by its code where that is the project's, by name where it is not; a wrapper that another
    distribution made around the project's code by what it holds."""
    code, names = fn.__code__, fn.__globals__
    home, qualname = scope.belonging.of_code(code, names), code.co_qualname
    name = f"{names.get('__name__', '?')}.{qualname}"
    if home.kind == "project":
        made = fn.__closure__ is not None or "<locals>" in qualname
        return Node(name, "function", fn, _expand_made if made else _expand)
    if qualname == _DISPATCH and names is vars(functools):
        return Node(f"{_wrapped_name(fn, name)}.registry", "attribute", fn, _expand_dispatch)
    if _is_named(scope, fn):
        return scope.extern(f"{names.get('__name__', '?')}:{fn.__qualname__}", home)
    return Node(name, "", fn, _expand_outside)


def _wrapped_name(fn: FunctionType, name: str) -> str:
    wrapped = getattr(fn, "__wrapped__", None)
    return function_name(wrapped) if isinstance(wrapped, FunctionType) else name


def _is_named(scope: Scope, fn: FunctionType) -> bool:
    """Whether it is a function of its distribution's, and not one that was made for somebody."""
    home: Any = sys.modules.get(fn.__module__) if isinstance(fn.__module__, str) else None
    if isinstance(home, ModuleType) and scope.belonging.of_module(home).kind != "extern":
        return False
    if "<locals>" not in fn.__qualname__ and "<locals>" not in fn.__code__.co_qualname:
        return True
    for part in fn.__qualname__.split("."):
        home = getattr(home, "__dict__", {}).get(part)
    return home is fn


def _expand(node: Node, scope: Scope) -> Content:
    """A function of a module or class."""
    fn: FunctionType = node.thing
    body, uses, reads = _of_code(scope, fn.__code__, fn.__globals__)
    odd = fn.__dict__ or _renamed(fn)
    if not (fn.__defaults__ or fn.__kwdefaults__ or odd):
        return Content(body, uses, b"", reads, None, _opened, _place)
    form = None if odd else _defaults(fn, scope)
    if form is not None:
        return Content(body, uses, form, reads, _tell, _opened, _place)
    parts = Parts(scope)
    _hold(parts, fn, node.name)
    held = parts.content(body, uses)
    return Content(held.body, held.uses, held.more, reads, _tell, _opened, _place)


def _of_code(scope: Scope, code: CodeType, names: dict[str, Any]) -> tuple[bytes, list[Node], int]:
    """What a code object does, the entities that its names stand for, and what it reads."""
    body, uses, builtins, reads, _, _ = scope.known(code)
    namespace = scope.namespace(names)
    nodes = [namespace[use] for use in uses]
    if NOTHING in nodes:
        nodes = [one for one in nodes if one is not NOTHING]
    if namespace.hidden:
        hidden = [name for name in builtins if name in namespace.hidden]
        if hidden:
            return body + repr(hidden).encode(), nodes + [namespace[name] for name in hidden], reads
    return body, nodes, reads


def _defaults(fn: FunctionType, scope: Scope) -> bytes | None:
    """All defaults in one form, if they are plain and no paths, as they almost always are; else None."""
    values, named, names = fn.__defaults__ or (), fn.__kwdefaults__, ""
    count = len(values)
    if named:
        names = ",".join(sorted(named))
        values += tuple([named[name] for name in sorted(named)]) if len(named) > 1 else tuple(named.values())
    # of floats that are no numbers marshal tells more than counts
    if scope.hides or (not _EXACT.issuperset(map(type, values)) and any(map(_is_strange, values))):
        return None
    form = marshal.dumps((count, names, values), 2)
    if reads_of(form):
        return None
    if _SEPARATOR in form and any(type(value) is str and value.startswith(scope.roots) for value in values):
        return None
    return form


def _is_strange(value: object) -> bool:
    return type(value) not in SCALARS or value != value


def _expand_made(node: Node, scope: Scope) -> Content:
    """A function made by another one: what all that it makes have in common is an entity of its own."""
    fn: FunctionType = node.thing
    parts = Parts(scope)
    parts.use(scope.code(fn.__code__, fn.__globals__))
    _hold(parts, fn, node.name)
    found = parts.content(b"made")
    return Content(found.body, found.uses, found.more, 0, _tell, _opened, _place)


def _tell(node: Node, scope: Scope) -> list[Told]:
    parts = Parts(scope, telling=True)
    _hold(parts, node.thing, node.name)
    return parts.told or []


def expand_code(node: Node, scope: Scope) -> Content:
    """A code object and the globals it runs in."""
    body, uses, reads = _of_code(scope, *node.thing)
    return Content(body, uses, b"", reads)


def _place(node: Node, scope: Scope) -> Place:
    """Where a function is written, and its text where that is certain."""
    code: CodeType = node.thing.__code__
    *_, first, last = scope.known(code)
    if not first:
        return Origin(code.co_filename, code.co_firstlineno), ""
    return Origin(code.co_filename, first), scope.sources.text(code.co_filename, first, last)


def _hold(parts: Parts, fn: FunctionType, name: str, lenient: bool = False) -> None:
    """What the live function holds beside its code."""
    code = fn.__code__
    if _renamed(fn):
        parts.mark(b"named" + text(fn.__qualname__) + text(fn.__name__))
    if fn.__closure__:
        for variable, cell in zip(code.co_freevars, fn.__closure__):
            try:
                value = cell.cell_contents
            except ValueError:
                parts.mark(b"empty")
                continue
            parts.add(value, name, variable, "closure", lenient)
    defaults = fn.__defaults__
    if defaults:
        parts.mark(b"%d" % len(defaults))
        for variable, value in zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults):
            parts.add(value, name, variable, "default", lenient)
    for kind, values in (("default", fn.__kwdefaults__), ("attribute", fn.__dict__)):
        if values:
            names = sorted(values)
            parts.mark(f"{kind} {names}".encode())
            for variable in names:
                parts.add(values[variable], name, variable, kind, lenient)


def _renamed(fn: FunctionType) -> bool:
    """Whether somebody gave it another name than its code has."""
    return fn.__name__ != fn.__code__.co_name or fn.__qualname__ != fn.__code__.co_qualname


def _opened(node: Node, scope: Scope, flags: int) -> tuple[bytes, tuple[Node, ...]]:
    """Docstring, annotations, and those of nested functions; or the whole file."""
    fn: FunctionType = node.thing
    code = fn.__code__
    source = scope.sources.of(code.co_filename) if flags & SOURCE else None
    parts = [source.content if source else b""]
    if not flags & OPEN:
        return parts[0], ()
    doc = repr(fn.__doc__) if isinstance(fn.__doc__, str | None) else "?"
    parts += [scope.sources.forms.exact(code), annotations_form(fn.__annotations__), text(doc)]
    return b"".join(parts), tuple(annotation_uses(scope, fn.__globals__, fn.__annotations__.values()))


def _expand_outside(node: Node, scope: Scope) -> Content:
    """A wrapper that another distribution made: what it holds of the project's; it may look at annotations."""
    fn: FunctionType = node.thing
    module = str(fn.__globals__.get("__name__", "?"))
    parts = Parts(scope)
    parts.use(scope.extern(f"{module}:{fn.__code__.co_qualname}", scope.belonging.of_names(fn.__globals__)))
    wrapped = getattr(fn, "__wrapped__", None)
    if module.partition(".")[0] not in _PLAIN and isinstance(wrapped, FunctionType):
        parts.mark(annotations_form(wrapped.__annotations__))
    _hold(parts, fn, node.name, lenient=True)
    return parts.content(b"wrapper")._replace(told=_tell)


def _expand_dispatch(node: Node, scope: Scope) -> Content:
    """A generic function: every implementation, by the class that it is registered for."""
    registry: dict[type, Any] = dict(node.thing.registry)
    parts = Parts(scope)
    for cls in sorted(registry, key=lambda one: (one.__module__, one.__qualname__)):
        parts.mark(f"{cls.__module__}:{cls.__qualname__}".encode())
        parts.add(cls, node.name, cls.__qualname__, "attribute")
        parts.add(registry[cls], node.name, cls.__qualname__, "attribute")
    return parts.content(b"singledispatch")
