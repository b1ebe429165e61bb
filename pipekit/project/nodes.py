"""YAML text to located nodes, strictly as YAML 1.2 core: the one home of the YAML library. It works on the parser's events,
without recursion, and bounds depth and aliases itself. It must never know which keys a document should have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import yaml
from msgspec import Struct, field

from pipekit.errors import InvocationError, Problem
from pipekit.invocation.located import Located
from pipekit.invocation.scalars import core
from pipekit.invocation.words import clip, shown
from pipekit.project.syntax import explain
from pipekit.values import Origin

Loader: Any = getattr(yaml, "CLoader", yaml.Loader)
"""The C loader; Python's, where libyaml is missing. Only its events are used, so no tag can construct anything."""

DEPTH = 64
ALIASED = 100_000
"""How deep a document may be, and how many nodes its aliases may stand for."""

_BREAK = re.compile(r"\r\n|\n|\r")


def build(text: str, file: str, at: Origin | None = None) -> Located:
    """The one document in `text`; with `at`, every node is there. An empty text is an empty mapping, or None with `at`.

    Raises InvocationError for what cannot be read past; the rest is in the `problems` of what is returned.
    """
    tree = _Tree(text, file, at)
    try:
        for event in yaml.parse(text, Loader=Loader):
            tree.take(event)
    except yaml.YAMLError as error:
        tree.fail(*explain(error, tree.lines))
    except (ValueError, OverflowError, UnicodeError) as error:  # what libyaml's binding lets through on hostile text
        tree.fail(f"this cannot be read as YAML: {error}", (0, 0, 1), "look for what an editor would not show")
    return tree.done()


class _Open(Struct):
    """A collection that is being read."""

    start: Any
    anchor: str | None
    flow: bool
    parts: Any
    key: Any = None
    key_origin: Origin | None = None
    wants_key: bool = True
    skip: bool = False
    size: int = 1
    height: int = 1


