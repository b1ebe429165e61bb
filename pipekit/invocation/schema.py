"""A JSON Schema (draft 7) of pipeline.yaml, made from a graph, so that editors complete names and show docs. It must never be what
decides whether a file is right: that is `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipekit.definition.schema import INTERPOLATION, json_schema
from pipekit.definition.show import sentence, show
from pipekit.definition.tasks import Option, Task
from pipekit.invocation.document import VERSION

if TYPE_CHECKING:
    from pipekit.graph import Graph

Schema = dict[str, Any]

SIZE: Schema = {"type": ["string", "integer"], "description": "Bytes, or a size such as 8GB or 512MiB."}
_NUMBER: Schema = {"anyOf": [{"type": "number", "minimum": 0}, INTERPOLATION]}


def schema(graph: Graph) -> Schema:
    """The schema of every pipeline.yaml for `graph`: its tasks and options with their types and docs."""
    definitions: dict[str, Schema] = {}
    options = _options(graph, definitions)
    definitions["task"] = {"enum": list(graph.tasks)} if graph.tasks else {"not": {}}
    definitions["options"] = options
    definitions["invocation"] = _invocation(graph, definitions)
    top = {
        "version": {"const": VERSION, "description": "The version of this file's form."},
        "options": _ref("options", "Base values for every invocation: task -> option -> value."),
        "invocations": {
            "description": "Invocations by name; `default` is taken where none is named.",
            **_or_null({"type": "object", "additionalProperties": {"$ref": "#/definitions/invocation"}}),
        },
        "settings": _settings(graph),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"pipeline.yaml of {graph.name}" if graph.name else "pipeline.yaml",
        **_or_null(_object(top)),
        "definitions": definitions,
    }


def _options(graph: Graph, definitions: dict[str, Schema]) -> Schema:
    tasks = {name: _task(task, definitions) for name, task in graph.tasks.items()}
    return _or_null(_object(tasks))


def _task(task: Task[..., Any], definitions: dict[str, Schema]) -> Schema:
    options = {option.name: _option(option, definitions) for option in task.options.values()}
    described: Schema = {"description": task.doc.strip()} if task.doc else {}
    return {**described, **_or_null(_object(options))}


def _option(option: Option, definitions: dict[str, Schema]) -> Schema:
    """What may be written for an option, with the docs of its type; any value may be one interpolation."""
    value = json_schema(option.type, definitions)
    doc = sentence(option.type.doc)
    said = f"{option.type.name}: {doc}" if doc else option.type.name
    default = "required" if option.required else f"default {show(option.default)}"
    interpolated = (
        value
        if option.type.is_secret or not value or value.get("type") == "string"
        else {"anyOf": [value, INTERPOLATION]}
    )
    return {**interpolated, "description": f"{said} ({default})"}


def _invocation(graph: Graph, definitions: dict[str, Schema]) -> Schema:
    values = {
        f"{name}.{option.name}": _option(option, definitions)
        for name, task in graph.tasks.items()
        for option in task.options.values()
        if not option.type.is_secret
    }
    axes = {name: {"type": "array", "minItems": 1, "items": value} for name, value in values.items()}
    parts: Schema = {
        "extends": {"type": "string", "description": "The invocation to inherit from: mappings merge, lists replace."},
        "targets": {
            "type": "array",
            "items": {"$ref": "#/definitions/task"},
            "description": "The tasks to run; without it, those that no other task depends on.",
        },
        "options": _ref("options", "Values for this invocation: task -> option -> value."),
        "matrix": {"description": "task.option -> its values; one cell per combination.", **_or_null(_object(axes))},
        "exclude": {
            "type": "array",
            "items": {**_object(values), "minProperties": 1},
            "description": "Cells of the matrix to leave out.",
        },
        "outputs": {
            "description": "task -> the path its product is written to; it may hold {option}.",
            **_or_null(_object({name: {"type": "string", "minLength": 1} for name in graph.tasks})),
        },
    }
    return _or_null(_object(parts))


def _settings(graph: Graph) -> Schema:
    amounts: Schema = {"type": "object", "properties": {"memory": SIZE}, "additionalProperties": _NUMBER}
    parts: Schema = {
        "jobs": {
            "anyOf": [{"type": "integer", "minimum": 1}, INTERPOLATION],
            "description": "Workers, and the cpu capacity.",
        },
        "memory": {**SIZE, "description": "The memory budget of a run, such as 8GB."},
        "resources": {
            "description": "Capacities of named resources.",
            **_or_null(
                {
                    "type": "object",
                    "additionalProperties": _NUMBER,
                    "not": {"anyOf": [{"required": ["cpu"]}, {"required": ["memory"]}]},
                }
            ),
        },
        "tasks": {
            "description": "This machine's own sizes for a task's resources.",
            **_or_null(_object({name: _or_null(amounts) for name in graph.tasks})),
        },
        "store": _or_null(_object({"max_size": SIZE})),
        "remote": _or_null(
            _object(
                {"url": {"type": "string", "minLength": 1}, "trust": {"type": "array", "items": {"type": "string"}}}
            )
        ),
    }
    return {"description": "How to run, never what: in no key.", **_or_null(_object(parts))}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    """An empty mapping may be written as nothing."""
    return {**schema, "type": ["object", "null"]}


def _ref(name: str, description: str) -> Schema:
    return {"allOf": [{"$ref": f"#/definitions/{name}"}], "description": description}
