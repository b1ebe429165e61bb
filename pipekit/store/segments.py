"""Segments: what many items of an each gave, by their keys, in one packed row. It must never know how a key is made or where
a row is kept."""

from __future__ import annotations

import struct
from binascii import crc32
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, groupby, pairwise
from typing import Any, Final, NamedTuple

from msgspec import Struct

from pipekit import canon
from pipekit.store import blocks
from pipekit.store.blocks import Block
from pipekit.store.columns import column, column_of_seconds, numbers, span
from pipekit.values.digest import Digest


class Origin(NamedTuple):
    """Where `rows` rows that stand together come from: the run, the predicates that they have passed, and when, in Unix seconds."""

    rows: int
    run: str
    predicates: Digest | None
    created: float


class RowFile(NamedTuple):
    """A file that a row names and that is left where it is, with its content (None: absent)."""

    row: int
    path: str
    content: Digest | None


class LeftOut(NamedTuple):
    """A row whose item failed and was dropped: the item, in a block of its own, and `"ClassName: message"`."""

    row: int
    item: Block
    error: str


class Results(Struct, frozen=True):
    """What rows gave, one after the other. `counts` tells how many items each row gave, and is empty where all gave one."""

    block: Block
    counts: bytes = b""

    @classmethod
    def of(cls, block: Block, counts: Iterable[int]) -> Results:
        """What rows gave that gave so many items each."""
        return _even(block, column(counts))

    def __len__(self) -> int:
        return len(self.counts) // 4 or len(self.block)

    def ends(self) -> Sequence[int]:
        """Where the items of each row end; one number more than there are rows."""
        return list(accumulate(numbers(self.counts), initial=0)) if self.counts else range(len(self.block) + 1)

    def part(self, rows: Sequence[int]) -> Results:
        """What these rows gave, in this order."""
        if not self.counts:
            return Results(self.block.part(rows))
        ends, whole = self.ends(), span(rows)
        if whole is not None:
            which: Sequence[int] = range(ends[whole.start], ends[whole.stop])
            return _even(self.block.part(which), self.counts[4 * whole.start : 4 * whole.stop])
        which = list(chain.from_iterable(range(ends[row], ends[row + 1]) for row in rows))
        counts = numbers(self.counts)
        return _even(self.block.part(which), column([counts[row] for row in rows]))

    def each_count(self) -> bytes:
        """`counts`, also where all gave one."""
        return self.counts or _ONE * len(self.block)


def together(some: Sequence[Results]) -> Results:
    """What the rows of all gave, in order."""
    block = blocks.join([one.block for one in some])
    if not any(one.counts for one in some):
        return Results(block)
    return _even(block, b"".join([one.each_count() for one in some]))


class Segment(Struct, frozen=True):
    """Rows of an each whose item keys begin with `prefix`: `keys` stand side by side, `seconds` in user code are a column, `origins` one
    after the other. The block of `results` is bare: the objects of odd items are kept beside."""

    prefix: Digest
    keys: bytes
    results: Results
    seconds: bytes
    origins: tuple[Origin, ...]
    left: tuple[LeftOut, ...] = ()
    references: tuple[RowFile, ...] = ()

    @classmethod
    def of(
        cls,
        prefix: Digest,
        keys: bytes,
        results: Results,
        seconds: Iterable[float],
        origin: tuple[str, Digest | None, float],
        left: Iterable[LeftOut] = (),
        references: Iterable[RowFile] = (),
    ) -> Segment:
        """Rows that come from one run; `origin` is an Origin without its count. Raises ValueError where keys, results and seconds are not
        as many."""
        rows, times = len(keys) // 32, column_of_seconds(seconds)
        if not rows == len(results) == len(times) // 4:
            raise ValueError(f"{len(results)} results and {len(times) // 4} times for {rows} keys")
        bare = Results(results.block.bare(), results.counts)
        dropped = tuple(one._replace(item=one.item.bare()) for one in left)
        origins = (Origin(rows, *origin),) if rows else ()
        return cls(prefix, keys, bare, times, origins, dropped, tuple(references))

    def __len__(self) -> int:
        return len(self.keys) // 32

    @property
    def created(self) -> float:
        """When the newest row was, in Unix seconds."""
        return max((origin.created for origin in self.origins), default=0.0)

    def objects(self, least: int = 0) -> set[Digest]:
        """The objects that the rows name, of those products that have at least `least` bytes."""
        return self.results.block.objects(least).union(*(one.item.objects(least) for one in self.left))

    def part(self, rows: Sequence[int]) -> Segment:
        """These rows alone; their numbers go up."""
        if len(rows) == len(self):
            return self
        places = {row: place for place, row in enumerate(rows)}
        ends = [bisect_left(rows, end) for end in accumulate((one.rows for one in self.origins), initial=0)]
        return Segment(
            self.prefix,
            b"".join([self.keys[32 * row : 32 * row + 32] for row in rows]),
            self.results.part(rows),
            b"".join([self.seconds[4 * row : 4 * row + 4] for row in rows]),
            tuple(one._replace(rows=b - a) for one, (a, b) in zip(self.origins, pairwise(ends)) if b > a),
            tuple(one._replace(row=places[one.row]) for one in self.left if one.row in places),
            tuple(one._replace(row=places[one.row]) for one in self.references if one.row in places),
        )


