"""What keys were made from, as the store keeps it: facts, what each dep gave, and every symbol that the code covered. It must never
say what a difference means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pipekit.execution import given
from pipekit.execution.given import Given
from pipekit.execution.keys import Facts, Static
from pipekit.fingerprint.code.symbols import Code, Symbol
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


def of_then(store: Store, key: Digest) -> Preimage | None:
    """What the key of a record was made from; None where that is not kept."""
    kept = store.preimage(key)
    static, deps = given.unpack(kept) if kept is not None else (None, [])
    packed = store.preimage(static) if static is not None else None
    if packed is None:
        return None
    facts = Facts.unpack(packed)
    return Preimage(
        facts, dict(zip(facts.deps, deps)), lambda _, code: read(store, code), lambda symbol: told(store, symbol)
    )


# --- code in the store ------------------------------------------------------------------------------------------------


def pack(code: Code) -> Iterator[tuple[Digest, bytes]]:
    """The preimages of some code: of its digest the symbols, of each symbol's its value and source."""
    symbols = code.symbols
    yield code.digest, json.dumps([(one.name, one.kind, one.digest.hex()) for one in symbols]).encode()
    for one in symbols:
        if one.value or one.source:
            yield one.digest, json.dumps((one.value, one.source)).encode()


def read(store: Store, code: Digest) -> Sequence[Symbol]:
    """What some code covered, by names and digests; nothing where that is not kept."""
    packed = store.preimage(code)
    rows = json.loads(packed) if packed is not None else ()
    return [Symbol(name, kind, Digest(bytes.fromhex(digest))) for name, kind, digest in rows]


def told(store: Store, symbol: Symbol) -> Symbol:
    """The symbol with its value and source, where they are kept."""
    packed = store.preimage(symbol.digest)
    if packed is None:
        return symbol
    value, source = json.loads(packed)
    return replace(symbol, value=value, source=source)
