"""Marks of what was found whole: seen by other processes, void when a file looks otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipekit.canon import digest
from pipekit.errors import CorruptObject
from pipekit.store.objects import Objects
from pipekit.store.verified import Verified

HUGE = os.urandom(1 << 20) * 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "object"
    path.write_bytes(b"bytes")
    return path


def test_a_mark_is_known_to_others_as_long_as_the_file_looks_so(tmp_path: Path, file: Path) -> None:
    one, other = Verified(tmp_path / "marks"), Verified(tmp_path / "marks")
    name = digest(b"bytes")
    assert not other.knows(name, file.stat())
    one.note(name, file.stat())
    assert other.knows(name, file.stat()) and not other.knows(digest(b"else"), file.stat())
    os.utime(file, ns=(1, 1))
    assert not other.knows(name, file.stat())
    one.note(name, file.stat())
    assert Verified(tmp_path / "marks").knows(name, file.stat())


def test_a_torn_mark_and_marks_of_another_start_count_for_nothing(tmp_path: Path, file: Path) -> None:
    name, folder = digest(b"bytes"), tmp_path / "marks"
    Verified(folder).note(name, file.stat())
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert not Verified(folder).knows(name, file.stat())
    path.rename(folder / "another-start")
    os.utime(folder / "another-start", (1, 1))
    Verified(folder).note(name, file.stat())
    assert [one.name for one in folder.iterdir()] == [path.name] and Verified(folder).knows(name, file.stat())


def test_where_nothing_can_be_written_nothing_is_known(tmp_path: Path, file: Path) -> None:
    marks = Verified(file / "marks")
    marks.note(digest(b"bytes"), file.stat())
    assert not Verified(file / "marks").knows(digest(b"bytes"), file.stat())


def test_a_marked_object_is_not_hashed_again_and_a_changed_one_is(tmp_path: Path) -> None:
    name = Objects(tmp_path).put(HUGE)
    path = Objects(tmp_path).path(name)
    path.chmod(0o644)
    path.write_bytes(b"!" + HUGE[1:])
    Verified(tmp_path / "verified").note(name, path.stat())  # a lie, which nobody would find out who trusts the mark
    assert bytes(Objects(tmp_path).open(name)[:1]) == b"!"
    path.write_bytes(b"?" + HUGE[1:])
    with pytest.raises(CorruptObject):
        Objects(tmp_path).open(name)
