"""What a run will do, and why, decided before anything runs. It must never write to the store or start anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.definition.tasks import Task
from pipekit.errors import FingerprintError, Problem
from pipekit.execution import failed, held, keys, reasons
from pipekit.execution.given import Given, given
from pipekit.execution.keys import Static
from pipekit.execution.reasons import Reason
from pipekit.execution.stale import stale
from pipekit.execution.why import explained
from pipekit.execution.world import World
from pipekit.execution.worth import passing
from pipekit.invocation.invocation import Invocation
from pipekit.invocation.steps import Step, Steps
from pipekit.store import codecs, manifests
from pipekit.store.building import Builder
from pipekit.store.products import Encoded, Product
from pipekit.store.records import Record
from pipekit.store.store import Store
from pipekit.values import Digest


class Planned(Struct, frozen=True):
    """One step's part of the plan. `state` is cached, would_run or may_run; `record` is the hit, `near` the newest record
    with the same static part; `deps` what the deps give, where that is known; `present`: nobody who might read the product found it
    gone; `pinned` was given by hand."""

    step: Step
    task: Task[..., Any]
    static: Static
    state: str
    reason: Reason
    key: Digest | None = None
    record: Record | None = None
    near: Record | None = None
    deps: Sequence[Given] | None = None
    present: bool = True
    pinned: Encoded | None = None

    @property
    def product(self) -> Product | None:
        """What the step is known to have made."""
        if self.pinned is not None:
            return self.pinned.product
        return self.record.product if self.record is not None else None

    @property
    def unchecked(self) -> bool:
        """Is there a product to be checked again, because it has passed other predicates than those of today?"""
        return self.state == "cached" and self.reason.kind == reasons.TYPE

    @property
    def seconds(self) -> float:
        """How long it took the last time; 0 if nobody knows."""
        record = self.record or self.near
        return record.seconds if record is not None else 0.0


class Plan(Struct, frozen=True):
    """One entry per step, in the order of the steps. `seen` are static parts that some record has; of a forced each `items` may be those that
    are, and no others; the products of `passing` steps are not stored."""

    invocation: Invocation[Any]
    steps: Steps
    entries: tuple[Planned, ...]
    seen: frozenset[Digest]
    world: World
    forced: frozenset[int] = field(default=frozenset())
    items: Mapping[int, frozenset[int]] = field(default_factory=dict)
    passing: frozenset[int] = field(default=frozenset())

    @property
    def written(self) -> frozenset[int]:
        """The steps whose products are outputs."""
        return frozenset(step for step, _ in self.steps.outputs)

    def keeps(self, step: int) -> bool:
        """Is the product of this step stored?"""
        return step not in self.passing

    @property
    def nothing_to_do(self) -> bool:
        """Everything is cached and of its type, and what the targets need can be read."""
        return all(entry.state == "cached" and not entry.unchecked for entry in self.entries)


class Problems:
    """What has no identity, collected task by task and told all at once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, task: Task[..., Any], error: FingerprintError) -> None:
        """Something that this task uses has none."""
        for one in error.problems:
            self._found[Problem(f"task '{task.name}': {one.message}", one.where or task.origin, one.hint)] = None

    def tell(self) -> None:
        """Raises FingerprintError with all of them, if there are any."""
        if self._found:
            raise FingerprintError.of(tuple(self._found))


def make(
    invocation: Invocation[Any], steps: Steps, store: Store, world: World, forced: Collection[int] = (),
    items: Mapping[int, frozenset[int]] = {},
) -> Plan:  # fmt: skip
    """Look up every step, in topological order, as far as dep products are known. Raises FingerprintError with every problem."""
    statics = _statics(invocation, steps, world)
    newest = store.statics([static.digest for static in statics])
    planner = _Planner(invocation, steps, store, world, newest, frozenset(forced))
    entries = _entries(planner, statics)
    entries = _with_gone(_with_checks(entries, store), steps, store)
    entries = explained(entries, store, world)
    return Plan(
        invocation,
        steps,
        tuple(entries),
        frozenset(newest),
        world,
        frozenset(forced),
        items,
        passing(entries, steps, store),
    )


def _entries(planner: _Planner, statics: Sequence[Static]) -> list[Planned]:
    entries: list[Planned] = []
    problems = Problems()
    for step, static in zip(planner.steps.steps, statics):
        try:
            entries.append(planner.entry(step, static))
        except FingerprintError as error:
            problems.add(planner.invocation.graph.tasks[step.task], error)
    problems.tell()
    return entries


def _statics(invocation: Invocation[Any], steps: Steps, world: World) -> list[Static]:
    tasks = invocation.graph.tasks
    named = [path for step in steps.steps if step.options for path in keys.paths(tasks[step.task], step, world)]
    looked_at = world.looked_at(named)
    found: list[Static] = []
    problems = Problems()
    for step in steps.steps:
        try:
            found.append(keys.static(tasks[step.task], step, looked_at))
        except FingerprintError as error:
            problems.add(tasks[step.task], error)
    problems.tell()
    return found


