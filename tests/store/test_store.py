from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.blocks import block
from support.children import alive, as_ordinary, can_be_ordinary, kill, start
from support.records import BIG, body, record
from support.segments import PREFIX, key, keys, segment

from pipekit import canon
from pipekit.errors import FormatError, StoreError
from pipekit.store import schema
from pipekit.store.index import Index
from pipekit.store.objects import Objects
from pipekit.store.products import Encoded, Product
from pipekit.store.segments import Results, Segment
from pipekit.store.store import DiskStore, open_store
from pipekit.store.tables import MANY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "project" / ".pipekit"


def filled(root: Path, count: int = 50) -> DiskStore:
    store = open_store(root)
    store.put(dict(map(body, range(count))))
    store.put({canon.digest(BIG): BIG})
    store.commit([record(n) for n in range(count)], {record(n).key: b"why" * 100 for n in range(count)})
    return store


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refuses(do: Callable[[], object], said: str, at: Path) -> StoreError:
    """`do` raises a StoreError that says so, names a place at or below `at` and what to do."""
    with pytest.raises(StoreError, match=said) as caught:
        do()
    assert caught.value.where is not None
    assert caught.value.where.file.startswith(str(at))
    assert caught.value.hint
    return caught.value


def test_the_layout(root: Path) -> None:
    filled(root).close()
    assert (root / "format").read_text() == "pipekit 1 blake3\n"
    folders = ["leases", "objects", "quarantine", "runs", "tmp"]
    assert sorted(path.name for path in root.iterdir()) == sorted(["format", *folders])
    assert sorted(path.name for path in (root / "objects").iterdir()) == [canon.digest(BIG).hex()[:2], "pack.db"]
    assert list((root / "tmp").iterdir()) == []


def test_sqlite_is_imported_only_when_the_pack_is_opened(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipekit.store.store import open_store\n"
        "store = open_store(Path(sys.argv[1])); store.put({b'd' * 32: b'x'}); store.read(b'd' * 32)\n"
        "assert store.records([b'k' * 32]) == {}\n"
        "assert not {'sqlite3', 'mmap', 'shutil', 'concurrent.futures', 'numpy'} & set(sys.modules)\n"
        "store.commit([]); assert 'sqlite3' in sys.modules; store.close()\n"
    )
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, env=there)
    assert (root / "objects" / "pack.db").exists()


@pytest.mark.parametrize("said", ["pipekit 2 blake3", "pipekit 17 blake4 more\nand more"])
def test_a_newer_store_is_refused_and_not_touched(root: Path, said: str) -> None:
    filled(root).close()
    (root / "format").write_text(said)
    before = everything(root)
    assert isinstance(refuses(lambda: open_store(root), "made by a newer pipekit", root / "format"), FormatError)
    assert everything(root) == before


@pytest.mark.parametrize(
    "said", [b"", b"\n", b"\x00\xff" * 500, b"pipekit", b"pipekit 1 md5", b"pipekit 0 blake3", b"git"]
)
def test_any_other_format_is_refused_and_not_touched(root: Path, said: bytes) -> None:
    filled(root).close()
    (root / "format").write_bytes(said)
    before = everything(root)
    error = refuses(lambda: open_store(root), "is no store of pipekit", root / "format")
    assert not isinstance(error, FormatError)
    assert everything(root) == before


def test_objects_without_a_format_are_refused(root: Path) -> None:
    filled(root).close()
    (root / "format").unlink()
    before = everything(root)
    refuses(lambda: open_store(root), "holds objects and no `format`", root)
    assert everything(root) == before


def test_a_folder_with_other_things_becomes_a_store(root: Path) -> None:
    (root / "objects").mkdir(parents=True)
    (root / "pipeline.schema.json").write_text("{}")
    open_store(root).close()
    assert (root / "pipeline.schema.json").read_text() == "{}"
    assert (root / "format").exists()


@pytest.mark.parametrize("part", ["", "objects", "tmp", "quarantine", "leases", "runs"])
def test_a_file_where_a_folder_should_be(root: Path, part: str) -> None:
    root.mkdir(parents=True)
    place = root / part if part else root
    if not part:
        root.rmdir()
    place.write_text("mine")
    refuses(lambda: open_store(root), "a file stands where a folder should be", place)
    assert place.read_text() == "mine"


