"""What the machine is told of each step: what it needs, how urgent it is, whether items flow into it. It must never know
what is ready or running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipekit.definition.tasks import Task
from pipekit.execution.history import Likely
from pipekit.execution.plan import Plan, Planned
from pipekit.parallel.admission import Room
from pipekit.parallel.vocabulary import Needs, Node

UNKNOWN_SECONDS = 1.0
"""What a step that nobody has run yet counts for in the upward rank."""

FIRST = 1e9
"""Seconds of rank that no chain of work has."""


def live(plan: Plan) -> frozenset[int]:
    """The steps whose items go on while they still run."""
    return frozenset(source for entry in plan.entries for _, source in feeds_of(plan, entry))


def feeds_of(plan: Plan, entry: Planned) -> list[tuple[int, int]]:
    """The deps, by position, from which a step takes items while they are made, and the steps that make them."""
    if entry.task.pin is not None or not entry.step.deps:
        return []
    taken = [0] if entry.task.kind == "each" else [at for at, how in enumerate(entry.task.takes) if how == "iterator"]
    found: list[tuple[int, int]] = []
    for position in taken:
        needs = entry.step.deps[position]
        source = plan.entries[needs.steps[0]] if needs.kind == "product" else None
        if source is not None and source.task.pin is None and source.task.kind in ("each", "stream"):
            found.append((position, source.step.id))
    return found


def nodes(plan: Plan, streaming: bool, likely: Mapping[str, Likely]) -> list[Node]:
    """One node per step; `likely` is what tasks take, by name. Upward rank (Topcuoglu et al. 2002, without communication): the
    step's own seconds and the longest way below it. Who reads what is not stored comes before all who do not, so that it can go."""
    ranks = upward_ranks(plan, {name: one.unit for name, one in likely.items()})
    drains = drain_depths(plan)
    families: dict[Any, int] = {}
    made = []
    for entry in plan.entries:
        single = entry.task.kind != "each" or entry.task.pin is not None
        feeds = tuple(dict.fromkeys(source for _, source in feeds_of(plan, entry))) if streaming or not single else ()
        made.append(
            Node(
                entry.step.id,
                tuple(dict.fromkeys(one for needs in entry.step.deps for one in needs.steps)),
                feeds,
                single,
                plan.keeps(entry.step.id),
                needs(entry.task, plan.invocation.settings.tasks.get(entry.task.name, {})),
                ranks[entry.step.id] + drains[entry.step.id] * FIRST,
                families.setdefault(getattr(entry.task.fn, "__code__", entry.task.name), len(families)),
                single and streaming and (bool(feeds) or entry.task.kind == "stream"),
                _frees(plan, entry, likely) if drains[entry.step.id] else 0.0,
            )
        )
    return made


def _frees(plan: Plan, entry: Planned, likely: Mapping[str, Likely]) -> float:
    """Bytes of what is not stored that can go once the step has read it, if nobody else does."""
    above = {one for needed in entry.step.deps for one in needed.steps if not plan.keeps(one)}
    known = [likely[plan.entries[one].step.task] for one in above if plan.entries[one].step.task in likely]
    return sum(one.size for one in known)


def upward_ranks(plan: Plan, seconds: Mapping[str, float]) -> list[float]:
    """By step: seconds from its start to the end of the longest chain that begins with it."""
    below = [0.0] * len(plan.entries)
    ranks = [0.0] * len(plan.entries)
    for entry in reversed(plan.entries):
        number = entry.step.id
        own = seconds.get(entry.step.task, entry.seconds)
        ranks[number] = own + below[number]
        for source in {one for needed in entry.step.deps for one in needed.steps}:
            below[source] = max(below[source], ranks[number])
    return ranks


def drain_depths(plan: Plan) -> list[int]:
    """By step: how many products that are not stored lie behind it in a row, down to one that it reads; 0 if it reads none."""
    depths: list[int] = []
    for entry in plan.entries:
        above = (one for needed in entry.step.deps for one in needed.steps)
        depths.append(max((1 + depths[one] for one in above if not plan.keeps(one)), default=0))
    return depths


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
