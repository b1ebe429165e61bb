"""The `settings` of pipeline.yaml: how to run and never what. It must never know an option's value, nor the machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pipekit.definition.measures import size
from pipekit.definition.tasks import Task
from pipekit.invocation.findings import Findings
from pipekit.invocation.interpolation import START, Interpolation
from pipekit.invocation.invocation import Settings
from pipekit.invocation.located import Located
from pipekit.invocation.words import listed, name, shown

__all__ = ["KEYS", "Located", "read_settings"]

KEYS = ("jobs", "memory", "resources", "tasks", "store", "remote")
STORE = ("max_size",)
REMOTE = ("url", "trust")

COUNT = "a whole number above zero", "4"
NUMBER = "a number of zero or more", "2 or 0.5"
SIZE = "a size", "8GB or 512MiB"
URL = "a URL", "s3://bucket/prefix"
TRUST = "a name and a key", "team:BASE64KEY"
"""What is wanted, and an example."""


def read_settings(
    parts: Mapping[str, Located], tasks: Mapping[str, Task[..., Any]], reading: Interpolation
) -> Settings:
    """The settings in `parts`; what is wrong is a problem and left out."""
    reader = _Reader(tasks, reading, reading.findings)
    known = reader.known(parts, KEYS, "settings")
    return Settings(
        jobs=reader.one(known.get("jobs"), "jobs", _count, COUNT),
        memory=reader.one(known.get("memory"), "memory", _bytes, SIZE),
        resources=reader.resources(known.get("resources")),
        tasks=reader.sizes(known.get("tasks")),
        store=reader.store(known.get("store")),
        remote=reader.remote(known.get("remote")),
    )


class _Reader:
    def __init__(self, tasks: Mapping[str, Task[..., Any]], reading: Interpolation, findings: Findings) -> None:
        self.tasks, self.reading, self.findings = tasks, reading, findings

    def known(self, parts: Mapping[Any, Located], keys: tuple[str, ...], of: str) -> dict[str, Located]:
        for key, node in parts.items():
            if key not in keys:
                hint = f"{self.findings.nearest(key, keys)}the keys are: {listed(keys)}"
                self.findings.say(f"{of} has no key {name(key)}", node.named, hint)
        return {key: parts[key] for key in keys if key in parts}

    def one(self, node: Located | None, of: str, meant: Callable[[Any], Any], wanted: tuple[str, str]) -> Any:
        """The value of `node`, if `meant` makes something of it."""
        if node is None:
            return None
        before = len(self.reading.findings.problems)
        value = node.value
        if isinstance(value, str) and START in value:
            value = self.reading.meant(self.reading.text(node), node.origin)
            self.reading.missing()
        found = meant(value)
        if found is None and len(self.findings.problems) == before:
            self.findings.say(f"{of} is {shown(value)}, not {wanted[0]}", node.origin, f"write it like {wanted[1]}")
        return found

    def mapping(self, node: Located | None, of: str) -> Mapping[Any, Located]:
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self.findings.say(f"{of} is {shown(node.value)}, not a mapping", node.origin, "write key: value")
            return {}
        return node.value

    def resources(self, node: Located | None) -> dict[str, float]:
        """Capacities by name; cpu and memory have settings of their own."""
        found: dict[str, float] = {}
        for key, below in self.mapping(node, "settings.resources").items():
            if key in ("cpu", "memory"):
                own = "jobs" if key == "cpu" else "memory"
                self.findings.say(
                    f"{name(key)} is no resource of its own here", below.named, f"give it as settings.{own}"
                )
            elif not isinstance(key, str):
                self.findings.say(f"a resource cannot be named {shown(key)}", below.named, "put the name in quotes")
            elif (number := self.one(below, f"resource {name(key)}", _number, NUMBER)) is not None:
                found[key] = number
        return found

    def sizes(self, node: Located | None) -> dict[str, dict[str, float]]:
        """Task -> resource -> how much of it; memory in bytes."""
        found: dict[str, dict[str, float]] = {}
        for task, below in self.mapping(node, "settings.tasks").items():
            if task not in self.tasks:
                hint = f"{self.findings.nearest(task, self.tasks)}the tasks are: {listed(self.tasks)}"
                self.findings.say(f"there is no task {name(task)}", below.named, hint)
                continue
            found[task] = {}
            for key, amount in self.mapping(below, f"settings.tasks.{task}").items():
                of = f"resource {name(key)} of task {name(task)}"
                memory = key == "memory"
                number = self.one(amount, of, _bytes, SIZE) if memory else self.one(amount, of, _number, NUMBER)
                if number is not None:
                    found[task][str(key)] = number
        return found

    def store(self, node: Located | None) -> dict[str, Any]:
        parts = self.known(self.mapping(node, "settings.store"), STORE, "settings.store")
        most = self.one(parts.get("max_size"), "max_size", _bytes, SIZE)
        return {} if most is None else {"max_size": most}

    def remote(self, node: Located | None) -> dict[str, Any]:
        parts = self.known(self.mapping(node, "settings.remote"), REMOTE, "settings.remote")
        found: dict[str, Any] = {}
        if (url := self.one(parts.get("url"), "url", _text, URL)) is not None:
            found["url"] = url
        trust = parts.get("trust")
        if trust is not None and not isinstance(trust.value, list):
            self.findings.say(f"trust is {shown(trust.value)}, not a list", trust.origin, "write trust: [name:KEY]")
        elif trust is not None:
            keys = [self.one(key, "a trusted key", _text, TRUST) for key in trust.value]
            found["trust"] = tuple(key for key in keys if key is not None)
        return found


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 < value <= 1_000_000 else None


def _number(value: Any) -> float | None:
    if type(value) is int:
        return float(value) if 0 <= value <= 10**15 else None
    return value if type(value) is float and math.isfinite(value) and value >= 0 else None


def _bytes(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            value = size(value) if len(value) < 40 else None
        except ValueError:
            return None
    return value if type(value) is int and 0 < value <= 1 << 60 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
