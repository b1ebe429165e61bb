"""Where damaged bytes are set aside, so that nothing is thrown away and nothing damaged is read twice. It must never judge what is damaged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from pipekit.errors import CorruptObject
from pipekit.store.faults import refused
from pipekit.values.digest import Digest
from pipekit.values.origin import Origin


class Quarantine:
    """The folder `quarantine/` of a store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def move(self, digest: Digest, path: Path) -> NoReturn:
        """Move the damaged file at `path` here; always raises CorruptObject, which names the digest."""
        there = self._free(digest)
        try:
            os.replace(path, there)
        except FileNotFoundError:
            pass  # another process was quicker
        except OSError as error:
            raise refused(error, "move a damaged object to", there) from error
        raise damaged(digest, there)

    def keep(self, digest: Digest, body: bytes) -> CorruptObject:
        """Write the damaged bytes here and give the CorruptObject to raise, which names the digest."""
        there = self._free(digest)
        try:
            there.write_bytes(body)
        except OSError as error:
            raise refused(error, "write a damaged object to", there) from error
        return damaged(digest, there)

    def _free(self, digest: Digest) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(error, "make", self.folder) from error
        return self.folder / f"{digest.hex()}-{os.urandom(4).hex()}"


def damaged(digest: Digest, place: Path) -> CorruptObject:
    """The error for an object whose bytes now lie at `place`."""
    return CorruptObject(
        f"object {digest.hex()} is damaged: its bytes do not have this digest",
        where=Origin(str(place)),
        hint="the damaged bytes were set aside there; run again, and what needs the object computes it anew",
    )
