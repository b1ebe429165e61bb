"""Live code and source may disagree: then what runs is what counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .conftest import Project


def test_a_file_edited_after_its_import_does_not_count(project: Project) -> None:
    project.write({"tasks.py": "def load(x):\n    return x\n"})
    load = project.load("tasks:load")
    bare = {project.codebase().of(load).digest}
    project.edit("tasks.py", "return x", "return -x")
    bare.add(project.codebase().of(load).digest)
    project.edit("tasks.py", "def load", "def load(")
    bare.add(project.codebase().of(load).digest)
    (project.folder / "tasks.py").unlink()
    bare.add(project.codebase().of(load).digest)
    assert len(bare) == 2  # by its text where it is what runs, by its code in all other cases
    assert project.codebase().of(load).symbols[0].source == ""


def test_code_without_a_file_counts_by_itself(project: Project) -> None:
    digests = []
    project.versions["made"] = ""
    for body in ("return x + K", "return x + K  # comment", "'Doc.'\n    return x + K", "return x - K", "return K + x"):
        names: dict[str, object] = {"__name__": "made", "K": 1}
        exec(f"\ndef load(x):\n    {body}\n", names)
        digests.append(project.codebase().of(names["load"]).digest)  # type: ignore[arg-type]
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests)) == 3
    names["K"] = 2
    assert project.codebase().of(names["load"]).digest != digests[-1]  # type: ignore[arg-type]


def test_paths_below_the_project_are_relative(project: Project, tmp_path: Path) -> None:
    body = "from pathlib import Path\nHERE = Path(__file__).parent\nDATA = str(HERE / 'data')\ndef load(x=__file__):\n    return HERE, DATA, __file__\n"
    project.write({"tasks.py": body})
    before = project.digest()
    project.edit("tasks.py", "'data'", "'date'")
    assert project.digest() != before
    project.write({"tasks.py": body})
    moved = project.folder.rename(tmp_path / "elsewhere and deeper")
    sys.path[0] = str(moved)
    project.forget()
    project.folder = moved
    assert project.digest() == before


SCRIPT = """
import json, sys
order, folder = sys.argv[1].split(","), sys.argv[2]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
import importlib
for name in order:
    importlib.import_module(name)
from pathlib import Path
from pipekit.fingerprint.code.codebase import Codebase
codebase = Codebase(lambda file: file.startswith(folder), distribution=lambda top: top + " 1", read=lambda path: Path(path).read_bytes())
import tasks
names = sys.argv[3].split(",")
print(json.dumps({name: codebase.of(getattr(tasks, name)).digest.hex() for name in names}, sort_keys=True))
print([(one.name, one.kind, one.digest.hex(), one.value) for one in codebase.of(tasks.load).symbols])
"""
FILES = {
    "tasks.py": """
    import re
    from functools import lru_cache, partial, singledispatch
    from prep import Model, TABLE, norm, both
    WORDS = frozenset({"a", "b", "c", "d"})
    NAMES = {"x", ("y", 1), 2, None, b"z"}
    FUNCTIONS = {norm, both, print}
    CLASSES = {int: 1, Model: 2, str: 3}
    PATTERN = re.compile("[a-z]+", re.I)
    MODEL = Model({"p", "q", "r"})
    @lru_cache
    def cached(x):
        return x in {"u", "v", "w"}
    @singledispatch
    def single(x):
        return 0
    @single.register
    def _(x: int):
        return 1
    @single.register
    def _(x: str):
        return 2
    def load(x, y=frozenset({"k", "l", "m"}), **more):
        return norm(x), WORDS, NAMES, FUNCTIONS, CLASSES, PATTERN, cached(x), single(x), TABLE["a"], MODEL, __file__
    def other(x):
        return load(x), both(x)
    """,
    "prep.py": """
    class Model:
        LIMITS = {"low", "high", "middle"}
        def __init__(self, x):
            self.x = x
        def go(self):
            return norm(self.x)
    def norm(x):
        return [y for y in x if y not in ("a", "b")] + both(x)
    def both(x):
        return norm(x) or Model(x)
    TABLE = {"a": lambda x: x, "b": lambda x: {x, "b"}, "c": norm}
    """,
}


def test_the_same_in_every_process_and_folder(tmp_path: Path) -> None:
    answers = set()
    for at, (seed, order, names) in enumerate(
        [
            ("0", "tasks", "load,other,cached"),
            ("1", "prep,tasks", "cached,other,load"),
            ("77", "re,json,prep", "other,load,cached"),
        ]
    ):
        folder = tmp_path / f"{'deeper/' * at}project{at}"
        folder.mkdir(parents=True)
        for name, text in FILES.items():
            (folder / name).write_text(dedent(text))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, order, str(folder), names],
            cwd=tmp_path if at else folder,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers.add(done.stdout)
    assert len(answers) == 1


OPTIMIZED = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import tasks
from pathlib import Path
from pipekit.fingerprint.code.codebase import Codebase
codebase = Codebase(lambda file: file.startswith(sys.argv[1]), distribution=lambda top: top + " 1", read=lambda path: Path(path).read_bytes())
print(json.dumps([codebase.of(fn).digest.hex() for fn in (tasks.checked, tasks.told, tasks.plain)]))
"""


def test_asserts_count_as_they_run(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(
        "def checked(x):\n    assert x > 0, 'no'\n    return x\ndef told(x):\n    return __debug__ or x\ndef plain(x):\n    return x\n"
    )
    answers = [
        json.loads(
            subprocess.run(
                [sys.executable, *options, "-c", OPTIMIZED, str(tmp_path)],
                env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for options in ([], ["-O"])
    ]
    assert [one == two for one, two in zip(*answers)] == [False, False, True]


def test_a_projects_compiled_module_counts_by_its_bytes(project: Project) -> None:
    pytest.importorskip("numpy")
    project.write({"tasks.py": "def load(x):\n    import native\n    return native.f(x)\n"})
    native = project.folder / "native.abi3.so"
    native.write_bytes(b"one")
    before = project.digest()
    assert project.digest() == before
    native.write_bytes(b"two")
    assert project.digest() != before


def test_an_import_that_fails_leaves_its_mark(project: Project) -> None:
    project.write({"tasks.py": "def load(x):\n    try:\n        import surely_absent_module as m\n    except ImportError:\n        m = None\n    return m\n"})  # fmt: skip
    project.versions["surely_absent_module"] = ""
    before = project.digest()
    project.write({"surely_absent_module.py": "K = 1\n"})
    assert project.digest() != before
