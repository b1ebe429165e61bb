"""Which names a code object takes from outside itself, read off its instructions: globals with the attributes taken of them,
imports, and whether it reads docstrings. It must never look at what a name stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from opcode import opmap
from types import CodeType
from typing import NamedTuple

from pipekit.fingerprint.code.entities import FAMILY, OPEN, ORDER, SOURCE

Instruction = tuple[str, int]

_NUMBERS = {name: number for name, number in opmap.items() if number < 256}
_OPS = {number: name for name, number in _NUMBERS.items()}
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_SHIFTED = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 0 if "LOAD_METHOD" in _NUMBERS else 1}
_LOADS = ("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK")
_EXTENDED = _NUMBERS["EXTENDED_ARG"]
_READS = {"__doc__", "__annotations__"}
_ASKED = {
    SOURCE: {"co_firstlineno", "co_lines", "co_positions", "f_lineno", "tb_lineno"},
    FAMILY: {"__subclasses__"},
    ORDER: {"__dict__", "vars"},
}
_GLOBALS_OF = {"__globals__", "f_globals"}
_COMPUTED = {"import_module", "__import__", "modules", "resolve_name", "locate", "run_module"}
_NAME = re.compile(r"\.*[^\W\d]\w*(\.[^\W\d]\w*)*(:[\w.]*)?")


def _any(*names: str) -> bytes:
    return b"[" + b"".join(re.escape(bytes([_NUMBERS[name]])) for name in names if name in _NUMBERS) + b"]"


_E, _A = re.escape(bytes([_EXTENDED])), _any(*_ATTRIBUTES)
_CHAIN = re.compile(b"(?:%s)*(%s)\0*(?:(?:%s)*%s\0*)*" % (_E, _any(*_GLOBALS), _E, _A), re.DOTALL)
_IMPORT = bytes([_NUMBERS["IMPORT_NAME"]])


class Uses(NamedTuple):
    """`names`, in a fixed order: `a.b.c` from a global on; `level|module|a.b` from an imported module on, `level|module|` the
    import alone; `~text` a text that may name a module, and `~$name` a global that may hold such texts, where modules are looked up by
    name. `reads`: see Content."""

    names: tuple[str, ...]
    reads: int


def reads_of(form: bytes) -> int:
    """What code may read that holds a value of this form: `attrgetter("__doc__")`, or the name alone."""
    return OPEN if b"__doc__" in form or b"__annotations__" in form else 0


def uses_of(code: CodeType) -> Uses:
    """The uses of `code` and of all code inside it."""
    found: dict[str, None] = {}
    reads = 0
    everything: set[str] = set()
    for one in _nest(code):
        for name in _globals(one):
            found[name] = None
        mentioned = {*one.co_names, *(const for const in one.co_consts if type(const) is str)}
        everything |= mentioned
        if mentioned & _READS and _reads(one):
            reads |= OPEN
        reads |= sum(flag for flag, names in _ASKED.items() if mentioned & names)
        if mentioned & _GLOBALS_OF:
            found["globals"] = None
        if _IMPORT in one.co_code[::2]:
            for name in _imports(one):
                found[name] = None
    if "help" in found:
        reads |= OPEN
    if everything & _COMPUTED:
        found.update(dict.fromkeys(_named_modules(code, found)))
        if "__name__" in everything:  # sys.modules[__name__]
            found["globals"] = None
    return Uses(tuple(sorted(found)), reads)


def _named_modules(code: CodeType, found: Iterable[str]) -> list[str]:
    """Texts that may name modules, and globals that may hold such texts."""
    texts = {text for one in _nest(code) for text in _texts(one.co_consts)}
    names = {use.partition(".")[0] for use in found}
    return [*(f"~{one}" for one in texts if _NAME.fullmatch(one)), *(f"~${one}" for one in names if one.isidentifier())]


def _texts(consts: Iterable[object]) -> Iterator[str]:
    for const in consts:
        if type(const) is str:
            yield const
        elif isinstance(const, tuple | frozenset):
            yield from _texts(const)


def _nest(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if type(const) is CodeType:
            yield from _nest(const)


def _globals(code: CodeType) -> Iterator[str]:
    raw, names = code.co_code, code.co_names
    ops, args = raw[::2], raw[1::2]
    for match in _CHAIN.finditer(ops):
        chain: list[str] = []
        high = 0
        for at in range(match.start(), match.end()):
            op = ops[at]
            if op == _EXTENDED:
                high = (high | args[at]) << 8
            elif op:
                chain.append(names[(high | args[at]) >> _SHIFTED.get(_OPS[op], 0)])
                high = 0
        yield ".".join(chain)


def _reads(code: CodeType) -> bool:
    """Whether it takes a docstring or annotations of something that is not reached by global names alone."""
    if _READS & {const for const in code.co_consts if type(const) is str}:
        return True
    taken = sum(op in _ATTRIBUTES and _named(code, op, arg) in _READS for op, arg in instructions(code))
    rooted = sum(part in _READS for name in _globals(code) for part in name.split(".")[1:])
    return taken > rooted


def _named(code: CodeType, op: str, arg: int) -> str:
    return code.co_names[arg >> _SHIFTED.get(op, 0)]


def instructions(code: CodeType) -> list[Instruction]:
    """Names and arguments of the instructions, the arguments whole."""
    raw, found, high = code.co_code, list[Instruction](), 0
    for at in range(0, len(raw), 2):
        op, arg = raw[at], high | raw[at + 1]
        high = arg << 8 if op == _EXTENDED else 0
        if op and op != _EXTENDED:
            found.append((_OPS[op], arg))
    return found


def _imports(code: CodeType) -> Iterator[str]:
    steps = instructions(code)
    for at, (op, arg) in enumerate(steps):
        if op != "IMPORT_NAME":
            continue
        level, wanted = _constant(code, steps[at - 2]), _constant(code, steps[at - 1])
        head = f"{level}|{code.co_names[arg]}|"
        yield head
        yield from _bound(code, steps, at, head, wanted)


def _constant(code: CodeType, step: Instruction) -> object:
    return step[1] if step[0] == "LOAD_SMALL_INT" else code.co_consts[step[1]]


def _bound(code: CodeType, steps: list[Instruction], at: int, head: str, wanted: object) -> Iterator[str]:
    """What is used of the names that the import at `at` binds."""
    after = at + 1
    if not isinstance(wanted, tuple):
        while steps[after][0] in ("IMPORT_FROM", "SWAP", "POP_TOP", "ROT_TWO", "COPY"):
            after += 1
        plain = steps[at + 1][0] != "IMPORT_FROM"
        level, module, _ = head.split("|")
        # `import a.b` binds `a`; `import a.b as x` binds `a.b`
        yield from _taken(code, steps, after, f"{level}|{module.partition('.')[0] if plain else module}|")
        return
    for name in wanted:
        while after < len(steps) and steps[after][0] != "IMPORT_FROM":
            after += 1
        after += 1
        yield from _taken(code, steps, after, f"{head}{name}")


def _taken(code: CodeType, steps: list[Instruction], at: int, start: str) -> Iterator[str]:
    """The attributes taken of the variable that `steps[at]` binds; where it goes elsewhere too, the whole."""
    store, index = steps[at] if at < len(steps) else ("", 0)
    whole = start + "*" if start.endswith("|") else start
    local = index < len(code.co_varnames) and store == "STORE_FAST" and code.co_varnames[index] not in code.co_cellvars
    if not local:
        yield whole
        return
    for place, (op, arg) in enumerate(steps):
        if op in _LOADS and arg == index:
            chain = _attributes(code, steps, place + 1)
            yield f"{start}{'' if start.endswith('|') else '.'}{'.'.join(chain)}" if chain else whole
        elif "FAST" in op and op != "STORE_FAST" and op not in _LOADS and index in (arg, arg >> 4, arg & 15):
            yield whole
    return


def _attributes(code: CodeType, steps: list[Instruction], at: int) -> list[str]:
    found: list[str] = []
    while at < len(steps) and steps[at][0] in _ATTRIBUTES:
        found.append(_named(code, *steps[at]))
        at += 1
    return found
