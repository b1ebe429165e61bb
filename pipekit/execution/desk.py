"""What lies between the loop and the store during a run: calls for workers, products that come back, logs. It must never
decide order, nor know the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from pipekit.execution import chance, dispatch, held, keys
from pipekit.execution.devices import Devices
from pipekit.execution.dispatch import Dispatcher, Supply
from pipekit.execution.failure import veil
from pipekit.execution.ledger import Ledger
from pipekit.execution.messages import BEFORE, STORE, Bodies, Call, Made, More, Source, lean
from pipekit.execution.plan import present
from pipekit.invocation.steps import Needs
from pipekit.store import manifests
from pipekit.store.blocks import EMPTY, Block
from pipekit.store.products import Encoded, Product
from pipekit.store.segments import Results
from pipekit.store.store import Store
from pipekit.values import Digest


class Job(Struct):
    """One unit of work on its way; `rest` is what its streams have not sent yet, `tailed` how much log was shown; `asked`: the worker that
    the machine believes it on, where it was foreseen; `together`: there was more on its worker than the machine knew."""

    number: int
    node: int
    unit: int
    worker: int
    deadline: float = 0.0
    lost: str = ""
    tailed: int = 0
    seconds: float = 0.0
    rest: dict[int, Supply] = field(default_factory=dict)
    granted: Mapping[str, float] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    credit: tuple[int, int] | None = None
    ahead: bool = False
    said: tuple[float, float] | None = None  # by the task itself: how much is done, of how much
    asked: int | None = None
    together: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Does the machine believe it on another worker than it is?"""
        return self.asked is not None and self.asked != self.worker


