"""What is watched, and when something has really changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipekit.faces.watch.state import Watched


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    for name in ("tasks.py", "pipeline.yaml", "data/a.txt", "data/b.txt", "many/1.txt", ".pipekit/x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    made = Watched(tmp_path, frozenset(str(tmp_path / name) for name in ("tasks.py", "data/a.txt", "many")))
    made.changed()
    return made


def test_places(watched: Watched) -> None:
    root = watched.folder
    assert watched.places() == {str(root): False, str(root / "data"): False, str(root / "many"): True}


def test_a_deleted_folder_is_watched_from_above(watched: Watched) -> None:
    os.rename(watched.folder / "data", watched.folder / "moved")
    assert watched.places() == {str(watched.folder): False, str(watched.folder / "many"): True}
    assert [Path(path).name for path in watched.changed()] == ["a.txt"]


@pytest.mark.parametrize(("name", "matters"), [
    ("tasks.py", True), ("new_module.py", True), ("pipeline.yaml", True), ("data/a.txt", True), ("many/2.txt", True),
    ("data", True), ("data/b.txt", False), (".pipekit/objects/ab", False), ("__pycache__/tasks.pyc", False),
    ("results/out.json", False),
])  # fmt: skip
def test_what_matters(watched: Watched, name: str, matters: bool) -> None:
    assert watched.matters(str(watched.folder / name)) is matters


def test_only_content_counts(watched: Watched) -> None:
    path = watched.folder / "data" / "a.txt"
    os.utime(path)
    assert watched.changed() == []
    path.write_text("other")
    assert watched.changed() == [str(path)]
    assert watched.changed() == []


def test_an_editors_save_dance(watched: Watched) -> None:
    path = watched.folder / "tasks.py"
    beside = watched.folder / ".tasks.py.swp"
    beside.write_text("new text")
    os.replace(beside, path)
    assert watched.changed() == [str(path)]


def test_new_files_in_a_folder_that_is_an_input(watched: Watched) -> None:
    (watched.folder / "many" / "deep").mkdir()
    new = watched.folder / "many" / "deep" / "2.txt"
    new.write_text("2")
    assert watched.changed() == [str(new)]
    new.unlink()
    assert watched.changed() == [str(new)]


def test_a_new_module_beside_the_tasks(watched: Watched) -> None:
    new = watched.folder / "helper.py"
    new.write_text("x = 1")
    assert watched.changed() == [str(new)]
