"""The types that need no declaration: plain Python's, File, Folder, Secret, and what `.cells` and `.failed` hold. It must never know an env."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipekit.definition.types import FILE, FOLDER, PATH, Field, Type
from pipekit.definition.types import File as File
from pipekit.definition.types import Folder as Folder
from pipekit.values import Cell, Failure, Secret

ANY: Type[Any] = Type("Any", "any")
NONE: Type[None] = Type("None", "class", type(None))
BOOL: Type[bool] = Type("bool", "class", bool)
INT: Type[int] = Type("int", "class", int)
FLOAT: Type[float] = Type("float", "class", float)
STR: Type[str] = Type("str", "class", str)
BYTES: Type[bytes] = Type("bytes", "class", bytes)
SECRET: Type[Secret] = Type("Secret", "class", Secret, secret=True)

PLAIN: Mapping[Any, Type[Any]] = {
    Any: ANY,
    None: NONE,
    type(None): NONE,
    bool: BOOL,
    int: INT,
    float: FLOAT,
    str: STR,
    bytes: BYTES,
    Path: PATH,
    Secret: SECRET,
    list: Type("list", "items", list, (ANY,)),
    set: Type("set", "items", set, (ANY,)),
    frozenset: Type("frozenset", "items", frozenset, (ANY,)),
    tuple: Type("tuple", "items", tuple, (ANY,)),
    typing.Tuple: Type("tuple", "items", tuple, (ANY,)),  # noqa: UP006
    dict: Type("dict", "mapping", dict, (ANY, ANY)),
    File: FILE,
    Folder: FOLDER,
}

_OPTIONS: Type[Any] = Type("dict[str, Any]", "mapping", dict, (STR, ANY))


def cell_type(product: Type[Any], streams: bool) -> Type[Any]:
    """The type of one cell of a task with this product; of a stream, a cell holds the list of its items."""
    held = Type(f"list[{product.name}]", "items", list, (product,)) if streams else product
    return record(f"Cell[{held.name}]", Cell, {"options": Field(_OPTIONS), "product": Field(held)}, (held,))


def failure_type(item: Type[Any] | None) -> Type[Any]:
    """The type of one failure among items of this type."""
    held = item or ANY
    return record("Failure", Failure, {"item": Field(held), "error": Field(STR)})


def record(name: str, cls: type[Any], fields: Mapping[str, Field], args: tuple[Type[Any], ...] = ()) -> Type[Any]:
    """A record whose fields are known."""
    return Type(name, "record", cls, args, read_fields=lambda: fields)
