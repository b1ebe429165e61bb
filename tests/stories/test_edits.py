"""Which edits of a project run which tasks again, and which run nothing: files are edited on disk, and the command line runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.edits import EDITS, FILES, Edit, alike, lay_out, make, ran, together, write
from support.stories import Place

RERUN = [edit for edit in EDITS if edit.runs]
KEEP = [edit for edit in EDITS if not edit.runs]
MOST = 15
"""How many edits are made at once, each of which must run its own tasks and no other."""

Lay = Callable[[], Place]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project and the packages that it uses, after one run."""
    base = tmp_path_factory.mktemp("cold")
    assert set(lay_out(base).counts()) == {"ran"}
    return base


@pytest.fixture
def lay(cold: Path, tmp_path: Path) -> Lay:
    """Lays out another copy of it: so that moving a project is part of every story."""

    def copy() -> Place:
        base = tmp_path / str(len(os.listdir(tmp_path)))
        shutil.copytree(cold, base)
        return Place(base / "project", {"PYTHONPATH": str(base / "site")})

    return copy


def run(place: Place, **environ: str) -> dict[str, str]:
    """The tasks that ran, and why."""
    return ran(place.pipekit("run", "--json", env=environ).json)


def check(place: Place, edits: Sequence[Edit]) -> None:
    expected = make(edits, FILES, place)
    assert alike(run(place), expected) == expected


def first(edits: Sequence[Edit]) -> str:
    return edits[0].name


@pytest.mark.parametrize("edits", together(RERUN, FILES, MOST), ids=first)
def test_they_run_their_tasks_and_no_others(lay: Lay, edits: list[Edit]) -> None:
    check(lay(), edits)


@pytest.mark.parametrize("edits", together(KEEP, FILES, MOST), ids=first)
def test_they_run_nothing(lay: Lay, edits: list[Edit]) -> None:
    check(lay(), edits)


@pytest.mark.long
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_one_alone(lay: Lay, edit: Edit) -> None:
    check(lay(), [edit])


def test_there_and_back_computes_nothing(lay: Lay) -> None:
    place = lay()
    edits = together(RERUN, FILES, MOST)[0]
    expected = make(edits, FILES, place)
    assert alike(run(place), expected) == expected
    write(place, FILES)
    assert run(place) == {}
    make(edits, FILES, place)
    assert run(place) == {}


def test_another_version_of_a_package(lay: Lay) -> None:
    place = lay()
    site = place.folder.parent / "site"
    (site / "tiny-1.0.dist-info").rename(site / "tiny-1.1.dist-info")
    tasks = (
        "of_package",
        "function_of_package",
        "package_inside",
        "package_by_helper",
        "class_of_package",
        "thing",
        "of_thing",
    )
    assert run(place) == dict.fromkeys(tasks, "package tiny: 1.0 → 1.1")


def test_a_variable_that_belongs_to_the_key(lay: Lay) -> None:
    place = lay()
    assert run(place, PIPE_LEVEL="high", PIPE_OTHER="x") == {"of_environment": "environment PIPE_LEVEL: not set → high"}
    assert run(place, PIPE_LEVEL="") == {"of_environment": "environment PIPE_LEVEL: high → ''"}
    assert run(place) == {}


def test_files_that_are_touched_or_closed_to_others(lay: Lay) -> None:
    place = lay()
    for path in place.folder.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    shutil.copytree(place.folder / "pkg", place.folder / "unused")
    assert run(place) == {}
