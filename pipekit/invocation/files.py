"""The files and folders that options name: whether they are there, and whether they are the invocation's own outputs. It looks only
through what it is given, and must never touch a disk."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from pipekit.definition.places import replace_files
from pipekit.definition.types import Type
from pipekit.invocation.findings import Findings
from pipekit.invocation.invocation import Invocation
from pipekit.invocation.known import Key
from pipekit.invocation.words import clip_path
from pipekit.values import Origin

Look = Callable[[Path], Literal["file", "folder"] | None]
"""What stands at a path: a file, a folder, or nothing."""


class Named(Struct, frozen=True):
    """A file or folder that an option's value names."""

    key: Key
    path: Path
    folder: bool
    origin: Origin | None


class Files(Struct):
    """All that the options of one invocation name, each path looked up once."""

    findings: Findings
    look: Look | None
    folder: Path | None
    named: list[Named] = field(default_factory=list)
    seen: dict[Path, Literal["file", "folder"] | None] = field(default_factory=dict)

    def add(self, key: Key, type: Type[Any], value: Any, origin: Origin | None) -> None:
        """Note every file and folder in `value`; one that is missing is a problem."""
        for path, folder in leaves(type, value):
            named = Named(key, path, folder, origin)
            self.named.append(named)
            if self.look is not None:
                self._present(named, self.look)

    def below(self, path: str) -> str | None:
        """The file, if there is one, that stands where a folder of the output `path` should be."""
        if self.look is None or self.folder is None:
            return None
        plain = self._inside(Path(path))
        above = _up(posixpath.dirname(plain)) if plain is not None else ()
        return next((up for up in above if self.look(self.folder / up) == "file"), None)

    def refuse(self, outputs: Mapping[str, str]) -> None:
        """An option that names an output (path -> its task) of the same invocation is a problem."""
        written = {posixpath.normpath(path): task for path, task in outputs.items()}
        for named in self.named if written else ():
            here = self._inside(named.path)
            for path in _up(here):
                if path in written:
                    self._own(named, path, written[path])
                    break
            else:
                below = next((path for path in written if here is not None and _holds(here, path)), None)
                if named.folder and below is not None:
                    self._own(named, below, written[below])

    def _present(self, named: Named, look: Look) -> None:
        path = named.path if self.folder is None else self.folder / named.path
        if path not in self.seen:
            self.seen[path] = look(path)
        found, wanted = self.seen[path], "folder" if named.folder else "file"
        if found == wanted:
            return
        shown = repr(clip_path(str(named.path)))
        what = f"there is no {wanted} {shown}" if found is None else f"{shown} is a {found}, not a {wanted}"
        relative = "" if named.path.is_absolute() or self.folder is None else f"; relative paths start at {self.folder}"
        self.findings.say(f"{_option(named.key)}: {what}", named.origin, f"make it, or give another {wanted}{relative}")

    def _inside(self, path: Path) -> str | None:
        """The path relative to the project, normalised; None if it lies outside."""
        text = path.as_posix()
        if path.is_absolute():
            if self.folder is None or not path.is_relative_to(self.folder):
                return None
            text = path.relative_to(self.folder).as_posix()
        plain = posixpath.normpath(text)
        return None if plain.startswith("..") else plain

    def _own(self, named: Named, path: str, task: str) -> None:
        what = "names" if not named.folder or path == self._inside(named.path) else "holds"
        message = f"{_option(named.key)}: {clip_path(str(named.path))!r} {what} {clip_path(path)!r}, the output of '{task}' in the same invocation"
        self.findings.say(message, named.origin, f"make '{task}' a dep, or write its product elsewhere")


def check_files(invocation: Invocation[Any], look: Look, folder: Path | None) -> None:
    """Raise InvocationError if a file or folder that the values of `invocation` name is missing; `look` says what stands at a path.

    For invocations that were made where nobody could look; `invoke` with `look` has done it.
    """
    findings = Findings(folder)
    files = Files(findings, look, folder)
    swept = {(axis.task, axis.option): axis.values for axis in invocation.axes}
    for task, values in invocation.values.items():
        for option, value in values.items():
            declared = invocation.graph.tasks[task].options[option]
            if declared.type.holds_files:
                origin = invocation.origins.get((task, option), declared.origin)
                for one in swept.get((task, option), (value,)):
                    files.add((task, option), declared.type, one, origin)
    findings.stop(None)


def leaves(type: Type[Any], value: Any) -> Iterator[tuple[Path, bool]]:
    """Every file (False) and folder (True) in `value`."""
    found: list[tuple[Path, bool]] = []

    def visit(path: Path, folder: bool) -> Path:
        found.append((path, folder))
        return path

    replace_files(type, value, visit)
    return iter(found)


def _option(key: Key) -> str:
    return f"option '{key[1]}' of task '{key[0]}'"


def _up(path: str | None) -> Iterable[str]:
    while path:
        yield path
        path = posixpath.dirname(path)


def _holds(folder: str, path: str) -> bool:
    return folder == "." or path.startswith(folder + "/")
