"""`init`, `check` and `graph`: commands that run nothing."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

from pipekit.errors import PipekitError, ProjectError
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.run import Folder, Invocation, Json, Options
from pipekit.faces.cli.talk import colourful, here, put_json, say
from pipekit.faces.render.problems import render_problems, rows
from pipekit.invocation.every import read_overrides
from pipekit.project import lints
from pipekit.project.project import Asked
from pipekit.project.short import open
from pipekit.values import Origin


def init(folder: Annotated[str, flag("The new project's folder; else this one.", metavar="[DIR]")] = ".") -> int:
    """Make a project that runs at once. Nothing that is there is overwritten."""
    target = Path(folder)
    source = template()
    names = sorted(
        str(one.relative_to(source)) for one in source.rglob("*") if one.is_file() and "__pycache__" not in one.parts
    )
    if target.exists() and not target.is_dir():
        raise ProjectError(f"'{folder}' is a file, not a folder", where=Origin(folder), hint="name a folder")
    there = [name for name in names if (target / name).exists()]
    if there:
        raise ProjectError(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already; nothing was written",
            where=Origin(str(target)), hint="name an empty folder: pipekit init my-project",
        )  # fmt: skip
    try:
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)
    except OSError as error:
        raise ProjectError(
            f"cannot write {error.filename}: {(error.strerror or '').lower()}",
            where=Origin(folder),
            hint="name a folder you may write to",
        ) from error
    for name in names:
        say(f"wrote {os.path.join(folder, name) if folder != '.' else name}")
    say(f"now: {'' if folder == '.' else f'cd {folder} && '}pipekit run")
    return 0


def template() -> Path:
    """The folder that `init` copies: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    for place in (package / ".pipekit-template", package.parent / ".pipekit-template"):
        if place.is_dir():
            return place
    raise ProjectError("pipekit is not installed whole: its template is missing", hint="install pipekit again")


def check(invocation: Invocation = None, option: Options = (), json: Json = False, folder: Folder = ".") -> int:
    """Check tasks and pipeline.yaml, every invocation of it; write the schema for editors. Runs nothing."""
    project = open(folder)
    given = read_overrides(option)
    made = [project.invoke(Asked(invocation, given))] if invocation or given else project.invoke_every()
    project.check_code()
    warnings = PipekitError.of(lints.warnings(project))
    lints.write_schema(project)
    tasks = len(project.graph.tasks)
    if json:
        names = [one.name for one in made]
        put_json({"status": "valid", "tasks": tasks, "invocations": names, "warnings": rows(warnings, here())})
        return 0
    if warnings.problems:
        say(render_problems(warnings, here(), label="warning", color=colourful(sys.stderr), summary=False) + "\n")
    said = f"{_several(tasks, 'task')} and {_several(len(made), 'invocation')} are right"
    say(f"{said}; {_several(len(warnings.problems), 'warning')}" if warnings.problems else said)
    return 0


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def graph(
    selection: Annotated[
        str | None, flag("Only these tasks, such as '+ranking' or 'words+ & tag:slow'.", metavar="[SEL]")
    ] = None,
    format: Annotated[str, flag("tree, mermaid, dot, svg, html or json.", "--format", metavar="FORMAT")] = "tree",
    folder: Folder = ".",
) -> int:
    """Draw the graph, or a part of it."""
    whole = open(folder).graph
    chosen = whole.select(selection) if selection is not None else None
    sys.stdout.write(whole.render(format, chosen))  # type: ignore[arg-type]
    return 0
