"""Two users' projects as people would write them: they run as they stand, on real input, use nothing that is not in their keys, and
their own tests pass."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.stories import Place

USERS = Path(__file__).resolve().parents[1] / "users"
TEXTS = {"/a.txt": "One two three four. Five six seven. No.", "/b.txt": "Two three four five. One."}


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Both projects, in a folder of their own."""
    return Path(shutil.copytree(USERS, tmp_path / "users", ignore=shutil.ignore_patterns("__pycache__", ".pipekit")))


def test_their_own_tests_pass(users: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "sweep", "textlab"]
    done = subprocess.run(words, cwd=users, env=Place(users).environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 passed" in done.stdout


@pytest.fixture
def base() -> Iterator[str]:
    """A local server with two texts; its address."""

    class Texts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = TEXTS[self.path].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Texts)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_textlab_runs_against_a_server(users: Path, base: str) -> None:
    lab = Place(users / "textlab", {"BASE": base})
    assert lab.counts("--audit") == {"ran": 6}
    words = json.loads((lab.folder / "results/vocabulary.json").read_text())
    assert words == ["five", "four", "one", "seven", "six", "three", "two"]
    assert lab.counts() == {"cached": 6}
    assert lab.counts("corpus-only") == {"cached": 3}
    assert lab.counts("strict") == {"ran": 1, "cached": 5}  # every word is frequent enough: the same product, cutoff
    code = (lab.folder / "notebook.py").read_text()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=lab.folder, env=lab.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "['five', 'four', 'one'] 3\n"), done.stderr


def test_sweep_runs_on_a_frame(users: Path) -> None:
    import pandas

    sweep = Place(users / "sweep")
    (sweep.folder / "data").mkdir()
    pandas.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 4.0, 8.0]}).to_csv(sweep.folder / "data/events.csv", index=False)
    assert sweep.counts("-j", "2", "--audit") == {"ran": 6}
    said = sweep.pipekit("run", "sweep", "-j", "2", "--json")
    assert said.code == 0, said.err
    counts = {name: count for name, count in said.json["counts"].items() if count}
    # table is shared; features is never stored, so what must train makes it again; one cell has the default options
    assert sum(counts.values()) == 2 + 36 + 36 + 2 and counts["ran"] >= 70, counts
    assert len(list((sweep.folder / "results").glob("score-*.json"))) == 36
    rows = pandas.read_csv(sweep.folder / "results/comparison.csv")
    assert len(rows) == 36 and list(rows.columns) == ["train.lr", "train.depth", "train.seed", "loss"]
    table = sweep.pipekit("table", "sweep", "--json").json
    assert len({tuple(row.values()) for row in table if "score" in row}) == 36
    assert sweep.counts("sweep") == {"cached": 76}


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_type_checkers_are_content(users: Path, checker: str) -> None:
    files = ["sweep/tasks.py", "sweep/test_tasks.py", "textlab/tasks.py", "textlab/notebook.py", "textlab/tests"]
    env = Place(users).environment({"MYPYPATH": str(users / "textlab")})
    if checker == "mypy":
        words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(users / ".mypy_cache"), *files]
    else:
        config = {"include": files, "typeCheckingMode": "strict", "extraPaths": ["textlab"], "pythonVersion": "3.11"}
        (users / "pyrightconfig.json").write_text(json.dumps(config))
        words = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    done = subprocess.run(words, cwd=users, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
