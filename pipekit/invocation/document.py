"""The shape of pipeline.yaml: which keys stand where, and what `extends` makes of an invocation. It must never know a graph,
nor look at an option's value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.invocation.findings import Findings
from pipekit.invocation.located import Located, merged
from pipekit.invocation.words import clip, listed, name, shown
from pipekit.values import Origin

VERSION = 1
TOP = ("version", "options", "invocations", "settings")
LONGEST = 100
"""How many invocations a chain of `extends` may have."""

SECTION = ("extends", "targets", "options", "matrix", "exclude", "outputs")
_MAPPINGS = ("options", "matrix", "outputs")
_LISTS = ("targets", "exclude")


class Section(Struct, frozen=True):
    """One invocation as written, or with all that it extends: `parts` holds the keys of `SECTION` that are there.

    `inherited`: the outputs that come from above the invocation whose `targets` count; they make no task a target.
    """

    name: str
    origin: Origin | None = None
    parts: Mapping[str, Located] = field(default_factory=dict)
    inherited: frozenset[Any] = frozenset()

    def part(self, key: str) -> Located | None:
        """What stands under `key`."""
        return self.parts.get(key)

    def mapping(self, key: str) -> Mapping[Any, Located]:
        """What stands under `key`, as a mapping; empty where nothing does."""
        node = self.parts.get(key)
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def items(self, key: str) -> list[Located]:
        """What stands under `key`, as a list; empty where nothing does."""
        node = self.parts.get(key)
        return node.value if node is not None and isinstance(node.value, list) else []


class Document(Struct, frozen=True):
    """pipeline.yaml, its shape checked; `base` is a section that has only `options`."""

    file: str | None = None
    base: Section = Section("")
    sections: Mapping[str, Section] = field(default_factory=dict)
    settings: Mapping[str, Located] = field(default_factory=dict)


def shape(root: Located | None, findings: Findings) -> Document:
    """The document in `root`; what has the wrong shape is a problem and left out."""
    if root is None:
        return Document()
    findings.take(root.problems)
    file = root.origin.file
    if not isinstance(root.value, dict):
        hint = f"it is a mapping with the keys {listed(TOP)}"
        findings.say(f"pipeline.yaml holds {_kind(root)}", root.origin, hint)
        return Document(file)
    parts = _known(root.value, TOP, "pipeline.yaml", findings)
    _version(parts.get("version"), findings)
    options = _mapping(parts.get("options"), "'options'", findings)
    sections = _mapping(parts.get("invocations"), "'invocations'", findings)
    settings = _mapping(parts.get("settings"), "'settings'", findings)
    return Document(
        file,
        Section("", None, {"options": options} if options else {}),
        {key: made for key, node in _items(sections) if (made := _section(key, node, findings)) is not None},
        dict(_items(settings)),
    )


def choose(document: Document, wanted: str | None, findings: Findings) -> Section:
    """The invocation called `wanted`, without a name the default one; with everything that it inherits. What is wrong with any
    `extends` is said first."""
    check_extends(document, findings)
    sections = document.sections
    key = wanted or "default"
    if key not in sections:
        if key == "default" and len(sections) <= 1:
            key = next(iter(sections), "default")
        elif key == "default":
            findings.say("no invocation is named 'default'", None, f"name one of: {listed(sections)}")
        else:
            there = (
                f"the invocations are: {listed(sections)}" if sections else "pipeline.yaml has none: leave the name out"
            )
            findings.say(f"there is no invocation {name(wanted)}", None, findings.nearest(key, sections) + there)
    section = inherited(document, sections[key]) if key in sections else Section(key)
    base = document.base.part("options")
    own = section.part("options")
    options = merged(base, own) if base and own else own or base
    return replace(section, parts={**section.parts, "options": options}) if options else section


def inherited(document: Document, section: Section) -> Section:
    """`section` over everything it extends: mappings merge, lists replace. A chain that is broken ends where it is."""
    chain = {section.name: section}
    above = _extended(document, section)
    while above is not None and above.name not in chain and len(chain) < LONGEST:
        chain[above.name] = above
        above = _extended(document, above)
    parts: dict[str, Located] = {}
    passed: set[Any] = set()
    for link in reversed(chain.values()):
        if "targets" in link.parts and "outputs" in parts:
            passed.update(parts["outputs"].value)
        passed.difference_update(link.mapping("outputs"))
        for key, node in link.parts.items():
            parts[key] = merged(parts[key], node) if key in parts else node
    return Section(section.name, section.origin, parts, frozenset(passed))


def check_extends(document: Document, findings: Findings) -> None:
    """Every `extends` names an invocation, none leads back to itself, and no chain is too long."""
    lengths: dict[str, int] = {}
    for section in document.sections.values():
        node = section.part("extends")
        if node is not None and node.value not in document.sections:
            known = document.sections
            hint = f"{findings.nearest(node.value, known)}the invocations are: {listed(known)}"
            findings.say(f"there is no invocation {name(node.value)} to extend", node.origin, hint)
        _follow(document, section, lengths, findings)


def _follow(document: Document, section: Section, lengths: dict[str, int], findings: Findings) -> None:
    """Enter how long the chain of `section`, and of all on it, is into `lengths`; each is looked at once."""
    path: dict[str, Section] = {}
    link: Section | None = section
    while link is not None and link.name not in path and link.name not in lengths:
        path[link.name] = link
        link = _extended(document, link)
    length = lengths.get(link.name, 0) if link is not None else 0
    if link is not None and link.name in path:
        names = list(path)
        circle = names[names.index(link.name) :]
        findings.say(
            f"'extends' goes round: {_round(circle)}",
            link.parts["extends"].origin,
            "an invocation cannot extend itself",
        )
    for passed in reversed(path.values()):
        length += 1
        lengths[passed.name] = length
        if length == LONGEST + 1:
            hint = f"at most {LONGEST}; extend one that has less above it"
            findings.say("this chain of 'extends' is too long", passed.parts["extends"].origin, hint)


def _round(circle: list[str]) -> str:
    names = [*circle, circle[0]]
    return " -> ".join(map(clip, names if len(names) <= 8 else [*names[:4], "...", *names[-3:]]))


def _extended(document: Document, section: Section) -> Section | None:
    node = section.part("extends")
    return document.sections.get(node.value) if node is not None else None


def _section(key: Any, node: Located, findings: Findings) -> Section | None:
    if not isinstance(key, str):
        findings.say(f"an invocation cannot be named {shown(key)}", node.named, "put the name in quotes")
        return None
    of = f"invocation {name(key)}"
    here = _mapping(node, of, findings)
    parts = dict(_known(here.value, SECTION, of, findings)) if here is not None else {}
    for part in _MAPPINGS:
        checked = _mapping(parts.pop(part, None), f"'{part}' of {of}", findings)
        if checked is not None:
            parts[part] = checked
    for part in _LISTS:
        if part in parts and not isinstance(parts[part].value, list):
            bad = parts.pop(part)
            example = "[ranking]" if part == "targets" else "[{ranking.top: 20}]"
            findings.say(f"'{part}' of {of} is {_kind(bad)}, not a list", bad.origin, f"write {part}: {example}")
    if "extends" in parts and not isinstance(parts["extends"].value, str):
        bad = parts.pop("extends")
        findings.say(f"'extends' of {of} is {_kind(bad)}, not a name", bad.origin, "it names one invocation")
    return Section(key, node.named, parts)


def _version(node: Located | None, findings: Findings) -> None:
    if node is None or (type(node.value) is int and node.value == VERSION):
        return
    newer = type(node.value) is int and node.value > VERSION
    hint = f"this pipekit reads version {VERSION}; a newer one may read it" if newer else f"write version: {VERSION}"
    findings.say(f"the version is {_kind(node)}", node.origin, hint)


def _known(parts: Mapping[Any, Located], keys: tuple[str, ...], of: str, findings: Findings) -> dict[str, Located]:
    for key, node in parts.items():
        if key not in keys:
            hint = f"{findings.nearest(key, keys)}the keys are: {listed(keys)}"
            findings.say(f"{of} has no key {name(key)}", node.named, hint)
    return {key: parts[key] for key in keys if key in parts}


def _mapping(node: Located | None, of: str, findings: Findings) -> Located | None:
    """`node` if it is a mapping; nothing written counts as an empty one."""
    if node is None or isinstance(node.value, dict):
        return node
    if node.value is None:
        return Located({}, node.origin, node.key)
    findings.say(f"{of} is {_kind(node)}, not a mapping", node.origin, "write key: value")
    return None


def _items(node: Located | None) -> list[tuple[Any, Located]]:
    return list(node.value.items()) if node is not None else []


def _kind(node: Located) -> str:
    return shown(node.value)
