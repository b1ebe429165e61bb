"""Which tasks and options a graph has, and what to say about a name that it has not. It must never know where names were
written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pipekit.definition.tasks import Option, dep_task
from pipekit.invocation.findings import Findings
from pipekit.invocation.words import listed, name
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph import Graph

Key = tuple[str, str]
"""Task and option."""


class Known(Struct, frozen=True):
    """Names of one graph; those that a mutation took away are known and not needed."""

    graph: Graph
    findings: Findings

    def task(self, task: Any, where: Origin | None, gone: bool = True) -> bool:
        """Whether there is such a task (or was, if `gone`); if not, that is a problem at `where`."""
        if isinstance(task, str) and (task in self.graph.tasks or (gone and task in self.graph.unneeded)):
            return True
        self.findings.say(f"there is no task {name(task)}", where, self._tasks(task))
        return False

    def option(self, task: str, option: Any, where: Origin | None) -> Option | None:
        """The option of a known task; if there is none, that is a problem at `where`."""
        found = self.find(task, option)
        if found is None:
            self.findings.say(f"task {name(task)} has no option {name(option)}", where, self._options(task, option))
        return found

    def find(self, task: str, option: Any) -> Option | None:
        """The option, if there is one or was."""
        here = self.graph.tasks.get(task)
        if here is not None and option in here.options:
            return here.options[option]
        return self.graph.unneeded.get(task, {}).get(option)

    def key(self, text: Any, where: Origin | None) -> Key | None:
        """`"task.option"` as a key; if it names none, that is a problem at `where`."""
        task, dot, option = text.partition(".") if isinstance(text, str) else ("", "", "")
        if not (task and dot and option):
            self.findings.say(f"{name(text)} names no option", where, f"write task.option{self._example(text)}")
            return None
        if not self.task(task, where) or self.option(task, option, where) is None:
            return None
        return task, option

    def _example(self, text: Any) -> str:
        """An option of the task, or of a task that has an option, called `text`."""
        here = self.graph.tasks.get(text)
        if here is not None and here.options:
            return f", such as {text}.{next(iter(here.options))}"
        owner = next((task for task, one in self.graph.tasks.items() if text in one.options), None)
        return f", such as {owner}.{text}" if owner is not None else ""

    def _tasks(self, task: Any) -> str:
        tasks = self.graph.tasks
        if isinstance(task, str) and dep_task(task) in tasks:
            return f"'{task}' is a dep and no task; '{dep_task(task)}' is one"
        if not tasks:
            return "there are no tasks at all"
        return f"{self.findings.nearest(task, tasks)}the tasks are: {listed(tasks)}"

    def _options(self, task: str, option: Any) -> str:
        here = self.graph.tasks.get(task)
        options: Mapping[str, Option] = here.options if here is not None else self.graph.unneeded.get(task, {})
        at = self.findings.at(here.origin) if here is not None else ""
        if not options:
            return f"{task} takes no options{at}"
        return f"{self.findings.nearest(option, options, task)}{task} takes: {listed(options)}{at}"
