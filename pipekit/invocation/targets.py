"""Which tasks an invocation is for, and where their products are written. It must never know an option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipekit.definition.tasks import Task
from pipekit.invocation.document import Section
from pipekit.invocation.interpolation import START, Interpolation
from pipekit.invocation.invocation import Output
from pipekit.invocation.known import Known
from pipekit.invocation.located import Located
from pipekit.invocation.words import clip, name, shown
from pipekit.values import Origin

Target = str | Task[..., Any]


def choose_targets(
    section: Section, wanted: Sequence[Target], caller: Origin | None, known: Known, reading: Interpolation
) -> tuple[tuple[str, ...], tuple[Output, ...]]:
    """The targets in order and the outputs that are written; `wanted` replaces what pipeline.yaml says and drops the outputs
    of other tasks. An output makes its task a target, but not where it is inherited and `targets` is not: then it is written
    only if what is needed anyway makes it. What pipeline.yaml names wrongly is left out: `check_names` has said it."""
    tasks = known.graph.tasks
    outputs = [
        made for task, node in section.mapping("outputs").items() if (made := _output(task, node, known, reading))
    ]
    if wanted:
        names = [found for target in wanted if (found := _named(target, caller, known)) is not None]
        return tuple(dict.fromkeys(names)), tuple(output for output in outputs if output.task in names)
    if section.part("targets") is not None:
        names = [_present(node, known) for node in section.items("targets")]
    else:
        names = list(known.graph.targets)
    own = [one for one in names if one in tasks] + [one.task for one in outputs if one.task not in section.inherited]
    part = section.part("targets")
    if part is not None and not names and not own:
        known.findings.say("there is no target", part.origin, "name a task, or delete 'targets'")
    if section.inherited:
        needed = known.graph.upstream(*own)
        outputs = [output for output in outputs if output.task in needed]
    return tuple(dict.fromkeys([*own, *(output.task for output in outputs)])), tuple(outputs)


def _named(target: Target, caller: Origin | None, known: Known) -> str | None:
    if isinstance(target, Task):
        return target.name if known.task(target.name, caller, gone=False) else None
    return target if known.task(target, caller or Origin(f"-t {clip(target)}".strip()), gone=False) else None


def _present(node: Located, known: Known) -> str:
    """The target's name; one that a mutation took away cannot be a target."""
    if not isinstance(node.value, str):
        return ""
    if node.value in known.graph.unneeded and node.value not in known.graph.tasks:
        known.findings.say(
            f"the target {name(node.value)} is no longer in the graph", node.origin, "name other targets"
        )
    return node.value


def _output(task: Any, node: Located, known: Known, reading: Interpolation) -> Output | None:
    if not isinstance(node.value, str) or not node.value.strip():
        what = shown(node.value)
        known.findings.say(
            f"the output of {name(task)} is {what}, not a path", node.origin, "write a path, such as results/x.json"
        )
        return None
    if not isinstance(task, str) or task not in known.graph.tasks:
        return None
    path = node.value
    if START in path:
        path = reading.text(node)
        reading.missing()
    return Output(task, path, node.origin)
