"""A project of a few modules on disk, imported afresh after every edit."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pipekit.fingerprint.code.codebase import Code, Codebase
from pipekit.values import Digest


class Kept(dict[Digest, bytes]):
    """What a persistent cache of bodies does, in memory."""

    def put(self, content: Digest, body: bytes) -> None:
        self[content] = body


class Project:
    """Modules below one folder; each question is answered by modules that have just been imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = {"numpy": "numpy 2.1.0"}
        self.bodies = Kept()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n"))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def forget(self) -> None:
        root = str(self.folder)
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(root) or _lies_in(module, root):
                del sys.modules[name]
        importlib.invalidate_caches()

    def load(self, name: str) -> Any:
        self.forget()
        return self.find(name)

    def find(self, name: str) -> Any:
        module, _, rest = name.partition(":")
        found: Any = importlib.import_module(module)
        for part in rest.split(".") if rest else ():
            found = getattr(found, part)
        return found

    def codebase(self) -> Codebase:
        root = str(self.folder)
        return Codebase(
            lambda file: file.startswith(root),
            distribution=lambda top: self.versions.get(top, f"{top} 1.0"),
            read=lambda path: Path(path).read_bytes(),
            bodies=self.bodies,
        )

    def code(self, name: str = "tasks:load", *, includes: Sequence[object] = (), opaque: Sequence[object] = ()) -> Code:
        return self.codebase().of(self.load(name), includes=includes, opaque=opaque)

    def digest(self, name: str = "tasks:load", **more: Any) -> str:
        return self.code(name, **more).digest.hex()


def _lies_in(module: Any, root: str) -> bool:
    return any(str(place).startswith(root) for place in list(getattr(module, "__path__", None) or ()))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(folder))
    made = Project(folder)
    yield made
    made.forget()
