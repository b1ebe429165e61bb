"""Fixtures that more than one room uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.stories import Place

collect_ignore = ["users"]
"""Two users' projects: tests/stories/test_users.py runs them as their users would."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder, and the command line over it."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Place(folder)