class Desk(Struct):
    """For one run. `homes` tells which tasks the workers can import; `streaming`: may a call read on while it works."""

    ledger: Ledger
    store: Store
    dispatcher: Dispatcher
    folder: Path | None
    temporary: Path
    homes: frozenset[str]
    streaming: bool = True
    secrets: tuple[str, ...] = ()
    granted: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    flowing: frozenset[int] = frozenset()
    devices: Devices = field(default_factory=lambda: Devices(0))
    putting: Callable[[int], None] = lambda size: None  # told how many bytes were put into the store
    _options: dict[int, bytes] = field(default_factory=dict)
    _chances: dict[int, bool] = field(default_factory=dict)
    _shipped: dict[int, bytes] = field(default_factory=dict)
    _from: dict[int, int] = field(default_factory=dict)
    _writers: dict[int, manifests.Writer] = field(default_factory=dict)
    _there: set[Digest] | None = None

    # --- calls --------------------------------------------------------------------------------------------------------

    def job(self, number: int, node: int, unit: int, worker: int, now: float) -> Job:
        """A unit that is about to start at `now` seconds."""
        timeout = self.ledger[node].planned.task.config.timeout
        granted = self.granted.get(node, {})
        variables = self.devices.lease(number, int(granted.get("gpu", 0)))
        return Job(number, node, unit, worker, now + timeout if timeout else 0.0, granted=granted, variables=variables)

    def call(self, job: Job) -> Call:
        """The message that starts a task or a stream."""
        return self._message(job, self.ledger[job.node].planned.task.kind, *self._sources(job, 0))

    def behind_call(self, job: Job) -> Call:
        """The message that starts a task which takes just what the call before it makes."""
        return self._message(job, "task", (BEFORE,), {})

    def each_call(self, job: Job, items: Block) -> Call:
        """The message that starts a batch of an each's items."""
        sources, bodies = self._sources(job, 1)
        return self._message(
            job, "each", (Source("stream"), *sources), {**bodies, **self.dispatcher.along(items)}, items
        )

    def recheck_call(self, job: Job, known: Results) -> Call:
        """The message that checks again what items are recorded to have given."""
        return self._message(
            job, "recheck", (Source("stream"),), self.dispatcher.along(known.block), known.block, known.counts
        )

    def reader_call(self, job: Job, sources: tuple[Source, ...], bodies: Bodies) -> Call:
        """The message that starts a task or a stream that takes items while they are made."""
        return self._message(job, self.ledger[job.node].planned.task.kind, sources, bodies)

    def source(self, job: Job, position: int) -> tuple[Source, Bodies]:
        """What the dep at a position gives, and the objects to send along; the rest of a stream goes when it is asked for."""
        return self._source(job, job.node, position, everything=False)

    def check_call(self, job: Job, product: Product) -> Call:
        """The message that checks again what a step is recorded to have made."""
        needs = Needs("product", (job.node,))
        step = self.ledger[job.node].planned.step
        source, bodies, rest = self.dispatcher.source(step, needs, {job.node: product}, (), not self.streaming)
        if rest is not None:
            job.rest[0] = rest
        return self._message(job, "check", (source,), bodies)

    def split_call(self, job: Job) -> Call:
        """The message that turns an each's list, cells or failures into items."""
        source, bodies = self._source(job, job.node, 0, everything=True)
        return self._message(job, "split", (source,), bodies)

    def more(self, job: Job, position: int) -> More:
        """The next items of a stream that a call has asked for."""
        rest = job.rest.get(position)
        block, ended = rest.next() if rest is not None else (Block(), True)
        return More(job.number, position, block, self.dispatcher.along(block), ended)

    def _sources(self, job: Job, first: int) -> tuple[tuple[Source, ...], Bodies]:
        sources: list[Source] = []
        bodies: dict[bytes, Any] = {}
        for position in range(first, len(self.ledger[job.node].planned.step.deps)):
            everything = first > 0 or not self.streaming
            source, along = self._source(job, job.node, position, everything=everything)
            sources.append(source)
            bodies.update(along)
        return tuple(sources), bodies

    def _source(self, job: Job, node: int, position: int, *, everything: bool) -> tuple[Source, Bodies]:
        step = self.ledger[node].planned.step
        needs = step.deps[position]
        left = self.ledger[needs.steps[0]].left if needs.kind == "failed" else ()
        source, bodies, rest = self.dispatcher.source(step, needs, self.ledger.products, left, everything)
        if rest is not None:
            job.rest[position] = rest
        recipes = self._recipes(needs)
        return source, {**bodies, **recipes} if recipes else bodies

    def _recipes(self, needs: Needs) -> Bodies:
        """For products that no bytes stand for: the lean call with which a worker makes them, if it has none yet."""
        products = self.ledger.products
        return {products[one].digest: self._recipe(one) for one in needs.steps if products[one].codec == held.CODEC}

    def _recipe(self, node: int) -> Any:
        job = Job(0, node, 0, 0)
        found = [self._source(job, node, at, everything=True) for at in range(len(self.ledger[node].planned.step.deps))]
        bodies = {digest: body for _, some in found for digest, body in some.items()}
        return lean(self._message(job, "task", tuple(source for source, _ in found), bodies))

    def _message(
        self,
        job: Job,
        mode: str,
        sources: tuple[Source, ...],
        bodies: Bodies,
        block: Block = EMPTY,
        counts: bytes = b"",
    ) -> Call:
        row = self.ledger[job.node]
        step = row.planned.step
        key = row.key or keys.early(row.planned.static.digest, step.name)
        return Call(
            job.number,
            self._task(job.node),
            mode,
            self._packed_options(job.node),
            sources,
            bodies,
            block,
            counts,
            STORE if self.keeps(job.node) else self.dispatcher.passing.place,
            self._seed(job.node) if mode != "each" or block.classes or self._chance(job.node) else b"",
            f"{self.store.root}{os.sep}checkpoints{os.sep}{key.hex()}",
            job.granted,
            job.variables,
            job.credit,
            job.ahead,
        )

    def _seed(self, node: int) -> bytes:
        step = self.ledger[node].planned.step
        return keys.seed(step.task, step.options)

    def _chance(self, node: int) -> bool:
        """May an item of this each use a random generator?"""
        known = self._chances.get(node)
        if known is None:
            planned = self.ledger[node].planned
            sides = [self.ledger.products[one] for needs in planned.step.deps[1:] for one in needs.steps]
            inside = planned.static.facts.classes or any(one.classes for one in sides)
            known = self._chances[node] = bool(inside) or chance.may_use(planned.static.code)
        return known

    def _task(self, node: int) -> str | bytes:
        task = self.ledger[node].planned.task
        if task.name in self.homes:
            return task.name
        packed = self._shipped.get(id(task))
        if packed is None:
            packed = self._shipped[id(task)] = dispatch.ship(task)
        return packed

    def _packed_options(self, node: int) -> bytes:
        options = self.ledger[node].planned.step.options
        if not options:
            return b""
        if node not in self._options:
            self._options[node] = dispatch.pack_options(options)
        return self._options[node]

    # --- products -----------------------------------------------------------------------------------------------------

    def keeps(self, node: int) -> bool:
        """Is the product of this step stored?"""
        return self.ledger.plan.keeps(node)

    def adopt(self, encoded: Encoded) -> None:
        """Make the objects of a product that was given by hand available."""
        self.store.put(encoded.bodies)

    def take(self, node: int, made: Made) -> Product:
        """A product that a worker made: its small objects become available."""
        self._put(node, made.bodies)
        self._hold(node, made.product.objects)
        if made.product.codec == held.CODEC:
            self._hold_sources(node, node)
        return made.product

    def _hold_sources(self, node: int, holder: int) -> None:
        """Other workers may have to make the step's product too, and need what it is made from as long as the `holder` is needed."""
        for needs in self.ledger[node].planned.step.deps:
            for step in needs.steps:
                product = self.ledger.products[step]
                more = manifests.objects_of(product, self.dispatcher.read) if product.codec == manifests.CODEC else ()
                passing = self.dispatcher.passing
                passing.hold(holder, [one for one in (*product.objects, *more) if one in passing])
                if product.codec == held.CODEC:
                    self._hold_sources(step, holder)

    def take_items(self, node: int, objects: Iterable[Digest], bodies: Mapping[Digest, bytes]) -> None:
        """The objects of items that a worker made; the `bodies` of small ones become available."""
        self._put(node, bodies)
        self._hold(node, objects)

    def begin_stream(self, node: int) -> None:
        """The items of a step come from the first one on."""
        self._writers[node] = manifests.Writer()

    def writes(self, node: int) -> bool:
        """Has the step's product begun, and not ended?"""
        return node in self._writers

    def wrote(self, node: int, block: Block) -> None:
        """More items of a step, whose product they will be."""
        bodies = self._writers[node].add(block)
        self._put(node, bodies)
        self._hold(node, bodies)

    def manifest(self, node: int) -> Product:
        """The product of a step whose items have all come."""
        encoded = self._writers.pop(node).end()
        self._put(node, encoded.bodies)
        self._hold(node, encoded.bodies)
        return encoded.product

    def keep(self, items: Iterable[Block]) -> None:
        """Store these for good, whoever made them."""
        for digest in {digest for block in items for digest in block.objects()}:
            if digest in self.dispatcher.passing:
                self.store.put({digest: self.dispatcher.read(digest)})

    def _hold(self, node: int, objects: Iterable[Digest]) -> None:
        if not self.keeps(node):
            self.dispatcher.passing.hold(node, objects)

    def _put(self, node: int, bodies: Mapping[Any, Any]) -> None:
        if not bodies:
            return
        if self.keeps(node):
            self.store.put(bodies)
            self.putting(sum(memoryview(body).nbytes for body in bodies.values()))
        else:
            self.dispatcher.passing.put(bodies)

    def items(self, node: int) -> Iterator[Block]:
        """The items of the stream that an each runs over, where it is known already."""
        return self.dispatcher.items(self.ledger.products[self.ledger[node].planned.step.deps[0].steps[0]])

    def sides(self, node: int) -> list[bytes]:
        """What the deps of an each but the first give to its items' keys."""
        return self.given(node, (0,))

    def given(self, node: int, without: Sequence[int]) -> list[bytes]:
        """What the deps of a step give to its key, those at some positions left out."""
        deps = [needs for at, needs in enumerate(self.ledger[node].planned.step.deps) if at not in without]
        whole = self.ledger.given(node, deps)
        return [one.form for one in whole or ()]

    def streams(self, step: int) -> bool:
        return self.ledger[step].planned.task.streams

    def flows_live(self, node: int) -> bool:
        """Do items of this step go on to eaches while it runs?"""
        return node in self.flowing

    def present(self, node: int, product: Product) -> bool:
        """Can the product of a known step be read?"""
        planned = self.ledger[node].planned
        if product == planned.product and self.keeps(node):
            return planned.present
        if product.codec in (manifests.CODEC, held.CODEC):
            return present(product, self.store)
        if self._there is None:
            self._there = self._look_up()
        return self._there.issuperset(product.objects) or present(product, self.store)

    def _look_up(self) -> set[Digest]:
        """What steps had made whose turn is still to come: asked for all at once, where one by one takes as long as the rest of a run that
        runs nothing."""
        last = [entry.near.product for entry in self.ledger.plan.entries if entry.near and entry.state == "may_run"]
        return self.store.has({digest for product in last for digest in product.objects})

    def readable(self, product: Product) -> bool:
        """Can all of a recorded product be read?"""
        return present(product, self.store)

    def free(self, node: int) -> None:
        """Nobody reads the step's product any more: what is not stored goes."""
        self.dispatcher.passing.free(node)

    # --- logs and files -----------------------------------------------------------------------------------------------

    def tails(self, jobs: Iterable[Job], pids: Mapping[int, int]) -> list[tuple[Job, str]]:
        """What running jobs have printed since the last time. A worker's log file holds one job after the other."""
        found: list[tuple[Job, str]] = []
        for job in jobs:
            path = self.temporary / f"worker-{pids.get(job.worker, 0)}.log"
            if job.worker not in self._from:
                self._from[job.worker] = 0
            try:
                with path.open("rb") as file:
                    file.seek(self._from[job.worker] + job.tailed)
                    text = file.read(1 << 16)
            except FileNotFoundError:
                continue
            if text:
                job.tailed += len(text)
                found.append((job, veil(text.decode("utf-8", "replace"), self.secrets)))
        return found

    def logged(self, job: Job, size: int) -> None:
        """A job of this worker has ended; its log was `size` bytes long."""
        self._from[job.worker] = self._from.get(job.worker, 0) + size

    def relative(self, where: str) -> str:
        """A place in the project by its path there."""
        return where.removeprefix(f"{self.folder}/") if self.folder is not None else where


def clear_checkpoints(root: Path, done: Iterable[Digest]) -> None:
    """The checkpoints of steps that have succeeded are not needed any more."""
    folder = root / "checkpoints"
    if folder.is_dir():
        for key in done:
            shutil.rmtree(folder / key.hex(), ignore_errors=True)
        if not os.listdir(folder):
            folder.rmdir()
