"""Warnings of what the tasks' code does that no fingerprint sees: whose code it is, where, and what to do about it. It must never
read a source file itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from pipekit.definition.tasks import Task
from pipekit.errors import FingerprintError, Problem
from pipekit.fingerprint.code.ignores import KINDS
from pipekit.fingerprint.code.pages import Page
from pipekit.fingerprint.code.suspects import Suspect, Suspects
from pipekit.project.codes import ProjectCodes
from pipekit.values import Origin

_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(^|_)KEY($|_)|APIKEY", re.IGNORECASE)
_KINDS = f"{', '.join(KINDS[:-1])} and {KINDS[-1]}"


class _Met(NamedTuple):
    """A suspect as one task meets it: the names that lead there from its function."""

    task: Task[..., Any]
    suspect: Suspect
    way: tuple[str, ...]


def unseen(tasks: Iterable[Task[..., Any]], codes: ProjectCodes) -> list[Problem]:
    """One warning a place, however many tasks reach it, in the order of files and lines; then one for each comment there that
    ignores nothing. Tasks whose code has no fingerprint are left out: that is an error, and told as one."""
    suspects = Suspects()
    found: dict[Origin, list[_Met]] = {}
    for task in tasks:
        for met in _met(task, suspects, codes):
            found.setdefault(met.suspect.where, []).append(met)
    problems = [_problem(found[where], first=not at) for at, where in enumerate(sorted(found, key=_place))]
    return problems + [one for page in suspects.pages.values() for one in _strays(page)]


def _place(where: Origin) -> tuple[str, int, int]:
    return where.file, where.line, where.column


def _met(task: Task[..., Any], suspects: Suspects, codes: ProjectCodes) -> Iterator[_Met]:
    try:
        code = codes.of(task)
    except FingerprintError:
        return
    for suspect, way in suspects.of(code):
        if not is_answered(task, suspect):
            yield _Met(task, suspect, way)


def is_answered(task: Task[..., Any], suspect: Suspect) -> bool:
    """Does the task's decorator already say what `suspect` means for it?"""
    config = task.config
    if suspect.made:
        return False
    if suspect.kind == "clock":
        return config.refresh is not None
    if suspect.kind == "environ":
        return suspect.variable in config.environ
    return suspect.kind in ("eval", "import") and bool(config.code_includes)


def _problem(met: list[_Met], first: bool) -> Problem:
    """The warning of one place; the first one also says how to answer that it is meant."""
    nearest = min(met, key=lambda one: len(one.way))
    others = len({one.task.name for one in met}) - 1
    suspect, task = nearest.suspect, f"'{nearest.task.name}'"
    who = task if not others else f"{task} and {others} other task{'' if others == 1 else 's'}"
    verb, what, why = _does(suspect)
    place = _inside(nearest)
    if suspect.made:
        said = f"{who} {'use' if others else 'uses'} {place or suspect.holder}, which is made"
        message = f"{said} {'with the clock' if suspect.kind == 'clock' else 'without a seed'} at every import"
    else:
        message = f"{who} {verb if others else verb + 's'} {what}{f' in {place}' if place else ''}{why}"
    meant = f"\nwhere a line is meant as it stands, end it with: # pipekit: ignore[{suspect.kind}]" if first else ""
    return Problem(f"{message} [{suspect.kind}]", suspect.where, _hint(suspect, task) + meant)


def _does(suspect: Suspect) -> tuple[str, str, str]:
    """What a task does there: a verb, with what, and why that is said."""
    if suspect.kind == "eval":
        return "use", suspect.what.removeprefix("builtins."), ": pipekit cannot see which code that runs"
    if suspect.kind == "import":
        return "use", "a module that is named at run time", ": pipekit cannot see its code"
    if suspect.kind == "environ":
        return "read", f"the variable '{suspect.variable}'" if suspect.variable else "the environment", ""
    return "use", "the clock" if suspect.kind == "clock" else "randomness without a seed", ""


def _inside(met: _Met) -> str:
    """Where a suspect is that does not stand in the task's own function, and by what ways it is reached."""
    fn, holder = met.task.fn, met.suspect.holder
    if met.way == (f"{fn.__module__}.{getattr(fn, '__qualname__', '')}",):
        return ""
    between = [
        one for one, below in zip(met.way[1:-1], met.way[2:]) if not below.startswith(f"{one}.") and one != holder
    ]
    shown = f"{holder}, by way of {' -> '.join(between)}" if between else holder
    return shown.replace(".<locals>", "")


def _hint(suspect: Suspect, task: str) -> str:
    if not suspect.made:
        return _HINTS[suspect.kind](suspect, task)
    said = "make it an option" if suspect.kind == "clock" else "make it inside the function, with a seed"
    return f"every process makes another one, and {task} runs again: {said}"


def _clock(suspect: Suspect, task: str) -> str:
    timed = "; for durations take time.perf_counter()" if suspect.what.startswith("time.time") else ""
    return f'make the time an option, or say on {task} how long a result holds: refresh="1d"{timed}'


def _environ(suspect: Suspect, task: str) -> str:
    name = suspect.variable
    if not name:
        return f'read each variable by its name and list it on {task}: environ=["NAME"]; or make it an option: "${{env:NAME}}"'
    if _SECRET.search(name):
        return f'make it an option of the type pipekit.Secret, and give it in pipeline.yaml: "${{env:{name}}}"'
    return (
        f'list it on {task}: environ=["{name}"]; or make it an option, and give it in pipeline.yaml: "${{env:{name}}}"'
    )


def _random(suspect: Suspect, task: str) -> str:
    room, _, name = suspect.what.rpartition(".")
    if name == "seed":
        return "leave it out: pipekit seeds this generator before each call"
    if room == "uuid":
        return 'make it of what it stands for: uuid.UUID(int=pipekit.seed("name"))'
    if name == "RandomState":
        return 'give it a seed: RandomState(pipekit.seed("name") % 2**32)'
    if room == "numpy.random" or name == "Random":
        return f'give it a seed: {name}(pipekit.seed("name"))'
    return 'take a generator with a seed: random.Random(pipekit.seed("name"))'


def _unfollowed(suspect: Suspect, task: str) -> str:
    if suspect.kind == "eval":
        return f'call functions by their names; or list on {task} the modules that the text may use: code_includes=["module"]'
    return f'import it by its name; or list on {task} what it may be: code_includes=["module"]'


_HINTS: Mapping[str, Callable[[Suspect, str], str]] = {
    "clock": _clock,
    "environ": _environ,
    "random": _random,
    "eval": _unfollowed,
    "import": _unfollowed,
}


def _strays(page: Page) -> Iterator[Problem]:
    for one in page.strays:
        near = get_close_matches(one.kind.lower(), KINDS, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"the kinds are {_KINDS}"
        if one.kind:
            yield Problem(f"'{one.kind}' is nothing that a comment can ignore", page.stray(one), hint)
        else:
            hint = f"write '# pipekit: ignore[kind] why'; {hint}"
            yield Problem("this comment ignores nothing: it names no kind in brackets", page.stray(one), hint)
