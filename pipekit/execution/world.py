"""What keys need to know of the world: the identity of code and files, the environment, the time. It must never look at any of
them by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.definition.tasks import Task
from pipekit.definition.types import Type
from pipekit.fingerprint.code.symbols import Code
from pipekit.values import Digest


class Codes(Protocol):
    """The identity of code as it is now. Every method raises FingerprintError for what has none."""

    def of(self, task: Task[..., Any]) -> Code:
        """Of a task's function and all that it reaches."""
        ...

    def of_class(self, task: Task[..., Any], name: str) -> Code:
        """Of the class `module:qualname`, as the code of a task that takes instances of it."""
        ...

    def identity(self, task: Task[..., Any], thing: Any) -> bytes:
        """Of a class or function that stands in the value of an option of the task."""
        ...

    def of_thing(self, thing: Any) -> Code:
        """The same, with all that it covers."""
        ...

    def owns(self, file: str, module: str) -> bool:
        """Whether code in this file, and in the module of this name, counts by what it says: the project's, and nobody else's."""
        ...

    def predicates(self, type_: Type[Any]) -> Digest | None:
        """Of the predicates that a value of the type must pass; None where there are none."""
        ...


class World(Struct, frozen=True):
    """What keys need to know of the world: the identity of code and of files (as it is when asked; of many at once where there is
    a quicker way), the environment, the variables; `now` in seconds since 1970, UTC."""

    codes: Codes
    identity: Callable[[Path], Digest | None]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    identities: Callable[[Sequence[Path]], Mapping[Path, Digest | None]] | None = None
    now: float = 0.0

    def at(self, path: Path) -> Path:
        """Where a path that an option holds lies."""
        return path if path.is_absolute() or self.folder is None else self.folder / path

    def looked_at(self, paths: Sequence[Path]) -> World:
        """The same world, with the identities of these paths looked at once and for all."""
        if not paths or self.identities is None:
            return self
        known = self.identities(paths)
        return replace(self, identity=lambda path: known[path] if path in known else self.identity(path))
