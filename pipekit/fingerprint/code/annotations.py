"""The form of annotations, by names alone, which types they name; and the entities of these types, for those who ask. It must never
evaluate one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pipekit.canon.form import length, text
from pipekit.fingerprint.code.entities import Node, Scope

_SCALARS = (str, int, bool, bytes, type(None))


def annotation_form(value: Any, depth: int = 0) -> bytes:
    """Names, arguments and literals of an annotation; of whatever else stands in it, the class."""
    if isinstance(value, str):
        return b"s" + text(value)
    if isinstance(value, type) and not hasattr(value, "__origin__"):
        return b"t" + text(f"{value.__module__}:{value.__qualname__}")
    if type(value) in _SCALARS:
        return b"l" + text(repr(value))
    if isinstance(value, list | tuple):
        return b"(" + length(len(value)) + b"".join(annotation_form(one, depth + 1) for one in value)
    forward = getattr(value, "__forward_arg__", None)
    if isinstance(forward, str):
        return b"s" + text(forward)
    if depth < 50 and hasattr(value, "__args__"):
        origin, given = getattr(value, "__origin__", None), getattr(value, "__args__", ())
        more = tuple(getattr(value, "__metadata__", ()))
        return b"g" + text(type(value).__qualname__) + annotation_form((origin, given, more), depth + 1)
    name = getattr(value, "__name__", None) or getattr(value, "_name", None)
    return (
        b"o"
        + text(f"{type(value).__module__}:{type(value).__qualname__}")
        + text(name if isinstance(name, str) else "")
    )


def annotations_form(found: Any) -> bytes:
    """A mapping of annotations, in its order; to ask a class for its own puts an empty one there."""
    if not isinstance(found, dict):
        found = {}
    return length(len(found)) + b"".join(text(str(name)) + annotation_form(value) for name, value in found.items())


_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ALIASES = ("types", "typing", "typing_extensions")


def annotation_uses(scope: Scope, names: dict[str, Any], annotations: Iterable[Any]) -> Iterator[Node]:
    """The project's classes that `annotations` name, and what stands beside a type in `Annotated`; text is looked up in `names`."""
    for one in annotations:
        forward = one if isinstance(one, str) else getattr(one, "__forward_arg__", None)
        if isinstance(forward, str):
            for dotted in _DOTTED.findall(forward):
                yield from (node for node in scope.namespace(names)[dotted].parts if _is_type(node))
        elif isinstance(one, type) and not hasattr(one, "__origin__"):
            node = scope.entity(one)
            if node is not None and _is_type(node):
                yield node
        elif isinstance(one, list | tuple):
            yield from annotation_uses(scope, names, one)
        elif hasattr(one, "__args__"):
            yield from annotation_uses(scope, names, (getattr(one, "__origin__", None), *one.__args__))
            for more in getattr(one, "__metadata__", ()):
                if type(more).__module__ not in _DECLARED:
                    yield scope.node(more, "__metadata__", "", True)


def _is_type(node: Node) -> bool:
    """Whether it is a class, or an alias that may name some: a text may also hold the name of something else."""
    return node.kind == "class" or (node.kind == "constant" and type(node.thing).__module__ in _ALIASES)


_DECLARED = ("pipekit.definition.types", "pipekit.definition.env")
"""Types by name, whose predicates are checked elsewhere."""
