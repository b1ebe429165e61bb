"""Two checkers, both strict, agree with each other and with `# error` about the programs beside this file."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ACCEPTED = sorted((HERE / "accept").glob("*.py"))
REJECTED = sorted((HERE / "reject").glob("*.py"))

Places = dict[Path, dict[int, str]]


def _places(found: list[tuple[str, int, str]]) -> Places:
    places: Places = {}
    for file, line, message in found:
        path = (ROOT / file).resolve()
        if path.is_relative_to(HERE):
            places.setdefault(path, {}).setdefault(line, message)
    return places


def _mypy() -> Places:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--show-error-codes",
        *map(str, [*ACCEPTED, *REJECTED]),
    ]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert out.returncode in (0, 1), out.stdout + out.stderr
    read = re.findall(r"^(.+?):(\d+): error: (.*)$", out.stdout, re.MULTILINE)
    return _places([(file, int(line), message) for file, line, message in read])


def _pyright(tmp_path: Path) -> Places:
    config = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT)],
        "include": [str(HERE / "accept"), str(HERE / "reject")],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    command = [
        sys.executable,
        "-m",
        "basedpyright",
        "-p",
        str(tmp_path),
        "--pythonpath",
        sys.executable,
        "--outputjson",
    ]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert out.returncode in (0, 1), out.stdout + out.stderr
    told = json.loads(out.stdout)
    assert told["summary"]["filesAnalyzed"] == len(ACCEPTED) + len(REJECTED)
    return _places(
        [
            (one["file"], one["range"]["start"]["line"] + 1, one["message"])
            for one in told["generalDiagnostics"]
            if one["severity"] == "error"
        ]
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Places]:
    return {"mypy": _mypy(), "pyright": _pyright(tmp_path_factory.mktemp("pyright"))}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("program", ACCEPTED, ids=lambda path: path.stem)
def test_accepted(told: dict[str, Places], checker: str, program: Path) -> None:
    assert told[checker].get(program, {}) == {}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("program", REJECTED, ids=lambda path: path.stem)
def test_rejected(told: dict[str, Places], checker: str, program: Path) -> None:
    marked = {n for n, line in enumerate(program.read_text().splitlines(), 1) if line.endswith("# error")}
    found = told[checker].get(program, {})
    assert marked and set(found) == marked, {n: found.get(n, "nothing") for n in set(found) ^ marked}


@pytest.mark.parametrize("program", ACCEPTED, ids=lambda path: path.stem)
def test_accepted_programs_are_definitions_too(program: Path) -> None:
    ran = runpy.run_path(str(program), run_name=program.stem)
    assert ran["env"].graph().tasks.keys() == ran["env"].tasks.keys()
