"""Files and folders as objects: a file is a blob, a folder a listing of blobs and folders. It must never know which task
made one, nor where objects lie; `put` and `read` do."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipekit import canon
from pipekit.canon.digests import flat
from pipekit.errors import CorruptObject, StoreError
from pipekit.values import Digest, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

Put = Callable[["Buffer | Path"], Digest]
Read = Callable[[Digest], "Buffer"]

_CHUNK = 1 << 20
_FILE, _PROGRAM, _FOLDER, _LINK = "file", "program", "folder", "link"

Entry = tuple[str, str, "bytes | str"]
"""Name, kind, and what it is: the digest of a blob or of a folder's listing, or where a link points."""


def take(path: Path, put: Put) -> tuple[Stored, list[Digest]]:
    """Put the content of the file or folder `path` (links followed) and every object it needs.

    Returns what stands for it, and the digests of all of its objects, its own first. Raises StoreError when `path`, or
    something in it, cannot be read or is neither file, folder nor link.
    """
    with _refusals(path, "be taken into the store"):
        if not path.is_dir():
            content = put(_ordinary(path))
            return Stored(path.name, content), [content]
        objects: dict[Digest, None] = {}
        content = _put_folder(path, put, objects)
    objects.pop(content, None)
    return Stored(path.name, content, True), [content, *objects]


def identity(path: Path) -> Digest | None:
    """The digest that `take` would give as content, without keeping anything; None when nothing is there. Raises
    StoreError when it cannot be read."""
    with _refusals(path, "be read"):
        if path.is_dir():
            return _put_folder(path, _name_only, {})
        try:
            return _digest_file(_ordinary(path))
        except FileNotFoundError:
            return None


def hand(stored: Stored, read: Read, into: Path) -> Path:
    """Write a read-only copy of `stored`, under its own name, below the folder `into`, and return its path.

    Every byte is checked while it is copied. Raises CorruptObject when an object's bytes do not have its digest, and
    StoreError when the copy cannot be written.
    """
    _check_name(stored.name)
    target = into / stored.name
    with _refusals(target, "be written"):
        into.mkdir(parents=True, exist_ok=True)
        if stored.folder:
            _write_folder(target, stored.content, read)
        else:
            _write_file(target, stored.content, read, 0o444)
    return target


def listing(body: Buffer) -> list[Entry]:
    """The entries of a folder's listing, sorted by name. Raises ValueError when `body` is none."""
    found = canon.plain.decode(body, _refuse)
    if not isinstance(found, list) or not all(_is_entry(entry) for entry in found):
        raise ValueError("not the listing of a folder")
    return found


def reachable(content: Digest, read: Read) -> list[Digest]:
    """Every object of the folder whose listing is `content`, that listing first."""
    found = {content: None}
    waiting = [content]
    while waiting:
        for _, kind, what in listing(read(waiting.pop())):
            if kind == _LINK or what in found:
                continue
            found[Digest(bytes(what))] = None  # type: ignore[arg-type]
            waiting += [Digest(bytes(what))] if kind == _FOLDER else []  # type: ignore[arg-type]
    return list(found)


def _put_folder(folder: Path, put: Put, objects: dict[Digest, None]) -> Digest:
    entries: list[Entry] = []
    with os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: os.fsencode(entry.name)):
            kind, what = _entry(entry, put, objects)
            entries.append((entry.name, kind, what))
    made = put(canon.plain.encode(entries, _none))
    objects[made] = None
    return made


def _entry(entry: os.DirEntry[str], put: Put, objects: dict[Digest, None]) -> tuple[str, bytes | str]:
    if entry.is_symlink():
        return _LINK, os.readlink(entry.path)
    if entry.is_dir(follow_symlinks=False):
        return _FOLDER, _put_folder(Path(entry.path), put, objects)
    path = _ordinary(Path(entry.path))
    content = put(path)
    objects[content] = None
    return (_PROGRAM if entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR else _FILE), content


def _ordinary(path: Path) -> Path:
    if not stat.S_ISREG(path.stat().st_mode):
        raise StoreError(f"{path} is neither a file nor a folder", hint="copy what it yields into a file")
    return path


def _name_only(what: Buffer | Path) -> Digest:
    return _digest_file(what) if isinstance(what, Path) else canon.digest(what)


def _digest_file(path: Path) -> Digest:
    made = canon.hasher()
    with open(path, "rb", buffering=0) as file:
        piece = bytearray(_CHUNK)
        view = memoryview(piece)
        while size := file.readinto(piece):
            made.update(view[:size])
    return made.digest()


def _write_folder(target: Path, content: Digest, read: Read) -> None:
    body = flat(read(content))
    if canon.digest(body) != content:
        raise CorruptObject(f"the listing of the folder {target.name} does not have the digest it is named by")
    target.mkdir()
    for name, kind, what in listing(body):
        _check_name(name)
        if kind == _LINK:
            os.symlink(str(what), target / name)
        elif kind == _FOLDER:
            _write_folder(target / name, Digest(bytes(what)), read)  # type: ignore[arg-type]
        else:
            mode = 0o555 if kind == _PROGRAM else 0o444
            _write_file(target / name, Digest(bytes(what)), read, mode)  # type: ignore[arg-type]
    target.chmod(0o555)


def _write_file(target: Path, content: Digest, read: Read, mode: int) -> None:
    body = flat(read(content))
    made = canon.hasher()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
        for start in range(0, len(body), _CHUNK):
            piece = body[start : start + _CHUNK]
            made.update(piece)
            while piece:
                piece = piece[file.write(piece) :]
        os.fchmod(file.fileno(), mode)
    if made.digest() != content:
        target.unlink()
        raise CorruptObject(f"the content of {target.name} does not have the digest it is named by")


def _check_name(name: str) -> None:
    if name in ("", ".", "..") or "/" in name or "\0" in name or os.sep in name:
        raise StoreError(f"{name!r:.80} is no name for a file", hint="the object was not made by pipekit; remove it")


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, tuple) or len(entry) != 3 or not isinstance(entry[0], str):
        return False
    _, kind, what = entry
    return isinstance(what, str) if kind == _LINK else kind in (_FILE, _PROGRAM, _FOLDER) and isinstance(what, bytes)


@contextmanager
def _refusals(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        shown = error.filename if isinstance(error.filename, str) else path
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"{shown} cannot {what}: {reason}", hint="see that it exists and may be read and written"
        ) from error


def _none(value: Any) -> None:
    return None


def _refuse(payload: bytes) -> Any:
    raise ValueError("a listing holds no foreign payload")


def remove(folder: Path) -> None:
    """Delete what `hand` wrote below `folder`, read-only folders included."""
    for place, _, _ in os.walk(folder):
        os.chmod(place, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