@pytest.mark.parametrize("part", ["format", "objects/pack.db"])
def test_a_folder_where_a_file_should_be(root: Path, part: str) -> None:
    (root / part / "mine").mkdir(parents=True)
    if part != "format":
        (root / "format").write_text("pipekit 1 blake3\n")
    refuses(lambda: open_store(root).commit([record(1)]), "cannot", root / part)
    assert (root / part / "mine").is_dir()


@pytest.mark.skipif(not can_be_ordinary(), reason="needs capabilities")
def test_a_read_only_folder_cannot_become_a_store(root: Path) -> None:
    root.parent.mkdir()
    root.parent.chmod(0o555)
    error = as_ordinary(lambda: str(refuses(lambda: open_store(root), "permission denied", root).hint))
    assert "owner" in error


@pytest.mark.skipif(not can_be_ordinary(), reason="needs capabilities")
def test_a_read_only_store_can_be_read_and_says_that_it_cannot_be_written(root: Path) -> None:
    filled(root).close()
    (root / "tmp" / "stray").write_text("left over")
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    before = everything(root)
    for folder in folders:
        folder.chmod(0o555)
    (root / "objects" / "pack.db").chmod(0o444)

    def use() -> str:
        store = open_store(root)
        assert store.records([record(n).key for n in range(50)]) == {record(n).key: record(n) for n in range(50)}
        assert bytes(store.read(body(3)[0])) == body(3)[1]
        assert bytes(store.read(canon.digest(BIG))) == BIG
        refuses(lambda: store.commit([record("new")]), "it may not be written", root / "objects")
        store.close()
        return "fine"

    assert as_ordinary(use) == "fine"
    assert everything(root) == before


def test_a_full_disk_undoes_the_commit_and_a_later_one_catches_up(root: Path) -> None:
    store = filled(root)
    with store.pack.transaction() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    store.put(dict(map(body, range(100, 1000))))
    refuses(lambda: store.commit([record(100)]), "the disk is full", root / "objects" / "pack.db")
    assert store.record(record(100).key) is None
    assert bytes(store.read(body(100)[0])) == body(100)[1]
    assert store.record(record(1).key) == record(1)
    store.pack.select("PRAGMA max_page_count = 1000000")
    store.commit([record(100)])
    store.close()
    again = open_store(root)
    assert again.record(record(100).key) == record(100)
    assert len(again.has(body(n)[0] for n in range(100, 1000))) == 900


def test_a_file_size_limit_on_the_pack(root: Path) -> None:
    filled(root).close()

    def commit() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        store = open_store(root)
        store.put(dict(map(body, range(100, 5000))))
        error = refuses(lambda: store.commit([record(100)]), "the disk did not do what was asked", root / "objects")
        return str(error.hint)

    assert "disk" in start(commit)()
    store = open_store(root)
    assert len(store.records([record(n).key for n in range(50)])) == 50
    assert store.record(record(100).key) is None
    store.commit([record(100)])
    assert store.record(record(100).key) == record(100)


def damage_garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 400)


