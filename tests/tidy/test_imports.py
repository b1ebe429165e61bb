"""Heavy packages have one home, and each way in imports only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.house import imports, sources
from support.stories import Place

HOMES = {
    "typer": "faces", "rich": "faces", "textual": "faces", "watchdog": "faces", "yaml": "project", "joblib": "parallel",
    "dask": "parallel", "ray": "parallel", "obstore": "store",
}  # fmt: skip
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


@pytest.mark.parametrize(("words", "absent"), [
    (["run"], {"typer", "rich", "textual", "watchdog", "click", "cloudpickle", "numpy", "asyncio"}),
    (["status"], {"typer", "rich", "textual", "watchdog", "click", "numpy", "asyncio"}),
])  # fmt: skip
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
    found = loaded(code, place.folder)
    assert found & absent == set() and "yaml" not in found
