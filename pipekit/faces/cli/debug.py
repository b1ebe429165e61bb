"""`debug`, and `run --pdb`: a failure opened in the debugger, in the foreground, with the very inputs."""

from __future__ import annotations

import pdb
import sys
from typing import Annotated

from pipekit.definition.show import show
from pipekit.errors import InvocationError
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.products import Reader
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.products import Name, find, find_item, load
from pipekit.faces.cli.run import Folder, Options, execute, item_of
from pipekit.faces.cli.talk import say
from pipekit.invocation.every import read_overrides
from pipekit.project.project import Asked, Project
from pipekit.project.short import open
from pipekit.values import Origin, call_user
from pipekit.values.call import Raised


def debug(
    task: Name,
    invocation: Annotated[
        str | None, flag("The invocation, if not the default one.", "-i", "--invocation", metavar="INVOCATION")
    ] = None,
    option: Options = (),
    folder: Folder = ".",
) -> int:
    """Run a task in the foreground, with what it takes, and open the debugger where it fails; of an each the first item that does."""
    project = open(folder)
    try:
        at = item_of(task)
        plan, entry = find(project, at[0] if at else task, invocation, option)
        if at is not None:
            return _item(project, plan, entry, at[1])
        asked = Asked(
            invocation, read_overrides(option), targets=[entry.step.task], force=entry.step.task, jobs=1, pool="inline",
            fail_fast=True, failed=post_mortem,
        )  # fmt: skip
        return execute(project.start(asked), as_json=False)
    finally:
        project.close()


def _item(project: Project, plan: Plan, entry: Planned, number: int) -> int:
    """One item alone. What the task takes besides must be there already."""
    if entry.task.kind != "each" or entry.task.fn is None:
        raise InvocationError(f"'{entry.step.name}' has no items that run by themselves", where=Origin(entry.step.name))
    reader = Reader(project.store)
    (item,) = find_item(project, plan, entry, number).item.items()
    sides = [load(project, plan.entries[needs.steps[0]]) for needs in entry.step.deps[1:]]
    for place, takes in enumerate(entry.task.takes[1:]):
        if takes in ("list", "iterator"):
            sides[place] = list(sides[place]) if takes == "list" else iter(sides[place])
    done = call_user(entry.task.fn, reader.item(item), *sides, **entry.step.options)
    if isinstance(done, Raised):
        post_mortem(done.error)
        return 1
    say(f"item {number} of '{entry.step.name}' does not fail: it gave {show(done.value)}")
    return 0


def post_mortem(error: BaseException) -> None:
    """The debugger at the line of the user's that raised; `q` goes on to the end of the run."""
    print(f"{type(error).__name__}: {error}", file=sys.__stderr__, flush=True)  # the task's own streams go to its log
    session = pdb.Pdb(stdin=sys.__stdin__, stdout=sys.__stdout__)
    session.reset()
    session.interaction(None, error.__traceback__)
