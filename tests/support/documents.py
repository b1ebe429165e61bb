"""pipeline.yaml as text to an invocation, or to the problems that stand in its way: for the tests of phase 2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from support.words import env

from pipekit.errors import InvocationError, Problem
from pipekit.graph import Graph
from pipekit.invocation.check import invoke
from pipekit.invocation.invocation import Invocation
from pipekit.project.nodes import build
from pipekit.project.pipeline import parse

ROOT = Path("/project")
FILE = str(ROOT / "pipeline.yaml")
THERE: Mapping[str, Literal["file", "folder"]] = {"data/book.txt": "file", "other.txt": "file", "data": "folder"}


def look(path: Path) -> Literal["file", "folder"] | None:
    """A disk on which only THERE stands, below ROOT."""
    return THERE.get(str(path.relative_to(ROOT))) if path.is_relative_to(ROOT) else None


def small() -> Graph:
    """The words graph without the task that needs more."""
    return env.graph().without("fetched")


def invoked(
    text: str | None = None, name: str | None = None, graph: Graph | None = None, **given: Any
) -> Invocation[Any]:
    """The invocation of `text` over `graph` (`small`)."""
    document = None if text is None else build(text, FILE)
    given = {"look": look, "folder": ROOT, "parse": parse, **given}
    return invoke(graph or small(), document, name, **given)


def refused(text: str | None = None, name: str | None = None, graph: Graph | None = None, **given: Any) -> list[str]:
    """Each problem as `message @ line:column+length ? hint`, the file left out where it is pipeline.yaml."""
    try:
        made = invoked(text, name, graph, **given)
    except InvocationError as error:
        return [_told(problem) for problem in error.problems]
    raise AssertionError(f"nothing is wrong with {made}")


def _told(problem: Problem) -> str:
    where = problem.where
    at = ""
    if where is not None:
        span = f"+{where.length}" if where.column else ""
        at = " @ " + f"{where}{span}".removeprefix(f"{FILE}:")
    return problem.message + at + (f" ? {problem.hint}" if problem.hint else "")
