"""Heavy packages have one home, and each way in imports only what it needs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import Field
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import Struct
from support.house import imports, sources
from support.stories import Place

from pipekit.faces.cli import COMMANDS

HOMES = {
    "typer": "faces", "rich": "faces", "textual": "faces", "watchdog": "faces", "yaml": "project", "joblib": "parallel",
    "dask": "parallel", "ray": "parallel", "obstore": "store",
}  # fmt: skip
CHEAP = {"execution", "parallel", "store"}
NEVER_EARLY = {"numpy", "pandas", "pyarrow", "polars", "cloudpickle", "threadpoolctl", "sqlite3", "inspect"}


def test_heavy_packages_stay_at_home() -> None:
    found = [
        f"{source.shown}:{one.line}: {one.module}"
        for source in sources()
        for one in imports(source)
        if HOMES.get(one.module.partition(".")[0], source.room) != source.room and not one.typing
    ]
    assert found == []


def test_frames_and_arrays_are_never_imported_early() -> None:
    found = [
        f"{source.shown}:{one.line}: {one.module}"
        for source in sources()
        for one in imports(source)
        if one.module.partition(".")[0] in NEVER_EARLY - {"inspect", "sqlite3"} and not one.late and not one.typing
    ]
    assert found == []


def loaded(code: str, folder: Path) -> set[str]:
    """The modules that are loaded after `code` has run in a fresh interpreter."""
    script = f"{code}\nimport sys; sys.stdout.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_importing_pipekit_imports_nothing_else(tmp_path: Path) -> None:
    found = {name for name in loaded("import pipekit", tmp_path) if name.startswith("pipekit.")}
    assert found == set()


def test_the_public_names(tmp_path: Path) -> None:
    code = "import pipekit\nfor name in pipekit.__all__: assert getattr(pipekit, name).__doc__, name"
    assert "pipekit.execution.run" in loaded(code, tmp_path)


NEVER = {
    "typer",
    "rich",
    "textual",
    "watchdog",
    "click",
    "cloudpickle",
    "numpy",
    "asyncio",
    "importlib.metadata",
    "email",
}
NOT_OF_A_RUN = {
    "pipekit.execution.accept", "pipekit.execution.compare", "pipekit.execution.worker", "pipekit.fingerprint.code.pages",
    "pipekit.fingerprint.code.syntax", "pipekit.graph.render", "pipekit.graph.select", "pipekit.invocation.schema",
    "pipekit.parallel.simulate", "pipekit.store.memory", "pipekit.testing", "csv",
}  # fmt: skip


@pytest.mark.parametrize(("words", "absent"), [(["run"], NEVER | NOT_OF_A_RUN), (["status"], NEVER)])
def test_the_way_of_a_run(place: Place, words: list[str], absent: set[str]) -> None:
    place.write(
        tasks_py="""
        from pipekit import Env
        env = Env("small")

        @env.task()
        def one() -> int:
            return 1
    """
    )
    code = f"from pipekit.faces.door import main\nassert main({words!r}) == 0"
    loaded(code, place.folder)
    found = loaded(code, place.folder)  # now there is nothing to do
    assert found & absent == set() and "yaml" not in found


PLACES = {f"pipekit.faces.cli.{place.partition(':')[0]}" for place, _ in COMMANDS.values()}


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_help_imports_no_command(tmp_path: Path, words: list[str]) -> None:
    found = loaded(f"from pipekit.faces.door import main\nmain({words!r})", tmp_path)
    assert "typer" in found and found & {*PLACES, "msgspec", "yaml", "rich", "pipekit.execution"} == set()


@pytest.mark.parametrize("words", [["run", "--help"], ["run", "--bad"]])
def test_a_command_imports_no_other(tmp_path: Path, words: list[str]) -> None:
    found = loaded(f"from pipekit.faces.door import main\nmain({words!r})", tmp_path)
    assert found & PLACES == {"pipekit.faces.cli.run"}


def test_classes_are_made_cheaply() -> None:
    """A dataclass takes thirty times as long to make as a Struct: what is no dataclass for its users' sake is none."""
    found = [source.name for source in sources() if source.room in CHEAP and "@dataclass" in source.text]
    assert found == []


def test_the_fields_of_structs_are_msgspecs() -> None:
    """A Struct takes a dataclass's `field(...)` for a default value, and no type checker sees it."""
    for source in sources():
        if "Struct" in source.text and "pipekit.faces.tui" not in source.name:
            for cls in vars(import_module(source.name)).values():
                if isinstance(cls, type) and issubclass(cls, Struct):
                    assert not any(isinstance(one, Field) for one in cls.__struct_defaults__), cls
