"""A project on disk, as people hold it: tasks, pipeline.yaml and store together. It must never print, nor decide what runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pipekit.definition.env import Env
from pipekit.definition.tasks import Setting, Streamed, Task
from pipekit.execution import events, plan
from pipekit.execution.events import Event
from pipekit.execution.plan import Plan
from pipekit.execution.products import Items
from pipekit.execution.run import How, Run
from pipekit.execution.world import World
from pipekit.fingerprint.environment import environment
from pipekit.fingerprint.files import Files
from pipekit.graph.graph import Graph
from pipekit.invocation.check import invoke
from pipekit.invocation.every import invoke_every
from pipekit.invocation.invocation import NOTHING, Invocation
from pipekit.invocation.located import Located
from pipekit.invocation.steps import expand
from pipekit.project import ahead, codes, layout, load, machine, outputs, pipeline
from pipekit.project.layout import Layout
from pipekit.store.mounts import is_network
from pipekit.store.stats import Stat
from pipekit.store.store import Store, open_store

if TYPE_CHECKING:
    from pipekit.parallel.pools.forks import ForkServer

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a run was asked for. `overrides` are `-o` texts, `options` the same from Python, by "task.option"."""

    invocation: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Sequence[Setting] = ()
    targets: Sequence[Task[..., Any] | str] = ()
    force: str = ""
    jobs: int | None = None
    pool: str = "processes"
    fail_fast: bool = False
    audit: bool = False
    force_items: tuple[tuple[str, int], ...] = ()
    failed: Callable[[BaseException], None] | None = None
    server: ForkServer | None = None


