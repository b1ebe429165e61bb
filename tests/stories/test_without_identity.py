"""Code that holds what has no identity, such as an open socket: what is said, and what mends it."""

from __future__ import annotations

import pytest
from support.stories import Place

PREP = """
    import socket

    SOCKET = socket.socket()


    def size(x: int) -> int:
        return x if SOCKET else 0


    class Box:
        def __init__(self, x: int) -> None:
            self.x = x

        def size(self) -> int:
            return size(self.x)
"""
TASKS = """
    from prep import size
    from pipekit import Env

    env = Env("probe")

    @env.task()
    def one() -> int:
        return size(1)
"""
ERROR = (
    "error: task 'one': tasks.one -> prep.size -> prep.SOCKET is a socket and has no identity\n"
    "  --> prep.py:3\n"
    "   |\n"
    " 3 | SOCKET = socket.socket()\n"
    'hint: make it inside the function, pass it as an option, or count it by name alone: opaque=["prep.SOCKET"] on the task\n'
    "\n1 problem; nothing has run\n"
)


@pytest.fixture
def probe(place: Place) -> Place:
    return place.write(tasks_py=TASKS, prep_py=PREP)


def ran(place: Place) -> int:
    said = place.call("run", "--json", "--pool", "inline")
    assert said.code == 0, said.err
    return int(said.json["counts"]["ran"])


@pytest.mark.parametrize("words", [("run",), ("run", "-n"), ("status",), ("check",), ("why", "one"), ("accept", "one")])
def test_it_is_said_before_anything_runs(probe: Place, words: tuple[str, ...]) -> None:
    said = probe.call(*words)
    assert (said.code, said.out, said.err) == (3, "", ERROR)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tasks.py", "@env.task()", '@env.task(opaque=["prep.SOCKET"])'),
        ("tasks.py", "@env.task()", '@env.task(opaque=["prep.size"])'),
        ("prep.py", "    return x if SOCKET else 0", "    return x if socket.socket() else 0"),
        ("prep.py", "SOCKET = socket.socket()", "import threading\nSOCKET = threading.Lock()"),
        ("prep.py", "SOCKET = socket.socket()", "SOCKET = socket.AF_INET"),
    ],
)
def test_what_mends_it(probe: Place, file: str, old: str, new: str) -> None:
    probe.edit(file, old, new)
    assert probe.call("check").code == 0
    assert (ran(probe), ran(probe)) == (1, 0)


def test_an_option_mends_it(probe: Place) -> None:
    probe.edit("prep.py", "SOCKET = socket.socket()\n", "")
    probe.edit("prep.py", "def size(x: int)", "def size(x: int, family: int = 2)")
    probe.edit("prep.py", "if SOCKET", "if socket.socket(family)")
    probe.edit(
        "tasks.py",
        "def one() -> int:\n    return size(1)",
        "def one(*, family: int = 2) -> int:\n    return size(1, family)",
    )
    assert (ran(probe), ran(probe)) == (1, 0)


def test_what_is_opaque_for_a_task_is_so_in_the_classes_that_it_takes(place: Place) -> None:
    """A class reaches the socket; who makes and who takes instances of it both say that it is opaque."""
    place.write(
        prep_py=PREP,
        tasks_py="""
        from collections.abc import Iterator
        from typing import Any
        from prep import Box
        from pipekit import Env

        env = Env("probe")

        @env.task(opaque=["prep.SOCKET"])
        def box() -> Any:
            return Box(1)

        @env.task(box, opaque=["prep.SOCKET"])
        def of_box(one: Any, /) -> int:
            return one.size()

        @env.stream(opaque=["prep.SOCKET"])
        def boxes() -> Iterator[Any]:
            yield from (Box(1), Box(2))

        @env.each(boxes, opaque=["prep.SOCKET"])
        def of_each(one: Any, /) -> int:
            return one.size()
        """,
    )
    assert place.counts() == {"ran": 4}
    assert place.counts() == {"cached": 4}
    place.edit("prep.py", "return size(self.x)", "return -size(self.x)")
    assert place.counts() == {"ran": 4}
    place.edit("tasks.py", '(box, opaque=["prep.SOCKET"])', "(box)")
    place.edit("tasks.py", '(boxes, opaque=["prep.SOCKET"])', "(boxes)")
    said = place.pipekit("run")
    assert said.code == 3 and said.err.startswith(
        "error: task 'of_box': prep.Box -> prep.Box.size -> prep.size -> prep.SOCKET is a socket and has no identity\n"
    )
    assert "error: task 'of_each': prep.Box -> " in said.err and said.err.endswith("\n2 problems; nothing has run\n")


def test_what_is_opaque_for_a_task_is_so_in_its_options(place: Place) -> None:
    place.write(
        prep_py=PREP.replace("class Box:", "@dataclass(frozen=True)\n    class Box:\n        x: int = 1\n")
        .replace("        def __init__(self, x: int) -> None:\n            self.x = x\n", "")
        .replace("import socket", "import socket\n    from dataclasses import dataclass"),
        tasks_py="""
        from prep import Box
        from pipekit import Env

        env = Env("probe")

        @env.task()
        def one(*, box: Box = Box()) -> int:
            return box.x
        """,
    )
    said = place.call("run")
    assert said.code == 3 and said.err.startswith(
        "error: task 'one': prep.Box -> prep.Box.size -> prep.size -> prep.SOCKET is a socket and has no identity\n"
    )
    place.edit("tasks.py", "@env.task()", '@env.task(opaque=["prep.SOCKET"])')
    assert (ran(place), ran(place)) == (1, 0)


def test_a_class_that_is_met_while_tasks_run_fails_the_task_that_takes_it(place: Place) -> None:
    place.write(
        prep_py=PREP,
        tasks_py="""
        from collections.abc import Iterator
        from typing import Any
        from prep import Box
        from pipekit import Env

        env = Env("probe")

        @env.stream(opaque=["prep.SOCKET"])
        def boxes() -> Iterator[Any]:
            yield from (Box(1), Box(2))

        @env.each(boxes)
        def of_each(one: Any, /) -> int:
            return one.size()

        @env.task(of_each)
        def below(rows: Iterator[int], /) -> int:
            return sum(rows)

        @env.task()
        def fine() -> int:
            return 1
        """,
    )
    said = place.pipekit("run", "-j", "1")
    assert said.code == 1 and said.talk.endswith(
        "error: task 'of_each' failed: prep.Box -> prep.Box.size -> prep.size -> prep.SOCKET is a socket and has no identity\n"
        "  --> tasks.py:13\n"
        '  make it inside the function, pass it as an option, or count it by name alone: opaque=["prep.SOCKET"] on the task\n'
        "hint: pipekit log of_each\n\n"
        "run RUNID failed in TIME: 2 ran, 1 failed, 1 blocked\n"
    )
