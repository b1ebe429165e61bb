"""Which claims a run makes, and finding those that were made before. It must never know workers or messages' order."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.execution import failed, keys, preimages, reasons, why
from pipekit.execution.commit import Committer
from pipekit.execution.given import Given
from pipekit.execution.holding import Recorded
from pipekit.execution.ledger import Ledger
from pipekit.execution.messages import Made
from pipekit.execution.nearest import Nearest
from pipekit.execution.past import Past, past
from pipekit.execution.reasons import Reason
from pipekit.execution.rows import Rows
from pipekit.execution.stale import stale
from pipekit.store import codecs, columns, manifests
from pipekit.store.products import Product
from pipekit.store.records import Record
from pipekit.store.segments import RowFile, Segment
from pipekit.store.store import Store
from pipekit.values import Digest

LOOK_BACK = 50
"""How many records of a task are looked at for what it has read before."""


class Recorder(Struct):
    """Looks up and records for one run."""

    run: str
    ledger: Ledger
    store: Store
    committer: Committer
    references: dict[int, list[tuple[str, Digest | None]]] = field(default_factory=dict)
    ahead: dict[tuple[int, Digest], Past] = field(default_factory=dict)
    """What items gave, looked up while there is nothing else to do."""

    whole: set[Digest] = field(default_factory=set)
    """The keys that have a product from whole inputs."""
    nearest: Nearest | None = None

    def resolve(self, number: int) -> Record | None:
        """Form the key of a step whose deps are known; its record, if that is a hit."""
        row = self.ledger[number]
        planned = row.planned
        row.key = self.key(number)
        record, stale_for = self._look_up(number, row.key)
        if record is None or stale_for is not None:
            row.reason = self._why(number, stale_for)
            return None
        if planned.task.config.on_error != "raise":
            left = failed.read(self.store, row.key)
            if left is None:
                row.reason = Reason(reasons.MISSING)
                return None
            row.left = left
        return record

    def key(self, number: int) -> Digest:
        """The step's key, from what its deps have made by now; they are all known."""
        return keys.key(self.ledger[number].planned.static.digest, [one.form for one in self._given(number)])

    def _given(self, number: int) -> list[Given]:
        """What the deps of a step give; they are all known."""
        found = self.ledger.given(number, self.ledger[number].planned.step.deps)
        assert found is not None
        return found

    def _look_up(self, number: int, key: Digest) -> tuple[Record | None, Reason | None]:
        planned, plan = self.ledger[number].planned, self.ledger.plan
        if number in plan.forced:
            return None, reasons.FORCED
        if planned.record is not None and planned.key == key:
            return planned.record, None
        if planned.static.digest not in plan.seen:
            return None, None
        record = planned.near if planned.near is not None and planned.near.key == key else self.store.record(key)
        return record, stale(record, planned.task, plan.world) if record is not None else None

    def _why(self, number: int, stale_for: Reason | None) -> Reason:
        """Why a step that must run does; where the plan could only say that a dep was pending, what it was."""
        planned = self.ledger[number].planned
        if stale_for is not None:
            return stale_for
        if planned.reason.kind != reasons.UPSTREAM:
            return planned.reason
        entry = replace(planned, deps=self._given(number))
        if self.nearest is None:
            self.nearest = Nearest(self.ledger.plan.entries, self.store)
        found = why.reason(entry, self.nearest, self.store, self.ledger.plan.world)
        return found if found.subject or found.kind != reasons.DEP else Reason(reasons.DEP, planned.reason.subject)

    # --- whole products -----------------------------------------------------------------------------------------------

    def note(self, number: int, made: Made) -> None:
        """Remember the references in a product of this step: they belong to its record."""
        if made.references:
            found = self.references.setdefault(number, [])
            found += [(path, Digest(content) if content else None) for path, content, _ in made.references]

    def record(self, number: int, product: Product) -> bool:
        """The claim that the step's key produced this product. False if inputs moved meanwhile: then there is no claim."""
        row = self.ledger[number]
        assert row.key is not None
        if not self._settled(number):
            return False
        if row.partial and row.key in self.whole:
            return True  # another step made the same from all there is: that is the better claim
        self.whole |= {row.key} if not row.partial else set()
        log = b"".join(row.log)
        found = codecs.encode(log) if log else None
        if found is not None:
            self.store.put(found.bodies)
        static, given = row.planned.static, self._given(number)
        self.committer.add(
            Record(
                row.key, static.digest, row.planned.task.name, product, row.seconds, time.time(), self.run,
                found.product.objects[0] if found is not None else None,
                tuple(dict.fromkeys(self.references.get(number, ()))), static.predicates, row.partial, row.peak,
                preimages.pack(static.facts, given),
            ),
            static,
            given,
        )  # fmt: skip
        if row.planned.task.kind == "each" and row.planned.task.config.on_error != "raise":
            kept = failed.encode(row.left)
            self.store.put(kept.bodies)
            self._claim(failed.key(row.key), number, kept.product)
        return True

    def _settled(self, number: int) -> bool:
        """Are the files that the step's options name still what they were?"""
        world = self.ledger.plan.world
        return all(
            world.identity(world.folder / path if world.folder is not None else Path(path)) == content
            for path, content in self.ledger[number].planned.static.files.items()
        )

    def _claim(self, key: Digest, number: int, product: Product) -> None:
        static = self.ledger[number].planned.static
        name, now = f"{self.ledger[number].planned.task.name}#", time.time()
        self.committer.add(
            Record(
                key, keys.item_prefix(static.digest, ()), name, product, 0.0, now, self.run, None, (), static.predicates
            )
        )

    def unchecked(self, number: int, record: Record) -> bool:
        """Has what is recorded passed other predicates than those of today?"""
        return record.predicates != self.ledger[number].planned.static.predicates

    def passed(self, number: int, record: Record) -> None:
        """The product of a record has passed the predicates of today."""
        static = self.ledger[number].planned.static
        self.committer.add(replace(record, predicates=static.predicates))

    # --- what readers have read before ----------------------------------------------------------------------------------

    def pasts(self, number: int, feeds: Mapping[int, int]) -> list[dict[int, Recorded]]:
        """What a step has read at the positions `feeds` under the keys that it has a record of, for the same code, options and other
        deps."""
        plan, planned = self.ledger.plan, self.ledger[number].planned
        if number in plan.forced:
            return []
        deps = [needs for at, needs in enumerate(planned.step.deps) if at not in feeds]
        sides = self.ledger.given(number, deps)
        found: list[dict[int, Recorded]] = []
        for record in self.store.recent(planned.task.name, LOOK_BACK):
            kept = preimages.unpack(record) if record.static == planned.static.digest else None
            then = kept[1] if kept is not None and not record.partial else []
            if then and [one for at, one in enumerate(then) if at not in feeds] == sides:
                past = {
                    at: self._read_before(number, plan.entries[source].task.name, then[at])
                    for at, source in feeds.items()
                }
                found += [{at: one for at, one in past.items() if one is not None}] if None not in past.values() else []
        return found

    def _read_before(self, number: int, task: str, then: Given) -> Recorded | None:
        """The items of the stream that a key was made from; None where they are not kept, or their classes are other ones by now."""
        codes, reader = self.ledger.plan.world.codes, self.ledger[number].planned.task
        if any(codes.of_class(reader, name).digest != code for name, code in then.classes):
            return None
        for record in self.store.recent(task, LOOK_BACK):
            product = record.product
            if product.digest == then.digest and product.codec == manifests.CODEC:
                there = len(self.store.has(product.objects)) == len(set(product.objects))
                return Recorded(manifests.digests(product, self.store.read)) if there else None
        return None

    # --- items --------------------------------------------------------------------------------------------------------

    def past(self, number: int, prefix: Digest) -> Past | None:
        """What the items of an each are recorded to have given; None where nothing of that is to be used."""
        plan, planned = self.ledger.plan, self.ledger[number].planned
        if number in plan.forced and number not in plan.items:
            return None
        if (number, prefix) in self.ahead:
            return self.ahead.pop((number, prefix))
        return past(self.store, prefix, planned.task, plan.world, planned.static.predicates)

    def look_ahead(self) -> None:
        """While workers start: look up what is known of the items of eaches that take nothing else."""
        for entry in self.ledger.plan.entries:
            if entry.task.kind == "each" and entry.state != "cached" and len(entry.step.deps) == 1 and entry.near:
                prefix = keys.item_prefix(entry.static.digest, ())
                found = self.past(entry.step.id, prefix)
                if found is not None:
                    self.ahead[entry.step.id, prefix] = found

    def record_items(self, number: int, prefix: Digest, rows: Rows) -> None:
        """What items of an each gave."""
        if rows.keys:
            origin = self.run, self.ledger[number].planned.static.predicates, time.time()
            seconds = columns.seconds(rows.seconds)
            made = Segment.of(prefix, rows.keys, rows.results, seconds, origin, rows.left, rows.files)
            self.committer.add_items(made)

    def note_files(self, number: int, files: Sequence[RowFile]) -> None:
        """Remember the references in items of this step: they are in its whole product as well."""
        if files:
            self.references.setdefault(number, []).extend((one.path, one.content) for one in files)
