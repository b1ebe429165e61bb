"""What every store promises, whatever it is kept in."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.blocks import block
from support.records import BIG, body, record
from support.segments import PREFIX, key, mixed, segment

from pipekit import canon
from pipekit.errors import CorruptObject
from pipekit.store.history import Duration, Ran
from pipekit.store.index import Index
from pipekit.store.memory import MemoryStore
from pipekit.store.objects import Objects
from pipekit.store.products import Encoded, Product
from pipekit.store.segments import Results, Segment
from pipekit.store.stats import Stat
from pipekit.store.store import DiskStore, Store, open_store
from pipekit.store.tables import prefix
from pipekit.values import Digest

NOBODY = canon.digest(b"nobody made this")


@dataclass
class Kept:
    """A store, how to have it again in another process's eyes, and how to damage an object of it."""

    store: Store
    again: Callable[[], Store]
    damage: Callable[[Digest, bytes], None]
    quarantined: Callable[[], list[bytes]]


def on_disk(root: Path) -> Kept:
    store = open_store(root)

    def damage(digest: Digest, data: bytes) -> None:
        path = store.objects.path(digest)
        if path.exists():
            path.chmod(0o644)
            path.write_bytes(data)
        else:
            with store.pack.transaction() as connection:
                connection.execute("UPDATE objects SET body = ? WHERE prefix = ?", (data, prefix(digest)))

    def again() -> DiskStore:
        store.close()
        return open_store(root)

    return Kept(store, again, damage, lambda: [path.read_bytes() for path in (root / "quarantine").iterdir()])


def in_memory(root: Path) -> Kept:
    store = MemoryStore(root)

    def again() -> MemoryStore:
        store.close()
        return store

    return Kept(store, again, lambda d, data: store.bodies.update({d: data}), lambda: list(store.quarantine.values()))


@pytest.fixture(params=[on_disk, in_memory])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    made = request.param(tmp_path / ".pipekit")
    yield made
    made.store.close()


def put(store: Store, *names: object) -> list[Digest]:
    pairs = [body(name) for name in names]
    store.put(dict(pairs))
    return [digest for digest, _ in pairs]


def test_what_is_not_there(kept: Kept) -> None:
    store = kept.store
    assert store.record(NOBODY) is None
    assert store.preimage(NOBODY) is None
    assert store.records([NOBODY]) == store.statics([NOBODY]) == {}
    assert store.latest(["nobody"]) == {}
    assert store.durations(["nobody"]) == {}
    assert store.stats(["nowhere"]) == {}
    assert store.runs(3) == []
    assert store.segments(NOBODY) == []
    assert store.has([NOBODY]) == set()
    with pytest.raises(KeyError):
        store.read(NOBODY)


def test_nothing_asked_is_nothing_given(kept: Kept) -> None:
    store = kept.store
    store.commit([])
    store.put({})
    store.put_stats([])
    store.put_durations([])
    assert store.records([]) == store.statics([]) == {}
    assert store.latest([]) == {}
    assert store.stats([]) == {}
    assert store.has([]) == set()


@pytest.mark.parametrize("data", [b"", b"x", b"y" * 65535, b"z" * 65536, BIG, b"m" * 300_000])
def test_objects_are_readable_before_and_after_the_commit(kept: Kept, data: bytes) -> None:
    digest = canon.digest(data)
    kept.store.put({digest: data})
    assert bytes(kept.store.read(digest)) == data
    kept.store.commit([])
    assert bytes(kept.store.read(digest)) == data
    store = kept.again()
    assert bytes(store.read(digest)) == data
    assert store.has([digest, NOBODY]) == {digest}


def test_what_is_put_is_the_bytes_of_that_moment(kept: Kept) -> None:
    for size in (100, 100_000):
        data = bytearray(b"a" * size)
        digest = canon.digest(data)
        kept.store.put({digest: memoryview(data)})
        data[0] = 0
        assert bytes(kept.store.read(digest)) == b"a" * size


def test_what_is_read_cannot_be_written_to(kept: Kept) -> None:
    for data in (b"small", BIG, b"m" * 300_000):
        digest = canon.digest(data)
        kept.store.put({digest: data})
        kept.store.commit([])
        assert memoryview(kept.store.read(digest)).readonly


