"""Every way to give values wrongly, and the exact text that people see: exit 2, every problem at once, and nothing has run."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.catalogue import read
from support.stories import Place

FOLDER = Path(__file__).parent / "mistakes"
MISTAKES = [(catalogue, name) for file in ("invocation", "secrets") for catalogue in [read(FOLDER / f"{file}.txt")] for name in catalogue.cases]


@pytest.mark.parametrize(("catalogue", "name"), MISTAKES, ids=[name for _, name in MISTAKES])
def test_an_invocation_mistake(catalogue, name: str, place: Place) -> None:
    assert catalogue.check(name, place).code == 2
    assert not (place.folder / ".pipekit").exists()
