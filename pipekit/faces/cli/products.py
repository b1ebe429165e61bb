"""`show`, `cat` and `export`: products that are there already. They compute nothing."""

from __future__ import annotations

import json as json_
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pipekit.errors import InvocationError, ProjectError
from pipekit.execution import held, item
from pipekit.execution.plan import Plan, Planned, present
from pipekit.execution.products import Items, Reader
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.run import Folder, Json, Options, item_of
from pipekit.faces.cli.talk import columns, put, put_json, say
from pipekit.faces.render import units
from pipekit.faces.render.harmless import harmless
from pipekit.invocation.every import read_overrides
from pipekit.invocation.findings import Findings
from pipekit.invocation.known import Known
from pipekit.project import outputs
from pipekit.project.project import Asked, Project
from pipekit.project.short import open
from pipekit.store.records import Record
from pipekit.values import Origin

Name = Annotated[str, flag("A task, TASK@option=value of a matrix, or an item: TASK#17.", metavar="TASK")]
From = Annotated[
    str | None, flag("The invocation, if not the default one.", "-i", "--invocation", metavar="INVOCATION")
]


def show(task: Name, invocation: From = None, option: Options = (), json: Json = False, folder: Folder = ".") -> int:
    """Summarise a task and its product: shape, head, size."""
    project = open(folder)
    at = item_of(task)
    plan, found = find(project, at[0] if at else task, invocation, option)
    rows = describe_item(project, plan, found, at[1]) if at else describe(project, found)
    if json:
        put_json(dict(rows))
    else:
        for line in columns([(name, str(value)) for name, value in rows if "\n" not in str(value)]):
            put(line)
        for name, value in rows:
            if "\n" in str(value):
                put(f"{name}\n" + "\n".join(f"  {harmless(line)}" for line in str(value).splitlines()))
    return 0


def cat(task: Name, invocation: From = None, option: Options = (), folder: Folder = ".") -> int:
    """Write a product to stdout: bytes and files raw, text as it is, plain data as JSON, a stream one item a line."""
    project = open(folder)
    value = load_named(project, task, invocation, option)
    out = sys.stdout.buffer
    several = isinstance(value, Items | Gave)
    for one in value if several else [value]:
        out.write(raw(one, task, line=several))
    out.flush()
    return 0


def export(
    task: Name,
    path: Annotated[str, flag("Where to write it; the suffix says the format.", metavar="PATH")],
    invocation: From = None,
    option: Options = (),
    folder: Folder = ".",
) -> int:
    """Write a product to a file, or a stream to a folder."""
    project = open(folder)
    value = load_named(project, task, invocation, option)
    size = outputs.write(value[0] if isinstance(value, Gave) and len(value) == 1 else value, Path(path))
    say(f"wrote {path} ({units.size(size)})")
    return 0


def find(project: Project, name: str, invocation: str | None, option: Sequence[str]) -> tuple[Plan, Planned]:
    """The step that is meant, and the plan in which it stands. Raises InvocationError where it is none or several."""
    plan, found = find_all(project, name, invocation, option)
    if len(found) > 1:
        cells = ", ".join(one.step.name for one in found[:6])
        raise InvocationError(f"'{name}' has {len(found)} cells", where=Origin(name), hint=f"name one: {cells}")
    return plan, found[0]


def find_all(project: Project, name: str, invocation: str | None, option: Sequence[str]) -> tuple[Plan, list[Planned]]:
    """The steps that are meant: of a task that stands in several cells all of them. Raises InvocationError where there are none."""
    task = name.partition("@")[0]
    findings = Findings(project.folder)
    Known(project.graph, findings).task(task, Origin(name))
    findings.stop(None)
    plan = project.plan(Asked(invocation, read_overrides(option), targets=[task]))
    found = [e for e in plan.entries if e.step.task == task and (name in (task, e.step.name) or _in_cell(e, name))]
    if not found:
        cells = ", ".join([e.step.name for e in plan.entries if e.step.task == task][:6])
        raise InvocationError(f"'{task}' has no cell '{name}'", where=Origin(name), hint=f"there are: {cells}")
    return plan, found


def _in_cell(entry: Planned, name: str) -> bool:
    """Do the `option=value` pairs behind the @ all hold in the step's cell?"""
    _, _, text = name.partition("@")
    cell = {key: str(value) for key, value in entry.step.cell}
    short = {key.partition(".")[2]: value for key, value in cell.items()}
    pairs = [pair.partition("=") for pair in text.split(",")]
    return bool(text) and all({**short, **cell}.get(key) == value for key, _, value in pairs)


def load(project: Project, entry: Planned) -> Any:
    """The product that is recorded for the step. Raises ProjectError where there is none."""
    name = entry.step.name
    record = recorded(entry)
    if record is not None and record.product.codec == held.CODEC:
        said = f"no bytes stand for the product of '{name}': each worker that needs one makes its own"
        raise ProjectError(said, where=entry.task.origin, hint="ask for what is made from it")
    if record is None or not present(record.product, project.store):
        raise ProjectError(
            f"'{name}' has no product that is up to date",
            where=entry.task.origin,
            hint=_make(entry),
        )
    if record.partial:
        say(f"warning: '{name}' is partial: items above it failed and were left out")
    return Reader(project.store).value(record.product)


