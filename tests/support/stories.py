"""A project in a folder and the command line over it, as whole processes: what people type, and the exact text they see."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_VARIES = (
    (re.compile(r"\brun [0-9a-f]{6}\b"), "run RUNID"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b"), "TIME"),
    (re.compile(r"\b\d+ workers?\b"), "WORKERS"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|kB|MB)\b"), "SIZE"),
)


@dataclass(frozen=True)
class Said:
    """What one command said; `out` and `err` as they are, `talk` is stderr without what varies from run to run."""

    code: int
    out: str
    err: str

    @property
    def talk(self) -> str:
        text = self.err
        for pattern, word in _VARIES:
            text = pattern.sub(word, text)
        return text

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Place:
    """A folder with files in it; `write` dedents, `pipekit` runs a command there."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def write(self, **files: str) -> Place:
        """Files by name; `__` stands for a slash and a last `_` for the dot: tasks_py, data__a_txt."""
        for name, text in files.items():
            stem, _, suffix = name.replace("__", "/").rpartition("_")
            path = self.folder / (f"{stem}.{suffix}" if stem else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"))
        return self

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def command(self, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name("pipekit")), *words]

    def environment(self, more: Mapping[str, str] = {}) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_", "PIPEKIT"))}
        return {**plain, "NO_COLOR": "1", "COLUMNS": "120", **self.env, **more}

    def pipekit(self, *words: str, env: Mapping[str, str] = {}, timeout: float = 60) -> Said:
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment(env),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def call(self, *words: str, env: Mapping[str, str] = {}) -> Said:
        """The same command in this process, for what ends before anything runs: 20 ms instead of 400."""
        from pipekit.faces.door import main

        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with _as_if_alone(self.folder, self.environment(env), out, err):
            code = main(words)
        return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def runs(self) -> list[Path]:
        """The logs of the runs that there were."""
        return sorted((self.folder / ".pipekit" / "runs").glob("*"))

    def counts(self, *words: str, env: Mapping[str, str] = {}) -> dict[str, int]:
        """The counts of `run --json` that are not zero; fails if the run did."""
        said = self.pipekit("run", "--json", *words, env=env)
        assert said.code == 0, said.err
        return {name: count for name, count in said.json["counts"].items() if count}


@contextmanager
def _as_if_alone(folder: Path, env: Mapping[str, str], out: io.TextIOBase, err: io.TextIOBase) -> Iterator[None]:
    """Within, this process has the folder, environment, streams and modules of a new one; afterwards its own again."""
    cwd, environ, streams = os.getcwd(), dict(os.environ), (sys.stdout, sys.stderr)
    path, finders, modules = [*sys.path], [*sys.meta_path], dict(sys.modules)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(cwd)
        sys.path[:], sys.meta_path[:] = path, finders
        for name, module in [*sys.modules.items()]:
            if name not in modules and str(getattr(module, "__file__", None)).startswith(str(folder)):
                del sys.modules[name]
        sys.modules.update(modules)
