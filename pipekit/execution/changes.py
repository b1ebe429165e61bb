"""What differs between two versions of some code, symbol by symbol. It must never say what a difference means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipekit.values import Digest

if TYPE_CHECKING:
    from pipekit.execution.preimages import Preimage
    from pipekit.fingerprint.code.symbols import Symbol


class Change(NamedTuple):
    """One symbol that is not the same: before (None: it was not there) and now (None: it is gone)."""

    was: Symbol | None
    now: Symbol | None


def changes(now: Preimage, then: Preimage, name: str, new: Digest, old: Digest) -> list[Change]:
    """What is different between two versions of some code, what says most first: changed values, changed code, what is new, what is
    gone; then modules that count as a whole, and code that stands as it stood and uses something else by the same names."""
    before = {(one.name, one.kind): one for one in then.symbols(name, old)}
    found: list[Change] = []
    for one in now.symbols(name, new):
        was = before.pop((one.name, one.kind), None)
        if was is None or was.digest != one.digest:
            found.append(Change(then.tell(was) if was is not None else None, now.tell(one)))
    found += [Change(then.tell(was), None) for was in before.values()]
    return sorted(found, key=_rank)


def all_changes(now: Preimage, then: Preimage) -> dict[str, Change]:
    """What is different in the code of the task, and of the classes in its options and in what it takes, by symbol."""
    found: list[Change] = []
    if now.facts.code != then.facts.code:
        found += changes(now, then, "", now.facts.code_digest, then.facts.code_digest)
    for cls, digest in now.facts.classes.items():
        before = then.facts.classes.get(cls, digest)
        if before != digest:
            found += changes(now, then, cls, *(Digest(bytes.fromhex(one)) for one in (digest, before)))
    for name, one in (now.deps or {}).items():
        was = dict(then.deps[name].classes) if then.deps and name in then.deps else {}
        for cls, code in one.classes:
            if was.get(cls, code) != code:
                found += changes(now, then, cls, code, was[cls])
    return {symbol.name: change for change in reversed(found) if (symbol := change.now or change.was) is not None}


def _rank(change: Change) -> tuple[int, str]:
    was, now = change
    if was is not None and now is not None:
        return _rank_of_changed(was, now), now.name
    return (2, now.name) if now is not None else (3, was.name if was is not None else "")


def _rank_of_changed(was: Symbol, now: Symbol) -> int:
    if was.value or now.value:
        return 0
    if now.kind == "module":
        return 4
    return 5 if was.source and was.source == now.source else 1
