"""The part of the byte form that can be read back exactly. It must never know where the bytes go, nor what stands
behind the payloads that `extern` gives and takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipekit.canon.builtins import HANDLERS, asked
from pipekit.canon.form import Culprit, Handler, Handlers, Walk, Write, text
from pipekit.canon.moments import find_moment
from pipekit.canon.reading import decode, decode_all
from pipekit.canon.shape import Shape, shape_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["NotPlain", "decode", "decode_all", "encode"]


class NotPlain(Exception):
    """A value, or something in it, that could not be given back exactly: `path` leads to it from `value`."""

    def __init__(self, path: str, value: Any, why: str = "is not plain data") -> None:
        super().__init__(f"{path} {why}")
        self.path, self.value, self.why = path, value, why


def encode(value: Any, extern: Callable[[Any], bytes | None]) -> bytes:
    """The bytes from which `decode` makes an equal value of the same types.

    Everything but the cheap builtins, and text and bytes of 64 KiB and more, is offered to `extern` first: what it
    returns stands in place of the value; None lets the value be written as it is. Raises NotPlain.
    """
    out: list[Buffer] = []
    try:
        _TABLE[type(value)](value, out.append, Walk(_TABLE, _cycle, extern))
    except Culprit as culprit:
        raise NotPlain(culprit.path, culprit.value, culprit.why) from None
    except RecursionError:
        raise NotPlain("value", value, "lies too deep") from None
    return b"".join(out)


def _cycle(value: Any, write: Write, walk: Walk) -> None:
    raise Culprit(value, "contains itself")


def _find(table: Handlers, cls: type) -> Handler:
    moment = find_moment(cls)
    if moment is None:
        return _object
    table[cls] = found = _offered(moment)
    return found


def _offered(handler: Handler) -> Handler:
    def offered(value: Any, write: Write, walk: Walk) -> None:
        if not asked(value, write, walk):
            handler(value, write, walk)

    return offered


def _object(value: Any, write: Write, walk: Walk) -> None:
    if id(value) in walk.active:
        _cycle(value, write, walk)
    if asked(value, write, walk):
        return
    cls = type(value)
    shape = shape_of(cls)
    if not shape.named or shape.kind not in _KINDS:
        raise Culprit(value, f"is a {cls.__qualname__}, which is not plain data")
    walk.enter(value)
    _KINDS[shape.kind](value, shape, write, walk)
    walk.leave(value)


def _member(value: Any, shape: Shape, write: Write, walk: Walk) -> None:
    name = value._name_
    if type(value).__members__.get(name) is value:
        write(b"e" + text(shape.name) + text(name))
    elif shape.kind == "flag" and type(value._value_) is int:
        write(b"E" + text(shape.name))
        walk.table[int](value._value_, write, walk)
    else:
        raise Culprit(value, "is no member of its class")


def _named_tuple(value: Any, shape: Shape, write: Write, walk: Walk) -> None:
    if not shape.bare or len(value) != len(shape.fields) or getattr(value, "__dict__", None):
        raise Culprit(value, f"is a {type(value).__qualname__} with state of its own")
    write(b"n" + shape.head)
    _fields(value, zip(shape.fields, value), write, walk)


def _dataclass(value: Any, shape: Shape, write: Write, walk: Walk) -> None:
    state = _state(value, shape) if shape.bare else None
    if state is None:
        raise Culprit(value, f"is a {type(value).__qualname__}, whose state is not exactly its fields")
    write(b"I" + shape.head)
    _fields(value, zip(shape.fields, state), write, walk)


def _state(value: Any, shape: Shape) -> list[Any] | None:
    if not shape.slots:
        held = value.__dict__
        return [held[name] for name in shape.fields] if held.keys() == shape.names else None
    held = getattr(value, "__dict__", {})
    found = {**held, **{name: getattr(value, name) for name in shape.slots if hasattr(value, name)}}
    return [found[name] for name in shape.fields] if found.keys() == shape.names else None


def _fields(value: Any, fields: Any, write: Write, walk: Walk) -> None:
    current = ""
    try:
        for name, item in fields:
            current = name
            walk.table[type(item)](item, write, walk)
    except Culprit as culprit:
        raise culprit.climb(value, f".{current}") from None


_KINDS: dict[str, Callable[[Any, Shape, Write, Walk], None]] = {
    "dataclass": _dataclass,
    "namedtuple": _named_tuple,
    "enum": _member,
    "flag": _member,
}
_TABLE = Handlers({cls: HANDLERS[cls] for cls in HANDLERS if cls not in (slice, type(NotImplemented))}, _find)
