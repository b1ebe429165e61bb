"""A project in a folder and the command line over it, as whole processes: what people type, and the exact text they see."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
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
        return [sys.executable, "-m", "pipekit", *words]

    def environment(self, more: Mapping[str, str] = {}) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_", "PIPEKIT"))}
        return {**plain, "NO_COLOR": "1", "COLUMNS": "120", **self.env, **more}

    def pipekit(self, *words: str, env: Mapping[str, str] = {}, timeout: float = 60) -> Said:
        done = subprocess.run(
            self.command(*words), cwd=self.folder, env=self.environment(env), capture_output=True, timeout=timeout, check=False
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def counts(self, *words: str, env: Mapping[str, str] = {}) -> dict[str, int]:
        """The counts of `run --json` that are not zero; fails if the run did."""
        said = self.pipekit("run", "--json", *words, env=env)
        assert said.code == 0, said.err
        return {name: count for name, count in said.json["counts"].items() if count}
