"""`table`: the cells of a sweep side by side."""

from __future__ import annotations

import csv as csv_
import sys
from typing import Annotated, Any

from pipekit.execution.plan import Plan, present
from pipekit.execution.products import Items, Reader
from pipekit.execution.summary import plain
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.run import Folder, Invocation, Json, Options
from pipekit.faces.cli.talk import columns, put, put_json
from pipekit.invocation.every import read_overrides
from pipekit.project.project import Asked, Project
from pipekit.project.short import open

SMALL = 256
"""Bytes up to which a product is shown as a column."""


def table(
    invocation: Invocation = None,
    option: Options = (),
    json: Json = False,
    csv: Annotated[bool, flag("Comma-separated values on stdout.", "--csv")] = False,
    folder: Folder = ".",
) -> int:
    """Show the cells of a sweep side by side: options, states, seconds, and small products as columns."""
    project = open(folder)
    plan = project.plan(Asked(invocation, read_overrides(option)))
    rows = cells(project, plan)
    if json:
        put_json(rows)
        return 0
    names = list(dict.fromkeys(name for row in rows for name in row))
    if csv:
        writer = csv_.DictWriter(sys.stdout, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return 0
    for line in columns([tuple(names), *(tuple(_text(row.get(name, "")) for name in names) for row in rows)]):
        put(line)
    return 0


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def cells(project: Project, plan: Plan) -> list[dict[str, Any]]:
    """One row per cell: the axes, then state, seconds and small product of each target."""
    reader = Reader(project.store)
    targets = {plan.entries[one].step.task for one in plan.steps.targets}
    rows: list[dict[str, Any]] = []
    for cell, steps in plan.steps.cells:
        row: dict[str, Any] = {name: plain(value) for name, value in cell.items()}
        for task in [name for name in steps if name in targets]:
            entry = plan.entries[steps[task]]
            row[f"{task} state"] = entry.state
            if entry.record is not None:
                row[f"{task} seconds"] = round(entry.record.seconds, 3)
            product = entry.product
            if product is not None and product.size <= SMALL and present(product, project.store):
                value = reader.value(product)
                if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Items)):
                    row[task] = value
        rows.append(row)
    return rows
