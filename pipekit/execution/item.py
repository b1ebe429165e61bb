"""One item of a stream or each, by its number: what it is, what it gave. It must never compute anything."""

from __future__ import annotations

from msgspec import Struct

from pipekit.execution import failed, given, keys
from pipekit.execution.failed import Left
from pipekit.execution.past import past
from pipekit.execution.plan import Plan, Planned, present
from pipekit.store import manifests
from pipekit.store.blocks import EMPTY, Block
from pipekit.store.products import Product
from pipekit.store.store import Store


class Found(Struct, frozen=True):
    """Item `number`: of a stream the item itself is what was given; of an each `item` is what it was called with. `left`: why it was left
    out. Neither where nothing is recorded of it."""

    number: int
    item: Block
    gave: Block | None
    left: Left | None = None


def find(plan: Plan, entry: Planned, number: int, store: Store) -> Found | None:
    """What is known of an item of a step; None where there is no such item, or where its items cannot be read."""
    source = _source(plan, entry)
    if source is None or source.codec != manifests.CODEC or not present(source, store):
        return None
    block = next(manifests.blocks_from(source, store.read, number), EMPTY).part(range(1)) if number >= 0 else EMPTY
    if not len(block):
        return None
    if entry.task.kind != "each":
        return Found(number, block, block)
    if entry.deps is None and len(entry.step.deps) > 1:
        return Found(number, block, None)
    prefix = keys.item_prefix(entry.static.digest, [one.form for one in (entry.deps or ())[1:]])
    known = past(store, prefix, entry.task, plan.world, entry.static.predicates)
    named = given.item_keys(block, lambda name: entry.static.classes(name).digest)
    place = (known.known(named) or (-1,))[0]
    if place < 0:
        return Found(number, block, None, _skipped(entry, block, store))
    return Found(number, block, known.results([place]).block, known.left(place))


def _skipped(entry: Planned, block: Block, store: Store) -> Left | None:
    """Why the item was left out the last time, if it is to be tried again."""
    record = entry.record or entry.near
    left = failed.read(store, record.key) if record is not None else None
    return next((one for one in left or () if one.item.digests == block.digests), None)


def _source(plan: Plan, entry: Planned) -> Product | None:
    """The stream that the items are of: of an each what it runs over."""
    of = plan.entries[entry.step.deps[0].steps[0]] if entry.task.kind == "each" else entry
    record = of.record or (of.near if of.near is not None and of.near.partial else None)
    return record.product if record is not None else None
