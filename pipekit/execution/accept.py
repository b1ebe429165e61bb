"""A recorded product stands for another key too, because somebody says so: after a refactoring. It must never take one that was made
from other options, files or products."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from pipekit import canon
from pipekit.errors import ExecutionError
from pipekit.execution import failed, given, keys, preimages, reasons, why
from pipekit.execution.commit import Committer
from pipekit.execution.plan import Planned, present
from pipekit.execution.reasons import Reason
from pipekit.execution.world import World
from pipekit.store import manifests
from pipekit.store.columns import split
from pipekit.store.products import Product
from pipekit.store.records import Record
from pipekit.store.segments import Segment
from pipekit.store.store import Store
from pipekit.values import Digest

_LOOK_BACK = 100
"""How many records of a task are looked at for one that may stand."""

_INPUTS = ("option", reasons.FILE, reasons.DEP, "product")
"""The kinds of reasons that are no refactoring."""


class Standing(Struct, frozen=True):
    """The record whose product is to stand for the step's key, and what is different."""

    record: Record
    differences: tuple[Reason, ...]


class Note(NamedTuple):
    """Who said so, when (Unix seconds), and of which key."""

    by: str
    when: float
    was: str


def standing(entry: Planned, store: Store, world: World) -> Standing:
    """The newest record that differs from the step in code alone. Raises ExecutionError where there is none that may stand."""
    now = why.now(entry, world)
    nearest: tuple[Reason, ...] | None = None
    for record in store.recent(entry.task.name, _LOOK_BACK):
        then = preimages.of_then(store, record)
        if then is None or record.partial:
            continue
        found = tuple(reasons.reasons(now, then))
        others = tuple(one for one in found if one.kind in _INPUTS)
        if not others and then.facts.deps == now.facts.deps and present(record.product, store):
            return Standing(record, found)
        if nearest is None or (others and len(others) < len(nearest)):
            nearest = others
    raise _refused(entry, nearest)


def _refused(entry: Planned, nearest: tuple[Reason, ...] | None) -> ExecutionError:
    name, run = entry.step.name, f"run it: pipekit run -t {entry.step.task}"
    if nearest is None:
        return ExecutionError(f"'{name}' has no product that could stand", where=entry.task.origin, hint=run)
    if not nearest:
        said = f"the product of '{name}' is no longer in the store, or its deps are others"
        return ExecutionError(said, where=entry.task.origin, hint=run)
    one = nearest[0]
    said = f"'{name}' is not only refactored: {one.kind} {one.subject} is another one than that of the product there is"
    return ExecutionError(said, where=entry.task.origin, hint=run)


def accept(entry: Planned, found: Standing, store: Store, world: World, run: str, by: str) -> Record:
    """Record that the product stands for the step's key too, and what its items gave for their keys; gives the record."""
    assert entry.key is not None and entry.deps is not None
    committer = Committer(store, time.monotonic)
    old, moment = found.record, time.time()
    static, preimage = entry.static, preimages.pack(entry.static.facts, entry.deps)
    made = replace(old, key=entry.key, static=static.digest, created=moment, run=run, preimage=preimage)
    if entry.task.kind == "each":
        for segment in _items(entry, old, store):
            origins = tuple(one._replace(run=run, created=moment) for one in segment.origins)
            committer.add_items(replace(segment, origins=origins))
        left = store.record(failed.key(old.key))
        if left is not None:
            committer.add(replace(left, key=failed.key(entry.key), created=moment, run=run))
    committer.add(made, static, entry.deps)
    committer.flush()
    note = json.dumps(Note(by, moment, old.key.hex())).encode()
    store.commit([], {_mark(made): note})
    return made


def noted(record: Record, store: Store) -> Note | None:
    """Who accepted the record; None where it was made."""
    packed = store.preimage(_mark(record))
    return Note(*json.loads(packed)) if packed is not None else None


def _mark(record: Record) -> Digest:
    return canon.digest_parts(b"accepted", record.run.encode(), record.key)


def _items(entry: Planned, old: Record, store: Store) -> Iterator[Segment]:
    """What the items gave, for the keys that they have now. Those of a list product have no digests yet."""
    then = preimages.unpack(old)
    if then is None or entry.deps is None:
        return
    before = then[1]
    source = _source(before[0].digest, entry, store)
    if source is None:
        return
    was = keys.item_prefix(old.static, [one.form for one in before[1:]])
    now = keys.item_prefix(entry.static.digest, [one.form for one in entry.deps[1:]])
    pairs: dict[Digest, Digest] = {}
    for block in manifests.read(source, store.read):
        both = [split(given.item_keys(block, dict(dep.classes).__getitem__)) for dep in (before[0], entry.deps[0])]
        pairs.update(zip(*both))
    for segment in store.segments(was):
        named = split(segment.keys)
        rows = [row for row, key in enumerate(named) if key in pairs]
        if rows:
            yield replace(segment.part(rows), prefix=now, keys=b"".join([pairs[named[row]] for row in rows]))


def _source(product: Digest, entry: Planned, store: Store) -> Product | None:
    """The stream that the each runs over, where it is one."""
    needs = entry.step.deps[0]
    if needs.kind != "product":
        return None
    name = entry.task.deps[0]
    for record in store.recent(name, _LOOK_BACK):
        if record.product.digest == product and record.product.codec == manifests.CODEC:
            return record.product if present(record.product, store) else None
    return None
