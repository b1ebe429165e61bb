"""What a class consists of: its own names, bases and metaclass, and what a dataclass, enum, NamedTuple or TypedDict says instead of
the code it was given. It must never make an instance or ask a class for an attribute that could be computed."""

from __future__ import annotations

import copyreg
import marshal
import sys
from collections.abc import Iterator, Sequence
from operator import attrgetter
from types import FunctionType, MemberDescriptorType
from typing import Any

from pipekit.canon.form import text
from pipekit.canon.shape import is_named
from pipekit.fingerprint.code.annotations import annotation_form, annotation_uses, annotations_form
from pipekit.fingerprint.code.entities import FAMILY, OPEN, ORDER, SOURCE, Content, Node, Parts, Place, Scope, Told
from pipekit.values import Origin

_SKIPPED = frozenset(
    {
        "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__", "__annotate__", "__annotate_func__",
        "__annotations_cache__", "__static_attributes__", "__firstlineno__", "__abstractmethods__", "_abc_impl", "__orig_bases__",
        "__parameters__", "__type_params__", "__dataclass_fields__", "__dataclass_params__", "__conditional_annotations__",
        "__protocol_attrs__", "__slotnames__", "__non_callable_proto_members__", "__classdictcell__",
        "__pydantic_core_schema__", "__pydantic_validator__", "__pydantic_serializer__", "__pydantic_setattr_handlers__",
        "__pydantic_complete__", "__pydantic_parent_namespace__", "__pydantic_extra_info__",
    }
)  # fmt: skip
_HEAP = 1 << 9
_GENERATED = ("<string>", "<attrs generated")
_PARAMS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen", "match_args", "kw_only", "slots", "weakref_slot")
_MEMBER = ("_name_", "_value_", "__objclass__", "_sort_order_")
_NAMES = attrgetter("name", "_field_type.name")
_FLAGS = attrgetter("init", "repr", "hash", "compare", "kw_only")


def class_name(cls: type) -> str:
    """`module.qualname`."""
    return f"{cls.__module__}.{cls.__qualname__}"


def class_node(scope: Scope, cls: type) -> Node:
    """The entity of a class: the project's by what it consists of, another's by name, unless nothing there has its name:
    then it was made for somebody, as by `make_dataclass`."""
    home = scope.belonging.of_class(cls)
    if home.kind == "project" or (home.kind == "extern" and cls.__flags__ & _HEAP and not is_named(cls)):
        return Node(class_name(cls), "class", cls, _expand)
    if home.kind == "extension":
        return Node(class_name(cls), "class", cls, _expand_compiled)
    return scope.extern(f"{cls.__module__}:{cls.__qualname__}", home)


def _expand_compiled(node: Node, scope: Scope) -> Content:
    return Content(b"compiled", (scope.module(sys.modules[node.thing.__module__]),))


def _expand(node: Node, scope: Scope) -> Content:
    parts = Parts(scope)
    _fill(parts, node, scope)
    found = parts.content(b"class")
    return Content(found.body, found.uses, found.more, 0, _tell, _opened, _place)


def _tell(node: Node, scope: Scope) -> list[Told]:
    parts = Parts(scope, telling=True)
    _fill(parts, node, scope)
    return parts.told or []


def _fill(parts: Parts, node: Node, scope: Scope) -> None:
    cls: Any = node.thing
    home = scope.belonging.of_class(cls)
    if home.kind == "extern":
        parts.use(scope.extern(f"{cls.__module__}:{cls.__qualname__}", home))
    if cls.__name__ != cls.__qualname__.rpartition(".")[2]:
        parts.mark(b"named" + text(cls.__name__))
    for one in (type(cls), *cls.__bases__):
        above = scope.entity(one)
        if above is not None:
            parts.use(above)
    foreign = _is_foreign(scope, cls)
    acting = foreign or _annotations_act(cls)
    if acting:
        parts.mark(
            annotations_form(vars(cls).get("__annotations__")) + annotation_form(vars(cls).get("__orig_bases__", ()))
        )
    if acting or "__dataclass_fields__" in vars(cls):  # then somebody may make what is annotated
        for named in _annotated(scope, cls):
            parts.use(named)
    if cls in copyreg.dispatch_table:
        parts.add(copyreg.dispatch_table[cls], node.name, "copyreg", "attribute")
    if "_abc_impl" in vars(cls):
        parts.mark(_registered(cls))
    if isinstance(vars(cls).get("__dataclass_fields__"), dict):
        _dataclass(parts, cls, node.name)
    own = list(_own(scope, cls))
    parts.mark("\0".join([name for name, _ in own]).encode("utf-8", "surrogatepass"))
    for name, value in own:
        parts.add(value, node.name, name, "attribute", foreign)


def _registered(cls: type) -> bytes:
    """The names of the classes that an abstract class was told to take for its own."""
    dump: Any = getattr(sys.modules.get("abc"), "_get_dump", None)
    found = [one() for one in dump(cls)[0]] if dump is not None else []
    return "\n".join(sorted(class_name(one) for one in found if one is not None)).encode("utf-8", "surrogatepass")


def _is_foreign(scope: Scope, cls: Any) -> bool:
    """Whether somebody else has a hand in the class: then it may hold objects of which only their makers know."""
    of_class = scope.belonging.of_class
    if any(of_class(one).is_foreign for one in (*type(cls).__mro__, *cls.__mro__)):
        return True
    return "__attrs_attrs__" in vars(cls) or of_class(cls).kind == "extern"