def test_small_objects_never_committed_are_forgotten_and_big_ones_stay(kept: Kept) -> None:
    (small,) = put(kept.store, 1)
    kept.store.put({canon.digest(BIG): BIG})
    store = kept.again()
    assert store.has([small, canon.digest(BIG)]) == {canon.digest(BIG)}


def test_big_bytes_under_another_name_are_refused(kept: Kept) -> None:
    with pytest.raises(CorruptObject, match=NOBODY.hex()):
        kept.store.put({NOBODY: BIG})
    assert kept.store.has([NOBODY]) == set()


def test_the_same_object_twice_is_one(kept: Kept) -> None:
    for _ in range(2):
        (digest,) = put(kept.store, 1)
        kept.store.put({canon.digest(BIG): BIG})
        kept.store.commit([])
    assert bytes(kept.again().read(digest)) == body(1)[1]


@pytest.mark.parametrize("data", [b"small", BIG, b"m" * 300_000])
@pytest.mark.parametrize("how", ["flip", "shorten", "empty", "grow"])
def test_a_damaged_object_is_named_set_aside_and_gone(kept: Kept, data: bytes, how: str) -> None:
    digest = canon.digest(data)
    kept.store.put({digest: data})
    kept.store.commit([])
    store = kept.again()
    bad = {"flip": b"X" + data[1:], "shorten": data[:-1], "empty": b"", "grow": data + b"!"}[how]
    kept.damage(digest, bad)
    with pytest.raises(CorruptObject, match=digest.hex()) as caught:
        store.read(digest)
    assert caught.value.hint
    assert kept.quarantined() == [bad]
    assert store.has([digest]) == set()
    with pytest.raises(KeyError):
        store.read(digest)
    store.put({digest: data})
    store.commit([])
    assert bytes(store.read(digest)) == data


def test_a_record_comes_back_as_it_was(kept: Kept) -> None:
    full = record(
        1,
        task="zähler-1",
        product=Product.of("tree", [body(n)[0] for n in range(5)], 12345, ["prep:Row", "prep:Outer.Inner"], 7),
        log=body("log")[0],
        references=(("data/ä b.csv", body("csv")[0]), ("gone\udcff", None), ("", None)),
        predicates=body("predicates")[0],
        partial=True,
        peak=2**40,
        seconds=1e-9,
        created=1763917200.123456,
    )
    bare = record(2, product=Product("never", (), NOBODY, 0, (), None), run="")
    zero = record(3, product=Product("stream", (), NOBODY, 0, (), 0))
    kept.store.commit([full, bare, zero])
    store = kept.again()
    for one in (full, bare, zero):
        assert store.record(one.key) == one
    assert type(store.record(full.key)) is type(full)
    assert store.records([zero.key, NOBODY, full.key]) == {full.key: full, zero.key: zero}


def test_a_key_recorded_again_has_the_newer_record(kept: Kept) -> None:
    kept.store.commit([record(1)])
    kept.store.commit([record(1, seconds=9.0), record(1, seconds=10.0)])
    assert kept.again().record(record(1).key) == record(1, seconds=10.0)


def test_many_keys_at_once(kept: Kept) -> None:
    made = {one.key: one for one in map(record, range(1234))}
    kept.store.commit(list(made.values()))
    assert kept.store.records([*made, NOBODY]) == made
    assert kept.store.latest([one.task for one in made.values()]) == {one.task: one for one in made.values()}
    assert kept.store.statics([one.static for one in made.values()]) == {one.static: one for one in made.values()}


def test_the_newest_is_by_time_and_then_by_what_was_recorded_last(kept: Kept) -> None:
    same = {"static": NOBODY, "task": "t"}
    old, new, late = (record(n, created=at, **same) for n, at in ((1, 10.0), (2, 30.0), (3, 20.0)))
    kept.store.commit([old, new])
    kept.store.commit([late])
    assert kept.store.statics([NOBODY]) == {NOBODY: new}
    assert kept.store.latest(["t"]) == {"t": new}
    tie = record(4, created=30.0, **same)
    kept.store.commit([tie])
    assert kept.store.statics([NOBODY]) == {NOBODY: tie}
    kept.store.commit([new])
    assert kept.store.latest(["t"]) == {"t": new}