def join(segments: Sequence[Segment]) -> Segment:
    """One segment with the rows of all, in order; they have the same prefix, and there is one at least."""
    starts = list(accumulate(map(len, segments), initial=0))
    origins = [one for segment in segments for one in segment.origins]
    same = groupby(origins, lambda one: one[1:])
    return Segment(
        segments[0].prefix,
        b"".join([one.keys for one in segments]),
        together([one.results for one in segments]),
        b"".join([one.seconds for one in segments]),
        tuple(Origin(sum(one.rows for one in group), *rest) for rest, group in same),
        tuple(one._replace(row=start + one.row) for start, whole in zip(starts, segments) for one in whole.left),
        tuple(one._replace(row=start + one.row) for start, whole in zip(starts, segments) for one in whole.references),
    )


# --- as bytes -------------------------------------------------------------------------------------------------------------

_HEAD: Final = struct.Struct("<4I")
"""Rows; lengths of the counts, of the block and of the block of items left out. What follows them are origins and the like."""

_SEED: Final = struct.Struct("<dI")
_SUM: Final = struct.Struct("<I")
_ONE: Final = column([1])


def pack(segment: Segment) -> bytes:
    """All of a segment but its prefix, and a checksum over all of it with `prefix`, `created` and the count of rows."""
    counts, block = segment.results.counts, segment.results.block.to_bytes()
    left = blocks.join([one.item for one in segment.left]).to_bytes()
    told = tuple((one.row, one.error) for one in segment.left)
    origins, files = tuple(map(tuple, segment.origins)), tuple(map(tuple, segment.references))
    rest = canon.plain.encode((origins, told, files), _nothing)
    head = _HEAD.pack(len(segment), len(counts), len(block), len(left))
    body = b"".join((head, segment.keys, segment.seconds, counts, block, left, rest))
    return body + _SUM.pack(_sum(segment.prefix, segment.created, len(segment), body))


def unpack(prefix: Any, created: Any, count: Any, body: Any) -> Segment | None:
    """The segment of a row; None when the row is damaged, because a damaged claim claims nothing."""
    try:
        whole = memoryview(body)[:-4]
        found: int = _SUM.unpack_from(body, len(whole))[0]
        is_whole = len(whole) >= _HEAD.size and found == _sum(prefix, created, count, whole)
    except (TypeError, struct.error):
        return None  # a flipped bit may also change what a column holds
    return _unpack(prefix, body) if is_whole else None


def _sum(prefix: bytes, created: float, count: int, body: bytes | memoryview) -> int:
    return crc32(body, crc32(prefix + _SEED.pack(created, count)))


def _unpack(prefix: Digest, body: bytes) -> Segment:
    rows, counts, block, left = _HEAD.unpack_from(body)
    ends = list(accumulate((_HEAD.size, 32 * rows, 4 * rows, counts, block, left)))
    keys, seconds, how_many, gave, dropped = (body[start:end] for start, end in pairwise(ends))
    origins, told, files = canon.plain.decode(body[ends[-1] : -4], _refuse)
    items = Block.from_bytes(dropped)
    return Segment(
        prefix,
        keys,
        Results(Block.from_bytes(gave), how_many),
        seconds,
        tuple(Origin(*one) for one in origins),
        tuple(LeftOut(row, items.part(range(at, at + 1)), error) for at, (row, error) in enumerate(told)),
        tuple(RowFile(*one) for one in files),
    )


def _even(block: Block, counts: bytes) -> Results:
    return Results(block, b"" if counts == _ONE * (len(counts) // 4) else counts)


def _nothing(value: object) -> None:
    return None


def _refuse(payload: bytes) -> object:
    raise ValueError("a segment holds no foreign payload")
