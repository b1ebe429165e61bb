"""How the key of a step comes about, and its preimage. It must never read the store or look at the world by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipekit import canon
from pipekit.definition.places import replace_files
from pipekit.definition.tasks import Task
from pipekit.invocation.steps import Step
from pipekit.values import Digest, Ok, Reference, Secret, call_user

SCHEMA = b"pipekit key 1"
ITEM = b"item"
CELLS = b"cells"
FAILED = b"failed"


@dataclass(frozen=True, slots=True)
class World:
    """What keys need to know of the world: the identity of code and of files (as it is when asked; of many at once where
    there is a quicker way), the environment, the variables."""

    code: Callable[[Task[..., Any]], bytes]
    identity: Callable[[Path], Digest | None]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    identities: Callable[[Sequence[Path]], Mapping[Path, Digest | None]] | None = None

    def at(self, path: Path) -> Path:
        """Where a path that an option holds lies."""
        return path if path.is_absolute() or self.folder is None else self.folder / path

    def looked_at(self, paths: Sequence[Path]) -> World:
        """The same world, with the identities of these paths looked at once and for all."""
        if not paths or self.identities is None:
            return self
        known = self.identities(paths)
        return replace(self, identity=lambda path: known[path] if path in known else self.identity(path))


@dataclass(frozen=True, slots=True)
class Static:
    """The part of a key that is known before anything runs. `files`: the reference options, path -> content."""

    digest: Digest
    facts: Facts
    files: Mapping[str, Digest | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """The static part's preimage in readable form, for reasons and for people."""

    task: str
    version: str
    code: str
    options: Mapping[str, tuple[str, str]]
    files: Mapping[str, str]
    environment: Mapping[str, str]

    def pack(self) -> bytes:
        fields = (self.task, self.version, self.code, dict(self.options), dict(self.files), dict(self.environment))
        return json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Facts:
        task, version, code, options, files, environment = json.loads(packed)
        return cls(task, version, code, {k: tuple(v) for k, v in options.items()}, files, environment)


def static(task: Task[..., Any], step: Step, world: World) -> Static:
    """The static part of the step's key. Raises FingerprintError for an option value without identity."""
    files: dict[str, Digest | None] = {}
    options: dict[str, bytes] = {}
    shown: dict[str, tuple[str, str]] = {}
    for name, value in step.options.items():
        option = task.options[name]
        if option.type.is_secret:
            continue
        if option.type.holds_files:
            value = replace_files(option.type, value, lambda p, f: _reference(p, f, world, files))
        options[name] = canon.encode(value)
        shown[name] = (_text(value), canon.digest(options[name]).hex()[:16])
    environment = dict(world.environment)
    environment.update({name: world.variables.get(name, "") for name in task.config.environ})
    code = world.code(task)
    parts = [SCHEMA, task.name.encode(), task.config.version.encode(), code]
    parts += [canon.digest_parts(*(part for name in sorted(options) for part in (name.encode(), options[name])))]
    parts += [canon.digest_parts(*(part.encode() for pair in sorted(environment.items()) for part in pair))]
    readable = {path: content.hex() if content else "absent" for path, content in files.items()}
    facts = Facts(task.name, task.config.version, code.hex(), shown, readable, environment)
    return Static(canon.digest_parts(*parts), facts, files)


def paths(task: Task[..., Any], step: Step, world: World) -> list[Path]:
    """Where the files and folders lie that the step's options name."""
    found: list[Path] = []

    def visit(path: Path, folder: bool) -> Path:
        found.append(world.at(path))
        return path

    for name, value in step.options.items():
        if task.options[name].type.holds_files:
            replace_files(task.options[name].type, value, visit)
    return found


def _reference(path: Path, folder: bool, world: World, files: dict[str, Digest | None]) -> Reference:
    absolute = world.at(path)
    named = str(path)
    if world.folder is not None and absolute.is_relative_to(world.folder):
        named = str(absolute.relative_to(world.folder))
    if named not in files:
        files[named] = world.identity(absolute)
    return Reference(named, files[named], folder)


def _text(value: object) -> str:
    if isinstance(value, Reference):
        return value.path
    shown = call_user(repr, "***" if isinstance(value, Secret) else value)
    text = shown.value if isinstance(shown, Ok) else f"<{type(value).__name__}>"
    return text if len(text) <= 120 else text[:117] + "..."


def key(static_digest: Digest, deps: Sequence[bytes]) -> Digest:
    """The key of a step, from its static part and what its deps contribute, in order."""
    return canon.digest_parts(static_digest, *deps)


def item_prefix(static_digest: Digest, sides: Sequence[bytes]) -> Digest:
    """What all item keys of an each have in common."""
    return canon.digest_parts(static_digest, ITEM, *sides)


def item_key(prefix: Digest, item: Digest) -> Digest:
    """The key of one item: it holds the item's digest and not its position."""
    return canon.digest(prefix + item)


def cells(rows: Sequence[tuple[Mapping[str, Any], Digest]]) -> bytes:
    """What a `.cells` dep contributes: each cell's options and product."""
    return canon.digest_parts(
        CELLS, *(part for options, product in rows for part in (canon.encode(dict(options)), product))
    )


def failed(rows: Sequence[tuple[Digest, str]]) -> bytes:
    """What a `.failed` dep contributes: each failed item and its error."""
    return canon.digest_parts(FAILED, *(part for item, error in rows for part in (item, error.encode())))


def seed(task: str, options: Mapping[str, Any]) -> bytes:
    """What the random generators are seeded from before a call: the task's name and its options, secrets apart."""
    told = [(name, options[name]) for name in sorted(options) if not isinstance(options[name], Secret)]
    return canon.digest(task.encode() + b"\0" + canon.encode(told) if told else task.encode())[:16]
