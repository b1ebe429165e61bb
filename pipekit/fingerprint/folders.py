"""What stands in a folder and in the folders below it, and the listing whose digest is a folder's identity: names sorted,
the executable bit, links by where they point. It must never read a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Mapping

from msgspec import Struct, field

from pipekit import canon
from pipekit.fingerprint.reading import refuse_special
from pipekit.values import Digest

_FILE, _PROGRAM, _FOLDER, _LINK = "file", "program", "folder", "link"


class Folder(Struct):
    """One folder as it was listed: how it looked before, and of each entry the name, the kind and its path (of a link, where
    it points)."""

    path: str
    found: os.stat_result
    entries: list[tuple[str, str, str]] = field(default_factory=list)


def walk(root: str, look: Callable[[str], os.stat_result]) -> tuple[list[Folder], list[str]]:
    """The folder `root` and every folder below it, a folder before those in it, and the paths of the files in them.

    `look` is asked with links not followed. Raises OSError, and FingerprintError where something is neither file, folder
    nor link.
    """
    folders: list[Folder] = []
    files: list[str] = []
    waiting = [root]
    while waiting:
        path = waiting.pop()
        folder = Folder(path, look(os.path.join(path, "")))
        folders.append(folder)
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=_name):
                kind, what = _entry(entry, look)
                folder.entries.append((entry.name, kind, what))
                if kind != _LINK:
                    (waiting if kind == _FOLDER else files).append(what)
    return folders, files


def digest(folders: list[Folder], files: Mapping[str, Digest], programs: Container[str]) -> Digest | None:
    """The digest of the first of `folders`, as `walk` gave them, with the digests of the files in them; None where one has
    none. `programs` are the files that may be executed."""
    known: dict[str, Digest] = {}
    try:
        for folder in reversed(folders):
            listing: list[tuple[str, str, bytes | str]] = []
            for name, kind, what in folder.entries:
                if kind == _FILE:
                    listing.append((name, _PROGRAM if what in programs else kind, files[what]))
                else:
                    listing.append((name, kind, what if kind == _LINK else known[what]))
            known[folder.path] = canon.digest(canon.plain.encode(listing, _none))
    except KeyError:
        return None
    return known[folders[0].path]


def _entry(entry: os.DirEntry[str], look: Callable[[str], os.stat_result]) -> tuple[str, str]:
    if entry.is_file(follow_symlinks=False):
        return _FILE, entry.path
    if entry.is_symlink():
        return _LINK, os.readlink(entry.path)
    if entry.is_dir(follow_symlinks=False):
        return _FOLDER, entry.path
    refuse_special(entry.path, look(entry.path).st_mode)
    return _FILE, entry.path


def _name(entry: os.DirEntry[str]) -> bytes:
    return os.fsencode(entry.name)


def _none(value: object) -> None:
    return None
