"""Several segments as one, against a dict of rows."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from support.segments import PREFIX, key, keys, mixed, segment

from pipekit import canon
from pipekit.store.blocks import Block, join
from pipekit.store.columns import column_of_seconds, split
from pipekit.store.index import Index, Row
from pipekit.store.segments import Origin, Results, Segment

SEEDS = pytest.mark.parametrize("seed", range(20))


def some(seed: int) -> list[Segment]:
    """Up to six segments whose rows have keys in common, also within one."""
    rng = random.Random(seed)
    sizes = [rng.randrange(12) for _ in range(rng.randrange(7))]
    flat = rng.random() < 0.7
    return [mixed(rng, rng.choices(range(20), k=size), flat=flat, run=f"{n}") for n, size in enumerate(sizes)]


def rows(segments: list[Segment]) -> dict[bytes, Segment]:
    """The last row of each key, as a segment of its own."""
    singles = [segment.part([row]) for segment in segments for row in range(len(segment))]
    return {one.keys: one for one in singles}


def seen(one: Segment) -> Row:
    """A segment of one row, as an index tells it."""
    files = tuple((file.path, file.content) for file in one.references)
    (origin,) = one.origins
    return Row(one.results.block, one.left[0] if one.left else None, 0.0, origin, files)


def plain(row: Row) -> Row:
    """Without what depends on where the row is."""
    left = row.left._replace(row=0) if row.left else None
    return row._replace(left=left, seconds=0.0, origin=row.origin._replace(rows=1))


@SEEDS
def test_the_last_row_of_a_key_counts(seed: int) -> None:
    made = some(seed)
    index, wanted = Index(made), rows(made)
    assert len(index) == len(wanted)
    for name in range(22):
        found = index.get(key(name))
        assert (found and plain(found)) == (seen(wanted[key(name)]) if key(name) in wanted else None)
        assert found is None or column_of_seconds([found.seconds]) == wanted[key(name)].seconds
    assert [place < 0 for place in index.known(keys(range(22)))] == [key(n) not in wanted for n in range(22)]


@SEEDS
def test_results_come_in_the_order_asked_for(seed: int) -> None:
    rng = random.Random(seed)
    made = some(seed)
    index, wanted = Index(made), rows(made)
    names = [name for name in range(22) if key(name) in wanted]
    for asked in (names, rng.choices(names, k=30) if names else []):
        gave = [wanted[key(name)].results.block for name in asked]
        assert index.results(index.known(keys(asked))) == Results.of(join(gave), map(len, gave))
        left = index.left()
        assert [place in left for place in index.known(keys(asked))] == [bool(wanted[key(n)].left) for n in asked]


@SEEDS
def test_one_segment_of_all_gives_the_same(seed: int) -> None:
    made = some(seed)
    if not rows(made):
        return
    whole = Index(made).whole()
    assert rows([whole]) == rows(made) and len(whole) == len(rows(made))


@SEEDS
def test_rows_that_name_something(seed: int) -> None:
    made = some(seed)
    index = Index(made)
    singles = [segment.part([row]) for segment in made for row in range(len(segment))]
    assert index.objects() == {name for one in singles for name in one.objects()}
    for name in index.objects():
        assert index.naming([name]) == {place for place, one in enumerate(singles) if name in one.objects()}
    files = [(place, file.path, file.content) for place, one in enumerate(singles) for file in one.references]
    assert list(map(tuple, index.references())) == files


@SEEDS
def test_dropped_rows_are_unknown(seed: int) -> None:
    rng = random.Random(seed)
    made = some(seed)
    index, total = Index(made), sum(map(len, made))
    gone = set(rng.sample(range(total), total // 2))
    before = index.known(keys(range(20)))
    index.drop(gone)
    assert index.known(keys(range(20))) == [-1 if place in gone else place for place in before]
    assert len(index) == len({place for place in before if place >= 0} - gone)


def test_where_rows_come_from() -> None:
    index = Index([segment([1, 2]), segment([], run="none"), segment([3], run="run-2", created=7.0)])
    assert list(index.origins()) == [
        (range(2), Origin(2, "run-1", None, 1000.0)),
        (range(2, 3), Origin(1, "run-2", None, 7.0)),
    ]


def test_nothing_is_known_of_nothing() -> None:
    index = Index([])
    assert len(index) == 0 and index.get(key(1)) is None and index.known(keys([1, 2])) == [-1, -1]
    assert index.results([]) == Results(Block()) and index.objects() == set() and index.known(b"") == []


def test_a_key_takes_little_memory() -> None:
    made = [segment(range(start, start + 1000)) for start in range(0, 50_000, 1000)]
    tracemalloc.start()
    index = Index(made)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / len(index) < 150


def test_many_rows() -> None:
    names = list(range(20_000))
    made = [segment(names[start : start + 1000], start) for start in range(0, 20_000, 1000)]
    random.Random(1).shuffle(names)
    index = Index(made)
    found = index.results(index.known(keys(names))).block
    assert found.pieces() == [f"{name} {name // 1000 * 1000}".encode() for name in names]
    assert split(found.digests)[0] == canon.digest(b"plain\0" + found.pieces()[0])
    assert made[0].prefix == PREFIX
