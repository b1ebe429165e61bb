"""What `check` says of code that depends on what no fingerprint sees: the exact text, and that it says nothing of projects that do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.catalogue import read
from support.house import ROOT
from support.stories import Place

UNSEEN = read(Path(__file__).parent / "mistakes" / "unseen.txt")
PROJECTS = ("examples/words", "examples/stdlib_atlas", "tests/users/sweep", "tests/users/textlab", ".pipekit-template")
PLANTED = "\n\n@env.task()\ndef planted() -> float:\n    import time\n\n    return time.time()\n"


@pytest.mark.parametrize("name", UNSEEN.cases)
def test_what_check_says(name: str, place: Place) -> None:
    place.write(prep_py="")
    assert UNSEEN.check(name, place).code == 0


@pytest.mark.parametrize("name", PROJECTS)
def test_no_false_alarm(name: str, place: Place) -> None:
    shutil.copytree(
        ROOT / name, place.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".pipekit", "__pycache__")
    )
    place.write(data__events_csv="a,b\n")
    assert place.call("check", "--json").json["warnings"] == []
    with (place.folder / "tasks.py").open("a") as tasks:
        tasks.write(PLANTED)
    [warning] = place.call("check", "--json").json["warnings"]
    assert warning["message"] == "'planted' uses the clock [clock]"


def test_places_are_relative_to_where_one_stands(place: Place) -> None:
    place.write(deep__tasks_py=f"from pipekit import Env\n\nenv = Env('x'){PLANTED}")
    said = place.call("check", "-C", "deep")
    assert "\n  --> deep/tasks.py:9:12\n" in said.err
    assert place.call("check", "-C", "deep", "--json").json["warnings"][0]["where"] == "deep/tasks.py:9:12"