class Project:
    """One project; made by `pipekit.open`. `store` may be another one than the project's own; without `writes` its runs
    leave neither history nor outputs."""

    def __init__(self, where: Layout, *, store: Store | None = None, writes: bool = True, afresh: bool = True) -> None:
        self.layout = where
        self.folder = where.folder
        before = set(sys.modules)
        self.env: Env = load.load(where.folder, afresh=afresh)
        self.preload = load.third_party(where.folder, before)
        self.graph = self.env.graph()
        self.writes = writes
        self._store = store

    @cached_property
    def document(self) -> Located | None:
        """pipeline.yaml, read; None where there is none."""
        path = self.layout.pipeline
        return pipeline.read(path) if path.exists() or path.is_symlink() else None

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = open_store(self.layout.store)
        return self._store

    def invoke(self, asked: Asked = Asked()) -> Invocation[Any]:
        """The checked invocation. Raises InvocationError with every problem."""
        return invoke(
            self.graph, self.document, asked.invocation, overrides=asked.overrides, settings=asked.settings,
            options=asked.options, targets=asked.targets, look=machine.look, environ=layout.environ(), folder=self.folder,
            parse=pipeline.parse,
        )  # fmt: skip

    def invoke_every(self) -> list[Invocation[Any]]:
        """Every invocation of pipeline.yaml. Raises InvocationError with the problems of all."""
        found = invoke_every(
            self.graph,
            self.document,
            look=machine.look,
            environ=layout.environ(),
            folder=self.folder,
            parse=pipeline.parse,
        )
        return list(found.values())

    def check_code(self) -> None:
        """Raises FingerprintError with every task whose code has no identity."""
        codes.check(self.graph.tasks.values(), codes.project_codes(self.folder))

    def world(self) -> World:
        """What keys need to know of the world, as it is now."""
        found = codes.project_codes(self.folder, self.bodies)
        files = self.files
        return World(
            found, files.identity, self.folder, environment(), layout.environ(), files.identities, time.time()
        )  # fmt: skip

    @cached_property
    def bodies(self) -> codes.Bodies:
        """What source files say, through the store's notes."""
        return codes.Bodies(lambda: self.store)

    @cached_property
    def files(self) -> Files:
        """Content identities through the store's stat cache."""
        return Files(self.store.stats, is_network=is_network)

    def plan(self, asked: Asked = Asked()) -> Plan:
        """What a run would do, and why."""
        invocation = self.invoke(asked)
        steps = expand(invocation)
        wholly = self.graph.select(asked.force) if asked.force else ()
        forced = [s.id for s in steps.steps if s.task in wholly]
        items = {
            s.id: frozenset(number for name, number in asked.force_items if name in (s.task, s.name))
            for s in steps.steps
            if s.id not in forced and any(name in (s.task, s.name) for name, _ in asked.force_items)
        }
        return plan.make(invocation, steps, self.store, self.world(), [*forced, *items], items)

    def start(self, asked: Asked = Asked()) -> Run:
        """A run that has not begun: iterate it, or wait for it."""
        if asked.server is not None:
            ahead.prepare(asked.server, self.preload)
        made = self.plan(asked)
        self.store.put_stats(Stat(*seen) for seen in self.files.learned())
        self.bodies.flush()
        kept = self.writes and not self.graph.mutated
        jobs = asked.jobs or made.invocation.settings.jobs or machine.cpus()
        sources = load.sources(self.folder, codes.files(made.world.codes))
        home = "pipekit.project.load:tasks_of", (str(self.folder), sources)
        own = frozenset(n for n, t in self.graph.tasks.items() if self.env.tasks.get(n) is t)
        how = How(
            jobs, asked.pool, home, own,
            layout.module_path(), layout.environ(), self.preload,
            self.layout.runs if kept else None, asked.fail_fast, machine.memory(),
            self._write if kept else None, asked.audit, asked.failed,
            asked.server,
        )  # fmt: skip
        return Run(made, self.store, how)

    def run(
        self, invocation: str | None = None, *settings: Setting, options: Mapping[str, Any] = NOTHING,
        targets: Sequence[Task[..., Any] | str] = (), j: int | None = None,
    ) -> Run:  # fmt: skip
        """A run of an invocation of pipeline.yaml, with settings, options ("task.option" -> value) and targets of one's own: iterate it
        for its events, or `wait()`; who asks for a product waits too. Raises InvocationError; what fails while it runs is told by the Run."""
        asked = Asked(invocation, options=options, settings=settings, targets=targets, jobs=j)
        return self.start(asked)

    @overload
    def load(self, task: Streamed[..., T], *, invocation: str | None = ...) -> Items[T]: ...
    @overload
    def load(self, task: Task[..., R], *, invocation: str | None = ...) -> R: ...
    @overload
    def load(self, task: str, *, invocation: str | None = ...) -> Any: ...
    def load(self, task: Any, *, invocation: str | None = None) -> Any:
        """The product of a task in an invocation; what is missing is computed first, and stderr says so."""
        run = self.start(Asked(invocation, targets=[task]))
        if not run.plan.nothing_to_do:
            names = [entry.step.name for entry in run.plan.entries if entry.state == "would_run"]
            sys.stderr.write(f"pipekit: computing {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}\n")
        return run.wait().product(task)

    def _write(self, run: Run) -> Iterator[Event]:
        """The outputs of steps that have a product."""
        return write_outputs(run, self.folder)

    def close(self) -> None:
        """Let go of the store's files."""
        if self._store is not None:
            self._store.close()

    def with_graph(self, graph: Graph) -> Project:
        """The same project over another graph."""
        other = object.__new__(Project)
        other.__dict__.update(self.__dict__)
        other.graph = graph
        return other


def write_outputs(run: Run, folder: Path) -> Iterator[Event]:
    """Write every output whose step has a product and whose file is not that product already."""
    for number, text in run.plan.steps.outputs:
        row = run.ledger[number]
        if row.product is None or row.state not in ("ran", "cached"):
            continue
        path = folder / text
        if row.state == "cached" and path.exists() and outputs.is_current(path, row.product.digest, run.store):
            continue
        size = outputs.write(run.value(number), path, ours=path.is_dir() and outputs.is_untouched(path, run.store))
        outputs.remember(path, row.product.digest, run.store)
        run.written.append((number, text))
        yield events.OutputWritten(time.time(), number, text, size)
