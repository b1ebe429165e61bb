"""What is watched, and whether it really changed: an event is a hint, the content decides. It must never wait for events."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, field

from pipekit import canon

_ALWAYS = (".py", "pipeline.yaml")
_NEVER = (".pipekit", "__pycache__", ".git", ".venv", "node_modules")


class Watched(Struct):
    """The files and folders of one project that matter, and their content when it was last looked at."""

    folder: Path
    read: frozenset[str] = frozenset()
    _seen: dict[str, bytes] = field(default_factory=dict)

    def places(self) -> dict[str, bool]:
        """Folders to watch: path -> with everything below it. A file that is gone is watched by the nearest folder."""
        found: dict[str, bool] = {str(self.folder): False}
        for one in self.read:
            path = Path(one)
            if path.is_dir():
                found[str(path)] = True
                continue
            parent = path.parent
            while not parent.is_dir() and parent != parent.parent:
                parent = parent.parent
            found.setdefault(str(parent), False)
        return {place: deep for place, deep in found.items() if not _is_ours(place)}

    def matters(self, path: str) -> bool:
        """May an event at `path` be about something that the run reads?"""
        if _is_ours(path):
            return False
        if path in self.read or path.endswith(_ALWAYS):
            return True
        return any(path.startswith(one + os.sep) or one.startswith(path + os.sep) for one in self.read)

    def changed(self) -> list[str]:
        """What is not as it was at the last look; the look counts from now on."""
        now = {path: _content(path) for path in self._files()}
        found = [path for path in sorted({*now, *self._seen}) if now.get(path) != self._seen.get(path)]
        self._seen = now
        return found

    def _files(self) -> Iterable[str]:
        yield str(self.folder / "pipeline.yaml")
        seen: set[str] = set()
        for one in self.read:
            if os.path.isdir(one):
                for root, folders, names in os.walk(one):
                    folders[:] = [name for name in folders if name not in _NEVER]
                    seen.update(os.path.join(root, name) for name in names)
            else:
                seen.add(one)
        for place, deep in self.places().items():
            if not deep and place.startswith(str(self.folder)):
                seen.update(entry.path for entry in os.scandir(place) if entry.name.endswith(".py"))
        yield from seen


def _is_ours(path: str) -> bool:
    return any(part in _NEVER for part in path.split(os.sep))


def _content(path: str) -> bytes:
    """Stat, read, stat again: a file that moves while it is read is looked at once more."""
    for _ in range(5):
        try:
            before = os.stat(path)
            with open(path, "rb") as file:
                content = canon.digest(file.read()) if before.st_size < (1 << 26) else b"%d" % before.st_mtime_ns
            after = os.stat(path)
        except OSError:
            return b""
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            break
    return content
