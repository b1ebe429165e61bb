from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.records import BIG, record

from pipekit import canon
from pipekit.errors import StoreError
from pipekit.store.objects import NewFile, Objects
from pipekit.store.products import Product
from pipekit.store.store import open_store
from pipekit.store.writing import sync_behind

HUGE = bytes(range(256)) * 80_000  # 20 MB: hashed beside the write


class Faulty:
    """The system's calls on files, of which the n-th of one name fails or takes little."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, at: int, number: int) -> None:
        self.seen, self.at, self.number, self.real = 0, at, number, getattr(os, name)
        monkeypatch.setattr(os, name, self)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.seen += 1
        if self.seen == self.at:
            raise OSError(self.number, os.strerror(self.number))
        return self.real(*given, **named)


def by_file(objects: Objects, folder: Path, data: bytes) -> object:
    (folder / "source").write_bytes(data)
    return objects.put_file(folder / "source")


def by_bytes(objects: Objects, folder: Path, data: bytes) -> object:
    return objects.put(data)


WAYS = [by_bytes, by_file]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("data", [BIG, HUGE], ids=len)
def test_a_system_that_takes_little_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Callable[..., object], data: bytes
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, view: real(fd, view[:300_001]))
    objects = Objects(tmp_path)
    assert way(objects, tmp_path, data) == canon.digest(data)
    assert bytes(Objects(tmp_path).open(canon.digest(data))) == data


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "at", "number", "hint"),
    [
        ("write", 1, errno.ENOSPC, "make room"),
        ("write", 3, errno.ENOSPC, "make room"),
        ("write", 2, errno.EIO, "the disk failed"),
        ("replace", 1, errno.EDQUOT, "make room"),
        ("chmod", 1, errno.EROFS, "owner"),
    ],
)
def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[..., object],
    name: str,
    at: int,
    number: int,
    hint: str,
) -> None:
    objects = Objects(tmp_path)
    with monkeypatch.context() as patch:
        Faulty(patch, name, at, number)
        with pytest.raises(StoreError, match="cannot write") as caught:
            way(objects, tmp_path, HUGE)
    assert caught.value.hint is not None
    assert hint in caught.value.hint
    assert not objects.has(canon.digest(HUGE))
    assert list(objects._own.path.iterdir()) == []
    assert way(objects, tmp_path, HUGE) == canon.digest(HUGE)
    assert bytes(Objects(tmp_path).open(canon.digest(HUGE))) == HUGE


def test_what_cannot_be_made_durable_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    digest = Objects(tmp_path).put(BIG)
    claim = record(1, product=Product.of("bytes", [digest], len(BIG)))
    with monkeypatch.context() as patch:
        Faulty(patch, "fsync", 1, errno.EIO)
        with pytest.raises(StoreError, match="cannot sync"):
            store.commit([claim])
    assert store.record(claim.key) is None
    assert store.has([digest]) == set()
    store.put({digest: BIG})
    store.commit([claim])
    assert store.record(claim.key) == claim
    assert bytes(store.read(digest)) == BIG


def test_files_are_durable_before_the_record_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    digests = [Objects(tmp_path).put(BIG + bytes([n])) for n in range(3)]
    item = Objects(tmp_path).put(BIG + b"item")
    synced: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        assert store.record(record(1).key) is None
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    store.commit([record(1, product=Product.of("tree", digests, 3 * len(BIG)))], objects=[item])
    files = {str(store.objects.path(digest)) for digest in [*digests, item]}
    assert files <= set(synced)
    assert {os.path.dirname(name) for name in files} | {str(tmp_path / "objects")} <= set(synced)
    synced.clear()
    store.commit([record(2, product=Product.of("tree", digests, 3 * len(BIG)))])
    assert synced == []


def test_very_big_bytes_set_out_for_the_disk_at_once_and_go_where_that_fails(tmp_path: Path) -> None:
    failed: list[str] = []
    with (tmp_path / "file").open("wb") as file:
        sync_behind(file.fileno(), lambda: failed.append("file")).join()
    reading, writing = os.pipe()  # nothing of a pipe can be synced
    sync_behind(writing, lambda: failed.append("pipe")).join()
    assert failed == ["pipe"]
    for fd in (reading, writing):
        os.close(fd)
    objects = Objects(tmp_path, lasting=True)
    digest = objects.put(HUGE[: len(HUGE) // 2], HUGE[len(HUGE) // 2 :])
    objects.sync()
    assert digest == canon.digest(HUGE) and objects.path(digest).read_bytes() == HUGE


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_that_cannot_go_to_the_disk_is_gone_whatever_its_name(tmp_path: Path, when: str) -> None:
    objects = Objects(tmp_path)
    digest = canon.digest(b"bytes")
    with NewFile(objects) as new:
        os.write(new.fd, b"bytes")
        if when == "before":
            new.discard()
            new.path.write_bytes(b"bytes")  # as if it had been named just then
        new.publish(digest)
        if when == "after":
            new.discard()
    assert not objects.has(digest)
