"""What a type is: a named predicate with perhaps a parent, and the parts it is made of. It must never know how annotations are read, nor how a value is checked or converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, SupportsIndex, TypeVar

from msgspec import Struct

from pipekit.definition.recall import find, named
from pipekit.values import Origin

T = TypeVar("T")

Form = Literal[
    "any",  # no class at all
    "class",  # isinstance of `cls`
    "items",  # a collection of `args[0]`: list, set, tuple[T, ...], Sequence
    "tuple",  # exactly `args`
    "mapping",  # `args[0]` to `args[1]`
    "iterator",  # an Iterable or Iterator of `args[0]`; its items are never looked at
    "record",  # a dataclass or NamedTuple with `fields`
    "keys",  # a TypedDict with `fields`
    "union",  # one of `args`
    "literal",  # one of `choices`
    "declared",  # `parent`, then `predicate`
    "all",  # every one of `args`
]


class Missing:
    """No default: there is one instance, `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<required>"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Any = Missing()


class Field(Struct, frozen=True):
    """One field of a record: `required` without a default, `init` if the constructor takes it."""

    type: Type[Any]
    required: bool = True
    init: bool = True


def _no_fields() -> Mapping[str, Field]:
    return {}


@dataclass(frozen=True, eq=False, repr=False)
class Type(Generic[T]):
    """A type; call it to ask whether a value is one. Two are equal if they are the same object.

    `kind` says which of the other attributes count. `read_fields` gives a record's fields when they are first needed, because a
    class may name itself, or one that is written below it.
    """

    name: str
    kind: Form
    cls: type[Any] | None = None
    args: tuple[Type[Any], ...] = ()
    parent: Type[Any] | None = None
    predicate: Callable[[Any], object] | None = None
    doc: str = ""
    origin: Origin | None = None
    choices: tuple[Any, ...] = ()
    place: Literal["", "file", "folder"] = ""
    secret: bool = False
    read_fields: Callable[[], Mapping[str, Field]] = _no_fields

    def __call__(self, value: object) -> bool:
        """Whether `value` is one: the class, then the parents' predicates from the root down, then its own."""
        from pipekit.definition.check import check

        return check(self, value) is None

    def __repr__(self) -> str:
        return f"<type {self.name}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        # the predicate itself cannot be found by its name: that is what this type is called
        home, name = getattr(self.predicate, "__module__", ""), getattr(self.predicate, "__qualname__", "")
        if home and find(home, name) is self:
            return named, (home, name)
        return super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        # what reads the fields holds on to whole modules
        return {
            name: value
            for name, value in {**self.__dict__, "fields": self.fields}.items()
            if name not in ("read_fields", "parts")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """A record's fields by name; raises DefinitionError where an annotation among them names nothing."""
        return self.read_fields()

    @cached_property
    def parts(self) -> tuple[Type[Any], ...]:
        """Every type that this one is made of, itself included, each once."""
        return tuple(_reach(self))

    @cached_property
    def holds_files(self) -> bool:
        """Whether a File or Folder stands anywhere in it."""
        return any(part.place for part in self.parts)

    @cached_property
    def is_secret(self) -> bool:
        """Whether a Secret stands anywhere in it."""
        return any(part.secret for part in self.parts)

    @cached_property
    def holds_floats(self) -> bool:
        """Whether a float stands anywhere in it."""
        return any(part.cls is float for part in self.parts)

    @property
    def lineage(self) -> Iterator[Type[Any]]:
        """This type, its parent, and so on up to the root."""
        one: Type[Any] | None = self
        while one is not None:
            yield one
            one = one.parent


def _reach(start: Type[Any]) -> Iterator[Type[Any]]:
    seen = {id(start)}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        yield one
        below = [*one.args, *(field.type for field in one.fields.values())]
        for part in below if one.parent is None else [*below, one.parent]:
            if id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


PATH: Type[Path] = Type("Path", "class", Path)
FILE: Type[Path] = Type("File", "declared", Path, parent=PATH, place="file", doc="The path of a file.")
FOLDER: Type[Path] = Type("Folder", "declared", Path, parent=PATH, place="folder", doc="The path of a folder.")

File = Annotated[Path, FILE]
Folder = Annotated[Path, FOLDER]
