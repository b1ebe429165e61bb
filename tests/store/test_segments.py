"""Segments: rows come back as they were, damage is noticed, parts and wholes are those of their rows."""

from __future__ import annotations

import random

import pytest
from support.blocks import block
from support.segments import PREFIX, key, keys, mixed, segment

from pipekit import canon
from pipekit.store import segments
from pipekit.store.blocks import Block
from pipekit.store.segments import Origin, Results, Segment, join

SEEDS = pytest.mark.parametrize("seed", range(20))


def row(one: Segment) -> tuple[bytes, float, int, bytes]:
    return one.prefix, one.created, len(one), segments.pack(one)


@SEEDS
def test_what_is_packed_comes_back(seed: int) -> None:
    rng = random.Random(seed)
    one = mixed(rng, range(rng.randrange(20)), flat=seed % 2 == 0)
    assert segments.unpack(*row(one)) == one
    assert join([one, one, one]) == segments.unpack(*row(join([one, one, one])))


def test_the_form_is_the_same_everywhere() -> None:
    """Other processes and later versions read these bytes."""
    packed = segments.pack(mixed(random.Random(3), range(9), flat=True))
    assert canon.digest(packed).hex() == "eba68fb47a532b814959814e96251de87fd464616257f4581907f6c8ec260ecc"


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    prefix, created, count, body = row(mixed(random.Random(1), range(4), flat=True))
    for bit in range(len(body) * 8):
        bad = bytearray(body)
        bad[bit // 8] ^= 1 << bit % 8
        assert segments.unpack(prefix, created, count, bytes(bad)) is None
    for length in range(len(body)):
        assert segments.unpack(prefix, created, count, body[:length]) is None
    assert segments.unpack(key("other"), created, count, body) is None
    assert segments.unpack(prefix, created + 1e-6, count, body) is None
    assert segments.unpack(prefix, created, count + 1, body) is None


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("other", [None, "text", 3.5, -1, b""])
def test_a_row_of_other_types_is_damaged(at: int, other: object) -> None:
    parts: list[object] = list(row(segment([1])))
    parts[at] = other
    assert segments.unpack(*parts) is None


@SEEDS
def test_parts_and_wholes(seed: int) -> None:
    rng = random.Random(seed)
    some = [mixed(rng, range(10 * n, 10 * n + 7), flat=rng.random() < 0.7, run=f"run-{n}") for n in range(3)]
    whole = join(some)
    assert whole.keys == b"".join(one.keys for one in some) and len(whole) == 21
    assert [whole.part(range(start, start + 7)) for start in (0, 7, 14)] == some
    which = sorted(rng.sample(range(21), 9))
    assert whole.part(which) == join([whole.part([one]) for one in which])
    assert whole.part(range(21)) == whole and len(whole.part([])) == 0


def test_origins_stand_together_where_they_are_the_same() -> None:
    one, other = segment([1, 2]), segment([3], run="run-2", created=5.0)
    whole = join([one, segment([4]), other, other])
    assert whole.origins == (Origin(3, "run-1", None, 1000.0), Origin(2, "run-2", None, 5.0))
    assert whole.created == 1000.0
    assert whole.part([2, 3]).origins == (Origin(1, "run-1", None, 1000.0), Origin(1, "run-2", None, 5.0))


@SEEDS
def test_results_are_picked_row_by_row(seed: int) -> None:
    rng = random.Random(seed)
    made = [block(*[("plain", b"%d.%d" % (row, n)) for n in range(rng.randrange(3))]) for row in range(12)]
    whole = Results.of(segments.blocks.join(made), map(len, made))
    which = rng.choices(range(12), k=20)
    picked = [made[row] for row in which]
    assert whole.part(which) == Results.of(segments.blocks.join(picked), map(len, picked))
    assert whole.part(range(3, 9)) == whole.part([3, 4, 5, 6, 7, 8]) and len(whole.part(which)) == 20


def test_counts_stand_only_where_they_differ() -> None:
    one = block(("plain", b"1"), ("plain", b"2"))
    assert Results.of(one, [1, 1]) == Results(one) and len(Results(one)) == 2
    assert len(Results.of(one, [2])) == 1 and len(Results.of(Block(), [0, 0, 0])) == 3
    both = segments.together([Results(one), Results.of(one, [0, 2])])
    assert both == Results.of(segments.blocks.join([one, one]), [1, 1, 0, 2])
    assert both.part([0, 1]) == Results(one) == both.part([1, 0]).part([1, 0])


def test_there_are_as_many_results_and_seconds_as_keys() -> None:
    one = Results(block(("plain", b"")))
    with pytest.raises(ValueError, match="1 results and 2 times for 2 keys"):
        Segment.of(PREFIX, keys([1, 2]), one, [0.1, 0.2], ("run", None, 1.0))
    with pytest.raises(ValueError, match="1 results and 0 times for 1 keys"):
        Segment.of(PREFIX, keys([1]), one, [], ("run", None, 1.0))


def test_what_it_names_is_kept_beside() -> None:
    one = mixed(random.Random(1), range(9), flat=True)
    assert one.results.block.bodies() == {} and all(left.item.bodies() == {} for left in one.left)
    inside = [*one.results.block.products(), *(left.item.product(0) for left in one.left)]
    assert one.left and one.objects() == {name for p in inside if len(p.objects) > 1 for name in p.objects}
    assert one.objects(least=10**6) == set()
