"""What people install: the wheel holds the package and the template, and `init` finds it there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from support.house import ROOT


def test_the_template_is_inside_the_wheel_and_found(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        packed.extractall(installed)
    template = {str(path.relative_to(ROOT)) for path in (ROOT / ".pipekit-template").rglob("*") if path.is_file()}
    template = {name for name in template if ".pipekit/" not in name and "__pycache__" not in name}
    assert {f"pipekit/{name}" for name in template} <= names
    assert "pipekit/py.typed" in names and not any(name.startswith(("tests", "docs", "examples")) for name in names)

    env = {**os.environ, "PYTHONPATH": str(installed), "NO_COLOR": "1"}
    for words in (["init", "new"], ["run", "-C", "new"]):
        done = subprocess.run(
            [sys.executable, "-m", "pipekit", *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    where = "import pipekit; print(pipekit.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(installed)), "the wheel was tested, not the checkout"
