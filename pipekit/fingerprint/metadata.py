"""What one installed distribution says of itself: the folder `NAME-VERSION.dist-info`, or `.egg-info`, read when asked. It
must never know the path that it was found on."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import Final

ENDINGS: Final = (".dist-info", ".egg-info")

_TOPS: Final = re.compile(rb"\n([^/,\n]+)([/,]).*(?:\n\1/.*)*")
_MODULE: Final = r"(?:/__init__)?\.(?:py|pyc|so|pyd|[\w-]+\.(?:so|pyd)),"
_COMMIT: Final = re.compile(rb'"commit_id"\s*:\s*"([^"]*)"')
_EDITABLE: Final = re.compile(rb'"editable"\s*:\s*true')
_URL: Final = re.compile(rb'"url"\s*:\s*"file://(?:localhost)?([^"]*)"')
_VERSION: Final = re.compile(rb"^Version:[ \t]*(\S+)", re.M)


def metadata(names: list[str]) -> list[str]:
    """Of the names in a folder, those that belong to the metadata of a distribution."""
    return [name for name in names if name.endswith(ENDINGS)]


def normal(name: str) -> str:
    """The name of a distribution as it is compared: `Ruamel_Yaml` and `ruamel.yaml` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Distribution:
    """The distribution whose metadata is `entry` (a file or folder) in `site`."""

    def __init__(self, site: str, entry: str) -> None:
        self._folder = os.path.join(site, entry)
        stem = entry.rpartition(".")[0]
        name, _, version = stem.partition("-")
        self._egg = entry.endswith(ENDINGS[1])
        self._version = version.partition("-py")[0] if self._egg else version
        self.name = normal(name)
        """As it is compared."""

    def __str__(self) -> str:
        commit = _COMMIT.search(self._origin)
        known = self._version or _first(_VERSION, self._read("PKG-INFO") or self._read("METADATA") or self._read(""))
        return f"{self.name} {known or '?'}" + (f" @{commit[1].decode()}" if commit else "")

    @property
    def editable(self) -> str | None:
        """The folder that it was installed from, if it was so that its source is used in place."""
        if not _EDITABLE.search(self._origin):
            return None
        url = _first(_URL, self._origin)
        plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), os.fsencode(url))
        path = os.fsdecode(plain)
        return path.lstrip("/") if os.name == "nt" else path or None

    @cached_property
    def tops(self) -> frozenset[str]:
        """The names that it puts beside its metadata: modules, packages, and folders that are parts of a namespace."""
        if not self._files:
            return frozenset(os.fsdecode(self._read("top_level.txt")).split())
        found = _TOPS.findall(self._files)
        return frozenset(os.fsdecode(name if end == b"/" else name.partition(b".")[0]) for name, end in found)

    def holds(self, module: str) -> bool:
        """Is the dotted `module` one of its modules, or a package with an `__init__`? Where it does not list its files, is it
        a name at its top, or that of the distribution?"""
        if self._files:
            pattern = r"\n" + re.escape(module.replace(".", "/")) + _MODULE
            return re.search(os.fsencode(pattern), self._files) is not None
        return module in self.tops or (not self.tops and normal(module) == self.name)

    @cached_property
    def _files(self) -> bytes:
        """Its list of files, a line break before each; empty if it has none."""
        listed = self._read("RECORD")
        return b"\n" + listed if listed else b""

    @cached_property
    def _origin(self) -> bytes:
        return b"" if self._egg else self._read("direct_url.json")

    def _read(self, name: str) -> bytes:
        try:
            with open(os.path.join(self._folder, name) if name else self._folder, "rb", buffering=0) as file:
                return file.read()
        except OSError:
            return b""


def _first(pattern: re.Pattern[bytes], text: bytes) -> str:
    found = pattern.search(text)
    return os.fsdecode(found[1]) if found else ""
