"""Why a step runs, as data: one predicate per reason, all with the same signature. It must never know how a reason is
shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from pipekit.execution.changes import Change, changes
from pipekit.values import Digest

if TYPE_CHECKING:
    from pipekit.execution.preimages import Preimage


class Reason(Struct, frozen=True):
    """`kind` names the predicate, `subject` what it is about; `was` and `now` are the two values, in short form. `where`: the place
    in the code, as "file:line"."""

    kind: str
    subject: str = ""
    was: str = ""
    now: str = ""
    where: str = ""


CACHED = Reason("cached")
FORCED = Reason("forced")
UPSTREAM = "upstream"
DEP = "dep"
MISSING = "missing"
FAILED = "failed"
FILE = "file"
REFRESH = "refresh"
CODE = "code"
PACKAGE = "package"
TYPE = "type"


def version_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """The task's `version` is another one."""
    if now.facts.version != then.facts.version:
        yield Reason("version", now.facts.task, then.facts.version, now.facts.version)


def option_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """An option has another value. Of one that is shown alike nothing can be told, but that of a file it is the content."""
    for name in sorted({*now.facts.options, *then.facts.options}):
        new, old = now.facts.options.get(name, ("", "")), then.facts.options.get(name, ("", ""))
        alike = new[0] == old[0]
        if new[1] != old[1] and not (alike and new[0] in now.facts.files):
            yield Reason("option", name, *(("", "") if alike else (old[0], new[0])))


def option_class_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """The code of a class whose instances are in an option is not the same."""
    for cls, code in now.facts.classes.items():
        was = then.facts.classes.get(cls, code)
        if was != code:
            yield from _in_class(now, then, cls, *(Digest(bytes.fromhex(one)) for one in (code, was)))


def file_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """A file that an option names has other content."""
    for path in sorted(now.facts.files):
        old = then.facts.files.get(path, "")
        if old and old != now.facts.files[path]:
            yield Reason(FILE, path, old[:8], now.facts.files[path][:8])


def code_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """The code is not the same: one reason for each symbol that changed, came or went."""
    if now.facts.code == then.facts.code:
        return
    found = list(_in_code(now, then, "", now.facts.code_digest, then.facts.code_digest))
    if not found and _same_python(now, then):
        found = [Reason(CODE, now.facts.task, then.facts.code[:8], now.facts.code[:8])]
    yield from found


def files_taken(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """Files in the product are taken into the store now, or are not any more."""
    if now.facts.files_taken != then.facts.files_taken:
        yield Reason("product", now.facts.task, then.facts.files_taken or "plain", now.facts.files_taken or "plain")


def environment_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """The interpreter, the machine or a variable in `environ` differ."""
    new, old = now.facts.environment, then.facts.environment
    for name in sorted({*new, *old}):
        if (name in new, new.get(name)) != (name in old, old.get(name)):
            yield Reason("environment", name, *(_set(one[name]) if name in one else "" for one in (old, new)))


def _set(value: str | None) -> str:
    return "not set" if value is None else value or "''"


def dep_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """A dep has another product."""
    for name, one in (now.deps or {}).items():
        was = (then.deps or {}).get(name)
        if was is not None and was.digest != one.digest:
            yield Reason(DEP, name, was.digest.hex()[:8], one.digest.hex()[:8])


def class_changed(now: Preimage, then: Preimage) -> Iterator[Reason]:
    """The code of a class whose instances are in a dep's product is not the same."""
    for name, one in (now.deps or {}).items():
        was = dict(then.deps[name].classes) if then.deps and name in then.deps else {}
        for cls, code in one.classes:
            if cls in was and was[cls] != code:
                yield from _in_class(now, then, cls, code, was[cls])


def _in_class(now: Preimage, then: Preimage, cls: str, new: Digest, old: Digest) -> Iterator[Reason]:
    found = list(_in_code(now, then, cls, new, old))
    yield from found or [Reason(CODE, cls.replace(":", "."), old.hex()[:8], new.hex()[:8])]


PREDICATES: tuple[Callable[[Preimage, Preimage], Iterator[Reason]], ...] = (
    version_changed, option_changed, file_changed, code_changed, option_class_changed, files_taken, class_changed,
    environment_changed, dep_changed,
)  # fmt: skip


def reasons(now: Preimage, then: Preimage | None) -> Iterator[Reason]:
    """Every reason why the key is another one, in the order of the predicates."""
    if then is None:
        return iter([Reason("new")])
    return chain.from_iterable(predicate(now, then) for predicate in PREDICATES)


def reason(now: Preimage, then: Preimage | None) -> Reason:
    """The first of them; where nothing can be told, some dep's product is another one."""
    return next(reasons(now, then), Reason(DEP))


def _in_code(now: Preimage, then: Preimage, name: str, new: Digest, old: Digest) -> Iterator[Reason]:
    for change in changes(now, then, name, new, old):
        one = change.now or change.was
        if one is not None and (one.kind != "python" or _same_python(now, then)):
            yield of_change(change)


def _same_python(now: Preimage, then: Preimage) -> bool:
    """Another one is told as the environment's change."""
    return now.facts.environment.get("python") == then.facts.environment.get("python")


def of_change(change: Change) -> Reason:
    """A changed symbol as a reason. Values that are shown alike tell nothing."""
    was, now = change
    one = now or was
    assert one is not None
    kind = PACKAGE if one.kind in ("distribution", "python") else CODE
    where = str(now.where) if now is not None and now.where is not None else ""
    if was is None:
        return Reason(kind, one.name, "", one.value or "new", where)
    if now is None:
        return Reason(kind, one.name, was.value or was.kind)
    return Reason(kind, one.name, *((was.value, now.value) if was.value != now.value else ("", "")), where)