def damage_head(path: Path) -> None:
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def damage_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_odd(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def damage_pages(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


@pytest.mark.parametrize("damage", [damage_garbage, damage_head, damage_half, damage_odd, damage_pages])
def test_a_damaged_pack_is_an_error_and_stays_as_it_is(root: Path, damage: Callable[[Path], None]) -> None:
    filled(root, 500).close()
    path = root / "objects" / "pack.db"
    damage(path)
    before = path.read_bytes()
    keys = [record(n).key for n in range(500)]
    error = refuses(lambda: open_store(root).records(keys), "cannot use the pack", path)
    assert error.hint and "move pack.db" in error.hint
    refuses(lambda: open_store(root).commit([record("new")]), "cannot use the pack", path)
    assert path.read_bytes() == before


def test_what_the_hint_says_helps(root: Path) -> None:
    filled(root).close()
    path = root / "objects" / "pack.db"
    damage_garbage(path)
    path.rename(root.parent / "pack.db")
    store = open_store(root)
    assert store.records([record(1).key]) == {}
    assert bytes(store.read(canon.digest(BIG))) == BIG
    store.commit([record(1)])
    assert store.record(record(1).key) == record(1)


def test_a_database_of_something_else_is_left_alone(root: Path) -> None:
    open_store(root).close()
    with sqlite3.connect(root / "objects" / "pack.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = (root / "objects" / "pack.db").read_bytes()
    refuses(lambda: open_store(root).commit([record(1)]), "a database of something else", root / "objects")
    assert (root / "objects" / "pack.db").read_bytes() == before


def test_a_pack_of_a_newer_version_is_refused(root: Path) -> None:
    filled(root).close()
    with sqlite3.connect(root / "objects" / "pack.db") as newer:
        newer.execute(f"PRAGMA user_version = {len(schema.VERSIONS) + 1}")
    newer.close()
    error = refuses(lambda: open_store(root).record(record(1).key), "newer pipekit", root / "objects")
    assert isinstance(error, FormatError)


def test_a_pack_that_was_never_finished_is_made_anew(root: Path) -> None:
    open_store(root).close()
    (root / "objects" / "pack.db").write_bytes(b"")
    store = open_store(root)
    store.commit([record(1)])
    assert store.record(record(1).key) == record(1)


def test_flipped_bits_are_never_believed(root: Path) -> None:
    """Every record and object of a pack with one bit flipped is what it was, or is gone, or is an error."""
    store = filled(root, 20)
    store.close()
    path = root / "objects" / "pack.db"
    whole = path.read_bytes()
    told = missed = 0
    for at in range(4096, len(whole), 397):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        store = open_store(root)
        try:
            found = store.records([record(n).key for n in range(20)])
            assert all(found[record(n).key] == record(n) for n in range(20) if record(n).key in found)
            bodies = [store.read(body(n)[0]) for n in range(20)]
            assert bodies == [body(n)[1] for n in range(20)]
            missed += 20 - len(found)
        except (StoreError, KeyError):
            told += 1
        store.close()
    assert told and missed


def lengths(store: DiskStore) -> list[int]:
    return [len(one) for one in store.segments(PREFIX)]


def tail(number: int, size: int = 1) -> Segment:
    return segment([f"{number}.{n}" for n in range(size)], number)


def test_small_segments_are_merged_when_there_are_many(root: Path) -> None:
    store = open_store(root)
    for n in range(MANY):
        store.commit([], segments=[tail(n)])
    assert lengths(store) == [1] * MANY
    store.commit([], segments=[tail(MANY), segment(["other"])])
    assert lengths(store) == [MANY + 2]
    assert Index(store.segments(PREFIX)).known(keys(f"{n}.0" for n in range(MANY + 1))) == list(range(MANY + 1))


def test_large_segments_stay_and_keep_their_place_among_the_small_ones(root: Path) -> None:
    """A large one tells anew what a small one before it said, and a small one behind it tells that anew."""
    store = open_store(root)
    large = segment([f"{n}.0" for n in range(4000)], "large")
    store.commit([], segments=[*map(tail, range(40)), large, *map(tail, range(20, 60))])
    assert lengths(store) == [40, 4000, 40]
    index = Index(store.segments(PREFIX))
    wanted = ["large" if n < 20 else n for n in range(60)]
    assert index.results(index.known(keys(f"{n}.0" for n in range(60)))).block.pieces() == [
        f"{n}.0 {said}".encode() for n, said in enumerate(wanted)
    ]


def test_merging_makes_segments_no_larger_than_it_should(root: Path) -> None:
    store = open_store(root)
    for n in range(3 * MANY):
        store.commit([], segments=[tail(n, 200)])
    assert sum(lengths(store)) == 3 * MANY * 200 and MANY // 5 < len(lengths(store)) <= MANY + 16
    sizes = store.pack.select("SELECT length(body) FROM segments")
    assert max(size for (size,) in sizes) < 260 * 1024
    assert len(Index(store.segments(PREFIX))) == 3 * MANY * 200


def test_a_damaged_segment_is_left_out_and_stays_when_others_are_merged(root: Path) -> None:
    store = open_store(root)
    store.commit([], segments=[tail(n) for n in range(10)])
    with store.pack.transaction() as connection:
        connection.execute("UPDATE segments SET count = count + 1 WHERE id = 4")
    assert lengths(store) == [1] * 9 and Index(store.segments(PREFIX)).get(key("3.0")) is None
    store.commit([], segments=[tail(n) for n in range(10, MANY + 5)])
    assert lengths(store) == [MANY + 4]
    assert store.pack.select("SELECT id FROM segments ORDER BY id") == [(1,), (4,)]


def test_segments_are_undone_with_their_transaction(root: Path) -> None:
    store = filled(root)
    store.commit([], segments=[tail(n) for n in range(MANY)])
    with pytest.raises(KeyboardInterrupt), store.pack.transaction() as connection:
        store._segments.put(connection, [tail(MANY)])
        raise KeyboardInterrupt
    assert lengths(store) == [1] * MANY


def test_a_big_object_that_cannot_be_made_durable_is_not_claimed_by_a_segment(root: Path) -> None:
    store = open_store(root)
    digest = Objects(root).put(BIG)
    path = store.objects.path(digest)
    path.unlink()
    path.symlink_to(path.parent / "a loop")
    (path.parent / "a loop").symlink_to(path)
    gave = Results(block((Encoded(Product.of("bytes", [digest], len(BIG)), {}),)))
    with pytest.raises(StoreError, match="cannot sync"):
        store.commit([], segments=[Segment.of(PREFIX, key(1), gave, [0.0], ("run", None, 1.0))])
    assert store.segments(PREFIX) == []


def test_a_pack_of_an_older_version_gets_what_it_lacks(root: Path) -> None:
    filled(root).close()
    with sqlite3.connect(root / "objects" / "pack.db") as older:
        older.execute("DROP TABLE segments")
        older.execute("PRAGMA user_version = 2")
    older.close()
    store = open_store(root)
    assert store.segments(PREFIX) == []
    store.commit([], segments=[tail(1)])
    assert lengths(store) == [1] and store.record(record(1).key) == record(1)


def test_processes_share_a_store(root: Path) -> None:
    """Six processes make the store at once, write and read at once, also the same keys, and each sees the others' work."""

    def work(mine: int) -> Callable[[], str]:
        def do() -> str:
            store = open_store(root)
            for n in range(25):
                names = [(mine, n), ("all", n)]
                store.put(dict(map(body, names)))
                store.put({canon.digest(BIG + bytes([n])): BIG + bytes([n])})
                store.commit([record(name) for name in names], {record(names[0]).key: b"why"})
                assert store.record(record(("all", n)).key) == record(("all", n))
                assert bytes(store.read(canon.digest(BIG + bytes([n])))) == BIG + bytes([n])
            store.close()
            return "fine"

        return do

    waits = [start(work(mine)) for mine in range(6)]
    assert [wait() for wait in waits] == ["fine"] * 6
    store = open_store(root)
    names = [(mine, n) for mine in [*range(6), "all"] for n in range(25)]
    assert len(store.records([record(name).key for name in names])) == 175
    assert all(bytes(store.read(body(name)[0])) == body(name)[1] for name in names)
    assert store.pack.select("SELECT count(*) FROM objects") == [(175,)]
    assert store.pack.select("PRAGMA integrity_check") == [("ok",)]
    assert list((root / "tmp").iterdir()) == []


def test_a_killed_writer_loses_only_what_it_had_not_committed(root: Path) -> None:
    def write() -> object:
        store = filled(root)
        store.put(dict([body("pending")]))
        writing = store.pack.transaction()
        connection = writing.__enter__()
        store._records.put(connection, [record("half")])
        return store, writing

    with alive(write) as child:
        store = open_store(root)
        assert store.record(record("half").key) is None
        kill(child)
        store.commit([record("next")])
        found = store.records([record(n).key for n in [*range(50), "next", "half"]])
        assert len(found) == 51
        assert store.has([body("pending")[0]]) == set()


def test_a_forked_child_opens_the_pack_anew(root: Path) -> None:
    store = filled(root)

    def use() -> str:
        assert store.record(record(1).key) == record(1)
        store.commit([record("child")])
        store.close()
        return "fine"

    assert start(use)() == "fine"
    assert store.record(record("child").key) == record("child")
    store.commit([record("parent")])
    store.close()
    assert open_store(root).pack.select("PRAGMA integrity_check") == [("ok",)]


def test_an_error_within_a_transaction_undoes_it(root: Path) -> None:
    store = filled(root)
    with pytest.raises(KeyboardInterrupt), store.pack.transaction() as connection:
        store._records.put(connection, [record("half")])
        raise KeyboardInterrupt
    assert store.record(record("half").key) is None
    store.commit([record("next")])
    assert store.record(record("next").key) == record("next")


def test_it_waits_for_another_writer(root: Path) -> None:
    store = filled(root)
    reading, go = os.pipe()

    def hold() -> str:
        mine = open_store(root)
        with mine.pack.transaction() as connection:
            os.write(go, b"1")
            mine._records.put(connection, [record("first")])
        mine.close()
        return "fine"

    wait = start(hold)
    os.read(reading, 1)
    store.commit([record("second")])
    assert wait() == "fine"
    assert len(store.records([record("first").key, record("second").key])) == 2
    os.close(reading)
    os.close(go)
