"""Where random programs live: each version is imported afresh, by the import system, from files whose text is kept in memory; its task
is identified, and run from scratch over the same numbers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import FileFinder, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from support.random_programs import MODULES, Program

from pipekit.fingerprint.code.codebase import Codebase

GIVEN = (0, 1, 2, 5)


class Seen(NamedTuple):
    """What is seen of one version: the identity of its task, what that gives, and the identity after that, if asked for and if no
    more modules were imported. A version that cannot be imported has none."""

    digest: str
    outcome: tuple[str, ...]
    after: str


class _Kept(dict[bytes, bytes]):
    put = dict.__setitem__


@dataclass
class World:
    """A folder in which versions follow each other; what was compiled or read of a file is remembered by its text."""

    folder: Path
    texts: dict[str, bytes] = field(default_factory=dict)
    codes: dict[tuple[str, bytes], CodeType] = field(default_factory=dict)
    bodies: _Kept = field(default_factory=_Kept)

    def visit(self, program: Program, again: bool = False) -> Seen:
        """Import, identify, run, and perhaps identify again."""
        root = str(self.folder / program.folder)
        for name, text in program.files().items():
            path = f"{root}/{name}"
            if path not in self.texts:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).touch()
            self.texts[path] = text.encode()
        with self._importing(root):
            try:
                tasks = importlib.import_module("tasks")
            except Exception:
                return Seen("", (), "")
            digest, imported = self._digest(root, program, tasks.load), _imported()
            outcome = tuple(_outcome(tasks.load, given) for given in GIVEN)
            again = again and imported == _imported()
            return Seen(digest, outcome, self._digest(root, program, tasks.load) if again else digest)

    def _digest(self, root: str, program: Program, load: Any) -> str:
        codebase = Codebase(
            lambda file: file.startswith(root),
            distribution=lambda top: f"{top} 1.0",
            read=self.texts.__getitem__,
            bodies=self.bodies,
            compiled=self.known if program.shuffle % 2 else None,
        )
        return codebase.of(load).digest.hex()

    def known(self, path: str, text: bytes) -> CodeType | None:
        return self.codes.get((path, text))

    def compiled(self, path: str, text: bytes) -> CodeType:
        found = self.codes.get((path, text))
        if found is None:
            found = self.codes[path, text] = compile(text, path, "exec", dont_inherit=True)
        return found

    @contextmanager
    def _importing(self, root: str) -> Iterator[None]:
        before = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
        sys.path.insert(0, root)
        sys.meta_path.insert(0, PathFinder)  # before pytest, which rewrites the asserts of some
        for place in (root, f"{root}/pkg"):
            finder = FileFinder(place, (lambda name, path: _Loader(name, path, self), [".py"]))  # type: ignore[arg-type]
            sys.path_importer_cache[place] = finder
        try:
            yield
        finally:
            for name in MODULES:
                sys.modules.pop(name, None)
            sys.modules.update(before)
            sys.path.remove(root)
            sys.meta_path.remove(PathFinder)


class _Loader(SourceFileLoader):
    """Loads a file's text from memory."""

    def __init__(self, name: str, path: str, world: World) -> None:
        super().__init__(name, path)
        self.world = world

    def get_code(self, fullname: str) -> CodeType:
        return self.world.compiled(self.path, self.world.texts[self.path])


def _imported() -> set[str]:
    return sys.modules.keys() & set(MODULES)


def _outcome(load: Any, given: int) -> str:
    try:
        return repr(load(given))
    except Exception as error:
        return type(error).__name__
