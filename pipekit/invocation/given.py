"""What was given for each option, by whom, and which of it counts: pipeline.yaml, then its matrix, then Python, then `-o`. It must
never look at a value."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.definition.tasks import Setting
from pipekit.invocation.document import Document, Section
from pipekit.invocation.findings import Findings
from pipekit.invocation.known import Key, Known
from pipekit.invocation.located import Located
from pipekit.invocation.words import clip, name, shown
from pipekit.values import Origin

Source = Literal["document", "python", "text"]


class Given(Struct, frozen=True):
    """One value as given: a Located from pipeline.yaml, any value from Python, or the text of an `-o`."""

    raw: Any
    source: Source
    origin: Origin | None = None


class Sources(Struct, frozen=True):
    """What counts: `values` by option, `axes` by option in order, `exclude` as rows of option -> value."""

    values: dict[Key, Given] = field(default_factory=dict)
    axes: dict[Key, tuple[Given, ...]] = field(default_factory=dict)
    exclude: list[dict[Key, Given]] = field(default_factory=list)

    def put(self, key: Key, given: Given) -> None:
        """Let `given` count; in the place of an axis it is an axis of one."""
        if key in self.axes:
            self.axes[key] = (given,)
        else:
            self.values[key] = given


def check_names(document: Document, known: Known) -> None:
    """Every task and option that pipeline.yaml names, in any invocation, exists."""
    for section in (document.base, *document.sections.values()):
        for task, node in section.mapping("options").items():
            if known.task(task, node.named):
                for option, below in _options(task, node, known.findings).items():
                    known.option(task, option, below.named)
        for axis, node in section.mapping("matrix").items():
            known.key(axis, node.named)
            _axis(axis, node, known.findings)
        for row in section.items("exclude"):
            _row(row, known.findings)
        for task, node in section.mapping("outputs").items():
            known.task(task, node.named)
        for target in section.items("targets"):
            if isinstance(target.value, str):
                known.task(target.value, target.origin)
            else:
                known.findings.say(f"a target is {shown(target.value)}, not a name", target.origin, "name a task")


def from_section(section: Section, known: Known) -> Sources:
    """What one invocation, with all that it inherits, gives; what is wrong was a problem of `check_names`, and is left out."""
    silent = Findings()
    sources = Sources()
    for task, node in section.mapping("options").items():
        for option, below in _options(task, node, silent).items():
            if known.find(task, option) is not None:
                sources.put((task, option), Given(below, "document", below.origin))
    for axis, node in section.mapping("matrix").items():
        key = _key(axis, known)
        values = _axis(axis, node, silent)
        if key is not None and values:
            sources.axes[key] = tuple(Given(value, "document", value.origin) for value in values)
    for row in section.items("exclude"):
        _exclude(row, sources, section, known)
    return sources


def from_python(
    sources: Sources,
    settings: Sequence[Setting],
    options: Mapping[str, Any],
    matrix: Sequence[Sequence[Setting]],
    where: Origin | None,
    known: Known,
) -> None:
    """Lay what Python gives over `sources`."""
    for setting in settings:
        if known.task(setting.task, where):
            for option, value in setting.values.items():
                if known.option(setting.task, option, where) is not None:
                    sources.put((setting.task, option), Given(value, "python", where))
    for text, value in options.items():
        key = known.key(text, where)
        if key is not None:
            sources.put(key, Given(value, "python", where))
    for axis in matrix:
        _python_axis(sources, axis, where, known)


def from_text(sources: Sources, overrides: Mapping[str, str], known: Known) -> None:
    """Lay the `-o` of the command line over `sources`; a Secret cannot be given there."""
    for text, value in overrides.items():
        task, _, option = text.partition(".")
        found = known.find(task, option)
        secret = found is not None and found.type.is_secret
        where = Origin(f"-o {clip(text)}={'***' if secret else clip(value)}")
        key = known.key(text, where)
        if key is not None and secret:
            hint = f'give it in pipeline.yaml: {task}: {{{option}: "${{env:NAME}}"}}'
            known.findings.say(f"option '{option}' of task '{task}' is a Secret, and -o cannot give one", where, hint)
        elif key is not None:
            sources.put(key, Given(value, "text", where))


def caller() -> Origin | None:
    """The file and line outside pipekit that called into it."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != "pipekit" and not module.startswith("pipekit."):
            return Origin(frame.f_code.co_filename, frame.f_lineno)
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def _options(task: Any, node: Located, findings: Findings) -> Mapping[Any, Located]:
    if isinstance(node.value, dict):
        return node.value
    if node.value is not None:
        hint = f"write {task}: {{option: value}}"
        findings.say(f"the options of task {name(task)} are {shown(node.value)}, not a mapping", node.origin, hint)
    return {}


def _axis(axis: Any, node: Located, findings: Findings) -> Sequence[Located]:
    if isinstance(node.value, list) and node.value:
        return node.value
    if isinstance(node.value, list):
        findings.say(f"the axis {name(axis)} has no values", node.origin, "give at least one, or delete it")
    else:
        hint = (
            f"write {axis}: [{shown(node.value)}]" if not isinstance(node.value, dict) else "write task.option: [1, 2]"
        )
        findings.say(f"the values of the axis {name(axis)} are {shown(node.value)}, not a list", node.origin, hint)
    return ()


def _row(node: Located, findings: Findings) -> Mapping[Any, Located]:
    if isinstance(node.value, dict) and node.value:
        return node.value
    what = "an empty mapping" if node.value == {} else shown(node.value)
    findings.say(f"'exclude' holds {what}", node.origin, "write {task.option: value}: the cells to leave out")
    return {}


def _exclude(row: Located, sources: Sources, section: Section, known: Known) -> None:
    """A row counts if all of its keys are axes."""
    found: dict[Key, Given] = {}
    matrix = section.mapping("matrix")
    for text, node in _row(row, Findings()).items():
        if text not in matrix:
            hint = known.findings.nearest(text, matrix) + (
                f"the axes are: {', '.join(one if isinstance(one, str) else shown(one) for one in matrix)}"
                if matrix
                else "there is no matrix"
            )
            known.findings.say(f"{name(text)} is no axis of the matrix", node.named, hint)
            return
        key = _key(text, known)
        if key is None:
            return
        found[key] = Given(node, "document", node.origin)
    if found:
        sources.exclude.append(found)


def _python_axis(sources: Sources, axis: Sequence[Setting], where: Origin | None, known: Known) -> None:
    keys = {(setting.task, option) for setting in axis for option in setting.values}
    if len(keys) != 1 or any(len(setting.values) != 1 for setting in axis):
        known.findings.say(
            "an axis of the matrix holds settings of one option of one task, at least one",
            where,
            "matrix=[[task.set(option=1), task.set(option=2)]]",
        )
        return
    ((task, option),) = keys
    if known.task(task, where) and known.option(task, option, where) is not None:
        sources.axes[task, option] = tuple(Given(setting.values[option], "python", where) for setting in axis)


def _key(text: Any, known: Known) -> Key | None:
    return replace(known, findings=Findings()).key(text, None)
