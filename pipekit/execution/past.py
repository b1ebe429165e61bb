"""What the items of an each are recorded to have given, as far as it can stand today. It must never decide what is recorded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from pipekit.definition.tasks import Task
from pipekit.execution.failed import Left
from pipekit.execution.stale import Claim, stale
from pipekit.execution.world import World
from pipekit.store.columns import column_of_seconds
from pipekit.store.index import Index
from pipekit.store.segments import Results, RowFile
from pipekit.store.store import Store
from pipekit.values import Digest


class Past(Struct):
    """The rows of `index`; those in `unchecked`, which go up, have passed other predicates than those of today."""

    index: Index
    unchecked: Sequence[range]
    lefts: dict[int, Left]
    files: dict[int, list[RowFile]]

    @property
    def plain(self) -> bool:
        """Can every row stand as it is?"""
        return not (self.unchecked or self.lefts)

    @property
    def names_files(self) -> bool:
        """Are there rows that name files?"""
        return bool(self.files)

    def known(self, keys: bytes) -> Sequence[int]:
        """The place of each of the keys that stand side by side; -1 where nothing is known. Empty where nothing is known at all."""
        return self.index.known(keys) if len(self.index) else ()

    def results(self, places: Sequence[int]) -> Results:
        """What these gave."""
        return self.index.results(places)

    def left(self, place: int) -> Left | None:
        """What was left out there."""
        return self.lefts.get(place)

    def checked(self, place: int) -> bool:
        """Has it passed the predicates of today?"""
        at = bisect_right(self.unchecked, place, key=lambda one: one.start) - 1
        return at < 0 or place not in self.unchecked[at]

    def seconds(self, places: Sequence[int]) -> bytes:
        """How long these took, as a column."""
        return column_of_seconds([self.index.row(place).seconds for place in places])

    def references(self, places: Sequence[int]) -> list[RowFile]:
        """The files that these name, each with its number among them."""
        pairs = enumerate(places) if self.files else ()
        return [one._replace(row=row) for row, place in pairs for one in self.files.get(place, ())]


def past(store: Store, prefix: Digest, task: Task[..., Any], world: World, predicates: Digest | None) -> Past:
    """What is known of items whose keys begin with `prefix`, and can be read and be used today."""
    index = Index(store.segments(prefix))
    lefts = {place: Left(one.item, one.error) for place, one in index.left().items()}
    files: dict[int, list[RowFile]] = {}
    for one in index.references():
        files.setdefault(one.row, []).append(one)
    index.drop(_gone(index, store))
    unchecked: list[range] = []
    for places, origin in index.origins():
        if stale(Claim(created=origin.created), task, world) is not None:
            index.drop(places)
        elif origin.predicates != predicates:
            unchecked.append(places)
    for place, named in files.items():
        references = [(one.path, one.content) for one in named]
        if stale(Claim(references=references, created=world.now), task, world) is not None:
            index.drop([place])
    return Past(index, unchecked, lefts, files)


def _gone(index: Index, store: Store) -> set[int]:
    """The places of rows that name objects which are not there."""
    objects = index.objects()
    gone = objects - store.has(objects) if objects else objects
    return index.naming(gone) if gone else set()
