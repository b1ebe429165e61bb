"""`pipekit watch`, as a person at an editor sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from support.stories import Place

TASKS = """
    from pipekit import Env, File

    env = Env("watched")

    @env.task()
    def text(*, path: File) -> str:
        return path.read_text()

    @env.task(text)
    def length(text: str, /, *, plus: int = 0) -> int:
        return len(text) + plus
"""


class Watching:
    """A `pipekit watch` in the background; `sees` waits for a text after what was seen before."""

    def __init__(self, place: Place) -> None:
        self.process = subprocess.Popen(
            place.command("watch", "-j", "1"), cwd=place.folder, env=place.environment(), stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._lines: list[str] = []
        self._seen = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self._lines.extend(iter(self.process.stderr.readline, ""))

    def _read_on(self, holds: Callable[[str], bool], seconds: float) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for at in range(self._seen, len(self._lines)):
                if holds(self._lines[at]):
                    self._seen = at + 1
                    return self._lines[at]
            time.sleep(0.01)
        raise AssertionError("it never came; seen:\n" + "".join(self._lines))

    def sees(self, text: str, seconds: float = 20.0) -> str:
        return self._read_on(lambda line: text in line, seconds)


@pytest.fixture
def place_watched(place: Place) -> Place:
    return place.write(tasks_py=TASKS, data__a_txt="abc", pipeline_yaml="options: {text: {path: data/a.txt}}\n")


@pytest.fixture
def watching(place_watched: Place) -> Iterator[Watching]:
    made = Watching(place_watched)
    yield made
    if made.process.poll() is None:
        os.killpg(made.process.pid, signal.SIGKILL)
        made.process.wait()


def test_a_day_at_the_editor(place_watched: Place, watching: Watching) -> None:
    place = place_watched
    watching.sees("2 ran")
    watching.sees("watching; Ctrl-C ends")
    place.write(data__a_txt="abcd")
    watching.sees("changed: data/a.txt")
    watching.sees("2 ran")
    place.edit("tasks.py", "len(text) + plus", "len(text) + plus + (")
    watching.sees("error: SyntaxError: '(' was never closed")
    watching.sees("watching")
    place.edit("tasks.py", "plus + (", "plus + 1")
    watching.sees("1 ran, 1 cached")
    watching.sees("watching")
    assert place.pipekit("cat", "length").out == "5\n"
    place.edit("pipeline.yaml", "path: data/a.txt", "path: data/nowhere.txt")
    watching.sees("nowhere.txt")
    watching.sees("1 problem; nothing has run")
    place.edit("pipeline.yaml", "path: data/nowhere.txt", "path: data/a.txt}, length: {plus: 2")
    watching.sees("1 ran, 1 cached")


def test_ctrl_c_leaves_no_process(place_watched: Place, watching: Watching) -> None:
    watching.sees("watching; Ctrl-C ends")
    os.killpg(watching.process.pid, signal.SIGINT)
    assert watching.process.wait(5) == 0
    watching.sees("stopped watching")
    left = subprocess.run(["pgrep", "-g", str(watching.process.pid)], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_a_change_while_it_runs(place: Place) -> None:
    place.write(
        tasks_py="""
        import time
        from pathlib import Path
        from pipekit import Env
        env = Env("slow")

        @env.task()
        def slow() -> int:
            Path("started").touch()
            time.sleep(60 if VALUE == 1 else 0)
            return VALUE

        VALUE = 1
        """
    )
    watching = Watching(place)
    try:
        mark = place.folder / "started"
        end = time.monotonic() + 20
        while not mark.exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        place.edit("tasks.py", "VALUE = 1", "VALUE = 2")
        watching.sees("interrupted")
        watching.sees("1 ran")
        watching.sees("watching")
        assert place.pipekit("cat", "slow").out == "2\n"
    finally:
        os.killpg(watching.process.pid, signal.SIGKILL)
        watching.process.wait()