class Gave(list[Any]):
    """What one item gave."""


def load_named(project: Project, name: str, invocation: str | None, option: Sequence[str]) -> Any:
    """The product of a task, or what an item of it gave. Raises ProjectError where there is none."""
    at = item_of(name)
    plan, entry = find(project, at[0] if at else name, invocation, option)
    if at is None:
        return load(project, entry)
    found = find_item(project, plan, entry, at[1])
    if found.gave is None or found.left is not None:
        why = f"was left out: {found.left.error}" if found.left is not None else "has given nothing that is up to date"
        raise ProjectError(f"item {at[1]} of '{entry.step.name}' {why}", where=entry.task.origin, hint=_make(entry))
    reader = Reader(project.store)
    return Gave(reader.item(one) for one in found.gave.items())


def find_item(project: Project, plan: Plan, entry: Planned, number: int) -> item.Found:
    """What is known of an item. Raises ProjectError where there is no such item."""
    found = item.find(plan, entry, number, project.store) if entry.task.streams else None
    if found is None:
        said = f"'{entry.step.name}' has no item {number} that can be read"
        raise ProjectError(said, where=entry.task.origin, hint=_make(entry))
    return found


def describe_item(project: Project, plan: Plan, entry: Planned, number: int) -> list[tuple[str, Any]]:
    """What there is to say of an item: name and value."""
    found, reader = find_item(project, plan, entry, number), Reader(project.store)
    (one,) = found.item.items()
    rows: list[tuple[str, Any]] = [
        ("task", entry.step.name),
        ("item", number),
        ("digest", found.item.digests.hex()),
        ("value", repr(reader.item(one))[:2000]),
    ]
    if entry.task.kind == "each":
        gave = found.gave if found.left is None else None
        state = "nothing that is up to date" if found.gave is None else ""
        rows.append(("gave", "\n".join(repr(reader.item(one))[:2000] for one in gave.items()) if gave else state))
        rows.append(("left out", found.left.error if found.left is not None else ""))
    return [(name, value) for name, value in rows if value != ""]


def _make(entry: Planned) -> str:
    return f"make it: pipekit run -t {entry.step.task}"


def recorded(entry: Planned) -> Record | None:
    """The record of what the step would make now; a partial one too, though it is tried again by the next run."""
    if entry.state == "cached":
        return entry.record
    return entry.near if entry.near is not None and entry.near.partial else None


def raw(value: Any, name: str, *, line: bool) -> bytes:
    """What `cat` writes of a value. Raises InvocationError for what has no form on stdout."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Path) and value.is_file():
        return value.read_bytes()
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass") + (b"\n" if line else b"")
    try:
        return (
            json_.dumps(value, ensure_ascii=False, default=outputs.structured).encode("utf-8", "surrogatepass") + b"\n"
        )
    except (TypeError, ValueError) as error:
        raise InvocationError(
            f"a {type(value).__name__} has no form on stdout",
            where=Origin(name),
            hint=f"write it to a file: pipekit export {name} PATH",
        ) from error


def describe(project: Project, entry: Planned) -> list[tuple[str, Any]]:
    """What there is to say of a step: name and value."""
    from pipekit.faces.render.reason import reason_text

    task = entry.task
    rows: list[tuple[str, Any]] = [
        ("task", entry.step.name),
        ("kind", task.kind),
        ("where", str(task.origin or "").replace(f"{project.folder}{os.sep}", "")),
        ("doc", task.doc.strip().partition("\n")[0]),
        ("type", task.product.name),
        ("state", {"cached": "up to date", "would_run": "would run", "may_run": "may run"}[entry.state]),
        ("why", reason_text(entry.reason)),
    ]
    rows += [(f"option {name}", repr(value)) for name, value in entry.step.options.items()]
    record = recorded(entry)
    if record is not None:
        product = record.product
        rows += [
            ("key", record.key.hex()),
            ("product", product.digest.hex()),
            ("codec", product.codec),
            ("size", units.size(product.size)),
            ("seconds", units.duration(record.seconds)),
            ("run", record.run),
        ]
        if present(product, project.store):
            rows += head(load(project, entry))
    return [(name, value) for name, value in rows if value not in ("", None)]


def head(value: Any) -> list[tuple[str, Any]]:
    """Shape and first lines of a value."""
    rows: list[tuple[str, Any]] = [("class", type(value).__name__)]
    shape = getattr(value, "shape", None)
    if shape is not None:
        rows.append(("shape", " x ".join(str(one) for one in shape)))
    elif hasattr(value, "__len__"):
        rows.append(("length", len(value)))
    if isinstance(value, Items):
        text = "\n".join(repr(one)[:200] for one in value[:5])
    elif isinstance(value, str):
        text = "\n".join(value.splitlines()[:10])
    else:
        text = repr(value)
    rows.append(("head", text[:2000] + (" ..." if len(text) > 2000 else "")))
    return rows
