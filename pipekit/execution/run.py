"""One execution, as people hold it: iterate it for events, wait for it, ask it for products. It must never know a project."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from msgspec import Struct, field

from pipekit.definition.tasks import Streamed, Task
from pipekit.errors import ExecutionError, Interrupted, TaskFailed
from pipekit.execution import events, history, priority, reasons, summary
from pipekit.execution.audit import Audit
from pipekit.execution.commit import Committer
from pipekit.execution.desk import Desk, clear_checkpoints
from pipekit.execution.devices import Devices
from pipekit.execution.dispatch import Dispatcher
from pipekit.execution.drive import Drive
from pipekit.execution.events import Event
from pipekit.execution.history import Likely
from pipekit.execution.ledger import Ledger
from pipekit.execution.log import Log
from pipekit.execution.messages import Setup
from pipekit.execution.outlook import EVERY, Outlooks
from pipekit.execution.passing import Passing
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.pools import make_pool
from pipekit.execution.products import Items, Reader
from pipekit.execution.recording import Recorder
from pipekit.execution.sharing import shared_folder
from pipekit.execution.snapshot import Live, Snapshot
from pipekit.execution.snapshot import snapshot as taken
from pipekit.parallel.machine import Machine
from pipekit.parallel.pools.protocol import Pool
from pipekit.parallel.vocabulary import Capacity
from pipekit.store import files
from pipekit.store.history import Ran
from pipekit.store.locks import OwnFolder, sweep
from pipekit.store.objects import Objects
from pipekit.store.store import Store
from pipekit.values import Cell, Secret

if TYPE_CHECKING:
    from pipekit.parallel.pools.forks import ForkServer

R = TypeVar("R")
T = TypeVar("T")


class How(Struct, frozen=True):
    """How to run: `jobs` workers; `home` gives workers the tasks named in `homes`; `path` and `env` are theirs.

    `log`: where the run is written down (None for a mutated graph); `audit`: note all that the tasks use, in worker processes alone;
    `failed`: called with what a task raises, where the pool is inline; `server`: one for worker processes that was started before.
    """

    jobs: int
    pool: str = "processes"
    home: tuple[str, tuple[Any, ...]] | None = None
    homes: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    log: Path | None = None
    fail_fast: bool = False
    memory: int = 0
    after: Callable[[Run], Iterator[Event]] | None = None
    audit: bool = False
    failed: Callable[[BaseException], None] | None = None
    server: ForkServer | None = None


class Run:
    """One execution of a plan. Iterate it for its events (once), or `wait()`.

    `status` is "running", then succeeded, failed or interrupted; `ledger` holds what is known of each step; `ended` is when it was over, in
    Unix seconds; `live` is what `snapshot` looks at meanwhile.
    """

    def __init__(self, plan: Plan, store: Store, how: How) -> None:
        self.id = new_id()
        self.plan = plan
        self.store = store
        self.how = how
        self.ledger = Ledger(plan)
        self.status = "running"
        self.seconds = 0.0
        self.ended: float | None = None
        self.live: Live | None = None
        self.written: list[tuple[int, str]] = []
        self.audit = Audit(self.ledger)
        self._log: Log | None = None
        self._outlooks: Outlooks | None = None
        self._events = self._go()
        self._folder = OwnFolder(store.root / "tmp")
        self._shared: OwnFolder | None = None
        self._reader = Reader(store)

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def wait(self) -> Run:
        """Run to the end. What failed is in `status` and in the summary, and raised where its product is asked for."""
        for _ in self._events:
            pass
        return self

    @overload
    def product(self, task: Streamed[..., T]) -> Items[T]: ...
    @overload
    def product(self, task: Task[..., R]) -> R: ...
    @overload
    def product(self, task: str) -> Any: ...
    def product(self, task: Any) -> Any:
        """The product of a task that has one cell (`"train@lr=0.1"` names one of several); a stream's as `Items`.

        Raises TaskFailed where the task or one above it failed, ExecutionError for a task that is not in this run.
        """
        return self._load(self._step(task))

    def cells(self, task: Task[..., R]) -> list[Cell[R]]:
        """The task in every cell of the matrix above it."""
        self.wait()
        steps = [one.step for one in self.plan.entries if one.task.name == task.name]
        return [Cell(dict(step.cell), self._load(step.id)) for step in steps]

    def summary(self) -> dict[str, Any]:
        """What `pipekit run --json` prints."""
        return summary.of_run(self)

    def snapshot(self) -> Snapshot:
        """What is true at this moment, as a value that stays as it is. Any thread may ask, before the run, during it and after it."""
        return taken(self)

    def named(self) -> list[str]:
        """The files and folders that options name, as they are named in keys."""
        return sorted({path for entry in self.plan.entries for path in entry.static.files})

    def value(self, step: int) -> Any:
        """The product of a step by its number, as `product` gives it."""
        return self._load(step)

    def _step(self, task: Any) -> int:
        self.wait()
        name = task.name if isinstance(task, Task) else str(task)
        found = [entry.step for entry in self.plan.entries if name in (entry.step.name, entry.step.task)]
        if not found:
            raise ExecutionError(f"'{name}' is not part of this run", hint="name it as a target")
        if len(found) > 1:
            cells = ", ".join(step.name for step in found[:4])
            raise ExecutionError(
                f"'{name}' has {len(found)} cells", hint=f"name one: {cells}, or use run.cells({name})"
            )
        return found[0].id

    def _load(self, step: int) -> Any:
        row = self.ledger[step]
        if row.state in ("failed", "blocked", "cancelled") or row.product is None:
            self._raise(step)
        assert row.product is not None
        return self._reader.value(row.product)

    def _raise(self, step: int) -> None:
        row = self.ledger[step]
        failed = next((r for r in self.ledger.rows if r.state == "failed"), None)
        if row.state == "failed" or (row.state == "blocked" and failed is not None):
            one = row if row.state == "failed" or failed is None else failed
            where = one.planned.task.origin
            error = TaskFailed(f"task '{one.planned.step.name}' failed: {one.message}", where=where)
            if one.traceback:
                error.add_note(one.traceback.rstrip())
            raise error
        if self.status == "interrupted":
            raise Interrupted("the run was interrupted")
        raise ExecutionError(f"'{row.planned.step.name}' has no product in this run")

    # --- the execution itself -----------------------------------------------------------------------------------------

    def _go(self) -> Iterator[Event]:
        began = time.time()
        log = self._log = Log(self.how.log / f"{self.id}.jsonl") if self.how.log is not None else None
        try:
            for event in self._all(began):
                if log is not None:
                    log.write(event)
                yield event
        finally:
            if log is not None:
                log.close()
            if self.status == "running":
                self.status = "interrupted"
            self.live = self._outlooks = None

    def _idle(self) -> None:
        """The loop is about to wait: those who follow the log see all there is."""
        if self._outlooks is not None:
            self._outlooks.live.drive.outcomes.out.extend(self._outlooks.tell(time.time()))
        if self._log is not None:
            self._log.flush()

    def _all(self, began: float) -> Iterator[Event]:
        plan = self.plan
        name = plan.invocation.name
        yield events.RunStarted(began, self.id, name, self.how.jobs, len(plan.entries), os.getpid())
        pool: Pool | None = None
        try:
            pool = make_pool(self.how, self._setup(), min(self.how.jobs, self._expected()))
            for entry in plan.entries:
                yield planned(entry, began, plan.world.folder, stored=plan.keeps(entry.step.id))
            yield from self._refused(began)
            likely = self._likely()
            drive = self._drive(Machine(*self._machine(likely), patient=True), pool)
            self.live = Live(drive, likely)
            self._outlooks = Outlooks(self.live, time.monotonic() + EVERY)
            yield from drive.run()
        finally:
            if pool is not None:
                pool.close()
            files.remove(self._folder.path)
            self._folder.close()
            if self._shared is not None:
                self._shared.close()
            sweep(self.store.root / "tmp")
        yield from self._finish(drive, began)

    def _refused(self, when: float) -> Iterator[Event]:
        """What the pool cannot do and a task asks for."""
        if self.how.pool == "processes":
            return
        for entry in self.plan.entries:
            asked = [name for name, is_asked in _asked(entry.task) if is_asked]
            if asked and entry.state != "cached":
                message = (
                    f"'{entry.step.name}' asks for {' and '.join(asked)}, which --pool {self.how.pool} cannot give"
                )
                yield events.Warned(when, entry.step.id, message)

    def _likely(self) -> dict[str, Likely]:
        """How long the tasks that may run are likely to take."""
        return history.expected(self._stale, self.store, priority.UNKNOWN_SECONDS)

    @cached_property
    def _stale(self) -> list[Planned]:
        """What may run."""
        return [one for one in self.plan.entries if one.state != "cached"]

    def _machine(self, likely: Mapping[str, Likely]) -> tuple[Any, Capacity, frozenset[int], int]:
        settings = self.plan.invocation.settings
        capacity = Capacity(self.how.jobs, float(settings.memory or self.how.memory), dict(settings.resources))
        nodes = priority.nodes(self.plan, self.how.pool != "inline", likely)
        return nodes, capacity, frozenset(self.plan.steps.targets) | self.plan.written, self._expected()

    def _expected(self) -> int:
        """How many units are likely to run, at the least."""
        return sum(self.how.jobs if one.task.kind == "each" else 1 for one in self._stale)

    def _setup(self) -> Setup:
        temporary = self._folder.path
        capture: Literal["descriptors", "streams"] = "descriptors" if self.how.pool == "processes" else "streams"
        folder = self.plan.world.folder
        if self.how.pool == "processes" and self.plan.passing:
            self._shared = shared_folder(self._memory() // 4)
        shared = self._shared.path if self._shared is not None else None
        return Setup(
            self.how.home,
            folder,
            self.store.root,
            temporary / "passing",
            shared,
            temporary,
            capture,
            self.how.audit,
            self.how.failed,
        )

    def _drive(self, machine: Machine, pool: Pool) -> Drive:
        temporary = self._folder.path
        shared = Objects(self._shared.path, in_memory=True) if self._shared is not None else None
        passing = Passing(Objects(temporary / "passing"), shared, self._memory() // 4)
        dispatcher = Dispatcher(self.store, Objects(self.store.root), passing)
        committer = Committer(self.store, time.monotonic, behind=True)
        secrets = tuple(v.reveal() for e in self.plan.entries for v in e.step.options.values() if isinstance(v, Secret))
        desk = Desk(
            self.ledger, self.store, dispatcher, self.plan.world.folder, temporary, self.how.homes, pool.streams, secrets,
            priority.grants(machine.nodes, machine.room), priority.live(self.plan),
            Devices(int(machine.room.capacity.named.get("gpu", 0))), committer.put,
        )  # fmt: skip
        recorder = Recorder(self.id, self.ledger, self.store, committer)
        return Drive(
            desk, recorder, machine, pool, self.audit,
            fail_fast=self.how.fail_fast, idle=self._idle, memory=self._memory(),
        )  # fmt: skip

    def _memory(self) -> int:
        """Bytes that items may take while they wait."""
        given = self.plan.invocation.settings.memory
        return int(given or self.how.memory * 0.6) or 1 << 30

    def _finish(self, drive: Drive, began: float) -> Iterator[Event]:
        rows = self.ledger.rows
        if any(row.state == "failed" for row in rows):
            self.status = "failed"
        elif drive.outcomes.stopping:
            self.status = "interrupted"
        else:
            self.status = "succeeded"
        for row in rows:
            if row.state == "cached" and row.planned.state != "cached" and row.planned.reason.kind == reasons.MISSING:
                row.state = "unneeded"
                yield events.StepUnneeded(time.time(), row.planned.step.id)
        for finding in self.audit.rest():
            yield events.Warned(time.time(), finding.step, finding.message)
        clear_checkpoints(self.store.root, [row.key for row in rows if row.state in ("ran", "cached") and row.key])
        if self.how.after is not None:
            yield from self.how.after(self)
        self.ended = time.time()
        self.seconds = self.ended - began
        history.learn(rows, self.store)
        history.learn_disk(self.store)
        found = summary.brief(self)
        if self.how.log is not None:
            text = json.dumps({key: found[key] for key in ("status", "partial", "counts")}).encode()
            self.store.put_run(Ran(self.id, self.plan.invocation.name, began, time.time(), self.status, text))
        yield events.RunFinished(
            time.time(),
            self.id,
            self.status,
            self.seconds,
            found["partial"],
            found["counts"],
            summary.lower_bound(self),
        )


def _asked(task: Task[..., Any]) -> list[tuple[str, bool]]:
    """What needs a process of its own, and whether the task asks for it."""
    return [
        ("a timeout", task.config.timeout is not None),
        ("threads of its own", task.config.resources.get("cpu", 1) > 1),
    ]


def new_id() -> str:
    """Six hexadecimal digits that name a run."""
    return os.urandom(3).hex()


def planned(entry: Planned, when: float, folder: Path | None, *, stored: bool = True) -> events.StepPlanned:
    """The event that says what the plan says of one step."""
    where = str(entry.task.origin or "").removeprefix(f"{folder}/")
    step, task = entry.step, entry.task
    deps = tuple(dict.fromkeys(one for needs in step.deps for one in needs.steps))
    return events.StepPlanned(
        when, step.id, step.name, step.task, task.kind, deps, entry.state, entry.reason, where,
        tuple(sorted(task.config.tags)), stored,
    )  # fmt: skip
