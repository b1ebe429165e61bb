"""Folders that are no project, tasks that cannot be imported, stores that are none: exit 3 or 4, and the exact text that people see."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.catalogue import read
from support.stories import Place

MISTAKES = read(Path(__file__).parent / "mistakes" / "project.txt")
ENDS = "\n\n1 problem; nothing has run\n"
GOOD = """
    from pipekit import Env

    env = Env("probe")

    @env.task()
    def one() -> int:
        return 1
"""


@pytest.mark.parametrize("name", MISTAKES.cases)
def test_a_project_mistake(name: str, place: Place) -> None:
    said = MISTAKES.check(name, place)
    assert said.code in (3, 4) or name == "a log of nothing"
    assert not place.folder.joinpath(".pipekit", "runs").is_dir() or not place.runs()


def test_tasks_that_are_no_text(place: Place) -> None:
    (place.folder / "tasks.py").write_bytes(b"x = 1\n\x00\n")
    said = place.call("run")
    assert said.code == 3 and "source code string cannot contain null bytes" in said.err
    (place.folder / "tasks.py").write_bytes(b"x = '\xff'\n")
    said = place.call("run")
    assert said.code == 3 and said.err.startswith("error: SyntaxError: ") and "Traceback" not in said.err


def test_tasks_that_are_a_folder_of_something_else(place: Place) -> None:
    (place.folder / "tasks").mkdir()
    assert place.call("run").err == (
        "error: this is no pipekit project: there is no tasks.py here or in a folder above\n"
        "  --> .\n"
        "hint: make one with `pipekit init`, or name the project's folder with -C" + ENDS
    )


def test_a_working_directory_that_is_gone(place: Place) -> None:
    gone = place.folder / "gone"
    gone.mkdir()
    process = subprocess.Popen(
        ["sh", "-c", f"rmdir {gone}; exec {' '.join(place.command('run'))}"],
        cwd=gone, env=place.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (
        3,
        "error: the working directory is gone\nhint: change into one that is there" + ENDS,
    )


def test_output_without_end_while_the_tasks_are_imported(place: Place) -> None:
    place.write(tasks_py="while True:\n    print('all work and no play')\n")
    process = subprocess.Popen(
        place.command("run", "--json"),
        cwd=place.folder, env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None and process.stdout is not None
    assert process.stderr.readline() == "all work and no play\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err.endswith("\ninterrupted\n") and "Traceback" not in err


def test_a_reader_that_has_gone(place: Place) -> None:
    place.write(tasks_py=GOOD)
    line = f"{' '.join(place.command('graph', '--format', 'json'))} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=place.folder, env=place.environment(), capture_output=True, text=True, timeout=30
    )
    assert done.returncode in (0, 1) and done.stderr == ""


def test_init_where_nothing_may_be_written(place: Place) -> None:
    said = place.call("init", "/proc/pipekit")
    assert (said.code, said.err) == (
        3,
        "error: cannot write /proc/pipekit: no such file or directory\n"
        "  --> /proc/pipekit\n"
        "hint: name a folder you may write to" + ENDS,
    )


@contextmanager
def nobody() -> Iterator[Place]:
    """A folder that this process may read and not write, also where it is root's."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder)).write(tasks_py=GOOD)
        assert place.call("check").code == 0  # so that all modules are loaded
        (place.folder / ".pipekit" / "pipeline.schema.json").unlink()
        (place.folder / ".pipekit").rmdir()
        os.chmod(folder, 0o555)
        if root:
            os.seteuid(65534)
        try:
            yield place
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


def test_a_folder_that_may_not_be_written() -> None:
    with nobody() as place:
        said = [place.call(command) for command in ("run", "status", "check")]
    hint = (
        "  --> .pipekit\nhint: look at the owner and mode of this folder, or at how its disk is mounted\n\n1 problem\n"
    )
    for one in said[:2]:
        assert (one.code, one.err) == (4, f"error: cannot make .pipekit: permission denied\n{hint}")
    assert said[2].code == 4 and said[2].err.startswith("error: cannot write .pipekit/pipeline.schema.json: permission")


def test_the_same_in_whole_processes(place: Place) -> None:
    said = place.pipekit("run")
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        "error: this is no pipekit project: there is no tasks.py here or in a folder above\n"
        "  --> .\n"
        "hint: make one with `pipekit init`, or name the project's folder with -C" + ENDS
    )
    place.write(tasks_py="env = Env('probe'\n")
    assert place.pipekit("check").err == (
        "error: SyntaxError: '(' was never closed\n"
        "  --> tasks.py:1:10\n   |\n 1 | env = Env('probe'\n   |          ^\nhint: mend the file and run again" + ENDS
    )


STREAM = """
    from collections.abc import Iterator
    from pipekit import Env

    env = Env("probe")

    @env.stream()
    def lines() -> Iterator[str]:
        yield "a"
"""


@pytest.fixture
def nothing_else_is_deleted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the guard under test fail, this one still keeps what is deleted to what is being written."""
    delete = shutil.rmtree

    def guarded(path: Path, *args: Any, **more: Any) -> None:
        own = Path(path).name.endswith(".part") or Path(path).is_relative_to(place.folder / ".pipekit")
        assert own and Path(path).is_relative_to(place.folder), f"would have deleted {path}"
        delete(path, *args, **more)

    monkeypatch.setattr(shutil, "rmtree", guarded)


@pytest.mark.usefixtures("nothing_else_is_deleted")
@pytest.mark.parametrize("where", ["data", "data/", "./data/../data", ".", ".."])
def test_an_export_never_replaces_a_folder_with_something_in_it(place: Place, where: str) -> None:
    place.write(tasks_py=STREAM, data__a_txt="precious\n")
    assert place.counts("--pool", "inline") == {"ran": 1}
    said = place.call("export", "lines", where)
    assert said.code == 3 and "is a folder with something in it, which would be lost; nothing was written" in said.err
    assert (place.folder / "data/a.txt").read_text() == "precious\n"
    assert {one.name for one in place.folder.iterdir()} - {"__pycache__"} == {"tasks.py", "data", ".pipekit"}


@pytest.mark.usefixtures("nothing_else_is_deleted")
def test_an_output_never_replaces_a_folder_of_somebody_elses(place: Place) -> None:
    place.write(
        tasks_py=STREAM, data__a_txt="precious\n", pipeline_yaml="invocations: {default: {outputs: {lines: data}}}\n"
    )
    said = place.call("run", "--pool", "inline")
    assert said.code == 3 and said.err.endswith(
        "error: data is a folder with something in it, which would be lost; nothing was written\n"
        "  --> data\nhint: name a folder that is not there yet, or move this one away" + ENDS
    )
    assert [one.name for one in (place.folder / "data").iterdir()] == ["a.txt"]


def test_an_output_replaces_the_folder_that_it_wrote_and_nobody_touched(place: Place) -> None:
    place.write(tasks_py=STREAM, pipeline_yaml="invocations: {default: {outputs: {lines: out}}}\n")
    for letter in "abc":
        place.write(tasks_py=STREAM.replace('"a"', f'"{letter}"'))
        assert place.counts("--pool", "inline")
        assert [one.read_text() for one in (place.folder / "out").iterdir()] == [letter]
    (place.folder / "out" / "mine.txt").write_text("precious\n")
    place.write(tasks_py=STREAM.replace('"a"', '"d"'))
    assert place.pipekit("run", "--pool", "inline").code == 3
    assert (place.folder / "out" / "mine.txt").read_text() == "precious\n"
