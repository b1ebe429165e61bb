"""The problems of one check, collected until all are known. It must never know what is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec import Struct, field

from pipekit.errors import InvocationError, Problem
from pipekit.invocation.words import clip, place
from pipekit.values import Origin

COMPARED = 60_000
"""How many names are compared for suggestions in one check, so that a hostile file takes no longer than an honest one."""


class Findings(Struct):
    """What has been found so far; `folder` is the project's, so that hints name its files shortly."""

    folder: Path | None = None
    problems: list[Problem] = field(default_factory=list)
    compared: int = 0
    meant: set[object] = field(default_factory=set)
    blurred: bool = False
    """`meant`: the tasks and (task, option) that unknown names were probably meant to be; `blurred`: what was given cannot be
    read in full. A value that is missing because of that is no problem of its own."""

    def say(self, message: str, where: Origin | None = None, hint: str | None = None) -> None:
        """Add one problem."""
        self.problems.append(Problem(message, where, hint))

    def take(self, problems: Iterable[Problem]) -> None:
        """Add problems that others found."""
        self.problems.extend(problems)

    def nearest(self, name: object, known: Collection[object], task: str | None = None) -> str:
        """`"did you mean 'top'? "`, or nothing where no known name is near. Names of options are those of `task`."""
        self.compared += len(known)
        if not isinstance(name, str) or self.compared > COMPARED:
            return ""
        from difflib import get_close_matches  # only once something is wrong

        near = get_close_matches(name[:80], [one for one in known if isinstance(one, str)], n=1, cutoff=0.6)
        if not near:
            return ""
        self.meant.add(near[0] if task is None else (task, near[0]))
        return f"did you mean '{clip(near[0])}'? "

    def at(self, origin: Origin | None) -> str:
        """`" (tasks.py:31)"`."""
        return place(origin, self.folder)

    def stop(self, first: str | None) -> None:
        """Raise InvocationError with every problem, those of the file `first` in its order before the others."""
        if self.problems:
            unique = {(p.message, p.where): p for p in self.problems}
            raise InvocationError.of(sorted(unique.values(), key=lambda problem: _rank(problem, first)))


def _rank(problem: Problem, first: str | None) -> tuple[int, int, int]:
    where = problem.where
    if where is None or where.file != first:
        return 1, 0, 0
    return 0, where.line, where.column
