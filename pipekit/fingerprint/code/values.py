"""The form of any live value that code holds: canon's form, with functions, classes and modules as references, and paths below
the project as relative ones. It must never decide which values code holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, cast
from weakref import WeakKeyDictionary

from pipekit.canon.builtins import HANDLERS
from pipekit.canon.foreign import find_foreign
from pipekit.canon.form import Culprit, Handler, Handlers, Walk, Write, text
from pipekit.canon.instances import find_instance
from pipekit.canon.moments import find_moment
from pipekit.fingerprint.code.allowed import by_type, find_allowed
from pipekit.fingerprint.code.references import References, members
from pipekit.fingerprint.code.standard import find_standard
from pipekit.fingerprint.code.wrappers import find_class, find_wrapper

_TEXT = HANDLERS[str]


def _text(value: str, write: Write, walk: Any) -> None:
    roots = walk.scope.roots
    if value.startswith(roots):
        write(_relative(value, roots))
    else:
        _TEXT(value, write, walk)


def _relative(value: str, roots: tuple[str, ...]) -> bytes:
    """A path below a project's folder, which may lie elsewhere tomorrow."""
    root = max((one for one in roots if value.startswith(one)), key=len)
    rest = value[len(root) :]
    whole = not rest or rest[0] in (os.sep, "/")
    return b"\xe0" + text(rest) if whole else b"s" + text(value)


def _path(value: Any, write: Write, walk: Walk) -> None:
    write(b"p")
    _text(str(value), write, walk)


_FOUND: WeakKeyDictionary[type, Handler] = WeakKeyDictionary()


def _find(table: Handlers, cls: type) -> Handler:
    found = _FOUND.get(cls)
    if found is None:
        found = _FOUND[cls] = _look(cls)
    return found


def _look(cls: type) -> Handler:
    if cls.__module__ in ("pathlib", "pathlib._local") and cls.__qualname__ in ("PosixPath", "WindowsPath"):
        return _path
    own = find_class(cls) or find_wrapper(cls) or find_standard(cls) or find_allowed(cls)
    return own or find_moment(cls) or find_foreign(cls) or find_instance(cls)


TABLE = Handlers({**HANDLERS, str: _text, set: members, frozenset: members}, _find)


def without(opaque: Iterable[object]) -> Handlers:
    """The same table, in which these very objects count by their type alone, wherever they stand."""
    table = Handlers(TABLE, _find)
    ids = {id(one): one for one in opaque}
    for cls in {type(one) for one in ids.values()}:
        table[cls] = _unless(ids, TABLE[cls])
    return table


def lenient(table: Handlers) -> Handlers:
    """The same table, in which what has no identity counts by type, and all around it as ever."""
    return Handlers(table, lambda own, cls: own.setdefault(cls, _gentle(table[cls])))


def _gentle(known: Handler) -> Handler:
    def handler(value: Any, write: Write, walk: Walk) -> None:
        refs = cast(References, walk)
        depth = refs.depth
        try:
            known(value, write, walk)
        except Culprit:
            refs.depth = depth
            write(by_type(value))

    return handler


def _unless(ids: dict[int, object], known: Handler) -> Handler:
    def handler(value: Any, write: Write, walk: Walk) -> None:
        if id(value) in ids:
            write(by_type(value))
        else:
            known(value, write, walk)

    return handler