def test_keys_that_begin_alike_are_kept_apart(kept: Kept) -> None:
    alike = [Digest(b"\x80" * 8 + bytes([n]) * 24) for n in range(3)]
    records = [record(n, key=key, static=key) for n, key in enumerate(alike[:2])]
    kept.store.commit(records, {alike[0]: b"zero", alike[1]: b"one"})
    store = kept.again()
    assert store.records(alike) == store.statics(alike) == {one.key: one for one in records}
    assert [store.preimage(key) for key in alike] == [b"zero", b"one", None]


def test_objects_that_begin_alike_are_kept_apart(kept: Kept) -> None:
    (digest,) = put(kept.store, 1)
    alike = Digest(digest[:8] + b"!" * 24)
    kept.store.commit([])
    assert kept.store.has([digest, alike]) == {digest}
    with pytest.raises(KeyError):
        kept.store.read(alike)


def test_preimages(kept: Kept) -> None:
    key = record(1).key
    kept.store.commit([], {key: b"why", NOBODY: b""})
    kept.store.commit([record(1)], {key: b"why"})
    store = kept.again()
    assert store.preimage(key) == b"why"
    assert store.preimage(NOBODY) == b""


def test_the_last_records_of_a_task_newest_first(kept: Kept) -> None:
    made = [record(n, task="t", created=at) for n, at in enumerate((10.0, 30.0, 20.0, 30.0))]
    kept.store.commit([*made, record(9, task="other", created=99.0)])
    store = kept.again()
    assert store.recent("t", 3) == [made[3], made[1], made[2]]
    assert store.recent("t", 9) == [made[3], made[1], made[2], made[0]]
    assert store.recent("nobody", 3) == []


def test_segments_come_back_as_they_were_in_the_order_recorded(kept: Kept) -> None:
    rng = random.Random(7)
    made = [mixed(rng, range(n, n + 20), flat=n % 2 == 0, run=f"run-{n}") for n in range(4)]
    kept.store.commit([record(1)], segments=made[:2])
    kept.store.commit([], segments=made[2:3])
    kept.store.commit([], segments=made[3:])
    store = kept.again()
    assert store.segments(PREFIX) == made
    assert Index(store.segments(PREFIX)).get(key(3)) == Index(made[-1:]).get(key(3))
    assert store.record(record(1).key) == record(1)


def test_segments_of_prefixes_that_begin_alike_are_kept_apart(kept: Kept) -> None:
    alike = [Digest(b"\x80" * 8 + bytes([n]) * 24) for n in range(3)]
    gave = Results(block(("plain", b"x")))
    made = [Segment.of(one, key(n), gave, [0.0], ("run", None, 1.0)) for n, one in enumerate(alike[:2])]
    kept.store.commit([], segments=made)
    store = kept.again()
    assert [store.segments(one) for one in alike] == [[made[0]], [made[1]], []]