class _Tree(Struct):
    text: str
    file: str
    at: Origin | None
    lines: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Located, int, int] | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    root: Located | None = None
    documents: int = 0
    aliased: int = 0

    def __post_init__(self) -> None:
        self.lines = _BREAK.split(self.text)

    def take(self, event: Any) -> None:
        """Read one event."""
        if (read := _READ.get(event.__class__)) is not None:
            read(self, event)

    def done(self) -> Located:
        """The whole document."""
        root = self.root
        if root is None or (root.value is None and self.at is None):
            root = Located({} if self.at is None else None, self.at or Origin(self.file, 1, 1))
        if self.at is not None and self.problems:
            raise InvocationError.of(self.problems)
        return Located(root.value, root.origin, None, tuple(self.problems))

    def fail(self, message: str, span: tuple[int, int, int], hint: str | None) -> NoReturn:
        """Stop at `span` (line and column from 0, length), with all that was found before."""
        self._problem(message, self.at or Origin(self.file, span[0] + 1, span[1] + 1, span[2]), hint)
        raise InvocationError.of(self.problems)

    def _scalar(self, event: Any) -> None:
        origin = self._origin(event.start_mark, event.end_mark)
        if event.tag is not None:
            self._tagged(event, origin)
        value: Any = event.value
        if event.style == '"' and any("\ud800" <= character <= "\udfff" for character in value):
            self._stop("half of a character pair is no text", event, "write the character itself")
        if event.implicit[0] and event.tag is None:
            try:
                value = core(event.value)
            except ValueError as error:
                self._stop(str(error), event, "put it in quotes if it is text")
        if not self._at_key():
            self._place(Located(value, origin), event.anchor, 1, 1)
        elif value == "<<" and event.implicit[0]:
            self._merge(origin)
        else:
            if event.anchor is not None:
                self.anchors[event.anchor] = (Located(value, origin), 1, 1)
            self._key(self.stack[-1], value, origin)

    def _start(self, event: Any) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._at_key():
            self._stop(f"a {'mapping' if mapping else 'list'} cannot be a key", event, "a key is one word or number")
        if len(self.stack) >= DEPTH:
            self._stop(f"this is nested deeper than {DEPTH}", event, "flatten it, or put it in a file of its own")
        if event.tag is not None:
            self._tagged(event, self._origin(event.start_mark, event.end_mark))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(event.start_mark, event.anchor, bool(event.flow_style), {} if mapping else []))

    def _end(self, event: Any) -> None:
        top = self.stack.pop()
        end = event.end_mark if top.flow else None
        node = Located(top.parts, self._origin(top.start, end))
        self._place(node, top.anchor, top.size, top.height)

    def _alias(self, event: Any) -> None:
        name = event.anchor
        if name not in self.anchors:
            self._stop(
                f"there is no anchor '&{clip(name)}' above this alias",
                event,
                f"write &{clip(name)} before the value that is meant",
            )
        known = self.anchors[name]
        if known is None:
            self._stop(f"the alias '*{clip(name)}' stands inside its own anchor", event, "write the value out")
        node, size, height = known
        self.aliased += size
        if self.aliased > ALIASED or len(self.stack) + height > DEPTH:
            self._stop("the aliases stand for too much", event, f"at most {ALIASED} values, {DEPTH} deep; write less")
        if not self._at_key():
            self._place(node, None, size, height)
        elif isinstance(node.value, (dict, list)):
            self._stop(f"a {'mapping' if isinstance(node.value, dict) else 'list'} cannot be a key", event, None)
        else:
            self._key(self.stack[-1], node.value, self._origin(event.start_mark, event.end_mark))

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop("a second document starts here", event, "one file holds one document: delete the '---'")
        if event.tags or event.version not in (None, (1, 2)):
            self._stop("only the directive '%YAML 1.2' may stand here", event, "delete the line that starts with '%'")

    def _place(self, node: Located, anchor: str | None, size: int, height: int) -> None:
        """Put a finished node where it belongs: the document, a list, or under a mapping's key."""
        if anchor is not None:
            self.anchors[anchor] = (node, size, height)
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.size += size
        if height >= top.height:
            top.height = height + 1
        if isinstance(top.parts, list):
            top.parts.append(node)
            return
        top.wants_key = True
        if not top.skip:
            top.parts[top.key] = node.under(top.key_origin)

    def _key(self, top: _Open, key: Any, origin: Origin) -> None:
        top.key, top.key_origin, top.wants_key = key, origin, False
        top.size += 1
        top.skip = key in top.parts
        if top.skip:
            first = top.parts[key].named
            where = f"the first is in line {first.line}; " if self.at is None else ""
            self._problem(f"the key '{_word(key)}' stands twice", origin, f"{where}keep one of them")

    def _merge(self, origin: Origin) -> None:
        top = self.stack[-1]
        top.wants_key, top.skip = False, True
        top.size += 1
        self._problem(
            "'<<' is not part of YAML 1.2", origin, "write the keys out; `extends` inherits from an invocation"
        )

    def _tagged(self, event: Any, origin: Origin) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._problem(
            f"the tag '{clip(tag)}' is not allowed", origin, "a value's type is the type of its option: delete the tag"
        )

    def _at_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].parts, dict) and self.stack[-1].wants_key

    def _origin(self, start: Any, end: Any) -> Origin:
        if self.at is not None:
            return self.at
        line, column = start.line, start.column
        if end is not None and end.line == line:
            length = end.column - column
        else:
            length = len(self.lines[line].rstrip()) - column if line < len(self.lines) else 1
        return Origin(self.file, line + 1, column + 1, length if length > 0 else 1)

    def _problem(self, message: str, origin: Origin, hint: str | None) -> None:
        self.problems.append(Problem(message, origin, hint))

    def _stop(self, message: str, event: Any, hint: str | None) -> NoReturn:
        self._problem(message, self._origin(event.start_mark, event.end_mark), hint)
        raise InvocationError.of(self.problems)


_READ: dict[type[Any], Callable[[_Tree, Any], None]] = {
    yaml.ScalarEvent: _Tree._scalar,
    yaml.MappingStartEvent: _Tree._start,
    yaml.SequenceStartEvent: _Tree._start,
    yaml.MappingEndEvent: _Tree._end,
    yaml.SequenceEndEvent: _Tree._end,
    yaml.AliasEvent: _Tree._alias,
    yaml.DocumentStartEvent: _Tree._document,
}


def _word(key: Any) -> str:
    return clip(key) if isinstance(key, str) else shown(key)
