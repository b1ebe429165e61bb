"""The keys of a project are the same wherever, by whomever and in whatever order it is imported: each story is a cold run with a
store of its own."""

from __future__ import annotations

import compileall
from pathlib import Path

import pytest
from support.edits import MODULES, lay_out
from support.stories import Place


def keys(place: Place, *words: str) -> dict[str, str]:
    said = place.pipekit("run", "--json", *words)
    assert said.code == 0, said.err
    assert {task["state"] for task in said.json["tasks"].values()} == {"ran"}
    return {name: task["key"] + task["product"] for name, task in said.json["tasks"].items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = lay_out(tmp_path_factory.mktemp("one"))
    found = keys(place)
    planned = place.pipekit("run", "-n", "--json", env={"PYTHONHASHSEED": "7"}).json["tasks"]
    assert {name: task["key"] for name, task in planned.items()} == {name: both[:64] for name, both in found.items()}
    return found


def test_another_hash_seed(expected: dict[str, str], tmp_path: Path) -> None:
    place = lay_out(tmp_path)
    place.env["PYTHONHASHSEED"] = "12345"
    assert keys(place) == expected


def test_another_folder_user_and_place_to_stand(expected: dict[str, str], tmp_path: Path) -> None:
    base = tmp_path / "a folder with spaces" / "Straße"
    base.mkdir(parents=True)
    place = lay_out(base)
    elsewhere = tmp_path / "home"
    elsewhere.mkdir()
    names = dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "somebody")
    there = Place(elsewhere, {**place.env, **names, "HOME": str(elsewhere), "TZ": "Asia/Tokyo", "LC_ALL": "C"})
    assert keys(there, "-C", str(place.folder)) == expected


def test_through_a_link(expected: dict[str, str], tmp_path: Path) -> None:
    place = lay_out(tmp_path)
    (tmp_path / "link").symlink_to(place.folder)
    assert keys(Place(tmp_path / "link", place.env)) == expected


def test_imported_in_another_order(expected: dict[str, str], tmp_path: Path) -> None:
    assert keys(lay_out(tmp_path, MODULES[::-1])) == expected


def test_with_bytecode_that_is_there(expected: dict[str, str], tmp_path: Path) -> None:
    place = lay_out(tmp_path)
    assert compileall.compile_dir(place.folder, quiet=2)
    place.env["PYTHONDONTWRITEBYTECODE"] = "1"
    assert keys(place) == expected


def test_without_worker_processes(expected: dict[str, str], tmp_path: Path) -> None:
    assert keys(lay_out(tmp_path), "--pool", "inline") == expected
