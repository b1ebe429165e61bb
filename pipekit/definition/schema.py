"""What may be written in YAML for a type, as JSON Schema (draft 7), for editors. It must never be what decides: that is `convert` and `check`."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any

from pipekit.definition.convert import admits_only_text
from pipekit.definition.types import Field, Type

Schema = dict[str, Any]

INTERPOLATION: Schema = {"type": "string", "pattern": r"^.*\$\{env:.+\}.*$"}
"""Text with `${env:NAME}` in it, which may stand wherever a value may."""

_PLAIN: dict[str, Schema] = {
    "NoneType": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "Decimal": {"type": ["number", "string"]},
    "UUID": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
}


def json_schema(type: Type[Any], definitions: dict[str, Schema] | None = None) -> Schema:
    """The schema of what may be written for `type`.

    Records stand in `definitions`, which is filled, and are referred to as `#/definitions/NAME`; without it the schema carries
    its own. Raises DefinitionError where a record's annotation names nothing.
    """
    if definitions is not None:
        return _schema(type, definitions)
    own: dict[str, Schema] = {}
    schema = _schema(type, own)
    return {**schema, "definitions": own} if own else schema


def _schema(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    schema = _SCHEMAS.get(type.kind, _anything)(type, definitions)
    return {**schema, "description": type.doc.strip()} if type.doc and type.kind == "declared" else schema


def _anything(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    return {}


def _class(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    cls = type.cls
    if type.secret:
        return {"type": "string", "pattern": r"^\$\{env:[^}]+\}$"}
    if cls is not None and issubclass(cls, Enum):
        return _or_interpolated({"enum": list(cls.__members__)})
    plain = _PLAIN.get(cls.__name__ if cls else "")
    if plain is not None:
        return _or_interpolated(plain) if plain.get("type") != "string" else plain
    return {"type": "string"} if admits_only_text(type) or (cls and cls.__name__ == "timedelta") else {}


def _or_interpolated(schema: Schema) -> Schema:
    return {"anyOf": [schema, INTERPOLATION]}


def _items(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    schema: Schema = {"type": "array", "items": _schema(type.args[0], definitions)}
    return {**schema, "uniqueItems": True} if type.cls in (set, frozenset) else schema


def _tuple(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    count = len(type.args)
    parts = [_schema(part, definitions) for part in type.args]
    return {"type": "array", "minItems": count, "maxItems": count, **({"items": parts} if parts else {})}


def _mapping(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": _schema(type.args[1], definitions)}


def _record(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    name = _definition(type, definitions)
    if name not in definitions:
        definitions[name] = {}  # a record may hold itself
        definitions[name] = _object(type, {k: f for k, f in type.fields.items() if f.init}, definitions)
    return {"$ref": f"#/definitions/{name}"}


def _definition(type: Type[Any], definitions: dict[str, Schema]) -> str:
    home: Any = type.choices[0] if type.choices else type.cls
    return re.sub(r"[^\w.]+", "_", f"{home.__module__}.{type.name}").strip("_")


def _object(type: Type[Any], fields: dict[str, Field], definitions: dict[str, Schema]) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {name: _schema(field.type, definitions) for name, field in fields.items()},
        "additionalProperties": False,
        "required": [name for name, field in fields.items() if field.required],
    }
    return {**schema, "description": type.doc.strip()} if type.doc else schema


def _union(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    return {"anyOf": [_schema(arm, definitions) for arm in type.args]}


def _literal(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    written = [_written(choice) for choice in type.choices]
    return _or_interpolated({"enum": written})


def _written(choice: Any) -> Any:
    if isinstance(choice, Enum):
        return choice.name
    return choice.decode(errors="replace") if isinstance(choice, bytes) else choice


def _declared(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    return _schema(type.parent, definitions) if type.parent else {}


def _all(type: Type[Any], definitions: dict[str, Schema]) -> Schema:
    return _schema(type.args[0], definitions)


_SCHEMAS: dict[str, Callable[[Type[Any], dict[str, Schema]], Schema]] = {
    "class": _class,
    "items": _items,
    "tuple": _tuple,
    "mapping": _mapping,
    "record": _record,
    "keys": _record,
    "union": _union,
    "literal": _literal,
    "declared": _declared,
    "all": _all,
}
