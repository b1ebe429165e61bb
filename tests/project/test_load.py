"""Importing a project's tasks: always what is on disk now, and errors with a place."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipekit.errors import DefinitionError, ProjectError
from pipekit.project import load, machine
from pipekit.project.layout import find

ONE = "from pipekit import Env\nenv = Env('one')\n@env.task()\ndef a() -> int:\n    return {value}\n"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    path, finders = list(sys.path), list(sys.meta_path)
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    sys.modules.pop("tasks", None)
    sys.modules.pop("beside", None)


def test_an_edit_within_the_same_tick_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "tasks.py"
    file.write_text(ONE.format(value=1))
    stat = file.stat()
    assert load.load(tmp_path).tasks["a"].fn() == 1  # type: ignore[misc]
    file.write_text(ONE.format(value=2))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert load.load(tmp_path).tasks["a"].fn() == 2  # type: ignore[misc]


def test_modules_beside_the_tasks(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("X = 3\n")
    (tmp_path / "tasks.py").write_text("import beside\n" + ONE.format(value="beside.X"))
    assert load.load(tmp_path).tasks["a"].fn() == 3  # type: ignore[misc]
    (tmp_path / "beside.py").write_text("X = 4\n")
    assert load.load(tmp_path).tasks["a"].fn() == 4  # type: ignore[misc]


@pytest.mark.parametrize(("text", "message", "line"), [
    ("x = (\n", "SyntaxError: '(' was never closed", 1),
    ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'", 1),
    ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero", 2),
    ("import sys\nsys.exit(3)\n", "SystemExit: 3", 2),
    ("x = 1\n", "there is no env in tasks.py", 0),
    ("from pipekit import Env\na = Env('a')\nb = Env('b')\n", "there are 2 envs in tasks.py: a, b", 0),
])  # fmt: skip
def test_what_can_be_wrong(tmp_path: Path, text: str, message: str, line: int) -> None:
    (tmp_path / "tasks.py").write_text(text)
    with pytest.raises(ProjectError) as caught:
        load.load(tmp_path)
    assert message in str(caught.value) and caught.value.hint
    assert caught.value.where is not None and caught.value.where.file == str(tmp_path / "tasks.py")
    assert caught.value.where.line == line


def test_a_definition_error_comes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from pipekit import Env\nenv = Env('a')\n@env.task()\ndef a():\n    return 1\n")
    with pytest.raises(DefinitionError) as caught:
        load.load(tmp_path)
    assert caught.value.where is not None and caught.value.where.line == 4


def test_the_env_called_env_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from pipekit import Env\nother = Env('other')\nenv = Env('mine')\n")
    assert load.load(tmp_path).name == "mine"


def test_find(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    with pytest.raises(ProjectError, match="no pipekit project"):
        find(tmp_path / "deep")
    (tmp_path / "tasks.py").write_text("")
    assert find(tmp_path / "deep" / "er").folder == tmp_path
    (tmp_path / "deep" / "tasks").mkdir()
    (tmp_path / "deep" / "tasks" / "__init__.py").write_text("")
    assert find(tmp_path / "deep" / "er").tasks == tmp_path / "deep" / "tasks" / "__init__.py"


def test_this_machine(tmp_path: Path) -> None:
    assert 1 <= machine.cpus() <= (os.cpu_count() or 1) and machine.memory() > 1 << 20
    assert (machine.look(tmp_path), machine.look(tmp_path / "no"), machine.look(Path(__file__))) == (
        "folder",
        None,
        "file",
    )
