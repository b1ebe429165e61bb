"""The product of a stream: order kept, equal chunks shared, an appended item rewrites little."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.blocks import Maker, block, build, makers, numbers, odd

from pipekit.canon import digest
from pipekit.store import manifests
from pipekit.store.blocks import Block, join
from pipekit.store.building import Builder
from pipekit.store.manifests import LARGEST, LEAST, MOST, Writer
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest


def written(blocks: Iterable[Block]) -> Encoded:
    """The product, with all of its objects. None is handed out twice."""
    writer = Writer()
    bodies: dict[Digest, bytes] = {}
    for one in blocks:
        new = writer.add(one)
        assert not new.keys() & bodies.keys()
        bodies |= new
    made = writer.end()
    assert not made.bodies.keys() & bodies.keys()
    bodies.update({named: bytes(body) for named, body in made.bodies.items()})
    assert all(digest(body) == named for named, body in bodies.items())
    return Encoded(made.product, bodies)


def counts(made: Encoded) -> list[int]:
    return [chunk.items for chunk in manifests.layout(made.product, made.bodies.__getitem__)]


@given(makers, st.lists(st.integers(0, 30), max_size=4))
def test_what_goes_in_comes_out_in_order(given_: list[Maker], cuts: list[int]) -> None:
    whole = block(*given_).bare()
    made = written(build(given_, cuts))
    product, read = made.product, made.bodies.__getitem__
    assert join(manifests.read(product, read)) == whole
    assert [one for part in manifests.read(product, read) for one in part.products()] == list(whole.products())
    assert b"".join(manifests.digests(product, read)) == whole.digests
    assert manifests.objects_of(product, read) == whole.objects()
    assert product.items == len(given_) == sum(counts(made)) and product.classes == whole.classes
    assert set(product.objects) == set(made.bodies) and product.digest == written([whole]).product.digest
    assert product.size == sum(map(len, made.bodies.values())) + whole.odd_size()


@pytest.mark.parametrize("seed", range(24))
def test_grouping_never_changes_a_manifest(seed: int) -> None:
    """Few different items have many cuts or none, long bodies reach the largest size first."""
    rng = random.Random(seed)
    variety, longest = rng.choice([3, 50, 10**9]), rng.choice([1, 9, 60])
    many = [("plain", b"%d" % rng.randrange(variety) * rng.randint(1, longest)) for _ in range(rng.randrange(9000))]
    ways = [
        [],
        range(256, len(many), 256),
        range(LEAST, len(many), LEAST),
        [rng.randrange(len(many) + 1) for _ in range(9)],
    ]
    made = [written(build(many, set(cuts))) for cuts in ways]
    assert all(one.product == made[0].product and one.bodies == made[0].bodies for one in made)
    assert all(LEAST <= count <= MOST for count in counts(made[0])[:-1])


def test_one_by_one_is_the_same_too() -> None:
    many = [("plain", b"%d" % n) for n in range(1500)]
    assert written(build(many, range(1500))).product == written(build(many)).product


def test_a_chunk_is_never_much_larger_than_it_may_be() -> None:
    big = Product.of("folder", [digest(b"%d" % n) for n in range(1000)], 1)
    made = written(build([(Encoded(big, {}),)] * 500, [7, 99]))
    assert max(len(body) for body in made.bodies.values()) < LARGEST + 40_000
    assert counts(made)[0] == LARGEST // 32_000 + 1 < LEAST
    assert made.product == written(build([(Encoded(big, {}),)] * 500)).product


def test_equal_items_whose_digests_all_end_a_chunk_share_it() -> None:
    number = next(n for n in range(10_000) if manifests._cuts(block(("plain", b"%d" % n)).digests))
    made = written(build([("plain", b"%d" % number)] * 10 * LEAST))
    assert counts(made) == [LEAST] * 10 and len(made.bodies) == 2


def test_the_cuts_are_where_the_digests_say_so() -> None:
    whole = join(numbers(range(20_000)))
    said = [whole.digests[at : at + 4] for at in range(0, len(whole.digests), 32)]
    assert manifests._cuts(whole.digests) == [
        n for n, four in enumerate(said, 1) if int.from_bytes(four, "big") % 512 == 0
    ]


def new(before: Sequence[int], after: Sequence[int]) -> int:
    """How many objects the second stream has that the first has not."""
    return len(written(numbers(after)).bodies.keys() - written(numbers(before)).bodies.keys())


def test_an_appended_item_rewrites_one_chunk() -> None:
    assert len(written(numbers(range(20_000))).bodies) > 20
    assert new(range(20_000), range(20_001)) == 2, "the last chunk and the root"


@pytest.mark.parametrize("at", [0, 1, 7_000, 19_999])
def test_an_inserted_or_deleted_item_rewrites_few_chunks(at: int) -> None:
    rows = list(range(20_000))
    assert new(rows, [*rows[:at], 99_999, *rows[at:]]) <= 4
    assert new(rows, rows[:at] + rows[at + 1 :]) <= 4


def test_random_edits_rewrite_few_chunks() -> None:
    for seed in range(10):
        rng = random.Random(seed)
        rows = rng.sample(range(10**6), 10_000)
        edited = list(rows)
        for _ in range(5):
            at = rng.randrange(len(edited))
            edited[at : at + rng.randrange(3)] = [rng.randrange(10**6) for _ in range(rng.randrange(3))]
        assert new(rows, edited) <= 5 * 3 + 1, f"seed {seed}"


def test_order_counts() -> None:
    assert written(numbers([1, 2])).product.digest != written(numbers([2, 1])).product.digest


@pytest.mark.parametrize("start", [0, 1, 5_000, 9_999, 10_000, 20_000])
def test_items_from_one_on_without_what_is_before(start: int) -> None:
    made = written(numbers(range(10_000)))
    asked: list[Digest] = []

    def read(named: Digest) -> bytes:
        asked.append(named)
        return bytes(made.bodies[named])

    found = join(manifests.blocks_from(made.product, read, start))
    assert found == join(numbers(range(start, 10_000)))
    assert len(asked) - 1 <= sum(1 for end in sums(counts(made)) if end > start)


def sums(numbers_: Sequence[int]) -> list[int]:
    return [sum(numbers_[: n + 1]) for n in range(len(numbers_))]


def test_objects_are_looked_for_where_there_are_odd_items_alone() -> None:
    made: list[Maker] = [("plain", b"%d" % n) for n in range(10_000)]
    made[5_000] = (odd("one"),)
    found = written(build(made))
    asked: list[Digest] = []

    def read(named: Digest) -> bytes:
        asked.append(named)
        return bytes(found.bodies[named])

    assert manifests.objects_of(found.product, read) == set(odd("one").product.objects) and len(asked) == 2


def test_products_alone_make_a_manifest_too() -> None:
    items = [odd(n).product for n in range(5_000)]
    builder = Builder()
    for item in items:
        builder.add_product(item)
    made = written([builder.take()])
    assert [one for part in manifests.read(made.product, made.bodies.__getitem__) for one in part.products()] == items
    assert made.product == written(build([(odd(n),) for n in range(5_000)], range(0, 5_000, 100))).product


def test_a_stream_of_many_never_stands_in_memory() -> None:
    rows = numbers(range(4096))
    writer = Writer()
    writer.add(rows[0])
    tracemalloc.start()
    for number in range(50):
        for one in rows:
            writer.add(one.part(range(number, len(one))))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 500_000 and peak < 2_000_000
    assert writer.end().product.items == 256 + sum(16 * (256 - number) for number in range(50))
