"""What the items of a batch gave, as the rows that are recorded of it. It must never decide whether an item may fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pipekit.execution.failed import Left
from pipekit.execution.messages import ItemsDone
from pipekit.execution.streams import Batch, Each
from pipekit.store import columns
from pipekit.store.segments import LeftOut, Results, RowFile


class Rows(NamedTuple):
    """Keys side by side, what they gave, a column of seconds; what was left out for good, and the files that rows name."""

    keys: bytes
    results: Results
    seconds: bytes
    left: tuple[LeftOut, ...] = ()
    files: tuple[RowFile, ...] = ()

    def part(self, which: list[int]) -> Rows:
        """These rows alone."""
        places = {place: row for row, place in enumerate(which)}
        return Rows(
            b"".join([self.keys[32 * place : 32 * place + 32] for place in which]),
            self.results.part(which),
            b"".join([self.seconds[4 * place : 4 * place + 4] for place in which]),
            tuple(one._replace(row=places[one.row]) for one in self.left if one.row in places),
            tuple(one._replace(row=places[one.row]) for one in self.files if one.row in places),
        )


def gave(batch: Batch, done: ItemsDone) -> Results:
    """What the next items of a batch gave: those that only passed a check, what they are recorded to have given."""
    if batch.known is None:
        return Results.of(done.block, columns.numbers(done.counts)) if done.counts else Results(done.block)
    results = batch.known.part(range(batch.done, batch.done + done.items))
    failed = {place for place, _ in done.faults}
    if not failed:
        return results
    ends = results.ends()
    which = [at for row in range(len(results)) if row not in failed for at in range(ends[row], ends[row + 1])]
    counts = [0 if row in failed else ends[row + 1] - ends[row] for row in range(len(results))]
    return Results.of(results.block.part(which), counts)


def rows(each: Each, batch: Batch, at: int, results: Results, done: ItemsDone, left: Mapping[int, Left]) -> Rows:
    """What the items from `at` on gave; those that failed have no row, but where they are `left` out for good."""
    keys, seconds, files = each.keys(batch.after(at, done.items)), done.seconds, done.files
    if batch.known is not None and each.past is not None:
        places = each.past.known(keys)
        seconds, files = each.past.seconds(places), tuple(each.past.references(places))
    dropped = tuple(LeftOut(place, one.item, one.error) for place, one in left.items())
    found = Rows(keys, results, seconds, dropped, files)
    gone = {place for place, _ in done.faults} - left.keys()
    return found.part([place for place in range(done.items) if place not in gone]) if gone else found
