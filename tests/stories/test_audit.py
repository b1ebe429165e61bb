"""`run --audit`: what tasks really use is held against their keys. Each task here does something that no walk over code can see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.stories import Place, Said

SHAPES = """
    class Box:
        def __init__(self, size=1):
            self.size = size

        def area(self):
            return [side * side for side in [self.size]][0]

    class Shape:
        pass

    class Disc(Shape):
        def area(self):
            return about(3.1)

    def about(value):
        return round(value)

    def total(a, b):
        return a + b
"""
TASKS = """
    import functools
    import importlib
    import importlib.util
    import os
    import pickle
    import pydoc
    import runpy
    import subprocess
    import sys
    import threading
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import dataclass
    from enum import Enum
    from pathlib import Path
    from typing import Any

    import shapes
    from pipekit import Env, File, scratch
    from remedies import REMEDIES

    env = Env("audited")

    # --- what no walk sees

    @env.task(**REMEDIES["unpickled"])
    def unpickled(*, path: File = Path("data/box.pickle")) -> int:
        return pickle.loads(path.read_bytes()).area()

    @env.task(**REMEDIES["called_from_c"])
    def called_from_c(*, path: File = Path("data/table.pickle")) -> int:
        return functools.reduce(pickle.loads(path.read_bytes())["total"], [1, 2, 3])

    @env.task(**REMEDIES["chosen_by_an_option"])
    def chosen_by_an_option(*, name: str = "shapes.Box") -> int:
        return pydoc.locate(name)(3).area()

    @env.task(**REMEDIES["in_threads"])
    def in_threads() -> list[int]:
        def area(size: int) -> int:
            return vars(sys.modules["shapes ".strip()])["Box"](size).area()

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(area, range(3)))

    @env.task(**REMEDIES["in_a_thread"])
    def in_a_thread() -> int:
        found: list[int] = []
        thread = threading.Thread(target=lambda: found.append(vars(sys.modules["shapes ".strip()])["about"](2.2)))
        thread.start()
        thread.join()
        return found[0]

    @env.task(**REMEDIES["imported"])
    def imported(*, name: str = "plugins.late") -> int:
        return importlib.import_module(name).answer()

    @env.task(**REMEDIES["by_path"])
    def by_path() -> int:
        spec = importlib.util.spec_from_file_location("loaded", "plugins/odd-name.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.answer()

    @env.task(**REMEDIES["script"])
    def script() -> int:
        return runpy.run_path("script.py")["x"]

    @env.task(**REMEDIES["files"])
    def files() -> str:
        return Path("data/a.txt").read_text() + Path(os.environ["ELSEWHERE"]).read_text()

    @env.task(**REMEDIES["programs"])
    def programs() -> str:
        done = subprocess.run(["sort", os.devnull], env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=True)
        os.system("true")
        return done.stdout

    @env.stream(**REMEDIES["stream"])
    def stream() -> Iterator[int]:
        yield 1
        yield vars(sys.modules["shapes ".strip()])["about"](2.2)

    @env.each(stream, **REMEDIES["items"])
    def items(number: int, /) -> Iterator[int]:
        yield number
        yield vars(sys.modules["shapes ".strip()])["total"](number, 1)

    @env.task(**REMEDIES["failing"])
    def failing() -> int:
        return vars(sys.modules["shapes ".strip()])["about"](2.2) // 0

    # --- what is in the key, though no function names it

    @env.task()
    def by_named_path(*, path: File = Path("plugins/odd-name.py")) -> int:
        spec = importlib.util.spec_from_file_location("loaded", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.answer()

    @env.task()
    def named_script(*, path: File = Path("script.py")) -> int:
        return runpy.run_path(str(path))["x"]

    class Mode(Enum):
        FAST = 1

        def factor(self) -> int:
            return self.value * 10

    @dataclass(frozen=True)
    class Config:
        mode: Mode = Mode.FAST

        def total(self) -> int:
            return self.mode.factor() + 1

    @env.task()
    def by_options(*, config: Config = Config(), round: Callable[[float], int] = shapes.about) -> int:
        return config.total() + round(2.2)

    @env.task()
    def box() -> shapes.Box:
        return shapes.Box(2)

    @env.task(box)
    def by_dep(one: Any, /) -> int:
        return one.area()

    @env.stream()
    def boxes() -> Iterator[shapes.Box]:
        yield from [shapes.Box(2), shapes.Box(3)]

    @env.each(boxes)
    def by_item(one: Any, /) -> int:
        return one.area()

    @env.task(boxes)
    def by_stream(rows: Iterator[Any], /) -> int:
        return sum(one.area() for one in rows)

    @env.task()
    def made_here() -> File:
        Path("made.txt").write_text("made")
        (scratch() / "x").mkdir()
        (scratch() / "x" / "y").write_text("y")
        os.environ["OWN"] = (scratch() / "x" / "y").read_text() + Path("made.txt").read_text()
        assert os.environ["OWN"] == "ymade"
        return Path("made.txt")

    @env.task(made_here)
    def handed(path: File, /) -> str:
        return path.read_text()

    @env.task()
    def untouched(*, path: File = Path("data/a.txt")) -> File:
        return path
"""
REMEDIES = """
    from collections import defaultdict

    REMEDIES = defaultdict(dict)
"""
REMEDIED = (
    REMEDIES
    + """
    REMEDIES["unpickled"] = {"code_includes": ["shapes.Box"]}
    REMEDIES["called_from_c"] = {"code_includes": ["shapes.total"]}
    REMEDIES["chosen_by_an_option"] = {"code_includes": ["shapes.Box"]}
    REMEDIES["in_threads"] = {"opaque": ["shapes.Box"]}
    REMEDIES["in_a_thread"] = {"code_includes": ["shapes"]}
    REMEDIES["imported"] = {"code_includes": ["plugins.late"]}
    REMEDIES["by_path"] = {"opaque": ["plugins"]}
    REMEDIES["script"] = {"code_includes": ["script"]}
    REMEDIES["programs"] = {"version": "sort 9.1", "opaque": ["/bin/sh"]}
    REMEDIES["files"] = {"environ": ["ELSEWHERE"], "opaque": ["data", __import__("os").environ["ELSEWHERE"]]}
    REMEDIES["stream"] = {"code_includes": ["shapes.about"]}
    REMEDIES["items"] = {"code_includes": ["shapes.total"]}
    REMEDIES["failing"] = {"code_includes": ["shapes.about"]}
"""
)
FOUND = [
    ("called_from_c", "code", "shapes.total", "shapes.py:18"),
    ("chosen_by_an_option", "code", "shapes.Box.__init__", "shapes.py:2"),
    ("failing", "code", "shapes.about", "shapes.py:15"),
    ("files", "file", "ELSEWHERE", "tasks.py:71"),
    ("files", "file", "data/a.txt", "tasks.py:71"),
    ("files", "variable", "ELSEWHERE", "tasks.py:71"),
    ("imported", "module", "plugins.late", "plugins/late.py:1"),
    ("in_a_thread", "code", "shapes.about", "shapes.py:15"),
    ("in_threads", "code", "shapes.Box.__init__", "shapes.py:2"),
    ("items", "code", "shapes.total", "shapes.py:18"),
    ("programs", "program", "/bin/sh", "tasks.py:76"),
    ("programs", "program", "sort", "tasks.py:75"),
    ("script", "file", "script.py", "tasks.py:67"),
    ("stream", "code", "shapes.about", "shapes.py:15"),
    ("unpickled", "code", "shapes.Box.area", "shapes.py:5"),
    ("by_path", "module", "odd-name", "plugins/odd-name.py:1"),
]
"""Task, kind, subject and place of all that is not in keys."""


def project(folder: Path, remedies: str) -> Place:
    folder.mkdir()
    elsewhere = folder.parent / f"{folder.name}.txt"
    elsewhere.write_text("elsewhere")
    place = Place(folder, {"ELSEWHERE": str(elsewhere)})
    place.write(tasks_py=TASKS, remedies_py=remedies, shapes_py=SHAPES, data__a_txt="a", script_py="x = 3\n")
    place.write(plugins__late_py="def answer():\n    return 42\n")
    (folder / "plugins" / "odd-name.py").write_text("def answer():\n    return 43\n")
    (folder / "data" / "box.pickle").write_bytes(b"cshapes\nBox\n)\x81}X\x04\x00\x00\x00sizeK\x03sb.")
    (folder / "data" / "table.pickle").write_bytes(b"}X\x05\x00\x00\x00totalcshapes\ntotal\ns.")
    return place


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Said]:
    place = project(tmp_path_factory.mktemp("audit") / "unseen", REMEDIES)
    return place, place.pipekit("run", "--audit", "--json", "-j", "2")


def found(said: Said, place: Place) -> list[tuple[str, ...]]:
    def plain(subject: str) -> str:
        name = subject.rpartition("/")[2]
        return "ELSEWHERE" if subject == place.env["ELSEWHERE"] else name if name == "sort" else subject

    return sorted((one["task"], one["kind"], plain(one["subject"]), one["where"]) for one in said.json["audit"])


def test_what_no_walk_sees_is_found_and_nothing_else(unseen: tuple[Place, Said]) -> None:
    place, said = unseen
    assert said.json["tasks"]["failing"]["state"] == "failed" and said.json["counts"]["failed"] == 1, said.err
    assert found(said, place) == sorted(FOUND)


def test_a_change_of_what_is_found_reruns_nothing(unseen: tuple[Place, Said]) -> None:
    """That is what a finding says; here it is held to be true."""
    place, _ = unseen
    place.edit("shapes.py", "return a + b", "return a * b")
    place.edit("data/a.txt", "a", "changed")
    tasks: dict[str, Any] = place.pipekit("run", "-n", "--json", env={"ELSEWHERE": "/dev/null"}).json["tasks"]
    states = {name: tasks[name]["state"] for name in ("called_from_c", "items", "files")}
    assert states == dict.fromkeys(states, "cached")
    assert tasks["untouched"]["state"] == "would_run"
    place.edit("shapes.py", "return a * b", "return a + b")
    place.edit("data/a.txt", "changed", "a")


def test_what_is_cached_is_not_watched(unseen: tuple[Place, Said]) -> None:
    place, _ = unseen
    said = place.pipekit("run", "--audit", "-t", "script", "-t", "files")
    assert (said.code, said.talk.splitlines()[-1]) == (
        0, "audit: no findings; 2 cached tasks were not watched: --force '*' runs them too",
    )  # fmt: skip
    said = place.pipekit("run", "--audit", "-t", "script", "-t", "files", "--force", "script")
    assert said.code == 1 and said.talk.splitlines()[-3:] == [
        "warning: 'script' read script.py, which no option names: a change of it reruns nothing. "
        "Give script an option of type File, and set it to script.py",
        "run RUNID succeeded in TIME: 1 ran, 1 cached",
        "audit: 1 finding; 1 cached task was not watched: --force '*' runs it too",
    ]


def test_without_audit_only_files_of_the_project_are_told(unseen: tuple[Place, Said]) -> None:
    place, _ = unseen
    said = place.pipekit("run", "-t", "files", "-t", "handed", "-t", "untouched", "-t", "stream", "--force", "*")
    assert said.code == 0 and [line for line in said.err.splitlines() if line.startswith(("warning", "audit"))] == [
        "warning: 'files' read data/a.txt, which no option names: a change of it reruns nothing. "
        "Give files an option of type File, and set it to data/a.txt"
    ]
    assert "audit" not in place.pipekit("run", "-t", "files", "--json").json


def test_every_remedy_helps(tmp_path: Path) -> None:
    place = project(tmp_path / "remedied", REMEDIED)
    said = place.pipekit("run", "--audit", "--json", "-j", "2")
    assert said.json["counts"]["failed"] == 1, said.err
    assert found(said, place) == []
    place.edit("shapes.py", "return a + b", "return a * b")
    place.edit("script.py", "3", "4")
    tasks = place.pipekit("run", "-n", "--json").json["tasks"]
    for name in ("called_from_c", "items", "script", "named_script"):
        assert tasks[name]["state"] == "would_run", name
    assert tasks["in_threads"]["state"] == "cached", "it said that this does not count"


@pytest.mark.parametrize(("words", "message"), [
    (["--pool", "inline"], "--audit watches worker processes, and --pool inline has none"),
    (["--pool", "threads"], "--audit watches worker processes, and --pool threads has none"),
    (["-n"], "-n runs nothing, so that --audit has nothing to watch"),
])  # fmt: skip
def test_what_cannot_be_audited_is_refused(place: Place, words: list[str], message: str) -> None:
    said = place.call("run", "--audit", *words)
    assert said.code == 2 and said.err.startswith(f"error: {message}\n")
    assert json.loads(place.call("run", "--audit", "--json", *words).out)["status"] == "invalid"


def test_the_findings_of_a_matrix_are_told_once(place: Place) -> None:
    place.write(
        tasks_py="""
            import os
            from pipekit import Env
            env = Env("cells")

            @env.task()
            def one(*, n: int) -> str:
                return os.environ.get("REGION", "none")
        """,
        pipeline_yaml="invocations: {default: {matrix: {one.n: [1, 2, 3]}}}\n",
    )
    said = place.pipekit("run", "--audit", "--json")
    assert (said.code, said.json["status"]) == (1, "succeeded")
    assert said.json["audit"] == [{"task": "one", "kind": "variable", "subject": "REGION", "where": "tasks.py:7"}]
