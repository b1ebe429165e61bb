"""Fixtures that more than one room uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from support.stories import Place

settings.register_profile("untimed", deadline=None)  # a machine that others share may take its time
settings.load_profile("untimed")

collect_ignore = ["users"]
"""Two users' projects: tests/stories/test_users.py runs them as their users would."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder, and the command line over it."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Place(folder)
