"""What the digest of code is made of: named entities, and what each of them consists of. It must never know how an entity is
found, nor how its digest comes about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipekit.canon.form import length
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.fingerprint.code.belonging import Belonging, Home
    from pipekit.fingerprint.code.bodies import Known
    from pipekit.fingerprint.code.names import Namespace
    from pipekit.fingerprint.code.sources import Sources

OPEN = 1
"""Code that reads docstrings or annotations: they count for all that it reaches, and the classes that annotations name."""

SOURCE = 2
"""Code that reads source text: files count for all that it reaches."""

FAMILY = 4
"""Code that asks classes for those that inherit from them."""

ORDER = 8
"""Code that goes through the names of classes: their order counts."""


EXTERN, NAMED = b"extern", b"name"
"""What something of another distribution, or of Python, consists of; the second where its version does not count."""

SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
"""The classes of plain values."""


class Node:
    """One entity, compared by identity: `expand(node, scope)` says what it consists of, and is asked once. An empty `kind` is no
    symbol of its own; the members of an `unordered` one have no order."""

    __slots__ = ("content", "expand", "kind", "name", "thing", "unordered")

    def __init__(
        self, name: str, kind: str, thing: Any, expand: Callable[[Node, Scope], Content], unordered: bool = False
    ) -> None:
        self.name, self.kind, self.thing, self.expand, self.unordered = name, kind, thing, expand, unordered
        self.content: Content | None = None

    @classmethod
    def plain(cls, form: bytes) -> Node:
        """One that is this form and no more, and no symbol."""
        node = cls("", "", form, _expand_form)
        node.content = Content(form)
        return node

    @classmethod
    def together(cls, *parts: Node) -> Node:
        """These, as one that is no symbol."""
        return parts[0] if len(parts) == 1 else cls("", "", parts, _expand_parts)

    @property
    def parts(self) -> tuple[Node, ...]:
        """What was put together."""
        found: tuple[Node, ...] = self.thing if self.expand is _expand_parts else (self,)
        return found

    def __repr__(self) -> str:
        return f"<{self.kind or 'part'} {self.name}>"


class Told(NamedTuple):
    """A plain value among an entity's parts that people know by a name."""

    name: str
    kind: str
    value: Any
    form: bytes


Place = tuple[Origin | None, str]
"""Where something is written, and its text."""


class Content(NamedTuple):
    """What an entity is by itself (`body`), the forms of the plain values that it is told of, and which entities it uses, in order.
    `reads`: OPEN, SOURCE, FAMILY, ORDER; `opened`: what counts too where it is reached by code that reads with these flags."""

    body: bytes
    uses: Sequence[Node] = ()
    more: bytes = b""
    reads: int = 0
    told: Callable[[Node, Scope], Sequence[Told]] | None = None
    opened: Callable[[Node, Scope, int], tuple[bytes, tuple[Node, ...]]] | None = None
    place: Callable[[Node, Scope], Place] | None = None


def _expand_form(node: Node, scope: Scope) -> Content:
    return Content(node.thing)


def _expand_parts(node: Node, scope: Scope) -> Content:
    return Content(b"parts", node.thing)


class Parts:
    """What an entity consists of, in order, while it is collected: plain values by their forms, and other entities. `telling`: the
    plain values are told of, too."""

    __slots__ = ("_more", "_plain", "_scope", "_shape", "_uses", "told")

    def __init__(self, scope: Scope, telling: bool = False) -> None:
        self._scope, self._plain = scope, scope.plain
        self._shape: list[bytes] = []
        self._uses: list[Node] = []
        self._more: list[bytes] = []
        self.told: list[Told] | None = [] if telling else None

    def mark(self, form: bytes) -> None:
        """Something that is part of the entity itself."""
        self._shape += b"=", length(len(form)), form

    def use(self, node: Node) -> None:
        """Another entity."""
        self._shape.append(b"*")
        self._uses.append(node)

    def add(self, value: Any, home: str, name: str, kind: str, lenient: bool = False) -> None:
        """A live value that stands at `home.name`."""
        form = self._plain(value)
        if form is None:
            self._shape.append(b"*")
            self._uses.append(self._scope.node(value, f"{home}.{name}", kind, lenient))
        else:
            self._shape.append(b"~")
            self._more.append(form)  # which says itself where it ends
            if self.told is not None:
                self.told.append(Told(f"{home}.{name}", kind, value, form))

    def content(self, body: bytes, uses: Sequence[Node] = ()) -> Content:
        """The content of an entity whose body and first uses these are."""
        shape = b"".join([length(len(body)), body, *self._shape])
        return Content(shape, [*uses, *self._uses], b"".join(self._more))


class Unknown(Exception):
    """A live object without identity, met in `node`; `path` leads on from there."""

    def __init__(self, node: Node, path: str, why: str) -> None:
        super().__init__(why)
        self.node, self.path, self.why = node, path, why


class Scope(Protocol):
    """What an expansion may ask for: the entities of one process under one set of opaque names."""

    belonging: Belonging
    sources: Sources
    roots: tuple[str, ...]
    folders: tuple[bytes, ...]
    hides: bool

    def content(self, node: Node) -> Content:
        """What `node` consists of. Raises Unknown."""
        ...

    def known(self, code: Any) -> Known:
        """What is known of a code object."""
        ...

    def namespace(self, names: dict[str, Any]) -> Namespace:
        """The names of a module."""
        ...

    def plain(self, value: Any) -> bytes | None:
        """The form of a number, text or None; None for any other value, and for all where some are opaque."""
        ...

    def node(self, value: Any, name: str, kind: str, lenient: bool = False) -> Node:
        """`value`, which stands at `name`, as an entity."""
        ...

    def entity(self, thing: Any) -> Node | None:
        """The entity of a function, class or module; None for any other object."""
        ...

    def code(self, code: Any, names: dict[str, Any]) -> Node:
        """A code object together with the globals it runs in."""
        ...

    def extern(self, name: str, home: Home) -> Node:
        """Something of another distribution or of Python, by name."""
        ...

    def owner(self, value: object) -> str:
        """The name of the global that is this very object; "" where there is none."""
        ...

    def module(self, module: ModuleType) -> Node:
        """A whole module."""
        ...

    def find_module(self, name: str) -> Node | None:
        """A whole module by name, imported or not; None where there is none."""
        ...

    def form(self, value: Any, lenient: bool = False) -> tuple[bytes, tuple[Node, ...]]:
        """The form of a value and the entities it refers to. Raises canon's Culprit; `lenient`: what would be one counts by type."""
        ...
