"""Files of the project that are edited or taken away while a run goes on: it runs what was there when it began, which is what its
keys are of."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.stories import Place

TASKS = """
    import os
    import time
    from pipekit import Env
    from prep import early
    from pkg.inner import deep

    env = Env("meanwhile")


    @env.task()
    def waits() -> int:
        while not os.path.exists("go"):
            time.sleep(0.01)
        return 1


    @env.task(waits)
    def after(x: int, /) -> int:
        from late import lately

        return early() + lately() + deep() + x


    @env.task()
    def beside() -> int:
        return early()
"""


@pytest.fixture
def meanwhile(place: Place) -> Place:
    place.write(
        tasks_py=TASKS, prep_py="def early():\n    return 10\n", late_py="def lately():\n    return 100\n",
        pkg__inner_py="def deep():\n    return 1000\n",
    )  # fmt: skip
    (place.folder / "pkg" / "__init__.py").write_text("")
    return place


def edit(place: Place) -> None:
    place.edit("prep.py", "return 10", "return 20")
    place.edit("late.py", "return 100", "return 200")
    place.edit("pkg/inner.py", "return 1000", "return 2000")


def take_away(place: Place) -> None:
    for name in ("prep.py", "late.py", "pkg/inner.py", "pkg/__init__.py"):
        (place.folder / name).unlink()


def break_(place: Place) -> None:
    (place.folder / "late.py").write_text("def lately(:\n")
    (place.folder / "tasks.py").write_text("def\n")


@contextmanager
def begun(place: Place) -> Iterator[subprocess.Popen[str]]:
    """A run that has planned, and whose first task has begun and waits."""
    words = place.command("run", "--json", "-j", "1")
    process = subprocess.Popen(words, cwd=place.folder, env=place.environment(), stdout=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while not any('"step_started"' in log.read_text() for log in place.runs()):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("change", [edit, take_away, break_])
def test_a_run_runs_what_was_there_when_it_began(meanwhile: Place, change: Callable[[Place], None]) -> None:
    before = {path: path.read_text() for path in meanwhile.folder.rglob("*.py")}
    with begun(meanwhile) as process:
        change(meanwhile)
        (meanwhile.folder / "go").touch()
        out, _ = process.communicate(timeout=120)
    said = json.loads(out)
    assert said["status"] == "succeeded", said
    for path, text in before.items():
        path.write_text(text)
    assert json.loads(meanwhile.pipekit("cat", "after").out) == 1111
    assert meanwhile.counts() == {"cached": 3}


SCRIPT = """
import pathlib
import pipekit
from pipekit.project.project import Asked

project = pipekit.open(".")
run = project.start(Asked())
for name in ("prep.py", "late.py", "pkg/inner.py"):
    path = pathlib.Path(name)
    path.write_text(path.read_text().replace("return 1", "return 2"))
print(run.wait().product("after"))
print(pipekit.open(".").run().product("after"))
"""


def test_edits_between_the_plan_and_the_first_worker(meanwhile: Place) -> None:
    (meanwhile.folder / "go").touch()
    python = Path(meanwhile.command()[0]).with_name("python")
    done = subprocess.run(
        [python, "-c", SCRIPT],
        cwd=meanwhile.folder,
        env=meanwhile.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["1111", "2221"], done.stderr
    assert meanwhile.counts() == {"cached": 3}
