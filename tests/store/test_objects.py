from __future__ import annotations

import mmap
import os
import resource
import stat
from pathlib import Path

import pytest
from blake3 import blake3
from support.children import alive, as_ordinary, can_be_ordinary, kill, start
from support.records import BIG

from pipekit.errors import CorruptObject, StoreError
from pipekit.store.objects import Objects
from pipekit.store.store import open_store
from pipekit.values import Digest

HUGE = os.urandom(1024) * 20 * 1024  # 20 MiB: hashed beside the write


def digest_of(data: bytes) -> Digest:
    return Digest(blake3(data).digest())


@pytest.mark.parametrize("data", [b"", b"x", BIG, b"m" * (1 << 20), HUGE], ids=len)
def test_raw_bytes_named_by_plain_blake3_and_read_only(tmp_path: Path, data: bytes) -> None:
    objects = Objects(tmp_path)
    digest = objects.put(data)
    name = blake3(data).hexdigest()
    path = tmp_path / "objects" / name[:2] / name[2:]
    assert digest.hex() == name
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert bytes(Objects(tmp_path).open(digest)) == data
    objects.close()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_big_ones_are_mapped_and_outlive_the_store(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    view = objects.open(objects.put(HUGE))
    assert isinstance(view.obj, mmap.mmap)
    assert view.readonly
    objects.close()
    assert view[-5:] == HUGE[-5:]


@pytest.mark.parametrize("size", [0, 10, 70_000, 9_000_000])
def test_a_file_is_copied_and_not_touched(tmp_path: Path, size: int) -> None:
    source = tmp_path / "in.bin"
    source.write_bytes(b"q" * size)
    objects = Objects(tmp_path / "s")
    digest = objects.put_file(source)
    assert digest == digest_of(b"q" * size)
    assert bytes(objects.open(digest)) == source.read_bytes() == b"q" * size
    assert objects.put_file(source) == digest


def test_a_file_that_cannot_be_read_says_which(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "absent", "no such file"), (tmp_path, "folder")):
        with pytest.raises(StoreError, match=f"cannot read {path}: .*{said}") as caught:
            Objects(tmp_path / "s").put_file(path)
        assert caught.value.hint


@pytest.mark.parametrize("data", [b"abc", BIG, HUGE], ids=len)
def test_bytes_may_come_in_pieces(tmp_path: Path, data: bytes) -> None:
    objects = Objects(tmp_path)
    digest = objects.put(data[:1], data[1:-1], data[-1:])
    assert digest == digest_of(data) and objects.path(digest).read_bytes() == data


def test_one_array_of_other_shape_is_its_bytes(tmp_path: Path) -> None:
    view = memoryview(bytes(range(240)) * 400).cast("d")
    assert Objects(tmp_path).put(view) == digest_of(bytes(view))


def test_only_the_first_read_hashes(tmp_path: Path) -> None:
    digest = Objects(tmp_path).put(BIG)
    reader = Objects(tmp_path)
    reader.open(digest)
    path = reader.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"!" + BIG[1:])
    assert bytes(reader.open(digest))[:1] == b"!"
    with pytest.raises(CorruptObject):
        Objects(tmp_path).open(digest)
    with pytest.raises(KeyError):
        reader.open(digest)


@pytest.mark.parametrize("data", [BIG, HUGE], ids=len)
def test_putting_never_trusts_a_name(tmp_path: Path, data: bytes) -> None:
    digest = digest_of(data)
    path = Objects(tmp_path).path(digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(len(data)))  # what a machine that lost power may leave
    objects = Objects(tmp_path)
    assert objects.put(data) == digest
    assert path.read_bytes() == data
    assert [kept.read_bytes() for kept in (tmp_path / "quarantine").iterdir()] == [bytes(len(data))]


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    for data in (BIG, HUGE):
        digest = Objects(tmp_path).put(data)
        before = Objects(tmp_path).path(digest).stat()
        assert Objects(tmp_path).put(data) == digest
        assert Objects(tmp_path).path(digest).stat().st_ino == before.st_ino


def test_deleting(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    digest = objects.put(BIG)
    objects.delete(digest)
    objects.delete(digest)
    assert not objects.has(digest)
    assert objects.put(BIG) == digest
    assert bytes(objects.open(digest)) == BIG


def test_syncing_others_and_absent_ones(tmp_path: Path) -> None:
    digests = [Objects(tmp_path).put(BIG + bytes([n])) for n in range(5)]
    objects = Objects(tmp_path)
    objects.sync([*digests, digest_of(b"absent")])
    objects.sync(digests)
    assert all(objects.has(digest) for digest in digests)


def test_a_killed_writer_leaves_nothing_but_what_is_swept(tmp_path: Path) -> None:
    root = tmp_path / ".pipekit"
    open_store(root).close()

    def half() -> object:
        objects = Objects(root)
        objects.put(BIG)
        (objects._own.path / "unfinished").write_bytes(BIG)
        return objects

    with alive(half) as child:
        open_store(root).close()
        assert len(list((root / "tmp").iterdir())) == 2
        kill(child)
        store = open_store(root)
        assert list((root / "tmp").iterdir()) == []
        assert bytes(store.read(digest_of(BIG))) == BIG


@pytest.mark.parametrize("size", [100_000, 20 << 20])
def test_a_disk_that_takes_no_more(tmp_path: Path, size: int) -> None:
    root = tmp_path / ".pipekit"
    store = open_store(root)
    store.put({digest_of(BIG[:70_000]): BIG[:70_000]})

    def put() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))
        with pytest.raises(StoreError, match="cannot write") as caught:
            open_store(root).put({digest_of(b"z" * size): b"z" * size})
        assert caught.value.hint and "disk" in caught.value.hint
        return str(caught.value.where)

    assert start(put)().startswith(str(root / "tmp"))
    assert store.has([digest_of(b"z" * size)]) == set()
    assert [path for path in (root / "tmp").rglob("*") if path.is_file() and path.stat().st_size] == []
    assert bytes(store.read(digest_of(BIG[:70_000]))) == BIG[:70_000]


@pytest.mark.skipif(not can_be_ordinary(), reason="needs capabilities")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    digest = objects.put(BIG)
    objects.close()
    for folder in (tmp_path / "tmp", tmp_path / "objects", tmp_path / "objects" / digest.hex()[:2], tmp_path):
        folder.chmod(0o555)

    def use() -> str:
        mine = Objects(tmp_path)
        assert bytes(mine.open(digest)) == BIG
        with pytest.raises(StoreError, match="permission denied") as caught:
            mine.put(BIG + b"!")
        assert caught.value.hint and "owner" in caught.value.hint
        with pytest.raises(StoreError, match="cannot remove"):
            mine.delete(digest)
        return "fine"

    assert as_ordinary(use) == "fine"


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("mine")
    with pytest.raises(StoreError, match="a file stands where a folder should be") as caught:
        Objects(tmp_path).put(BIG)
    assert caught.value.hint == "move it out of the way, then run again"
    assert (tmp_path / "objects").read_text() == "mine"


def test_too_many_open_files(tmp_path: Path) -> None:
    digest = Objects(tmp_path).put(HUGE)

    def read() -> str:
        soft = len(os.listdir("/proc/self/fd")) + 3
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))
        objects, held = Objects(tmp_path), []
        with pytest.raises(StoreError, match="too many open files") as caught:
            for _ in range(9):
                held.append(objects.open(digest))
        assert held
        return str(caught.value.hint)

    assert "ulimit -n" in start(read)()
