"""How the key of a step comes about, and its preimage. It must never read the store or look at the world by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import msgspec
from msgspec import Struct, field

from pipekit import canon
from pipekit.canon.shape import class_name
from pipekit.definition.places import replace_files
from pipekit.definition.tasks import Task
from pipekit.execution.world import World
from pipekit.fingerprint.code.symbols import Code
from pipekit.invocation.steps import Step
from pipekit.values import Digest, Ok, Reference, Secret, call_user

SCHEMA = b"pipekit key 1"
ITEM = b"item"
EARLY = b"early"
CELLS = b"cells"
FAILED = b"failed"

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Static(Struct, frozen=True):
    """The part of a key that is known before anything runs. `files`: the reference options, path -> content. `code` and
    `classes` (the code of a class whose instances are in what is taken, by name) can tell what they cover; `predicates` are no part
    of the key: what a product must pass to be one."""

    digest: Digest
    facts: Facts
    files: Mapping[str, Digest | None]
    code: Code
    classes: Callable[[str], Code]
    predicates: Digest | None = None


class Facts(Struct, frozen=True, array_like=True):
    """The static part's preimage in readable form, for reasons and for people. `options`: text and digest of the value alone;
    `classes`: those of instances in them, with the identity of their code. `environment`: None for a variable that is not set.
    `files_taken`: "files" where files in the product are the store's to keep. `deps` are names: what they give is the key's other
    part."""

    task: str
    version: str
    code: str
    options: Mapping[str, tuple[str, str]]
    files: Mapping[str, str]
    environment: Mapping[str, str | None]
    files_taken: str = ""
    deps: tuple[str, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def code_digest(self) -> Digest:
        return Digest(bytes.fromhex(self.code))

    def pack(self) -> bytes:
        """As JSON."""
        try:
            return msgspec.json.encode(self)
        except UnicodeEncodeError:  # a variable's value may be no text
            return json.dumps(msgspec.to_builtins(self)).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Facts:
        """What `pack` gave. Raises ValueError for other bytes."""
        try:
            return _facts().decode(packed)
        except msgspec.DecodeError:
            return msgspec.convert(json.loads(packed), cls)


@cache
def _facts() -> msgspec.json.Decoder[Facts]:
    return msgspec.json.Decoder(Facts)


def static(task: Task[..., Any], step: Step, world: World) -> Static:
    """The static part of the step's key. Raises FingerprintError for an option value without identity."""
    files: dict[str, Digest | None] = {}
    options: dict[str, bytes] = {}
    shown: dict[str, tuple[str, str]] = {}
    within: dict[str, str] = {}

    def identity(thing: Any) -> bytes:
        found = world.codes.identity(task, thing)
        if found and isinstance(thing, type):
            within[class_name(thing)] = found.hex()
        return found

    def without_classes(thing: Any) -> bytes:
        return b"" if isinstance(thing, type) else world.codes.identity(task, thing)

    for name, value in step.options.items():
        option = task.options[name]
        if option.type.is_secret:
            continue
        if option.type.holds_files:
            value = replace_files(option.type, value, lambda p, f: _reference(p, f, world, files))
        options[name] = canon.encode(value, class_identity=identity)
        plain = canon.encode(value, class_identity=without_classes) if within else options[name]
        shown[name] = (_text(value), canon.digest(plain).hex()[:16])
    variables = {name: world.variables.get(name) for name in task.config.environ}
    code = world.codes.of(task)
    parts = [SCHEMA, task.name.encode(), task.config.version.encode(), code.digest]
    parts += [_named(options), _environment(tuple(world.environment.items()))]
    parts.append(_named({name: _set(value) for name, value in variables.items()}))
    taken = "files" if task.product.holds_files else ""
    parts.append(taken.encode())
    readable = {path: content.hex() if content else "absent" for path, content in files.items()}
    environment = {**variables, **world.environment}
    facts = Facts(
        task.name, task.config.version, code.digest.hex(), shown, readable, environment, taken, task.deps, within
    )
    classes = partial(world.codes.of_class, task)
    return Static(canon.digest_parts(*parts), facts, files, code, classes, world.codes.predicates(task.product))


def _named(values: Mapping[str, bytes]) -> Digest:
    if not values:
        return _NOTHING
    return canon.digest_parts(*(part for name in sorted(values) for part in (name.encode(), values[name])))


_NOTHING = canon.digest_parts()


@lru_cache(8)
def _environment(values: tuple[tuple[str, str], ...]) -> Digest:
    return _named({name: value.encode() for name, value in values})  # the same for all steps of a plan


def _set(value: str | None) -> bytes:
    """A variable's value, which may be no text; not to be set is another thing than to be empty."""
    return b"" if value is None else b"=" + value.encode("utf-8", "surrogateescape")


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
    if isinstance(value, type | FunctionType | BuiltinFunctionType):
        return f"{value.__module__}.{value.__qualname__}"
    shown = call_user(repr, "***" if isinstance(value, Secret) else value)
    text = _ADDRESS.sub("", shown.value) if isinstance(shown, Ok) else f"<{type(value).__name__}>"
    return text if len(text) <= 120 else text[:117] + "..."


def key(static_digest: Digest, deps: Sequence[bytes]) -> Digest:
    """The key of a step, from its static part and what its deps contribute, in order."""
    return canon.digest_parts(static_digest, *deps)


def early(static_digest: Digest, step: str) -> Digest:
    """What stands for the key of a step that has begun before its key was known."""
    return canon.digest_parts(static_digest, EARLY, step.encode())


def item_prefix(static_digest: Digest, sides: Sequence[bytes]) -> Digest:
    """What all item keys of an each have in common."""
    return canon.digest_parts(static_digest, ITEM, *sides)


def cells(rows: Sequence[tuple[Mapping[str, Any], Digest]], identity: Callable[[Any], bytes]) -> Digest:
    """What a `.cells` dep contributes: each cell's options and product."""
    told = [(canon.encode(dict(options), class_identity=identity), product) for options, product in rows]
    return canon.digest_parts(CELLS, *(part for row in told for part in row))


def failed(rows: Sequence[tuple[Digest, str]]) -> Digest:
    """What a `.failed` dep contributes: each failed item and its error."""
    return canon.digest_parts(FAILED, *(part for item, error in rows for part in (item, error.encode())))


def seed(task: str, options: Mapping[str, Any]) -> bytes:
    """What the random generators are seeded from before a call: the task's name and its options, secrets apart."""
    told = [(name, options[name]) for name in sorted(options) if not isinstance(options[name], Secret)]
    return canon.digest(task.encode() + b"\0" + canon.encode(told) if told else task.encode())[:16]
