"""Random edits of random programs: some may change what the task gives, some must never make it run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from support.random_pieces import templates
from support.random_programs import (
    COMPARISONS,
    DEPTH,
    MODULES,
    OPERATORS,
    Piece,
    Program,
    Use,
    kind,
    level,
    piece,
    rank,
    style,
    use,
)

Change = Callable[[Random, Program], Program | None]


class Edit(NamedTuple):
    """What was done, whether nothing may run again for it, and what came of it."""

    kind: str
    idle: bool
    result: Program


def edit(seed: int, before: Program) -> Edit:
    """A random one."""
    random = Random(seed)
    while True:
        kind = random.choice(list(_EDITS))
        result = _EDITS[kind](random, before)
        if result is not None and result != before:
            return Edit(kind, is_idle(kind, before, result), result)


def is_idle(kind: str, before: Program, after: Program) -> bool:
    """Whether nothing may run again for an edit of this kind."""
    if kind == "folder":
        return True
    if kind in ("look", "newline", "doc", "annotation"):
        return not before.reads()  # then layout can matter too, where it changes the instructions
    if kind in ("noise", "less noise"):
        old, new = Counter(before.noise), Counter(after.noise)
        return not {module for module, _ in (old - new) + (new - old)} & before.whole()
    if kind in ("import order", "reordered"):
        return not before.whole()
    return _is_unreached(before, after)


def _is_unreached(before: Program, after: Program) -> bool:
    """Whether only pieces differ that the task does not lead to."""
    changed = set(before.pieces) ^ set(after.pieces)
    if before.reads() and {use for one in changed for use in one.uses}:
        return False  # what a module imports by name changes the instructions of functions that import the same
    if any("acts" in one.template.flags for one in before.pieces + after.pieces):
        return False
    if any(used.style == "import_module" for one in changed for used in one.uses):
        return False  # which may import what counts as a file until then
    near = {one.name for one in changed} & (before.reached() | after.reached())
    whole = {at for one in changed for at in (one.home, one.module)} & (before.whole() | after.whole())
    return not near and not whole and before.eager() == after.eager()


def _with(before: Program, old: Piece, new: Piece) -> Program:
    return replace(before, pieces=tuple(new if one is old else one for one in before.pieces))


def _filled(before: Program, old: Piece, at: int, slot: Any) -> Program | None:
    slots = (*old.slots[:at], slot, *old.slots[at + 1 :])
    deep = level(before.pieces, slots)
    return _with(before, old, replace(old, slots=slots, level=deep)) if deep <= max(DEPTH, old.level) else None


def _changed(kinds: tuple[str, ...], *choices: Any) -> Change:
    """Something else in one hole of these kinds."""

    def change(random: Random, before: Program) -> Program | None:
        places = [
            (one, at) for one in before.pieces for at, (kind, _) in enumerate(one.template.holes) if kind in kinds
        ]
        if not places:
            return None
        one, at = random.choice(places)
        return _filled(before, one, at, random.choice([slot for slot in choices if slot != one.slots[at]]))

    return change


def _type(random: Random, before: Program) -> Program | None:
    places = [(one, at) for one in before.pieces for at, (kind, _) in enumerate(one.template.holes) if kind == "lit"]
    one, at = random.choice(places)
    return _filled(before, one, at, random.choice(["True", f"{int(float(eval(one.slots[at])))}.0"]))


def _retargeted(random: Random, before: Program) -> Program | None:
    """Swaps, drops or adds what a piece uses."""
    one = random.choice(before.pieces)
    places = [(at, kind) for at, (kind, _) in enumerate(one.template.holes) if kind in ("use", "fn", "cls", "patch")]
    if not places:
        return None
    at, kind = random.choice(places)
    found = use(random, before.pieces, one, kind)
    return _filled(before, one, at, found) if found is not None or kind == "use" else None


def _restyled(random: Random, before: Program) -> Program | None:
    """The same by another way of importing it."""
    one = random.choice(before.pieces)
    places = [
        (at, slot)
        for at, slot in enumerate(one.slots)
        if isinstance(slot, Use) and one.template.holes[at][0] != "patch"
    ]
    if not places:
        return None
    at, slot = random.choice(places)
    return _filled(before, one, at, Use(slot.target, style(random, before.piece(slot.target), one)))


def _replaced(random: Random, before: Program) -> Program | None:
    """Quite another piece under the same name."""
    old = random.choice(before.pieces[:-1])
    there = [one for one in before.pieces if one.number < old.number and rank(one.module) <= rank(old.home)]
    new = kind(random, there, old.home)
    if old.kind == "load" or not old.template.flags & {"fn", "cls"} <= templates()[new].flags:
        return None
    made = replace(piece(random, there, old.name, new, old.home), module=old.module)
    return _with(before, old, made) if made.level <= old.level else None


def _reordered(random: Random, before: Program) -> Program | None:
    pieces = list(before.pieces)
    at = random.randrange(len(pieces) - 1)
    pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
    return replace(before, pieces=tuple(pieces))


def _moved(random: Random, before: Program) -> Program | None:
    """Into a lower module, from which the old one imports it."""
    old = random.choice(before.pieces)
    least = max((rank(before.piece(used.target).module) for used in old.uses), default=0)
    homes = [one for one in MODULES[least : rank(old.module)] if one != old.home]
    tied = {"names", "once"} & old.template.flags or any(kind == "patch" for kind, _ in old.template.holes)
    if old.kind == "load" or tied or not homes:
        return None
    home = random.choice(homes)
    slots = tuple(_from(before, slot, home) if isinstance(slot, Use) else slot for slot in old.slots)
    others = [one for one in before.pieces if one is not old]
    later = (at for at, one in enumerate(others) if rank(one.home) >= rank(home) and one.number > old.number)
    at = next(later, 0)
    return replace(before, pieces=(*others[:at], replace(old, home=home, slots=slots), *others[at:]))


def _from(before: Program, used: Use, home: str) -> Use:
    if before.piece(used.target).module == home:
        return Use(used.target, "plain")
    return Use(used.target, "from") if used.style == "plain" or used.style.startswith("package") else used


def _renamed(random: Random, before: Program) -> Program | None:
    one = random.choice(before.pieces)
    return _with(before, one, replace(one, local=random.choice("wq")))


def _look(random: Random, before: Program) -> Program | None:
    one = random.choice(before.pieces)
    looks = one.looks[:-1] if one.looks and random.random() < 0.4 else (*one.looks, random.randrange(1000))
    return _with(before, one, replace(one, looks=looks))


def _more_noise(random: Random, before: Program) -> Program | None:
    return replace(before, noise=(*before.noise, (random.choice(MODULES), random.randrange(100))))


def _less_noise(random: Random, before: Program) -> Program | None:
    return replace(before, noise=before.noise[1:]) if before.noise else None


_EDITS: dict[str, Change] = {
    "literal": _changed(("lit",), *"123456789"),
    "another literal": _changed(("lit",), *"123456789"),
    "one more literal": _changed(("lit",), *"123456789"),
    "type of a literal": _type,
    "operator": _changed(("op",), *OPERATORS),
    "comparison": _changed(("cmp",), *COMPARISONS),
    "condition": _changed(("bool",), "True", "False"),
    "order of names": _changed(("order", "one"), 0, 1),
    "local variable": _renamed,
    "other piece": _retargeted,
    "another other piece": _retargeted,
    "import style": _restyled,
    "replaced": _replaced,
    "reordered": _reordered,
    "moved": _moved,
    "doc": _changed(("doc",), None, 0, 1, 2),
    "annotation": _changed(("ann", "ret"), None, 0, 1, 2),
    "look": _look,
    "noise": _more_noise,
    "less noise": _less_noise,
    "import order": lambda random, before: replace(before, shuffle=random.randrange(100)),
    "folder": lambda random, before: replace(before, folder=random.choice(["a", "b/c", "long name/d"])),
    "newline": lambda random, before: replace(before, newline="\r\n" if before.newline == "\n" else "\n"),
}
