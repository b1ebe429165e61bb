"""What the machine is told of each step: what it needs, how urgent it is, whether items flow into it. It must never know
what is ready or running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipekit.definition.tasks import Task
from pipekit.execution.plan import Plan, Planned
from pipekit.parallel.admission import Room
from pipekit.parallel.vocabulary import Needs, Node

UNKNOWN_SECONDS = 1.0
"""What a step that nobody has run yet counts for in the upward rank."""


def live(plan: Plan) -> frozenset[int]:
    """The steps whose items go on to an each while they still run. A stream that may be tried again waits for its end."""
    return frozenset(
        one
        for entry in plan.entries
        if (one := fed_by(plan, entry)) is not None
    )  # fmt: skip


def fed_by(plan: Plan, entry: Planned) -> int | None:
    """The step whose items an each takes while it runs."""
    if entry.task.kind != "each" or entry.task.pin is not None or entry.step.deps[0].kind != "product":
        return None
    source = plan.entries[entry.step.deps[0].steps[0]]
    if source.task.kind == "each" or (source.task.kind == "stream" and source.task.config.retries == 0):
        return source.step.id
    return None


def nodes(plan: Plan, streaming: bool) -> list[Node]:
    """One node per step. Upward rank (Topcuoglu et al. 2002, without communication): the step's own seconds and the
    longest way below it."""
    ranks = upward_ranks(plan)
    families: dict[Any, int] = {}
    made = []
    for entry in plan.entries:
        feed = fed_by(plan, entry)
        made.append(
            Node(
                entry.step.id,
                tuple(dict.fromkeys(one for needs in entry.step.deps for one in needs.steps)),
                (feed,) if feed is not None else (),
                entry.task.kind != "each" or entry.task.pin is not None,
                entry.task.config.store != "never",
                needs(entry.task, plan.invocation.settings.tasks.get(entry.task.name, {})),
                ranks[entry.step.id],
                families.setdefault(getattr(entry.task.fn, "__code__", entry.task.name), len(families)),
            )
        )
    return made


def upward_ranks(plan: Plan) -> list[float]:
    """By step: seconds from its start to the end of the longest chain that begins with it."""
    below = [0.0] * len(plan.entries)
    ranks = [0.0] * len(plan.entries)
    for entry in reversed(plan.entries):
        number = entry.step.id
        own = entry.seconds if entry.record or entry.near else UNKNOWN_SECONDS
        ranks[number] = own + below[number]
        for source in {one for needed in entry.step.deps for one in needed.steps}:
            below[source] = max(below[source], ranks[number])
    return ranks


_PLAIN = Needs()


def needs(task: Task[..., Any], sizes: Mapping[str, float]) -> Needs:
    """What one unit of the task takes; `sizes` are this machine's own numbers for it."""
    if not task.config.resources and not sizes:
        return _PLAIN
    wanted = {**task.config.resources, **sizes}
    named = tuple(sorted((name, amount) for name, amount in wanted.items() if name not in ("cpu", "memory")))
    return Needs(float(wanted.get("cpu", 1)), float(wanted.get("memory", 0)), named)


def grants(nodes: Iterable[Node], room: Room) -> dict[int, Mapping[str, float]]:
    """What `granted` says inside each step: what it gets of what it asked for."""
    found: dict[int, Mapping[str, float]] = {}
    for node in nodes:
        if node.needs is not _PLAIN:
            given = room.granted(node.needs)
            found[node.id] = {"cpu": given.cpu, "memory": given.memory, **dict(given.named)}
    return found
