"""All invocations of a document at once, and the `-o` of a command line as people type them. It must never know how one invocation is
checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipekit.errors import InvocationError
from pipekit.invocation.check import invoke
from pipekit.invocation.files import Look
from pipekit.invocation.findings import Findings
from pipekit.invocation.interpolation import Parse, scalar
from pipekit.invocation.invocation import NOTHING, Invocation
from pipekit.invocation.located import Located
from pipekit.invocation.words import clip
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph import Graph


def names(document: Located | None) -> tuple[str, ...]:
    """The invocations that `document` names, in order."""
    top = document.value if document is not None and isinstance(document.value, dict) else {}
    node = top.get("invocations")
    sections = node.value if node is not None and isinstance(node.value, dict) else {}
    return tuple(name for name in sections if isinstance(name, str))


def invoke_every(
    graph: Graph,
    document: Located | None,
    *,
    look: Look | None = None,
    environ: Mapping[str, str] = NOTHING,
    folder: Path | None = None,
    parse: Parse = scalar,
) -> dict[str, Invocation[Any]]:
    """Each invocation of `document` by name, without any the default one; InvocationError with the problems of all, each once."""
    findings = Findings(folder)
    made: dict[str, Invocation[Any]] = {}
    for name in names(document) or (None,):
        try:
            one = invoke(graph, document, name, look=look, environ=environ, folder=folder, parse=parse)
            made[one.name] = one
        except InvocationError as error:
            findings.take(error.problems)
    findings.stop(document.origin.file if document is not None else None)
    return made


def read_overrides(texts: Sequence[str]) -> dict[str, str]:
    """`["ranking.top=3"]` as `{"ranking.top": "3"}`, the last one counts; InvocationError with each that has no `=`."""
    findings = Findings()
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if equals:
            found.pop(key.strip(), None)
            found[key.strip()] = value
        else:
            findings.say(
                f"'{clip(text)}' gives nothing to an option", Origin(f"-o {clip(text)}"), "write -o task.option=value"
            )
    findings.stop(None)
    return found
