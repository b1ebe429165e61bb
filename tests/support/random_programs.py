"""Random projects of a few modules around one task, written out as files. A program is a value; a seed gives the same one everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from support.random_pieces import HOLE, Template, hole, templates

MODULES = ("deep", "prep", "pkg.inner", "pkg", "tasks")
"""Low to high: pieces use what was made before them, in their own module or a lower one."""
DEPTH = 4
OPERATORS, COMPARISONS = ("+", "-", "*"), ("<", "<=", ">", ">=", "==", "!=")

_STANDARD = (
    "abc", "collections", "contextlib", "contextvars", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "importlib", "json", "logging", "operator", "pathlib", "re", "struct", "sys", "threading", "types", "typing", "weakref",
)  # fmt: skip
_FAR = ("from", "as", "module", "alias", "star", "package", "package attribute", "getattr", "vars", "import_module")
_INNER = ("inner from", "inner module", "inner alias")
_WHOLE = ("getattr", "vars", "import_module")
_OWN = ("its own docstring",)
_WORDS = re.compile(r"\w+")
_LOAD = Template(
    "load",
    "",
    frozenset(),
    "def load(x$ann, *, top=$lit)$ret:\n    $doc\n    $v = x $op $lit\n    return [$use(x), $use($v), $use(x), $v + top]\n",
)


class Use(NamedTuple):
    """Another piece, and in what way code refers to it."""

    target: str
    style: str


@dataclass(frozen=True)
class Piece:
    """One filled template. `home` is the module in which it is written, `module` that where others find it. `looks` are comments,
    blank lines and line breaks, which do nothing."""

    name: str
    kind: str
    home: str
    module: str
    slots: tuple[Any, ...] = ()
    level: int = 0
    local: str = "z"
    looks: tuple[int, ...] = ()

    @property
    def template(self) -> Template:
        return _LOAD if self.kind == "load" else templates()[self.kind]

    @property
    def number(self) -> int:
        return int(self.name[1:]) if self.kind != "load" else 10**6

    @property
    def uses(self) -> list[Use]:
        return [slot for slot in self.slots if isinstance(slot, Use)]


@dataclass(frozen=True)
class Program:
    """`pieces` in the order in which they are written; `noise` is what nothing uses, by module; `shuffle` the order of imports;
    `folder` and `newline` where and how the files are written."""

    pieces: tuple[Piece, ...]
    noise: tuple[tuple[str, int], ...] = ()
    shuffle: int = 0
    folder: str = "a"
    newline: str = "\n"

    def piece(self, name: str) -> Piece:
        return find(self.pieces, name)

    def files(self) -> dict[str, str]:
        """The text of each module's file."""
        found = {}
        for module in MODULES:
            path = module.replace(".", "/") + ("/__init__.py" if module == "pkg" else ".py")
            found[path] = _written(self, module)[0].replace("\n", self.newline)
        return found

    def text(self) -> str:
        """All of it, for people."""
        return "".join(f"# --- {self.folder}/{path}\n{text}" for path, text in self.files().items())

    def reached(self) -> set[str]:
        """The names of the pieces that the task leads to, or a module of which everything counts."""
        found: set[str] = set()
        whole = self.whole()
        waiting = ["load", *(one.name for one in self.pieces if one.home in whole)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [used.target for used in self.piece(name).uses]
        return found

    def reads(self) -> bool:
        """Whether some piece reads docstrings or annotations, other than its own in a module that is imported with the task's."""
        eager = self.eager()
        return any(
            "reads" in one.template.flags and not (one.kind in _OWN and one.home in eager) for one in self.pieces
        )

    def whole(self) -> set[str]:
        """Modules of which everything may count: looked into by computed names, or imported by functions alone, or bound in such a
        one."""
        found = {one.home for one in self.pieces if "names" in one.template.flags}
        for one in self.pieces:
            for use in one.uses:
                if use.style in _WHOLE:
                    found |= {self.piece(use.target).module, self.piece(use.target).home}
        found = self._closure(found | (set(MODULES) - self.eager()))
        # one that counts as a file takes all that its functions import with it
        inner = {self.piece(use.target).module for one in self.pieces if one.home in found for use in one.uses}
        found = self._closure(found | inner)
        return self._closure(found | {"pkg.inner"}) if "pkg" in found else found  # it is an attribute of its package

    def eager(self) -> set[str]:
        """Modules that are imported with the task's. Until a function has imported another one, that counts as a file; and then by
        what it holds."""
        return self._closure({"tasks"})

    def _closure(self, modules: set[str]) -> set[str]:
        found, waiting = set(modules), list(modules)
        while waiting:
            new = _written(self, waiting.pop())[1] - found
            found |= new
            waiting += new
        return found


def find(pieces: tuple[Piece, ...] | list[Piece], name: str) -> Piece:
    """The piece of this name."""
    return next(one for one in pieces if one.name == name)


def rank(module: str) -> int:
    """How high a module is."""
    return MODULES.index(module)


def program(seed: int) -> Program:
    """A random one."""
    random = Random(seed)
    pieces: list[Piece] = []
    for module in [*sorted(random.sample(MODULES[:-1], random.randint(1, 4)), key=rank), "tasks"]:
        for _ in range(random.randint(1, 4)):
            pieces.append(piece(random, pieces, f"p{len(pieces)}", kind(random, pieces, module), module))
    pieces.append(piece(random, pieces, "load", "load", "tasks"))
    return Program(tuple(pieces), shuffle=random.randrange(100))


def kind(random: Random, pieces: list[Piece], module: str) -> str:
    """A random kind of piece, for which there is all that it needs."""
    there = [one for one in pieces if one.level < DEPTH]
    needs = {
        "fn": any("fn" in one.template.flags for one in there),
        "cls": any("cls" in one.template.flags for one in there),
        "patch": any("fn" in one.template.flags and one.module != module for one in there),
    }
    while True:
        found = random.choice(list(templates().values()))
        again = "once" in found.flags and any(one.kind == found.kind and one.home == module for one in pieces)
        if not again and all(needs.get(wanted, True) for wanted, _ in found.holes):
            return found.kind


def piece(random: Random, pieces: list[Piece], name: str, kind: str, module: str) -> Piece:
    """A piece with all its holes filled."""
    made = Piece(name, kind, module, module)
    slots = tuple(_slot(random, pieces, made, hole) for hole, _ in made.template.holes)
    return replace(made, slots=slots, level=level(pieces, slots))


def level(pieces: tuple[Piece, ...] | list[Piece], slots: tuple[Any, ...]) -> int:
    """How deep is what is used, which would take for ever if it were deeper and deeper."""
    return 1 + max((find(pieces, one.target).level for one in slots if isinstance(one, Use)), default=0)


def _slot(random: Random, pieces: list[Piece], made: Piece, hole: str) -> Any:
    if hole in ("use", "fn", "cls", "patch"):
        return use(random, pieces, made, hole)
    return random.choice(
        {
            "lit": list("123456789"),
            "op": OPERATORS,
            "cmp": COMPARISONS,
            "bool": ("True", "False"),
            "order": (0, 1),
            "one": (0, 1),
        }.get(hole, (None, None, 0, 1))
    )


def use(random: Random, pieces: list[Piece] | tuple[Piece, ...], made: Piece, hole: str) -> Use | None:
    """Something that `made` can use; None is nothing, or a builtin function."""
    deepest = DEPTH + (made.kind == "load")
    there = [
        one
        for one in pieces
        if one.number < made.number and one.level < deepest and rank(one.module) <= rank(made.home) and _fits(one, made, hole)
    ]  # fmt: skip
    if not there or (hole == "use" and made.kind != "load" and random.random() < 0.35):
        return None
    # what was made last is what nothing uses yet
    target = random.choice(there[-3:]) if random.random() < 0.6 else random.choice(there)
    return Use(target.name, "module" if hole == "patch" else style(random, target, made))


def _fits(one: Piece, made: Piece, hole: str) -> bool:
    flag = "fn" if hole == "patch" else hole
    return (hole == "use" or flag in one.template.flags) and (hole != "patch" or one.module != made.home)


def style(random: Random, target: Piece, made: Piece) -> str:
    """A way in which `made` can refer to `target`."""
    if target.module == made.home:
        return "plain"
    found = random.choice(_FAR + _INNER)
    if found.startswith("package") and not (target.module == "pkg.inner" and made.home == "tasks"):
        return "from"
    return found


def _written(program: Program, module: str) -> tuple[str, set[str]]:
    """A module's text, and the modules that it imports when it is imported."""
    body: list[str] = []
    head: dict[str, str] = {}
    for one in program.pieces:
        if one.home == module:
            targets = tuple((program.piece(used.target).module, program.piece(used.target).kind) for used in one.uses)
            text, imports = _filled(one, targets)
            body.append(text)
            head.update(imports)
        elif one.module == module:
            head[f"from {one.home} import {one.name}"] = one.home
        elif module == "pkg" and one.module == "pkg.inner":
            head[f"from .inner import {one.name}"] = "pkg.inner"
    for at, number in program.noise:
        if at == module:
            body.insert(number % (len(body) + 1), _noise(number))
    words = set(_WORDS.findall("".join(body)))
    lines = [*(f"import {name}" for name in _STANDARD if name in words), *head]
    Random(program.shuffle).shuffle(lines)
    imported = {one for far in head.values() for one in (far, far.partition(".")[0])} & set(MODULES)
    return "".join(f"{line}\n" for line in lines) + "".join(body), imported - {module}


def _noise(number: int) -> str:
    if number % 2:
        return f"UNRELATED_{number % 10} = {number}\n"
    return f"def unrelated_{number % 10}(x={number}):\n    return x + {number}\n"


@lru_cache(maxsize=2000)
def _filled(piece: Piece, targets: tuple[tuple[str, str], ...]) -> tuple[str, dict[str, str]]:
    """The text of a piece, and the imports that it needs with the modules that they import. `targets`: where what it uses is found,
    and of what kind it is."""
    filler = _Filler(piece, targets)
    return _dressed(piece, filler.text()), filler.head


class _Filler:
    def __init__(self, piece: Piece, targets: tuple[tuple[str, str], ...]) -> None:
        self.piece, self.slots, self.targets = piece, iter(piece.slots), iter(targets)
        self.head: dict[str, str] = {}
        self.lines: list[str] = []

    def text(self) -> str:
        for line in self.piece.template.text.splitlines(keepends=True):
            before: list[str] = []
            inside = _is_inside(self.lines, line)
            filled = HOLE.sub(lambda found: self._fill(found, inside, before), line)  # noqa: B023
            indent = line[: len(line) - len(line.lstrip())]
            self.lines += [f"{indent}{one}\n" for one in before]
            if filled.strip():
                self.lines.append(filled)
        return "".join(self.lines)

    def _fill(self, found: re.Match[str], inside: bool, before: list[str]) -> str:
        kind, given = hole(found)
        given = given.replace("$v", self.piece.local).replace("$N", self.piece.name)
        if kind in ("N", "v"):
            return self.piece.name if kind == "N" else self.piece.local
        slot = next(self.slots)
        if isinstance(slot, Use):
            module, other = next(self.targets)
            ref = self._ref(slot, module, before if inside else None)
            return ref if kind != "use" else templates()[other].call.replace("@", ref).replace("#", given)
        if kind in ("use", "fn"):
            return given if kind == "use" else "abs"
        if kind in ("order", "one"):
            names = given.split(", ")
            return names[slot] if kind == "one" else ", ".join(names[:: -1 if slot else 1])
        if kind in ("doc", "ann", "ret"):
            text = ["int", "'text'", "float"][slot] if slot is not None else ""
            return text and {"doc": f'"""Doc {slot}."""', "ann": f": {text}", "ret": f" -> {text}"}[kind]
        return str(slot)

    def _ref(self, use: Use, module: str, before: list[str] | None) -> str:
        """How another piece is referred to; an import that belongs into the function is put `before`."""
        name, short = use.target, module.replace(".", "_") + "_"
        style = use.style.removeprefix("inner ")
        line, ref = {
            "plain": ("", name),
            "from": (f"from {module} import {name}", name),
            "as": (f"from {module} import {name} as {name}_", f"{name}_"),
            "star": (f"from {module} import *", name),
            "module": (f"import {module}", f"{module}.{name}"),
            "alias": (f"import {module} as {short}", f"{short}.{name}"),
            "package": (f"from pkg import {name}", name),
            "package attribute": ("import pkg", f"pkg.{name}"),
            "getattr": (f"import {module} as {short}", f'getattr({short}, "{name}")'),
            "vars": (f"import {module} as {short}", f'vars({short})["{name}"]'),
            "import_module": ("", f'importlib.import_module("{module}").{name}'),
        }[style]
        if line and before is not None and use.style in _INNER:
            before.append(line)
        elif line:
            self.head[line] = "pkg" if style.startswith("package") else module
        return ref


def _is_inside(lines: list[str], line: str) -> bool:
    """Whether a statement can be put before `line` that belongs to a function."""
    indent = len(line) - len(line.lstrip())
    above = (one.lstrip() for one in reversed(lines) if len(one) - len(one.lstrip()) < indent)
    return next(above, "").startswith(("def ", "async def "))


def _dressed(piece: Piece, text: str) -> str:
    """With comments, blank lines, line breaks and `pass`."""
    for look in piece.looks:
        lines = text.splitlines(keepends=True)
        at = look % len(lines)
        line = lines[at]
        if look % 4 == 0:
            lines[at] = line.rstrip("\n") + f"  # {look}\n"
        elif look % 4 == 1:
            lines[at] = f"\n# {look}\n\n{line}"
        elif look % 4 == 2:
            lines = [_wide(one) for one in lines]
        elif line.lstrip().startswith("return"):
            lines[at] = line[: len(line) - len(line.lstrip())] + f"pass\n{line}"
        text = "".join(lines)
    return text


def _wide(line: str) -> str:
    head, word, rest = line.partition("return ")
    plain = word and not head.strip() and "#" not in rest and not rest.startswith("(\n")
    return f"{head}return (\n{head}    {rest.rstrip()}\n{head})\n" if plain else line
