"""How a file or folder stands inside a value that is encoded: by what it is, never by a path of this machine."""

from __future__ import annotations

from dataclasses import dataclass

from pipekit.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Stored:
    """A file or folder whose content is an object of the store: `name` is its last path part, `folder` says which."""

    name: str
    content: Digest
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A file or folder that stays where it is: `path` as given, and its content's digest; None means absent."""

    path: str
    content: Digest | None
    folder: bool = False
