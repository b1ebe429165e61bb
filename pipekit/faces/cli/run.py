"""`run` and `status`: plan, execute, say how it goes. The way of a good `run` imports neither typer nor, off a terminal, rich."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Annotated, Protocol

from pipekit.errors import InvocationError
from pipekit.execution import summary
from pipekit.execution.events import Event
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.run import Run
from pipekit.faces.cli.flags import flag
from pipekit.faces.cli.talk import columns, is_terminal, put, put_json, say
from pipekit.faces.render.reason import reason_text
from pipekit.faces.render.units import many
from pipekit.invocation.every import read_overrides
from pipekit.project import ahead
from pipekit.project.project import Asked
from pipekit.project.short import open
from pipekit.values import Origin

Folder = Annotated[str, flag("The project's folder.", "-C", metavar="DIR")]
Json = Annotated[bool, flag("One JSON object on stdout.", "--json")]
Options = Annotated[
    Sequence[str], flag("Set an option; may be given many times.", "-o", "--option", metavar="TASK.OPTION=VALUE")
]
Targets = Annotated[
    Sequence[str], flag("Make this task instead of the invocation's targets.", "-t", "--target", metavar="TASK")
]
Jobs = Annotated[int | None, flag("How many workers; else as many as processors.", "-j", "--jobs", metavar="N")]
Invocation = Annotated[str | None, flag("An invocation of pipeline.yaml.", metavar="[INVOCATION]")]
Pool = Annotated[str, flag("Where work happens: processes, threads or inline.", "--pool", metavar="POOL")]


def run(
    invocation: Invocation = None,
    target: Targets = (),
    option: Options = (),
    jobs: Jobs = None,
    dry: Annotated[bool, flag("Show the plan with its reasons; run nothing.", "-n", "--dry-run")] = False,
    force: Annotated[
        Sequence[str], flag("Run these tasks, or items (TASK#17), though they are recorded.", "--force", metavar="SEL")
    ] = (),
    fail_fast: Annotated[bool, flag("Stop at the first failure.", "--fail-fast")] = False,
    pool: Pool = "processes",
    audit: Annotated[bool, flag("Note what the tasks use, and say what is not in their keys.", "--audit")] = False,
    pdb: Annotated[bool, flag("Run in this process; open the debugger where a task fails.", "--pdb")] = False,
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """Make the targets of an invocation, computing only what is not there yet."""
    gc.set_threshold(100_000, 50, 1_000)  # a plan is many small objects, and hardly any of them garbage
    given = read_overrides(option)
    jobs, pool = checked_jobs(jobs), checked_pool(pool)
    items = tuple(found for one in force if (found := item_of(one)))
    forced = " | ".join(one for one in force if item_of(one) is None)
    if audit:
        check_audit(pool, dry=dry)
    failed: Callable[[BaseException], None] | None = None
    if pdb:
        from pipekit.faces.cli.debug import post_mortem

        failed, jobs, pool = post_mortem, 1, "inline"
    asked = Asked(invocation, given, {}, (), tuple(target), forced, jobs, pool, fail_fast, audit, items, failed)
    with ahead.server(folder) if pool == "processes" and not dry else nullcontext() as server:
        project = open(folder)
        try:
            if dry:
                show_plan(project.plan(asked), as_json=json, everything=False)
                return 0
            return execute(project.start(replace(asked, server=server)), as_json=json)
        finally:
            project.close()


def item_of(name: str) -> tuple[str, int] | None:
    """Task and number of `TASK#17`; None for any other name."""
    task, sign, number = name.rpartition("#")
    return (task, int(number)) if sign and number.isascii() and number.isdigit() else None


def execute(run: Run, *, as_json: bool) -> int:
    """Run to the end, shown on stderr or told as JSON; gives the exit code."""
    gc.freeze()  # what is there now stays: nobody need look through it for garbage again and again
    if as_json:
        put_json(run.wait().summary())
    else:
        with face() as shown:
            for event in run:
                shown.take(event)
        if run.how.audit:
            say(audit_line(len(run.audit.findings), run.ledger.counts()["cached"]))
    found = run.how.audit and run.audit.findings
    return {"succeeded": 1 if found else 0, "failed": 1, "interrupted": 130}[run.status]


def status(
    invocation: Invocation = None,
    option: Options = (),
    exit_code: Annotated[bool, flag("Exit 1 if anything is stale.", "--exit-code")] = False,
    json: Json = False,
    folder: Folder = ".",
) -> int:
    """Say what is up to date, what is stale, and why."""
    project = open(folder)
    plan = project.plan(Asked(invocation, read_overrides(option)))
    show_plan(plan, as_json=json, everything=True)
    project.close()
    return 1 if exit_code and not plan.nothing_to_do else 0


class Face(Protocol):
    """What shows a run."""

    def take(self, event: Event) -> None: ...


def _storing(plan: Plan, entry: Planned) -> str:
    """What the plan says of a product that is not stored."""
    if plan.keeps(entry.step.id):
        return ""
    return "; not stored" if entry.task.config.store == "never" else "; not stored, because it is made again sooner"


def face() -> AbstractContextManager[Face]:
    """What shows a run on stderr: live on a terminal, plain elsewhere."""
    if is_terminal(sys.stderr):
        from pipekit.faces.render.progress import Progress

        return Progress()
    from pipekit.faces.render.plain import Plain

    return Plain()


def checked_jobs(jobs: int | None) -> int | None:
    """The number of `-j`. Raises InvocationError for one that makes no sense."""
    if jobs is not None and not 1 <= jobs <= 1024:
        raise InvocationError(
            f"-j takes a number from 1 to 1024, not {jobs}",
            where=Origin(f"-j {jobs}"),
            hint="leave it out for one worker per processor",
        )
    return jobs


def checked_pool(pool: str) -> str:
    """The name of `--pool`. Raises InvocationError for one that there is not."""
    if pool not in ("processes", "threads", "inline"):
        raise InvocationError(
            f"there is no pool '{pool}'", where=Origin(f"--pool {pool}"), hint="there are: processes, threads, inline"
        )
    return pool


def check_audit(pool: str, *, dry: bool) -> None:
    """Raises InvocationError where `--audit` could note nothing."""
    if pool != "processes":
        raise InvocationError(
            f"--audit watches worker processes, and --pool {pool} has none",
            where=Origin(f"--pool {pool}"),
            hint="leave --pool out",
        )
    if dry:
        raise InvocationError(
            "-n runs nothing, so that --audit has nothing to watch", where=Origin("-n"), hint="leave one out"
        )


def audit_line(findings: int, cached: int) -> str:
    """`"audit: 2 findings; 3 cached tasks were not watched: --force '*' runs them too"`."""
    text = f"audit: {many(findings, 'finding') if findings else 'no findings'}"
    were = "were" if cached > 1 else "was"
    them = "them" if cached > 1 else "it"
    return f"{text}; {many(cached, 'cached task')} {were} not watched: --force '*' runs {them} too" if cached else text


def show_plan(plan: Plan, *, as_json: bool, everything: bool) -> None:
    """The plan as a table, or as JSON; without `everything` only what would or may run, or is to be checked again."""
    if as_json:
        put_json(summary.of_plan(plan))
        return
    shown = [e for e in plan.entries if e.pinned is None and (everything or e.unchecked or e.state != "cached")]
    words = {"cached": "up to date", "would_run": "would run", "may_run": "may run"}
    rows: list[tuple[str, ...]] = [
        ("to check" if e.unchecked else words[e.state], e.step.name, reason_text(e.reason) + _storing(plan, e))
        for e in shown
    ]
    for line in columns(rows):
        put(line)
    counts, checks = summary.of_plan(plan)["counts"], sum(e.unchecked for e in plan.entries)
    counted = f"{counts['would_run']} would run, {counts['may_run']} may run, {counts['cached'] - checks} up to date"
    say(f"{counted}, {checks} to check" if checks else counted)
