"""What the user's code uses while it runs: which files, variables, programs and code are noted, and which are not."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from pipekit.execution.entering import Entering
from pipekit.execution.messages import Setup, Used
from pipekit.execution.reads import Reads
from pipekit.execution.used import Uses
from pipekit.execution.variables import Variables
from pipekit.values import Ok, Raised

READ, WRITE, NEW, END = os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_WRONLY | os.O_APPEND


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project to stand in, beside another folder."""
    folder = tmp_path / "project"
    files = [
        "a.csv",
        "data/b.csv",
        "mod.py",
        "__pycache__/mod.cpython-311.pyc",
        "fast.so",
        ".git/HEAD",
        ".pipekit/pack.db",
    ]
    installed = [".venv/lib/python3.11/site-packages/certs/all.pem", "env/lib/site-packages/x.txt"]
    for name in (*files, *installed, "../elsewhere.csv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    monkeypatch.chdir(folder)
    return folder


def subjects(reads: Reads, *apart: str) -> list[str]:
    return [one.subject for one in reads.used(apart)]


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_of_the_project_that_are_read(folder: Path) -> None:
    reads = Reads(folder)
    opened: list[tuple[Any, int]] = [
        ("a.csv", READ), ("data/../a.csv", READ), (str(folder / "data" / "b.csv"), READ), (b"data/b.csv", READ),
        (folder / "a.csv", os.O_RDWR), (3, READ), ("mod.py", READ), ("__pycache__/mod.cpython-311.pyc", READ), ("fast.so", READ),
        (".git/HEAD", READ), (".pipekit/pack.db", READ), (".venv/lib/python3.11/site-packages/certs/all.pem", READ),
        ("env/lib/site-packages/x.txt", READ), ("../elsewhere.csv", READ), ("absent.csv", READ), ("data", READ),
    ]  # fmt: skip
    for path, flags in opened:
        reads.hear("open", (path, "r", flags))
    assert reads.used() == (Used("file", "a.csv"), Used("file", "data/b.csv"))
    reads.begin()
    assert reads.used() == ()


def test_what_the_user_has_made_is_no_input(folder: Path) -> None:
    reads = Reads(folder)
    reads.hear("open", ("new.csv", "w", NEW))
    reads.hear("open", ("a.csv", "w", NEW))
    reads.hear("open", ("data/b.csv", "a", END))
    reads.hear("os.mkdir", ("made", 0o777, -1))
    reads.hear("os.mkdir", ("data", 0o777, -1))  # it is there already: Python will say so
    reads.hear("os.rename", ("made", "moved", -1, -1))
    (folder / "moved" / "deep").mkdir(parents=True)
    for name in ("new.csv", "moved/deep/x.csv", "data/c.csv"):
        (folder / name).write_text("text")
    names = ["new.csv", "a.csv", "data/b.csv", "moved/deep/x.csv", "data/c.csv"]
    for name in names:
        reads.hear("open", (name, "r", READ))
    assert subjects(reads) == ["data/b.csv", "data/c.csv"]
    reads.forget()
    for name in names:
        reads.hear("open", (name, "r", READ))
    assert subjects(reads) == ["data/b.csv", "data/c.csv", "new.csv", "a.csv", "moved/deep/x.csv"]


def test_what_is_apart_is_left_out_with_all_below_it(folder: Path) -> None:
    reads = Reads(folder)
    for name in ("a.csv", "data/b.csv"):
        reads.hear("open", (name, "r", READ))
    assert subjects(reads, "data") == ["a.csv"] and subjects(reads, str(folder / "a.csv")) == ["data/b.csv"]
    assert subjects(reads, "dat", "a") == ["a.csv", "data/b.csv"]


def test_a_project_behind_a_link_is_the_same_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    reads = Reads(link)
    monkeypatch.chdir(link)
    for name in ("a.csv", str(folder / "data" / "b.csv")):
        reads.hear("open", (name, "r", READ))
    assert subjects(reads) == ["a.csv", "data/b.csv"] and subjects(reads, "a.csv") == ["data/b.csv"]


@pytest.mark.parametrize(
    "event", [("open", (object(), "r", READ)), ("open", ("a\0b", "r", READ)), ("os.mkdir", ()), ("x", ())]
)
def test_nothing_that_is_heard_does_harm(folder: Path, event: tuple[str, tuple[Any, ...]]) -> None:
    reads = Reads(folder)
    reads.hear(*event)
    assert reads.used() == ()


# --- all else ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def uses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uses]:
    """Notes in this process; what only audit hooks tell, tests tell by themselves."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(vars(os.environ), "_data", vars(os.environ)["_data"])
    before = set(sys.modules)
    store = folder / ".pipekit"
    found = Uses(Setup(None, folder, store, store / "tmp" / "passing", store / "tmp", "descriptors", True))
    found._variables.watch()
    found.begin()
    yield found
    let_go(found._entering)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def let_go(entering: Entering) -> None:
    """A process has few tools for monitoring; a worker needs its one for all its life."""
    if sys.version_info >= (3, 12):
        sys.monitoring.set_events(entering.tool, 0)
        sys.monitoring.free_tool_id(entering.tool)


def module(folder: Path, name: str, text: str) -> ModuleType:
    (folder / f"{name}.py").write_text(text)
    return import_module(name)


def test_code_is_noted_once_with_its_module_and_place(folder: Path, uses: Uses) -> None:
    one = module(
        folder,
        "one",
        "def f():\n    return [g(x) for x in (1, 2)]\n\ndef g(x):\n    return x\n\ndef unused():\n    pass\n",
    )
    assert uses.call_user(one.f) == Ok([1, 2])
    place = str(folder / "one.py")
    found = uses.used()
    assert Used("code", "one:f", place, 1) in found and Used("code", "one:g", place, 4) in found
    assert {used.subject.partition(".")[0] for used in found} == {"one:f", "one:g"}
    one.unused()
    assert uses.used() == found, "outside of it nothing is noted"
    uses.begin()
    assert uses.used() == ()
    uses.call_user(one.g, 1)
    assert uses.used() == (Used("code", "one:g", place, 4),), "noted anew"


def test_a_module_that_is_imported_meanwhile_is_noted(folder: Path, uses: Uses) -> None:
    (folder / "late.py").write_text("class A:\n    pass\n\ndef f():\n    return A()\n")
    uses.call_user(lambda: import_module("late").f())
    place = str(folder / "late.py")
    late = [used for used in uses.used() if used.file == place]
    assert late[0] == Used("module", "late", place, 1)
    assert [used.subject for used in late[1:]] == ["late:A", "late:f"]


def test_what_is_raised_comes_back(uses: Uses) -> None:
    found = uses.call_user(lambda: 1 / 0)
    assert isinstance(found, Raised) and isinstance(found.error, ZeroDivisionError)
    assert uses.call_user(int, "7", base=8) == Ok(7)


def test_code_of_others_is_none(folder: Path, uses: Uses) -> None:
    library = folder / "env" / "lib" / "site-packages" / "library.py"
    library.write_text("def f():\n    return 1\n")
    sys.path.insert(0, str(library.parent))
    exec(compile("def made():\n    return 1\n", "<text>", "exec"), names := {})
    uses.call_user(import_module("library").f)
    uses.call_user(names["made"])
    uses.call_user(collections.Counter, "abc")
    uses.call_user(Reads, folder)
    sys.path.remove(str(library.parent))
    assert uses.used() == ()


def test_equal_code_of_two_files_is_two(folder: Path, uses: Uses) -> None:
    same = "def f():\n    return 1\n"
    for name in ("left", "right"):
        uses.call_user(module(folder, name, same).f)
    assert [used.subject for used in uses.used()] == ["left:f", "right:f"]


def test_files_outside_count_too(folder: Path, uses: Uses, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (folder / ".pipekit" / "tmp").mkdir()
    (folder / ".pipekit" / "tmp" / "x").touch()
    told = ["a.csv", str(tmp_path / "elsewhere.csv"), str(folder / "mod.py")]
    quiet = [
        os.__file__,
        "/proc/self/status",
        "/etc/hosts",
        ".pipekit/tmp/x",
        ".pipekit/pack.db",
        ".git/HEAD",
        "fast.so",
    ]
    quiet += [
        "env/lib/site-packages/x.txt",
        pytest.__file__,
        str(Path(sys.prefix) / "pyvenv.cfg"),
        __file__.replace("test", "no"),
    ]

    def read() -> None:
        for name in (*told, *quiet):
            uses.hear("open", (name, "r", READ))

    read()
    assert uses.used() == (), "it was not the user's code"
    uses.call_user(read)
    files = [used for used in uses.used() if used.kind == "file"]
    assert [used.subject for used in files] == ["a.csv", str(tmp_path / "elsewhere.csv"), "mod.py"]
    assert {used.file for used in files} == {__file__} and {used.line for used in files} == {
        read.__code__.co_firstlineno + 2
    }


def test_a_source_file_that_is_loaded_is_no_file_that_is_read(folder: Path) -> None:
    text = """
    import importlib, linecache, sys
    from pathlib import Path
    from pipekit.execution.messages import Setup
    from pipekit.execution.used import Uses
    folder = Path.cwd()
    uses = Uses(Setup(None, folder, folder / "s", folder / "s", folder / "s", "descriptors", True))
    uses.watch()
    sys.path.insert(0, str(folder))
    uses.call_user(importlib.import_module, "mod")
    uses.call_user(linecache.getlines, str(folder / "mod.py"))
    print([one.subject for one in uses.used()])
    uses.call_user(lambda: Path("mod.py").read_text())
    print([one.subject for one in uses.used()])
    """
    (folder / "mod.py").write_text("X = 1\n")
    script = "\n".join(line[4:] for line in text.splitlines())
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['mod']\n['mod.py', 'mod']\n", "")


def test_a_database_is_a_file(folder: Path, uses: Uses) -> None:
    (folder / "old.db").touch()

    def connect() -> None:
        for name in ("old.db", ":memory:", "new.db"):
            uses.hear("sqlite3.connect", (name,))
        (folder / "new.db").touch()
        uses.hear("sqlite3.connect", ("new.db",))

    uses.call_user(connect)
    assert [used.subject for used in uses.used() if used.kind == "file"] == ["old.db"]


def test_programs(folder: Path, uses: Uses, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("bin/tool", "../out/tool"):
        path = folder / place
        path.parent.mkdir()
        path.touch(0o755)
    monkeypatch.setenv("PATH", str(folder / ".." / "out"))

    def begin() -> None:
        uses.hear("subprocess.Popen", ("tool", ["tool"], None, None))
        uses.hear("subprocess.Popen", (b"tool", [b"tool"], None, {"PATH": "bin"}))
        uses.hear("os.posix_spawn", (str(folder / "bin" / "tool"), ["tool"], os.environ))
        uses.hear("subprocess.Popen", ("absent", ["absent"], None, None))
        uses.hear("os.system", (b"true",))

    uses.call_user(begin)
    programs = [used for used in uses.used() if used.kind == "program"]
    assert [used.subject for used in programs] == [str(folder.parent / "out/tool"), "bin/tool", "absent", "/bin/sh"]
    assert {used.file for used in programs} == {__file__}


VARIABLES: list[tuple[str, Callable[[], Any], list[str]]] = [
    ("item", lambda: os.environ["PATH"], ["PATH"]),
    ("get", lambda: os.environ.get("PATH"), ["PATH"]),
    ("getenv", lambda: os.getenv("NOT_THERE", "x"), ["NOT_THERE"]),
    ("contains", lambda: "PATH" in os.environ, ["PATH"]),
    ("setdefault", lambda: os.environ.setdefault("PATH", "x"), ["PATH"]),
    ("copy", lambda: os.environ.copy(), []),
    ("dict", lambda: dict(os.environ), []),
    ("stars", lambda: {**os.environ, "LANG": "C"}, []),
    ("items", lambda: sorted(os.environ.items()), []),
    ("names", lambda: list(os.environ), []),
    ("names and one", lambda: [os.environ[one] for one in os.environ if one == "PATH"], ["PATH"]),
    ("a library's own", lambda: Path("~").expanduser(), []),
    ("set before", lambda: [os.environ.update(OWN="1"), os.environ["OWN"]], []),
]


@pytest.mark.parametrize(("read", "names"), [row[1:] for row in VARIABLES], ids=[row[0] for row in VARIABLES])
def test_variables(uses: Uses, read: Callable[[], Any], names: list[str]) -> None:
    read()
    uses.begin()
    plain = dict(os.environ)
    found = uses.call_user(read)
    assert isinstance(found, Ok) and {**os.environ, "OWN": ""} == {**plain, "OWN": ""}
    assert [used.subject for used in uses.used() if used.kind == "variable"] == names
    os.environ.pop("OWN", None)


def test_the_environment_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(os.environ), "_data", vars(os.environ)["_data"])
    before = dict(os.environ)
    told: list[str] = []

    def tell(name: str, frame: FrameType) -> None:
        told.append(name if frame.f_code.co_filename == __file__ else f"not ours: {name}")

    Variables(tell).watch()
    assert dict(os.environ) == before and told == []
    os.environ["PIPEKIT_TEST"] = "1"
    child = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    assert os.environ.pop("PIPEKIT_TEST") == "1" and "PIPEKIT_TEST=1" in child.splitlines()
    assert "PIPEKIT_TEST" not in os.environ
    assert [name for name in told if not name.startswith("not ours")] == [], "what is set here is no input"


# --- entering ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def hears() -> Iterator[Entering]:
    found = Entering()
    yield found
    let_go(found)


def first() -> str:
    return second()


def second() -> str:
    return "x"


def steps() -> Iterator[int]:
    yield 1
    second()
    yield 2


def names(hears: Entering) -> set[str]:
    return {code.co_name for code in hears.entered() if code.co_filename == __file__}


def test_what_runs_between_start_and_stop_is_entered(hears: Entering) -> None:
    first()
    hears.start()
    first()
    hears.stop()
    list(steps())
    assert names(hears) == {"first", "second"}
    hears.start()
    second()
    hears.stop()
    assert names(hears) == {"first", "second"}
    hears.forget()
    assert names(hears) == set()
    hears.start()
    second()
    hears.stop()
    assert names(hears) == {"second"}


def test_a_generator_is_entered_where_its_first_item_is_made(hears: Entering) -> None:
    made = steps()
    hears.start()
    next(made)
    hears.stop()
    assert names(hears) == {"steps"}
    hears.start()
    next(made)
    hears.stop()
    assert names(hears) == {"steps", "second"}


def test_threads_are_heard(hears: Entering) -> None:
    hears.start()
    thread = threading.Thread(target=first)
    thread.start()
    thread.join()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: list(steps()), range(3)))
    hears.stop()
    assert {"first", "second", "steps"} <= names(hears)


def test_a_thread_that_lives_on_is_heard_in_the_next_call_alone(hears: Entering) -> None:
    with ThreadPoolExecutor(1) as pool:
        hears.start()
        pool.submit(second).result()
        hears.stop()
        assert names(hears) == {"second"}
        pool.submit(first).result()
        hears.forget()
        hears.start()
        pool.submit(lambda: list(steps())).result()
        hears.stop()
        assert "steps" in names(hears) and "first" not in names(hears)


def test_after_an_error_it_goes_on(hears: Entering) -> None:
    def fails() -> None:
        raise ValueError

    hears.start()
    with pytest.raises(ValueError):
        fails()
    second()
    hears.stop()
    assert names(hears) == {"fails", "second"}
