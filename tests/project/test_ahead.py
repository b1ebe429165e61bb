"""What is on its way before a run is planned, and what becomes of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.pools import gone

from pipekit.errors import ProjectError
from pipekit.project import ahead

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only here are workers forks of a server")


@pytest.fixture
def projects(tmp_path: Path) -> tuple[str, str]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tasks.py").touch()
    return str(tmp_path / "one"), str(tmp_path / "two")


def test_what_was_begun_is_what_is_given_and_ends_with_it(projects: tuple[str, str]) -> None:
    ahead.begin(projects[0])
    (begun,) = ahead._begun
    with ahead.server(projects[0]) as found:
        assert found is begun
        os.kill(begun.pid, 0)  # it is there
    assert gone(begun.pid) and ahead._begun == []
    with ahead.server(projects[0]) as again:
        assert again is not None and again is not begun


def test_what_was_begun_for_another_project_ends(projects: tuple[str, str]) -> None:
    ahead.begin(projects[0])
    (begun,) = ahead._begun
    with ahead.server(projects[1]) as found:
        assert found is not None and found.cwd == projects[1] and gone(begun.pid)


def test_where_there_is_no_project_nothing_begins_and_whoever_opens_it_is_told(tmp_path: Path) -> None:
    ahead.begin(str(tmp_path))
    assert ahead._begun == []
    with pytest.raises(ProjectError), ahead.server(str(tmp_path)):
        pass
