"""Every way to define something wrongly, and the exact text that people see: at the line where it is written, exit 3."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.catalogue import read
from support.stories import Place

MISTAKES = read(Path(__file__).parent / "mistakes" / "definition.txt")


@pytest.mark.parametrize("name", MISTAKES.cases)
def test_a_definition_mistake(name: str, place: Place) -> None:
    assert MISTAKES.check(name, place).code == 3
    assert not (place.folder / ".pipekit").exists()
