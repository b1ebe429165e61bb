"""What keys were made from, as the store keeps it: facts, what each dep gave, and every symbol that the code covered. It must never
say what a difference means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipekit.canon.form import length, read_length
from pipekit.execution import given
from pipekit.execution.given import Given
from pipekit.execution.keys import Facts, Static
from pipekit.fingerprint.code.symbols import Code, Symbol
from pipekit.store.records import Record
from pipekit.store.store import Store
from pipekit.values import Digest

Symbols = Callable[[str, Digest], Sequence[Symbol]]
"""What some code covers: that of the class of this name, or of the task itself (""), with this digest."""


class Preimage(Struct, frozen=True):
    """What one key was made from. `deps`: by name, None while they are not known; `tell` fills in a symbol's value and source."""

    facts: Facts
    deps: Mapping[str, Given] | None
    symbols: Symbols
    tell: Callable[[Symbol], Symbol] = lambda symbol: symbol


def of_now(static: Static, deps: Mapping[str, Given] | None, folder: Path | None) -> Preimage:
    """What a step's key is made from now; places are told relative to `folder`."""

    def relative(symbol: Symbol) -> Symbol:
        if symbol.where is None or folder is None:
            return symbol
        file = symbol.where.file.removeprefix(f"{folder}/")
        return replace(symbol, where=replace(symbol.where, file=file))

    return Preimage(
        static.facts, deps, lambda name, _: (static.classes(name) if name else static.code).symbols, relative
    )


def of_then(store: Store, record: Record) -> Preimage | None:
    """What the key of a record was made from; None where that is not kept."""
    found = unpack(record)
    if found is None:
        return None
    facts, deps = found
    return Preimage(
        facts, dict(zip(facts.deps, deps)), lambda _, code: read(store, code), lambda symbol: told(store, symbol)
    )


def pack(facts: Facts, deps: Sequence[Given]) -> bytes:
    """What a key was made from, as its record keeps it."""
    told = facts.pack()
    return length(len(told)) + told + given.pack(deps)


def unpack(record: Record) -> tuple[Facts, list[Given]] | None:
    """What the key of a record was made from, without the code; None where that is not kept."""
    if not record.preimage:
        return None
    size, at = read_length(record.preimage, 0)
    return Facts.unpack(record.preimage[at : at + size]), given.unpack(record.preimage[at + size :])


# --- code in the store ------------------------------------------------------------------------------------------------


def pack_code(code: Code) -> Iterator[tuple[Digest, bytes]]:
    """Of the digest of some code its symbols, and of each symbol that has any its source, which many have in common."""
    symbols = code.symbols
    rows = [(one.name, one.kind, one.digest.hex(), one.value) for one in symbols]
    yield code.digest, msgspec.json.encode(rows)
    for one in symbols:
        if one.source:
            yield one.digest, one.source.encode("utf-8", "replace")


def read(store: Store, code: Digest) -> Sequence[Symbol]:
    """What some code covered, by names, digests and values; nothing where that is not kept."""
    packed = store.preimage(code)
    rows = msgspec.json.decode(packed) if packed is not None else ()
    return [Symbol(name, kind, Digest(bytes.fromhex(digest)), *value) for name, kind, digest, *value in rows]


def told(store: Store, symbol: Symbol) -> Symbol:
    """The symbol with its source, where that is kept."""
    packed = store.preimage(symbol.digest)
    return replace(symbol, source=packed.decode()) if packed is not None else symbol
