"""Several segments of one each as one: which keys are known, and what they gave. It must never read a store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, chain, repeat
from struct import Struct
from typing import Final, NamedTuple, cast

from pipekit.store import segments
from pipekit.store.blocks import Block
from pipekit.store.columns import seconds
from pipekit.store.segments import LeftOut, Origin, Results, RowFile, Segment, together
from pipekit.values.digest import Digest

# Half of a key tells more of them apart than there will ever be, and a million halves take 16 MB less than as many keys.
_HALF: Final = 16
_HALVES: Final = Struct("16s16x")


class Row(NamedTuple):
    """What one key gave: the items, or what was left out; how many seconds it took, where it comes from, the files it names."""

    block: Block
    left: LeftOut | None
    seconds: float
    origin: Origin
    references: tuple[tuple[str, Digest | None], ...]


class Index:
    """The rows of `segments`, which are in the order in which they were recorded: of equal keys the last one counts. A row's
    place is its number among all of them."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.segments = tuple(segments)
        self._starts = list(accumulate(map(len, self.segments), initial=0))
        self._places: dict[bytes, int] = {}
        for start, segment in zip(self._starts, self.segments):
            self._places.update(zip(_halves(segment.keys), range(start, start + len(segment))))

    def __len__(self) -> int:
        return len(self._places)

    def known(self, keys: bytes) -> list[int]:
        """The place of each of the keys, which stand side by side; -1 where one is not known."""
        return list(map(self._places.get, _halves(keys), repeat(-1)))

    def get(self, key: Digest) -> Row | None:
        """What the key gave; None where it is not known."""
        place = self._places.get(key[:_HALF])
        return self.row(place) if place is not None else None

    def row(self, place: int) -> Row:
        """What the row at a place gave."""
        number, (row,) = next(self._by_segment([place]))
        segment = self.segments[number]
        ends = accumulate(one.rows for one in segment.origins)
        return Row(
            segment.results.part(range(row, row + 1)).block,
            next((one for one in segment.left if one.row == row), None),
            seconds(segment.seconds[4 * row : 4 * row + 4])[0],
            next(origin for origin, end in zip(segment.origins, ends) if row < end),
            tuple((one.path, one.content) for one in segment.references if one.row == row),
        )

    def results(self, places: Sequence[int]) -> Results:
        """What the rows at these places gave, in this order; those that were left out gave nothing."""
        ascending = sorted(places)
        found = together([self.segments[number].results.part(rows) for number, rows in self._by_segment(ascending)])
        if ascending == list(places):
            return found
        ranks = {place: rank for rank, place in enumerate(ascending)}
        return found.part([ranks[place] for place in places])

    # --- what may be no hit -------------------------------------------------------------------------------------------

    def left(self) -> dict[int, LeftOut]:
        """What was left out, by place."""
        pairs = zip(self._starts, self.segments)
        return {start + one.row: one for start, segment in pairs for one in segment.left}

    def origins(self) -> Iterator[tuple[range, Origin]]:
        """Where the rows come from, and at which places they are, in order."""
        start = 0
        for segment in self.segments:
            for one in segment.origins:
                yield range(start, start + one.rows), one
                start += one.rows

    def references(self) -> Iterator[RowFile]:
        """The files that rows name, each row by its place."""
        pairs = zip(self._starts, self.segments)
        return (one._replace(row=start + one.row) for start, segment in pairs for one in segment.references)

    def objects(self) -> set[Digest]:
        """The objects that all rows name."""
        return set[Digest]().union(*(segment.objects() for segment in self.segments))

    def naming(self, objects: Collection[Digest]) -> set[int]:
        """The places of those rows that name one of `objects`."""
        asked, found = frozenset(objects), set[int]()
        for start, segment in zip(self._starts, self.segments):
            ends, odd = segment.results.ends(), segment.results.block.odd_products()
            found.update(start + bisect_right(ends, at) - 1 for at, one in odd if not asked.isdisjoint(one.objects))
            found.update(start + one.row for one in segment.left if not asked.isdisjoint(one.item.objects()))
        return found

    def drop(self, places: Iterable[int]) -> None:
        """The keys of the rows at these places are not known any more."""
        for place in places:
            number, (row,) = next(self._by_segment([place]))
            half = self.segments[number].keys[32 * row : 32 * row + _HALF]
            if self._places.get(half) == place:
                del self._places[half]

    def whole(self) -> Segment:
        """One segment with the last row of each key, in the order of the rows; there is one at least."""
        kept = sorted(self._places.values())
        return segments.join([self.segments[number].part(rows) for number, rows in self._by_segment(kept)])

    def _by_segment(self, ascending: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """The numbers of the segments in which places are that go up, with their rows there."""
        at = 0
        while at < len(ascending):
            number = bisect_right(self._starts, ascending[at]) - 1
            start, end = self._starts[number], bisect_left(ascending, self._starts[number + 1], at)
            yield number, [place - start for place in ascending[at:end]]
            at = end


def _halves(keys: bytes) -> Iterator[bytes]:
    return cast(Iterator[bytes], chain.from_iterable(_HALVES.iter_unpack(keys)))
