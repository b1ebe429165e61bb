"""The folder of a store: its parts, and the file that says which pipekit made it. It must never look into a part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pipekit.errors import FormatError, StoreError
from pipekit.store.faults import telling
from pipekit.values.origin import Origin

FORMAT: Final = "pipekit 1 blake3"
_PARTS: Final = ("objects", "tmp", "quarantine", "leases", "runs")
_LONGEST: Final = 200  # bytes of a format file that are looked at


def settle(root: Path) -> None:
    """Make the folder a store if it is none yet, or see that it is one that we know.

    FormatError when a newer pipekit made it; StoreError when `format` says anything else, or the folder cannot be used.
    """
    with telling("make", root):
        root.mkdir(parents=True, exist_ok=True)
    said = _said(root / "format")
    if said is None and _has_objects(root):
        # Another process may have made the store between the two looks; the format is written before any object.
        said = _said(root / "format")
        if said is None:
            raise _unnamed(root)
    if said is None:
        _write(root / "format")
    elif said != FORMAT:
        raise _unknown(root / "format", said)
    for part in _PARTS:
        with telling("make", root / part):
            (root / part).mkdir(exist_ok=True)


def _said(path: Path) -> str | None:
    try:
        with telling("read", path), open(path, "rb") as file:
            return file.read(_LONGEST).decode("utf-8", "replace").rstrip("\r\n")
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def _has_objects(root: Path) -> bool:
    objects = root / "objects"
    with telling("read", objects):
        return objects.is_dir() and bool(os.listdir(objects))


def _write(path: Path) -> None:
    new = path.with_name(f"format.{os.getpid()}-{os.urandom(4).hex()}")
    with telling("write", path):
        try:
            with open(new, "x", encoding="ascii") as file:
                file.write(FORMAT + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)


def _unnamed(root: Path) -> StoreError:
    """Objects without a format were made by nobody knows whom: nothing is written among them."""
    hint = f"if pipekit made it, write the line {FORMAT!r} into {root / 'format'}; otherwise move the folder away"
    return StoreError(f"{root} holds objects and no `format`", where=Origin(str(root)), hint=hint)


def _unknown(path: Path, said: str) -> StoreError:
    words = said.split(" ")
    place = Origin(str(path), 1)
    if len(words) >= 2 and words[0] == "pipekit" and words[1].isdecimal() and int(words[1]) > 1:
        hint = f"install pipekit with store format {words[1]}, or use another folder"
        return FormatError(f"{path.parent} was made by a newer pipekit (it says {said!r})", where=place, hint=hint)
    hint = f"if pipekit made this folder, put the line {FORMAT!r} back; otherwise move the folder away"
    return StoreError(f"{path.parent} is no store of pipekit: `format` says {said[:60]!r}", where=place, hint=hint)
