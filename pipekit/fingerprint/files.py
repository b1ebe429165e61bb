"""The content identity of files and folders, through a stat cache that never trusts what was touched within the clock's
granularity of the look. It must never know where the cache is kept, nor what a file is for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from stat import S_ISDIR, S_ISREG, S_IXUSR
from typing import Final, Protocol

from msgspec import Struct, field

from pipekit.errors import FingerprintError
from pipekit.fingerprint import folders, reading
from pipekit.fingerprint.folders import Folder
from pipekit.fingerprint.looks import Kept, Look, Seen, Survey, look_of
from pipekit.fingerprint.reading import Content
from pipekit.fingerprint.ticks import is_settled
from pipekit.values import Digest

__all__ = ["Files", "Kept", "Look", "Seen", "Survey"]

_TRIES: Final = 5
_GONE: Final = (FileNotFoundError, NotADirectoryError)


class Stat(Protocol):
    """What `os.stat` does, of paths and of descriptors."""

    def __call__(self, path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result: ...


class _Round(Struct):
    """One look at some paths: `gone` where nothing stands, `known` the entries that still hold, `unknown` the files to read.

    It is `settled` while everything in it would show its next change. `programs` are the files that may be executed.
    """

    began: int
    gone: list[str] = field(default_factory=list)
    known: dict[str, Kept] = field(default_factory=dict)
    unknown: dict[str, os.stat_result] = field(default_factory=dict)
    programs: set[str] = field(default_factory=set)
    folders: dict[str, list[Folder]] = field(default_factory=dict)
    digests: dict[str, Digest] = field(default_factory=dict)
    settled: bool = True


class Files:
    """Content identities of files and folders, the same that a stored copy has.

    `lookup` gives the kept entries of some paths (as `Store.stats`), `now` nanoseconds since 1970; `is_network` whether a
    path lies on another machine, whose clock may not be ours. Paths are looked up as they are given. One thread may use it.
    """

    def __init__(
        self,
        lookup: Callable[[Sequence[str]], Mapping[str, Kept]],
        now: Callable[[], int] = time.time_ns,
        *,
        is_network: Callable[[Path], bool] = lambda path: False,
        stat: Stat = os.stat,
        threads: int | None = None,
    ) -> None:
        self._lookup = lookup
        self._now = now
        self._is_network = is_network
        self._stat = stat
        self._threads = threads or min(8, os.cpu_count() or 1)
        self._learned: dict[str, Seen] = {}
        self._far: dict[int, bool] = {}

    def identity(self, path: Path) -> Digest | None:
        """The digest of the content of the file or folder at `path`, links followed; None when nothing is there.

        Raises FingerprintError when it cannot be read, and where it, or something in it, is neither file, folder nor link.
        """
        name = os.fspath(path)
        return self._settle([name])[0][name]

    def identities(self, paths: Sequence[Path]) -> dict[Path, Digest | None]:
        """The identity of each of `paths`, with one lookup for all. Raises as `identity` does."""
        found, _ = self._settle([os.fspath(path) for path in paths])
        return {path: found[os.fspath(path)] for path in paths}

    def survey(self, paths: Sequence[str]) -> Survey:
        """The identity of each of `paths`, and what these rest on. Raises as `identity` does."""
        identities, rounds = self._settle(paths)
        if not all(one.settled for one in rounds):
            return Survey(identities, None)
        looks: dict[str, Look | None] = {}
        for one in rounds:
            looks.update(dict.fromkeys(one.gone))
            looks.update({path: (k.size, k.mtime_ns, k.inode, k.ctime_ns) for path, k in one.known.items()})
            looks.update({path: look_of(found) for path, found in one.unknown.items()})
            looks.update({folder.path: look_of(folder.found) for below in one.folders.values() for folder in below})
        return Survey(identities, looks)

    def learned(self) -> list[Seen]:
        """The entries worth keeping: all that was read, but for what was touched so lately that its next change might not
        show."""
        return list(self._learned.values())

    def _settle(self, paths: Sequence[str]) -> tuple[dict[str, Digest | None], list[_Round]]:
        """The identity of each path, and the looks it took: what moves meanwhile is looked at again."""
        identities: dict[str, Digest | None] = {}
        rounds: list[_Round] = []
        waiting = list(dict.fromkeys(paths))
        for left in reversed(range(_TRIES)):
            one = self._look(waiting)
            rounds.append(one)
            self._read(one)
            identities |= self._found(waiting, one, last=not left)
            waiting = [path for path in waiting if path not in identities]
            if not waiting:
                return identities, rounds
        raise FingerprintError(
            f"{waiting[0]} keeps changing while it is looked at",
            hint="wait until it is written, or write it beside and rename it",
        )

    def _look(self, paths: Sequence[str]) -> _Round:
        one = _Round(self._now())
        gone, others = self._compare(paths, self._stat, one)
        one.gone += gone
        below: list[str] = []
        for path, mode in others:
            if not S_ISDIR(mode):
                reading.refuse_special(path, mode)
            below += self._walk(path, one)
        if below:
            self._compare(below, self._unfollowed, one)
        return one

    def _compare(
        self, paths: Sequence[str], ask: Callable[[str], os.stat_result], one: _Round
    ) -> tuple[list[str], list[tuple[str, int]]]:
        """Sort the files among `paths` into those that are known and those that are not; give where nothing stands, and
        what is no file, with its mode."""
        gone: list[str] = []
        others: list[tuple[str, int]] = []
        known, unknown, digests, programs = one.known, one.unknown, one.digests, one.programs
        kept = self._entries(paths)
        for path in paths:
            try:
                found = ask(path)
            except (*_GONE, ValueError):  # a ValueError: no file can have such a name
                gone.append(path)
                continue
            except OSError as error:
                raise _refused(path, error) from error
            was = kept.get(path)
            if (
                was is not None
                and was.ctime_ns == found.st_ctime_ns
                and was.mtime_ns == found.st_mtime_ns
                and was.size == found.st_size
                and was.inode == found.st_ino
            ):
                known[path] = was
                digests[path] = was.digest
            elif S_ISREG(found.st_mode):
                unknown[path] = found
            else:
                others.append((path, found.st_mode))
            if found.st_mode & S_IXUSR:
                programs.add(path)
        return gone, others

    def _entries(self, paths: Sequence[str]) -> Mapping[str, Kept]:
        learned = self._learned
        if not learned:
            return self._lookup(paths)
        kept = self._lookup([path for path in paths if path not in learned])
        return {**kept, **{path: learned[path] for path in paths if path in learned}}

    def _unfollowed(self, path: str) -> os.stat_result:
        return self._stat(path, follow_symlinks=False)

    def _walk(self, path: str, one: _Round) -> list[str]:
        try:
            one.folders[path], files = folders.walk(path, self._unfollowed)
        except _GONE:
            return []  # something moved: the next look finds out where to
        except OSError as error:
            raise _refused(path, error) from error
        return files

    def _read(self, one: _Round) -> None:
        """Read what is not known; what moved meanwhile has no digest then."""
        sizes = [(path, found.st_size) for path, found in one.unknown.items()]
        reader = partial(reading.read, look=self._stat, now=self._now)
        for path, content in reading.read_all(sizes, reader, self._threads):
            if isinstance(content, FingerprintError):
                raise content
            if isinstance(content, OSError) and not isinstance(content, _GONE):
                raise _refused(path, content) from content
            if isinstance(content, OSError) or _is_other(content.found, one.unknown[path]):
                one.settled = False
            else:
                self._learn(path, content, one)

    def _learn(self, path: str, content: Content, one: _Round) -> None:
        one.unknown[path], one.digests[path] = content.found, content.digest
        if content.whole and self._is_settled(path, content.found, content.began):
            self._learned[path] = Seen(path, *look_of(content.found), content.digest)
        else:
            self._learned.pop(path, None)
            one.settled = False

    def _found(self, asked: Iterable[str], one: _Round, *, last: bool) -> dict[str, Digest | None]:
        """The identities of what was asked for; what moved has none, but a folder if this is the `last` look."""
        digests = one.digests
        found: dict[str, Digest | None] = {path: digests[path] for path in asked if path in digests}
        found |= dict.fromkeys(one.gone)
        for path, below in one.folders.items():
            stands = self._stands(below)
            one.settled = one.settled and stands and all(self._is_settled(f.path, f.found, one.began) for f in below)
            identity = folders.digest(below, digests, one.programs)
            if identity is not None and (stands or last):
                found[path] = identity
        return found

    def _stands(self, below: Iterable[Folder]) -> bool:
        try:
            return all(reading.same(folder.found, self._stat(folder.path)) for folder in below)
        except OSError:
            return False

    def _is_settled(self, path: str, found: os.stat_result, moment: int) -> bool:
        if not is_settled(found, moment):
            return False
        return is_settled(found, moment, far=True) or not self._lies_far(path, found.st_dev)

    def _lies_far(self, path: str, device: int) -> bool:
        if device not in self._far:
            self._far[device] = self._is_network(Path(path))
        return self._far[device]


def _is_other(one: os.stat_result, other: os.stat_result) -> bool:
    """Is it another file than it was, or one of another kind or mode?"""
    return one.st_ino != other.st_ino or one.st_mode != other.st_mode


def _refused(path: str, error: OSError) -> FingerprintError:
    shown = error.filename if isinstance(error.filename, str) else path
    reason = error.strerror or type(error).__name__
    return FingerprintError(f"{shown} cannot be read: {reason}", hint="see that it exists and may be read")
