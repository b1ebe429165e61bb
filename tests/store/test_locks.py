from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.children import alive, kill, start

from pipekit.errors import StoreError
from pipekit.store.locks import Lock, OwnFolder, sweep


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    one, two = Lock(tmp_path / "l"), Lock(tmp_path / "l")
    assert one.acquire(wait=False)
    assert one.held
    assert not two.acquire(wait=False)
    assert not two.held
    one.release()
    assert two.acquire(wait=False)


def test_with_holds_and_releases(tmp_path: Path) -> None:
    with Lock(tmp_path / "l") as lock:
        assert lock.held
        assert not Lock(tmp_path / "l").acquire(wait=False)
    assert not lock.held
    lock.release()


def test_taking_twice_is_a_mistake(tmp_path: Path) -> None:
    with Lock(tmp_path / "l") as lock, pytest.raises(RuntimeError):
        lock.acquire()


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "l")
    with alive(lambda: Lock(tmp_path / "l").__enter__()) as child:
        assert not lock.acquire(wait=False)
        kill(child)
        assert lock.acquire(wait=False)


def test_a_forked_child_does_not_keep_its_parents_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "l")
    lock.acquire()
    with alive(lambda: None):
        lock.release()
        assert Lock(tmp_path / "l").acquire(wait=False)


def test_a_child_ending_does_not_release_its_parents_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "l")
    lock.acquire()
    assert start(lambda: str(lock.held))() == "False"
    assert not Lock(tmp_path / "l").acquire(wait=False)


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    def hold() -> str:
        with Lock(tmp_path / "l"):
            os.write(writing, b"1")
            os.read(go_read, 1)
        return "done"

    go_read, go = os.pipe()
    first = start(hold)
    os.read(reading, 1)
    waiting = start(lambda: str(Lock(tmp_path / "l").acquire()))
    os.write(go, b"1")
    assert first() == "done"
    assert waiting() == "True"
    for fd in (reading, writing, go, go_read):
        os.close(fd)


def test_removing_and_taking_at_once_never_gives_two_holders(tmp_path: Path) -> None:
    path, count = tmp_path / "l", tmp_path / "count"
    count.write_text("0")

    def work() -> str:
        for _ in range(100):
            lock = Lock(path)
            lock.acquire()
            count.write_text(str(int(count.read_text()) + 1))
            lock.release(remove=True)
        return ""

    for wait in [start(work) for _ in range(4)]:
        wait()
    assert count.read_text() == "400"


def test_a_lock_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="a file stands where a folder should be") as caught:
        Lock(tmp_path / "file" / "l").acquire()
    assert caught.value.hint
    assert caught.value.where is not None
    assert caught.value.where.file == str(tmp_path / "file" / "l")


def test_an_own_folder_is_made_when_asked_for_and_goes(tmp_path: Path) -> None:
    own = OwnFolder(tmp_path / "tmp")
    assert not (tmp_path / "tmp").exists()
    assert own.path.is_dir()
    assert own.path == own.path
    (own.path / "half").write_bytes(b"...")
    own.close()
    own.close()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert own.path.is_dir()
    own.close()


def test_a_forked_child_has_a_folder_of_its_own(tmp_path: Path) -> None:
    own = OwnFolder(tmp_path)
    mine = own.path

    def theirs() -> str:
        path = own.path
        own.close()
        return str(path)

    assert start(theirs)() != str(mine)
    assert mine.is_dir()


def test_sweeping_spares_the_living(tmp_path: Path) -> None:
    mine = OwnFolder(tmp_path)
    (mine.path / "half").write_bytes(b"...")
    with alive(lambda: OwnFolder(tmp_path).path) as child:
        assert sweep(tmp_path) == 0
        assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2
        kill(child)
        (tmp_path / "stray").write_bytes(b"?")
        (tmp_path / "folder" / "deep").mkdir(parents=True)
        assert sweep(tmp_path) == 3
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [mine.path]
    assert (mine.path / "half").read_bytes() == b"..."
    mine.close()
    assert list(tmp_path.iterdir()) == []


def test_sweeping_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mine").write_text("precious")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "link").symlink_to(tmp_path / "home")
    assert sweep(tmp_path / "tmp") == 1
    assert (tmp_path / "home" / "mine").read_text() == "precious"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_to_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path / "absent") == 0
