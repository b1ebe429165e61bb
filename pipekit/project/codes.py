"""The identity of a project's code, from the modules that are imported in this process. It must never know a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

from msgspec import Struct, field

from pipekit import canon
from pipekit.canon.shape import class_name
from pipekit.definition.tasks import Task
from pipekit.definition.types import Type
from pipekit.errors import FingerprintError
from pipekit.execution.plan import Problems
from pipekit.execution.world import Codes
from pipekit.fingerprint.code.bodies import body_key
from pipekit.fingerprint.code.codebase import Codebase
from pipekit.fingerprint.code.symbols import Code, Symbol
from pipekit.fingerprint.distributions import distribution, is_editable
from pipekit.project.bytecode import Imported
from pipekit.project.load import is_project
from pipekit.store.store import Store
from pipekit.values import Digest


class _Nothing:
    """What no code reaches."""

    def symbols(self) -> tuple[Symbol, ...]:
        return ()

    def chain(self, name: str) -> tuple[str, ...]:
        return ()

    def outside(self) -> frozenset[str]:
        return frozenset()


_NO_CODE = Code(canon.digest(b"no code"), _Nothing)
_OURS = str(Path(__file__).resolve().parents[1]) + os.sep


class ProjectCodes(Struct):
    """What `codebase` says of the code of tasks, types and values; each is asked for once. `files` are those that it read."""

    codebase: Codebase
    files: dict[str, bytes] = field(default_factory=dict)
    _tasks: dict[int, tuple[Task[..., Any], Code]] = field(default_factory=dict)
    _classes: dict[str, Code] = field(default_factory=dict)
    _types: dict[int, tuple[Type[Any], Digest]] = field(default_factory=dict)

    def of(self, task: Task[..., Any]) -> Code:
        known = self._tasks.get(id(task))
        if known is None:
            known = self._tasks[id(task)] = task, self._of(task)
        return known[1]

    def _of(self, task: Task[..., Any]) -> Code:
        fn = task.fn
        if fn is None:  # pinned: its product was given by hand
            return _NO_CODE
        if type(fn) is FunctionType and fn.__kwdefaults__:
            fn = _without_defaults(fn, task.options)
        return self.codebase.of(fn, includes=task.config.code_includes, opaque=task.config.opaque)

    def of_class(self, task: Task[..., Any], name: str) -> Code:
        opaque = task.config.opaque
        known = self._classes.get(name) if not opaque else None
        if known is None:
            known = self.codebase.of_class(name, opaque=opaque)
            if not opaque:
                self._classes[name] = known
        return known

    def identity(self, task: Task[..., Any], thing: Any) -> bytes:
        return self.codebase.class_identity(thing, opaque=task.config.opaque)

    def of_thing(self, thing: Any) -> Code:
        return self.codebase.of(thing)

    def owns(self, file: str, module: str) -> bool:
        return self.codebase.owns(file, module)

    def predicates(self, type_: Type[Any]) -> Digest:
        known = self._types.get(id(type_))
        if known is None:
            parts = [part for one in type_.parts for part in self._of_type(one)]
            known = self._types[id(type_)] = type_, canon.digest_parts(*parts)
        return known[1]

    def _of_type(self, one: Type[Any]) -> tuple[bytes, ...]:
        cls = class_name(one.cls) if one.cls is not None else ""
        try:
            code = self.codebase.of(one.predicate).digest if one.predicate is not None else b""
        except FingerprintError:
            code = b"?"  # what it reads cannot be followed, so that a change of it is not seen
        choices = canon.encode(one.choices, class_identity=lambda thing: b"") if one.choices else b""
        return f"{one.kind} {one.name} {cls} {len(one.args)} {' '.join(one.fields)}".encode(), code, choices


def _without_defaults(fn: FunctionType, options: Mapping[str, Any]) -> FunctionType:
    """The function as its task calls it: every option is given, so that a default for one counts by its value alone, in the
    key."""
    bare = FunctionType(fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
    bare.__dict__.update(fn.__dict__)
    bare.__module__, bare.__qualname__, bare.__doc__ = fn.__module__, fn.__qualname__, fn.__doc__
    bare.__annotations__ = fn.__annotations__
    bare.__kwdefaults__ = {name: value for name, value in (fn.__kwdefaults__ or {}).items() if name not in options}
    return bare


def check(tasks: Iterable[Task[..., Any]], found: ProjectCodes) -> None:
    """Raises FingerprintError with every task whose code has no identity."""
    problems = Problems()
    for task in tasks:
        try:
            found.of(task)
        except FingerprintError as error:
            problems.add(task, error)
    problems.tell()


def files(found: Codes) -> Mapping[str, bytes]:
    """The source files that were read to find these codes."""
    return found.files if isinstance(found, ProjectCodes) else {}


class Bodies:
    """What was read out of source files, kept in the store's notes; what is new is kept at `flush`."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._new: dict[Digest, bytes] = {}
        self._fetched: dict[Digest, bytes | None] = {}

    def look(self, contents: Iterable[bytes]) -> None:
        """Fetch what is known of files with these contents, all at once: a query for each takes longer than what it finds."""
        keys = [body_key(canon.digest(one)) for one in contents]
        self._fetched = dict.fromkeys(keys) | self._store().notes(keys)

    def get(self, content: Digest) -> bytes | None:
        if content in self._new:
            return self._new[content]
        return self._fetched[content] if content in self._fetched else self._store().notes([content]).get(content)

    def put(self, content: Digest, body: bytes) -> None:
        self._new[content] = body

    def flush(self) -> None:
        """Keep what is new."""
        new, self._new, self._fetched = self._new, {}, {}
        if new:
            self._store().put_notes(new)


def project_codes(folder: Path, bodies: Bodies | None = None) -> ProjectCodes:
    """The codes of the project in `folder`, which are what they are now."""
    return _codes(f"{folder}{os.sep}", bodies)


def free_codes() -> ProjectCodes:
    """The codes of functions that belong to no project: all code counts that is not installed."""
    return _codes("", None)


def _codes(root: str, bodies: Bodies | None) -> ProjectCodes:
    """What runs counts, whatever has happened to its files since it was imported."""
    imported, files = Imported(), dict[str, bytes]()

    def read(path: str) -> bytes:
        files[path] = found = imported.read(path)
        return found

    if bodies is not None:
        bodies.look(imported.contents())
    belongs = partial(_belongs, root)
    codebase = Codebase(belongs, distribution=distribution, read=read, bodies=bodies, compiled=imported.compiled)
    return ProjectCodes(codebase, files)


def _belongs(root: str, file: str) -> bool:
    if file.startswith(_OURS):
        return False
    return bool(root and is_project(file, root)) or is_editable(file)