def test_many_small_segments_lose_no_row(kept: Kept) -> None:
    """Each commit tells one item anew and a new one, as when items are appended one by one."""
    for n in range(200):
        kept.store.commit([], segments=[segment([n, n // 2, "always"], n, run=f"run-{n}", created=float(n))])
    index = Index(kept.again().segments(PREFIX))
    assert len(index) == 201
    for n in range(200):
        row = index.get(key(n))
        last = min(2 * n + 1, 199) if n < 100 else n
        assert row and row.block.pieces() == [f"{n} {last}".encode()]
        assert row.origin.run == f"run-{last}" and row.origin.created == last
    always = index.get(key("always"))
    assert always and always.block.pieces() == [b"always 199"]


def test_what_a_segment_names_is_durable_with_it(kept: Kept) -> None:
    digest = Objects(kept.store.root).put(BIG)
    gave = Results(block((Encoded(Product.of("bytes", [digest], len(BIG)), {}),)))
    (small,) = put(kept.store, 1)
    kept.store.commit([], segments=[Segment.of(PREFIX, key(1), gave, [0.0], ("run", None, 1.0))])
    store = kept.again()
    assert store.has([digest, small]) == {digest, small}
    assert store.segments(PREFIX)[0].objects() == {digest}


def test_notes(kept: Kept) -> None:
    first, second = body(1)[0], body(2)[0]
    kept.store.put_notes({first: b"old", second: b""})
    kept.store.put_notes({first: b"new \x00 \xff"})
    store = kept.again()
    assert store.notes([second, NOBODY, first]) == {first: b"new \x00 \xff", second: b""}
    store.put_notes({})


def test_the_stat_cache(kept: Kept) -> None:
    paths = ["data/a.csv", "naïve\udc80", "/x" * 300]
    stats = [
        Stat(path, 2**50, -5, 2**64 - 1, 1763917200_123456789, body(path.encode("utf-8", "replace"))[0])
        for path in paths
    ]
    kept.store.put_stats(stats)
    newer = Stat(paths[0], 1, 2, 3, 4, NOBODY)
    kept.store.put_stats([newer])
    assert kept.again().stats([*paths, "other"]) == {paths[0]: newer, paths[1]: stats[1], paths[2]: stats[2]}


def test_durations(kept: Kept) -> None:
    kept.store.put_durations([Duration("a", 1.5, 0.5, 1e9, 2**33, 7), Duration("b", 0.0)])
    kept.store.put_durations([Duration("b", 2.0)])
    assert kept.again().durations(["b", "a", "c"]) == {
        "a": Duration("a", 1.5, 0.5, 1e9, 2**33, 7),
        "b": Duration("b", 2.0),
    }


def test_runs(kept: Kept) -> None:
    first = Ran("r1", "default", 10.0, None, "running")
    kept.store.put_run(first)
    second = Ran("r2", "zwölf", 20.0, 25.0, "failed", b'{"ran": 3}')
    kept.store.put_run(second)
    ended = Ran("r1", "default", 10.0, 15.0, "succeeded")
    kept.store.put_run(ended)
    store = kept.again()
    assert store.runs(9) == [second, ended]
    assert store.runs(1) == [second]


def test_a_worker_writes_below_the_root_by_itself(kept: Kept) -> None:
    worker = Objects(kept.store.root)
    digest = worker.put(BIG)
    assert kept.store.has([digest]) == {digest}
    assert bytes(kept.store.read(digest)) == BIG
    kept.store.commit([record(1, product=Product.of("bytes", [digest], len(BIG)))], objects=[digest, NOBODY])
    worker.close()
    assert bytes(kept.again().read(digest)) == BIG


def test_a_big_log_is_made_durable_and_an_absent_one_is_no_error(kept: Kept) -> None:
    digest = Objects(kept.store.root).put(BIG)
    kept.store.commit([record(1, log=digest), record(2, log=NOBODY)])
    assert len(kept.again().records([record(1).key, record(2).key])) == 2


def test_threads_may_share_a_store(kept: Kept) -> None:
    failed: list[BaseException] = []

    def work(mine: int) -> None:
        try:
            for n in range(20):
                (digest,) = put(kept.store, (mine, n))
                assert bytes(kept.store.read(digest)) == body((mine, n))[1]
                kept.store.commit([record((mine, n))])
                assert kept.store.record(record((mine, n)).key) is not None
                assert bytes(kept.store.read(digest)) == body((mine, n))[1]
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(kept.again().records([record((m, n)).key for m in range(4) for n in range(20)])) == 80


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "commit", "record", "reopen"]), st.integers(0, 6), st.integers(0, 3)), max_size=25
)


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_stores_agree(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]) -> None:
    keeps = [on_disk(tmp_path_factory.mktemp("disk") / "s"), in_memory(tmp_path_factory.mktemp("memory") / "s")]
    answers = [[answer(keep, *step) for step in steps] for keep in keeps]
    for keep in keeps:
        keep.store.close()
    assert answers[0] == answers[1]


def answer(keep: Kept, what: str, name: int, other: int) -> object:
    store = keep.store
    if what == "put":
        put(store, name)
    elif what == "commit":
        store.commit([], {record(name).key: bytes([other])})
    elif what == "record":
        store.commit([record(name, static=record(other).static, task=f"t{other}", created=float(other))])
    else:
        keep.again()
    names = range(7)
    return (
        store.records([record(n).key for n in names]),
        store.statics([record(n).static for n in names]),
        store.latest([f"t{n}" for n in names]),
        [store.preimage(record(n).key) for n in names],
        store.has([body(n)[0] for n in names]),
    )
