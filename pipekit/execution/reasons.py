"""Why a step runs, as data: one predicate per reason, all with the same signature. It must never know how a reason is
shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipekit.execution.keys import Facts


@dataclass(frozen=True, slots=True)
class Reason:
    """`kind` names the predicate, `subject` what it is about; `was` and `now` are the two values, in short form."""

    kind: str
    subject: str = ""
    was: str = ""
    now: str = ""


CACHED = Reason("cached")
FORCED = Reason("forced")
UPSTREAM = "upstream"
DEP = "dep"
MISSING = "missing"
FAILED = "failed"
FILE = "file"


def never_run(now: Facts, before: Facts | None) -> Reason | None:
    """There is no record of this task."""
    return Reason("new") if before is None else None


def version_changed(now: Facts, before: Facts | None) -> Reason | None:
    """The task's `version` is another one."""
    if before is None or now.version == before.version:
        return None
    return Reason("version", now.task, before.version, now.version)


def option_changed(now: Facts, before: Facts | None) -> Reason | None:
    """An option has another value."""
    for name in sorted({*now.options, *(before.options if before else ())}) if before else ():
        new, old = now.options.get(name), before.options.get(name) if before else None
        if new != old and not (new and old and new[0] in now.files and new[0] == old[0]):
            return Reason("option", name, old[0] if old else "", new[0] if new else "")
    return None


def file_changed(now: Facts, before: Facts | None) -> Reason | None:
    """A file that an option names has other content."""
    for path in sorted(now.files) if before else ():
        old = before.files.get(path, "") if before else ""
        if old != now.files[path]:
            return Reason(FILE, path, old[:8], now.files[path][:8])
    return None


def code_changed(now: Facts, before: Facts | None) -> Reason | None:
    """The code is not the same."""
    if before is None or now.code == before.code:
        return None
    return Reason("code", now.task, before.code[:8], now.code[:8])


def environment_changed(now: Facts, before: Facts | None) -> Reason | None:
    """The interpreter, the machine, the packages or a variable in `environ` differ."""
    for name in sorted({*now.environment, *before.environment}) if before else ():
        old, new = before.environment.get(name, "") if before else "", now.environment.get(name, "")
        if old != new:
            return Reason("environment", name, old, new)
    return None


PREDICATES: tuple[Callable[[Facts, Facts | None], Reason | None], ...] = (
    never_run, version_changed, option_changed, file_changed, code_changed, environment_changed,
)  # fmt: skip


def reason(now: Facts, before: Facts | None) -> Reason:
    """The first reason why the static part differs; if it does not, a dep's product is another one."""
    for predicate in PREDICATES:
        if (found := predicate(now, before)) is not None:
            return found
    return Reason(DEP)
