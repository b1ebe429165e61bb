"""The loader of a project's modules: an unchanged file is compiled once, and nothing else than the source decides what runs."""

from __future__ import annotations

import os
import py_compile
import random
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source, module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from pipekit.definition.env import Env
from pipekit.project import load
from pipekit.project.bytecode import FromSource, Imported
from pipekit.project.codes import project_codes

NAME = "test_bytecode_module"
TASK = "from pipekit import Env\nenv = Env('one')\n@env.task()\ndef a() -> int:\n    return 1\n"


class Counting(FromSource):
    """The loader, which also says how often it compiled."""

    count = 0

    def source_to_code(self, data: Any, path: Any, *given: Any, **named: Any) -> CodeType:
        self.count += 1
        code: CodeType = super().source_to_code(data, path, *given, **named)
        return code


@pytest.fixture(autouse=True)
def writing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As Python is unless somebody tells it not to write; and afterwards no module of these tests is left."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield
    for name in (NAME, "tasks"):
        sys.modules.pop(name, None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A module."""
    path = tmp_path / f"{NAME}.py"
    path.write_text("X = 1\ndef f():\n    return X\n")
    return path


def imported(file: Path) -> tuple[ModuleType, int]:
    """The module in `file`, imported afresh, and how often it was compiled for that."""
    loader = Counting(NAME, str(file))
    spec = spec_from_file_location(NAME, file, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module, loader.count


def kept(file: Path) -> Path:
    return Path(cache_from_source(str(file)))


def beside(file: Path) -> list[str]:
    return sorted(one.name for one in kept(file).parent.iterdir())


def rewrite(file: Path, text: str) -> None:
    """Another text, at the same time as far as the file system tells."""
    stat = file.stat()
    file.write_text(text)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_an_unchanged_file_is_compiled_once(file: Path) -> None:
    assert [imported(file)[1] for _ in range(3)] == [1, 0, 0]
    assert beside(file) == [kept(file).name]
    assert imported(file)[0].f.__code__.co_filename == str(file)


def test_a_stale_one_of_the_same_size_and_time_is_not_trusted(file: Path) -> None:
    imported(file)
    rewrite(file, file.read_text().replace("X = 1", "X = 2"))
    module, count = imported(file)
    assert (module.X, count) == (2, 1)
    assert imported(file)[1] == 0


@pytest.mark.parametrize("mode", list(py_compile.PycInvalidationMode), ids=lambda mode: mode.name)
def test_what_python_wrote_is_not_trusted(file: Path, mode: py_compile.PycInvalidationMode) -> None:
    text = file.read_text()
    rewrite(file, text.replace("X = 1", "X = 2"))
    py_compile.compile(str(file), invalidation_mode=mode)
    rewrite(file, text)
    module, count = imported(file)
    assert (module.X, count) == (1, 1)
    assert imported(file)[1] == 0


def test_a_corrupt_one_is_made_anew(file: Path) -> None:
    imported(file)
    whole = kept(file).read_bytes()
    rng = random.Random(7)
    cuts = [whole[:size] for size in (0, 3, 15, 16, 17, len(whole) // 2, len(whole) - 32, len(whole) - 1)]
    flips = [whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :] for at in range(len(whole))]
    for at, damaged in enumerate([*cuts, *flips, whole + b"\0"]):
        kept(file).write_bytes(damaged)
        module, count = imported(file)
        assert (module.f(), count) == (1, 1), f"damage {at}, seed 7"
        assert imported(file)[1] == 0, f"damage {at}, seed 7"


def test_one_of_another_place_is_not_taken(file: Path, tmp_path: Path) -> None:
    imported(file)
    other = tmp_path / "moved" / file.name
    kept(other).parent.mkdir(parents=True)
    other.write_bytes(file.read_bytes())
    kept(other).write_bytes(kept(file).read_bytes())
    module, count = imported(other)
    assert (module.f.__code__.co_filename, count) == (str(other), 1)


def test_a_file_where_the_folder_would_be(file: Path) -> None:
    kept(file).parent.write_text("in the way")
    assert [imported(file)[1] for _ in range(2)] == [1, 1]
    assert kept(file).parent.read_text() == "in the way"


def test_a_folder_where_the_file_would_be(file: Path) -> None:
    kept(file).mkdir(parents=True)
    assert [imported(file)[1] for _ in range(2)] == [1, 1]
    assert beside(file) == [kept(file).name]


def test_a_folder_that_cannot_be_written_to(file: Path) -> None:
    file.parent.chmod(0o555)
    try:
        if os.access(file.parent, os.W_OK):
            pytest.skip("whoever runs this may write everywhere")
        assert imported(file)[0].f() == 1
        assert not kept(file).parent.exists()
    finally:
        file.parent.chmod(0o755)


def test_it_is_readable_for_those_who_may_read_the_source(file: Path) -> None:
    file.chmod(0o600)
    imported(file)
    assert kept(file).stat().st_mode & 0o777 == 0o600


def test_a_plain_python_can_use_it(file: Path) -> None:
    imported(file)
    before = kept(file).read_bytes()
    words = [sys.executable, "-v", "-c", f"import {NAME}; print({NAME}.f())"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(words, cwd=file.parent, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert f"code object from '{kept(file)}'" in done.stderr
    assert kept(file).read_bytes() == before
    rewrite(file, file.read_text().replace("X = 1", "X = 2"))
    done = subprocess.run(words, cwd=file.parent, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"


def test_nothing_is_written_where_python_would_write_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [imported(file)[1] for _ in range(2)] == [1, 1]
    assert not kept(file).parent.exists()


def test_it_lies_where_python_would_put_it(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / "aside"
    monkeypatch.setattr(sys, "pycache_prefix", str(aside))
    assert [imported(file)[1] for _ in range(2)] == [1, 0]
    assert aside in kept(file).parents and kept(file).exists()
    assert not (tmp_path / "__pycache__").exists()


def tasks(folder: Path, text: str) -> Env:
    (folder / "tasks.py").write_text(text)
    return load.load(folder)


def test_a_source_that_is_edited_after_its_import(tmp_path: Path) -> None:
    task = tasks(tmp_path, TASK).tasks["a"]
    before = project_codes(tmp_path).of(task)
    symbol = next(one for one in before.symbols if one.name == "tasks.a")
    edited = TASK.replace("return 1", "return 2")
    (tmp_path / "tasks.py").write_text(edited)
    after = project_codes(tmp_path).of(task)
    assert after.digest == before.digest
    assert next(one for one in after.symbols if one.name == "tasks.a").source == symbol.source != ""
    again = project_codes(tmp_path).of(load.load(tmp_path).tasks["a"])
    assert again.digest != before.digest


def test_the_same_from_bytecode_and_from_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [project_codes(tmp_path).of(tasks(tmp_path, TASK).tasks["a"]).digest for _ in range(2)]
    assert kept(tmp_path / "tasks.py").exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept(tmp_path / "tasks.py").unlink()
    found.append(project_codes(tmp_path).of(tasks(tmp_path, TASK).tasks["a"]).digest)
    assert len(set(found)) == 1


def test_what_an_import_read(tmp_path: Path) -> None:
    tasks(tmp_path, TASK)
    file = tmp_path / "tasks.py"
    file.write_text("another text")
    other = tmp_path / "other.py"
    other.write_text("never imported")
    found = Imported()
    assert found.read(str(file)) == TASK.encode()
    assert found.read(str(other)) == b"never imported"
    code = found.compiled(str(file), TASK.encode())
    assert code is not None and code.co_filename == str(file)
    assert found.compiled(str(file), b"another text") is None
    assert found.compiled(str(other), b"never imported") is None
    with pytest.raises(OSError):
        found.read(str(tmp_path / "nowhere.py"))
