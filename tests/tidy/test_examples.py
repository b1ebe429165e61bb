"""Every example, and what `pipekit init` makes, runs and uses nothing that is not in its keys; a second run finds nothing to do; its own
test passes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.pages import environment

ROOT = Path(__file__).parents[2]
EXAMPLES, TEMPLATE = ROOT / "examples", ROOT / ".pipekit-template"
WORDS, ATLAS, LOG = EXAMPLES / "words", EXAMPLES / "stdlib_atlas", EXAMPLES / "log_processing"
PROJECTS = [
    pytest.param(WORDS, "default", ["results/ranking.json"], id="words"),
    pytest.param(WORDS, "sweep", ["results/ranking-5.json", "results/ranking-10.json"], id="sweep"),
    pytest.param(LOG, "default", ["results/day.txt"], id="log"),
    pytest.param(TEMPLATE, "default", ["results/report.txt", "results/totals.json"], id="template"),
]


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    ignored = shutil.ignore_patterns(".pipekit", "results", "__pycache__", ".pytest_cache")
    shutil.copytree(request.param, folder, ignore=ignored)
    return folder


def pipekit(folder: Path, *words: str) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("pipekit")), *words, "--json"]
    ended = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize(("project", "invocation", "outputs"), PROJECTS, indirect=["project"])
def test_it_runs_and_runs_no_more(project: Path, invocation: str, outputs: list[str]) -> None:
    runs_once(project, invocation, outputs)


@pytest.mark.parametrize("project", [ATLAS], indirect=True)
def test_the_atlas_runs_once_and_another_style_parses_nothing(project: Path) -> None:
    runs_once(project, "quick", ["results/quick.html", "results/quick.json"])
    (project / "style.css").open("a").write("\n/* changed */\n")
    states = {name: task["state"] for name, task in pipekit(project, "run", "quick")["tasks"].items()}
    assert {name for name, state in states.items() if state == "ran"} == {"atlas"}


@pytest.mark.parametrize("project", [LOG], indirect=True)
def test_a_torn_log_is_partial_and_only_what_is_broken_is_tried_again(project: Path) -> None:
    first, second = (pipekit(project, "run", "torn") for _ in range(2))
    assert first["partial"] and second["partial"]
    before, after = (run["tasks"]["parsed"]["items"] for run in (first, second))
    assert before["skipped"] == after["skipped"] > 0
    assert (before["ran"], before["cached"]) == (50 - before["skipped"], 0)
    assert (after["ran"], after["cached"]) == (0, before["ran"])


def runs_once(project: Path, invocation: str, outputs: list[str]) -> None:
    first = pipekit(project, "run", invocation, "--audit")
    assert (first["status"], first["partial"], first["audit"]) == ("succeeded", False, [])
    assert first["counts"]["ran"] > 0
    assert first["counts"]["cached"] == 0
    written = {path: (project / path).read_bytes() for path in outputs}
    second = pipekit(project, "run", invocation)
    assert second["counts"]["ran"] == 0
    assert second["counts"]["cached"] == first["counts"]["ran"]
    assert {path: (project / path).read_bytes() for path in outputs} == written


@pytest.mark.parametrize(
    "project", sorted({path.parent for path in ROOT.glob("examples/*/tasks.py")} | {TEMPLATE}),
    indirect=True, ids=lambda path: path.name,
)  # fmt: skip
def test_its_own_test_passes(project: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        f"--rootdir={project}",
    ]
    ended = subprocess.run([*command, str(project)], cwd=project, env=environment(), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " passed" in ended.stdout
