"""Brief steps that only one other step reads, one after the other: their calls go to a worker together, and wait here until the machine
asks for them. It must never decide what runs: a step that is not asked for in the end was worked on for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from pipekit.execution.desk import Desk, Job
from pipekit.execution.jobs import Jobs
from pipekit.execution.messages import Call, Done
from pipekit.execution.plan import Plan, Planned
from pipekit.parallel.crew import Crew
from pipekit.parallel.vocabulary import Node


class Foreseen(Struct):
    """A step on a worker that the machine has not asked for yet; `done` once it has ended."""

    job: Job
    done: Done | None = None


class Chains:
    """Of one run. `nodes` are the machine's, `crew` knows which of them are brief."""

    def __init__(self, desk: Desk, jobs: Jobs, crew: Crew, nodes: tuple[Node, ...]) -> None:
        self._desk, self._jobs, self._crew, self._nodes = desk, jobs, crew, nodes
        self._next = followers(desk.ledger.plan)
        self._foreseen: dict[int, Foreseen] = {}
        self._numbers: dict[int, Foreseen] = {}

    def behind(self, job: Job) -> list[Call]:
        """The calls that go to the worker together with that of `job`, each for what the one before will make."""
        if job.node not in self._next:
            return []
        for node in self._below(job.node):  # what was foreseen behind an earlier try reads what that one made
            self._forget(node)
        found: list[Call] = []
        for node in self._below(job.node):
            if len(found) + 1 >= self._crew.depth(self._nodes[node]):
                break
            made = self._jobs.new(node, 0, job.worker, ahead=True)
            self._foreseen[node] = self._numbers[made.number] = Foreseen(made)
            found.append(self._desk.behind_call(made))
        return found

    def _below(self, node: int) -> Iterator[int]:
        while (below := self._next.get(node)) is not None:
            yield below
            node = below

    def _forget(self, node: int) -> None:
        found = self._foreseen.pop(node, None)
        if found is not None:
            self._numbers.pop(found.job.number, None)

    def take(self, done: Done) -> None:
        """A step has ended that nobody has asked for yet, or does any more."""
        found = self._numbers.get(done.job)
        if found is not None:
            found.done = done

    def claim(self, node: int) -> Foreseen | None:
        """The machine asks for the step: what is foreseen of it, if anything."""
        found = self._foreseen.get(node)
        self._forget(node)
        return found

    def lost(self, worker: int) -> bool:
        """The worker is gone; was there something on it that nobody has asked for? That will go alone then."""
        lost = {node for node, one in self._foreseen.items() if one.job.worker == worker and one.done is None}
        for node in lost:
            self._forget(node)
        self._next = {above: node for above, node in self._next.items() if node not in lost} if lost else self._next
        return bool(lost)


def followers(plan: Plan) -> dict[int, int]:
    """For each step the one that surely runs next: it reads nothing else, nobody else reads it, and no record can be its."""
    readers = Counter(one for entry in plan.entries for needs in entry.step.deps for one in needs.steps)
    found: dict[int, int] = {}
    for entry in plan.entries:
        if _is_link(plan, entry):
            (above,) = entry.step.deps[0].steps
            before = plan.entries[above]
            if (
                plan.keeps(above)
                and readers[above] == 1
                and before.state != "cached"
                and before.task.kind == "task"
                and not before.pinned
            ):
                found[above] = entry.step.id
    return found


def _is_link(plan: Plan, entry: Planned) -> bool:
    if entry.task.kind != "task" or len(entry.step.deps) != 1 or entry.step.deps[0].kind != "product":
        return False
    asks = entry.task.config.resources or entry.task.config.timeout is not None
    return not asks and entry.pinned is None and entry.static.digest not in plan.seen