class _Planner(Struct):
    invocation: Invocation[Any]
    steps: Steps
    store: Store
    world: World
    newest: Mapping[Digest, Record]
    forced: frozenset[int]
    products: dict[int, Product] = field(default_factory=dict)
    found: dict[int, Digest] = field(default_factory=dict)

    def entry(self, step: Step, static: Static) -> Planned:
        task = self.invocation.graph.tasks[step.task]
        if task.pin is not None:
            pinned = encode_pin(task)
            self.products[step.id] = pinned.product
            return Planned(step, task, static, "cached", Reason("pinned"), pinned=pinned)
        near = self.newest.get(static.digest)
        deps = given(step.deps, self.products, self._left, static.classes, partial(self.world.codes.identity, task))
        if deps is None:
            if step.id in self.forced:
                return Planned(step, task, static, "would_run", reasons.FORCED, near=near)
            if near is None:
                return Planned(step, task, static, "would_run", Reason(""))
            return Planned(step, task, static, "may_run", Reason(reasons.UPSTREAM), near=near)
        key = keys.key(static.digest, [one.form for one in deps])
        record = near if near is not None and near.key == key else self.store.record(key) if near is not None else None
        why = self._stale(step, task, key, record)
        if record is None or why is not None:
            state = "may_run" if why is not None and why.kind == reasons.REFRESH else "would_run"
            return Planned(step, task, static, state, why or Reason(""), key, near=near, deps=deps)
        self.products[step.id] = record.product
        self.found[step.id] = key
        return Planned(step, task, static, "cached", reasons.CACHED, key, record, near, deps)

    def _stale(self, step: Step, task: Task[..., Any], key: Digest, record: Record | None) -> Reason | None:
        if step.id in self.forced:
            return reasons.FORCED
        if record is None:
            return None
        if task.config.on_error != "raise" and failed.read(self.store, key) is None:
            return Reason(reasons.MISSING)
        return stale(record, task, self.world)

    def _left(self, step: int) -> Sequence[failed.Left]:
        return failed.read(self.store, self.found[step]) or () if step in self.found else ()


def encode_pin(task: Task[..., Any]) -> Encoded:
    """The product that was given by hand; of a stream, the manifest of its items with all their objects."""
    assert task.pin is not None
    if not task.streams:
        return codecs.encode(task.pin.value)
    builder, writer = Builder(), manifests.Writer()
    for item in map(codecs.encode, task.pin.value):
        builder.add_product(item.product, item.bodies)
    block = builder.take()
    bodies = {**block.bodies(), **writer.add(block)}
    manifest = writer.end()
    return Encoded(manifest.product, {**bodies, **manifest.bodies})


def present(product: Product, store: Store) -> bool:
    """Can every object of the product be read? Of a stream, those of its items too. What no bytes stand for cannot."""
    if product.codec == held.CODEC:
        return False
    if len(store.has(product.objects)) < len(set(product.objects)):
        return False
    if product.codec != manifests.CODEC:
        return True
    wanted = manifests.objects_of(product, store.read)
    return len(store.has(wanted)) == len(wanted)


def _with_checks(entries: list[Planned], store: Store) -> list[Planned]:
    """A cached step whose product can be read, and passed other predicates than those of today, says so."""
    for entry in entries:
        record = entry.record
        if record is not None and record.predicates != entry.static.predicates and present(record.product, store):
            why = Reason(reasons.TYPE, entry.task.product.name)
            entries[entry.step.id] = replace(entry, reason=why)
    return entries


def _with_gone(entries: list[Planned], steps: Steps, store: Store) -> list[Planned]:
    """A cached step whose product is gone runs, or may run, if somebody reads it; then so do those it reads itself."""
    asked = [(target, "would_run") for target in steps.targets]
    for entry in entries:
        if entry.state != "cached":
            asked += [(one, entry.state) for needs in entry.step.deps for one in needs.steps]
    seen: dict[int, str] = {}
    there = _there(entries, [number for number, _ in asked], store)
    while asked:
        number, state = asked.pop()
        entry = entries[number]
        if seen.get(number) in (state, "would_run") or entry.product is None or entry.pinned is not None:
            continue
        seen[number] = state
        if there(number, entry.product):
            continue
        gone = Reason(reasons.MISSING)
        if entry.state != "would_run":
            entries[number] = replace(entry, state=state, reason=gone, present=False)
        asked += [(one, state) for needs in entry.step.deps for one in needs.steps]
    return entries


def _there(entries: list[Planned], asked: Collection[int], store: Store) -> Callable[[int, Product], bool]:
    """Can the product of a step be read? Those of `asked` that are no streams are looked up all at once."""
    whole = {
        number: product for number in asked if (product := entries[number].product) and product.codec != manifests.CODEC
    }
    found = store.has({digest for product in whole.values() for digest in product.objects})

    def there(number: int, product: Product) -> bool:
        entry = entries[number]
        if entry.task.config.on_error != "raise" and entry.key is not None and not failed.present(store, entry.key):
            return False
        return found.issuperset(product.objects) if number in whole else present(product, store)

    return there
