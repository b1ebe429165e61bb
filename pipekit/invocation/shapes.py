"""Where a type's parts stand in the YAML that gives it: which type a list's third value or a mapping's key has. It must never
look at a value, nor check one."""

from __future__ import annotations

from typing import Any

from pipekit.definition.convert import admits_only_text
from pipekit.definition.types import Type

_NESTS = {"items": list, "tuple": list, "mapping": dict, "record": dict, "keys": dict}


def part(type: Type[Any] | None, key: Any) -> Type[Any] | None:
    """The type of what stands under `key` (a list's index or a mapping's key); None where that cannot be said."""
    for one in _bases(type):
        wanted = _NESTS.get(one.kind)
        if wanted is list and isinstance(key, int):
            return _item(one, key)
        if one.kind == "mapping":
            return one.args[1] if len(one.args) > 1 else None
        if wanted is dict and key in one.fields:
            return one.fields[key].type
    return None


def is_text(type: Type[Any] | None) -> bool:
    """Whether text that becomes this type is taken as it is."""
    return type is not None and admits_only_text(type)


def is_secret_leaf(type: Type[Any] | None) -> bool:
    """Whether text that stands for this type may be a Secret."""
    return any(one.secret for one in _bases(type))


def _item(type: Type[Any], index: int) -> Type[Any] | None:
    if type.kind == "items":
        return type.args[0] if type.args else None
    return type.args[index] if index < len(type.args) else None


def _bases(type: Type[Any] | None) -> list[Type[Any]]:
    """The undeclared types behind `type`: its root, and of a union each member's."""
    if type is None:
        return []
    root = list(type.lineage)[-1]
    if root.kind in ("union", "all"):
        return [base for arg in root.args for base in _bases(arg)]
    return [root]
