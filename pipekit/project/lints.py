"""What `check` looks at beyond errors, and the schema it writes for editors. It must never run a task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipekit.definition.tasks import Task, dep_task
from pipekit.definition.types import Type
from pipekit.errors import Problem
from pipekit.graph.graph import Graph
from pipekit.invocation.schema import schema
from pipekit.project.codes import project_codes
from pipekit.project.project import Project
from pipekit.project.unseen import unseen
from pipekit.store.faults import telling


def write_schema(project: Project) -> Path:
    """Write the JSON Schema of this project's pipeline.yaml, where the file's first line points. Raises StoreError."""
    path = project.layout.schema
    text = json.dumps(schema(project.graph), indent=1, ensure_ascii=False) + "\n"
    with telling("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return path


def warnings(project: Project) -> list[Problem]:
    """What is no error and probably not meant."""
    tasks = project.graph.tasks.values()
    found = [
        Problem(message, task.origin, hint)
        for task in tasks
        for message, hint in (*plain_paths(task), *shifted(task, project.graph))
    ]
    return found + unseen(tasks, project_codes(project.folder))


def plain_paths(task: Task[..., Any]) -> Iterator[tuple[str, str]]:
    """A Path in a product is text: nothing watches the file it names."""
    if holds_plain_path(task.product, set()):
        yield (
            f"the product of '{task.name}' holds a plain Path: the file it names is neither watched nor stored",
            "annotate it as pipekit.File or pipekit.Folder",
        )


def holds_plain_path(one: Type[Any], seen: set[int]) -> bool:
    """Does a value of this type hold a Path that is neither File nor Folder?"""
    if id(one) in seen:
        return False
    seen.add(id(one))
    if one.cls is not None and isinstance(one.cls, type) and issubclass(one.cls, Path) and not one.place:
        return True
    parts = [*one.args, *(field.type for field in one.fields.values())]
    return any(holds_plain_path(part, seen) for part in parts)


def shifted(task: Task[..., Any], graph: Graph) -> Iterator[tuple[str, str]]:
    """A stream and an each below it that may leave items out, taken together, do not run in step."""
    streams = [name for name in task.deps if "." not in name and graph.tasks[name].streams]
    for lower in streams:
        each = graph.tasks[lower]
        loses = each.kind == "each" and (each.flat or each.config.on_error != "raise")
        above = {dep_task(name) for name in graph.upstream(lower)} - {lower}
        for upper in streams:
            if loses and upper in above:
                yield (
                    f"'{task.name}' takes '{upper}' and '{lower}', which may have fewer or more items: they do not run in step",
                    f"let '{lower}' carry what '{task.name}' needs of '{upper}'",
                )
