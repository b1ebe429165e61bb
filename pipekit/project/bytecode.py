"""The loader of a project's modules. It keeps the very bytes and the very code of each import, and compiles an unchanged file only
once: its .pyc holds a digest of all that it was made from. It must never trust a .pyc by time."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from types import CodeType
from typing import NamedTuple

from pipekit import canon

_CHECKED = MAGIC_NUMBER + (3).to_bytes(4, "little")
"""How a .pyc begins that Python uses only if the source has the hash that follows (PEP 552)."""

_FORM = f"pipekit bytecode 1 {sys.version}".encode()
_SEAL = 32


class Made(NamedTuple):
    """What one import read, and the code that it ran."""

    content: bytes
    code: CodeType


class FromSource(SourceFileLoader):
    """Runs what the source says now, or the bytes that are `given`: Python trusts a .pyc by a time that an edit within one second does
    not move."""

    made: Made | None = None

    def __init__(self, name: str, path: str, given: bytes | None = None) -> None:
        super().__init__(name, path)
        self._given = given

    def get_data(self, path: str) -> bytes:
        """The bytes of the module's file, or of one beside it."""
        return self._given if self._given is not None and path == self.path else super().get_data(path)

    def get_code(self, fullname: str) -> CodeType:
        """The code of the module's source, compiled if it has not been before."""
        path = self.get_filename(fullname)
        content = self.get_data(path)
        code = self._code(path, content)
        self.made = self.made or Made(content, code)
        return code

    def _code(self, path: str, content: bytes) -> CodeType:
        if sys.implementation.cache_tag is None:
            return self.source_to_code(content, path)
        place, head = cache_from_source(path), _CHECKED + source_hash(content)
        code = _kept(place, path, content, head)
        if code is None:
            code = self.source_to_code(content, path)
            if not sys.dont_write_bytecode:
                body = head + marshal.dumps(code)
                _keep(place, path, body + _seal(path, content, body))
        return code


def _seal(path: str, content: bytes, body: bytes) -> bytes:
    """What stands behind the code, where Python does not look: whoever wrote this compiled just these bytes of just this file."""
    return canon.digest_parts(_FORM, os.fsencode(path), content, body)


def _kept(place: str, path: str, content: bytes, head: bytes) -> CodeType | None:
    """The code in the .pyc at `place`, if it was made of `content` and is whole."""
    try:
        with open(place, "rb", buffering=0) as file:
            data = file.read()
    except OSError:
        return None
    body = data[:-_SEAL]
    if not body.startswith(head) or data[-_SEAL:] != _seal(path, content, body):
        return None
    code = marshal.loads(memoryview(body)[len(head) :])
    return code if isinstance(code, CodeType) else None


def _keep(place: str, path: str, data: bytes) -> None:
    """Put `data` at `place` at once and readable for those who may read the source; or leave it, where it cannot be written."""
    beside = f"{place}.{os.urandom(6).hex()}"
    try:
        mode = os.stat(path).st_mode & 0o666 | 0o200
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        os.replace(beside, place)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)


class Imported:
    """The source files that are imported in this process, as they were when they were: whatever happens to them afterwards, these
    bytes are what runs. Modules that are imported later are not among them."""

    def __init__(self) -> None:
        self._made: Mapping[str, Made] = dict(imported())

    def contents(self) -> Iterator[bytes]:
        """The bytes of each of them."""
        return (made.content for made in self._made.values())

    def read(self, path: str) -> bytes:
        """The bytes of the file at `path`, which was imported or else is read now. Raises OSError."""
        made = self._made.get(path)
        if made is not None:
            return made.content
        with open(path, "rb", buffering=0) as file:
            return file.read()

    def compiled(self, path: str, content: bytes) -> CodeType | None:
        """The code that the import made of just this `content`; None where it was not imported so."""
        made = self._made.get(path)
        return made.code if made is not None and made.content == content else None


def imported() -> Iterator[tuple[str, Made]]:
    """The source files that are imported in this process."""
    for module in list(sys.modules.values()):
        loader = getattr(module, "__dict__", {}).get("__loader__")
        if isinstance(loader, FromSource) and loader.made is not None:
            yield loader.path, loader.made