def _annotations_act(cls: type) -> bool:
    """Whether annotations say what instances hold."""
    kind = type(cls).__name__
    return kind == "_TypedDictMeta" or (issubclass(cls, tuple) and "_fields" in vars(cls))


def _own(scope: Scope, cls: Any) -> Iterator[tuple[str, Any]]:
    """The names of the class body, sorted; nothing that Python or a decorator derived from the rest."""
    names: dict[str, Any] = dict(vars(cls))
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(cls, enum.Enum):
        members = cls.__members__
        yield "members", [(name, member._value_, _more(member)) for name, member in members.items()]
        names = {name: value for name, value in names.items() if name not in members and not _of_enum(name, value)}
    made = _is_made(cls)
    for name in sorted(names.keys() - _SKIPPED):
        value = names[name]
        if not (_is_place(value) or (made and _is_generated(scope, value))):
            yield name, value


def _is_place(value: object) -> bool:
    """Whether it is where a slot, a field of a C structure or a model's signature lies: the rest of the class says it all."""
    return type(value) is MemberDescriptorType or type(value).__qualname__ in ("CField", "LazyClassAttribute")


def _more(member: Any) -> list[tuple[str, Any]]:
    """What a member of an enum holds beside its value."""
    return sorted((name, value) for name, value in vars(member).items() if name not in _MEMBER)


def _of_enum(name: str, value: Any) -> bool:
    """What the enum machinery put there."""
    function = _function(value)
    if type(function) is FunctionType:
        return function.__globals__.get("__name__") == "enum"
    return name.startswith("_") and name.endswith("_") and not name.startswith("__") and name != "_boundary_"


def _is_made(cls: type) -> bool:
    names = vars(cls)
    return "__dataclass_fields__" in names or "__attrs_attrs__" in names or "_fields" in names


def _is_generated(scope: Scope, value: Any) -> bool:
    """Whether a dataclass, attrs or NamedTuple wrote it."""
    function = _function(value)
    if type(function).__name__ == "_tuplegetter":
        return True
    if type(function) is not FunctionType:
        return False
    wrapped = function.__dict__.get("__wrapped__")
    code = wrapped.__code__ if type(wrapped) is FunctionType else function.__code__
    if scope.belonging.is_project(code.co_filename):
        return False
    written = code.co_filename.startswith(_GENERATED) and function.__name__.startswith("_")
    return written or _by_standard_library(function)


def _function(value: object) -> object:
    return value.__func__ if type(value) in (staticmethod, classmethod) else value  # type: ignore[attr-defined]


def _by_standard_library(function: FunctionType) -> bool:
    return function.__globals__.get("__name__") in ("dataclasses", "collections", "reprlib")


def _dataclass(parts: Parts, cls: Any, name: str) -> None:
    params, fields = vars(cls).get("__dataclass_params__"), vars(cls)["__dataclass_fields__"].values()
    facts: list[Any] = [_flags([getattr(params, one, None) for one in _PARAMS])]
    facts += [("\0".join(_NAMES(field)), *_flags(_FLAGS(field)), annotation_form(field.type)) for field in fields]
    parts.mark(marshal.dumps(facts, 2))
    missing = sys.modules["dataclasses"].MISSING
    for field in fields:
        for part, value in (("default", field.default), ("default_factory", field.default_factory)):
            if value is missing:
                parts.mark(part.encode())
            else:
                parts.add(value, name, field.name, "default")
        if field.metadata:
            parts.add(dict(field.metadata), name, f"{field.name}.metadata", "default")


def _flags(values: Sequence[object]) -> list[bool | None]:
    return [value if value is True or value is False else None for value in values]


def _opened(node: Node, scope: Scope, flags: int) -> tuple[bytes, tuple[Node, ...]]:
    cls: Any = node.thing
    parts: list[bytes] = []
    uses: list[Node] = []
    if flags & OPEN:
        doc = vars(cls).get("__doc__")
        parts += annotations_form(vars(cls).get("__annotations__")), text(doc) if isinstance(doc, str) else b"-"
        uses += _annotated(scope, cls)
    if flags & SOURCE:
        source = scope.sources.of(str(getattr(sys.modules.get(cls.__module__), "__file__", "")))
        parts.append(source.content if source else b"")
    if flags & FAMILY:
        uses += _heirs(scope, cls)
    if flags & ORDER:
        parts += [text(name) for name in vars(cls) if name not in _SKIPPED]
    return b"".join(parts), tuple(uses)


def _annotated(scope: Scope, cls: Any) -> list[Node]:
    """The classes that annotations in the class body name."""
    module = sys.modules.get(cls.__module__)
    found = vars(cls).get("__annotations__") or {}
    return list(annotation_uses(scope, vars(module) if module is not None else {}, found.values()))


def _heirs(scope: Scope, cls: type) -> list[Node]:
    """The project's classes that inherit from it; of some that share a name, the last, as the others wait to be collected."""
    heirs: list[type] = type.__subclasses__(cls)
    found = {class_name(one): one for one in heirs if scope.belonging.of_class(one).kind == "project"}
    nodes = [scope.entity(found[name]) for name in sorted(found)]
    return [one for one in nodes if one is not None]


def _place(node: Node, scope: Scope) -> Place:
    cls = node.thing
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    source = scope.sources.of(file) if isinstance(file, str) else None
    lines = source.rest.lines.get(cls.__qualname__) if source is not None else None
    if lines is None or not isinstance(file, str):
        return None, ""
    first, last = lines
    return Origin(file, first), scope.sources.text(file, first, last)
