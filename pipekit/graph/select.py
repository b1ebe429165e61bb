"""Selections as text: `+ranking`, `words+ & tag:slow`, `train* - kind:each`, with the precedence of Python's set operators
(`-` or `!`, then `&`, then `|`, `,` and blank). It owns the grammar and must never read a task beyond name, kind and tags.

    selection  = operand, { operator, operand }       operator = "-" | "!" | "&" | "|" | "," | blank
    operand    = { "-" | "!" }, [ "+" ], primary, [ "+" ]        a leading "-" or "!" is all but the operand
    primary    = name | pattern | "tag:" tag | "kind:" kind | "(" selection ")"        "+x" with upstream, "x+" downstream
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from pipekit.errors import GraphError
from pipekit.graph.query import Selection, meant
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph

KINDS = ("task", "stream", "each")
RANK = {"-": 3, "&": 2, "|": 1}

_TOKEN = re.compile(
    r"(?P<atom>(?:tag|kind):[^\s()&|,!+]+|(?:[^\W\d]|[*?]|\[[^\]\s]+\])(?:[\w*?.:-]|\[[^\]\s]+\])*)|(?P<sign>[-+!&|,()])"
)
_BLANK = re.compile(r"\s*")


class _Token(Struct, frozen=True):
    text: str
    start: int
    atom: bool
    after_blank: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def select(graph: Graph, text: str) -> Selection:
    """The names that `text` means in `graph`. GraphError, with the column, for what is no selection, and for a name, tag
    or kind that does not exist; a pattern may match nothing."""
    tokens = _tokens(text)
    if not tokens:
        raise _wrong(text, 0, 1, "the selection is empty", "'*' selects every task, '+name' a task with its upstream")
    return _Reader(graph, text, tokens).read()


class _Reader:
    """One pass over the tokens with a stack of values and one of operators, so that no depth of brackets overflows."""

    def __init__(self, graph: Graph, text: str, tokens: list[_Token]) -> None:
        self.graph, self.text, self.tokens, self.place = graph, text, tokens, 0
        self.values: list[Selection] = []
        self.operators: list[tuple[str, _Token]] = []

    def read(self) -> Selection:
        while True:
            self._operand()
            while self._closes():
                self._close()
            if self.place == len(self.tokens):
                break
            self._operator()
        for name, token in self.operators:
            if name == "(":
                raise self._error(token, "this bracket is never closed", "write the missing ')'")
        self._reduce(0)
        return self.values.pop()

    def _operand(self) -> None:
        """Signs and opening brackets, then one name, pattern, tag or kind."""
        while (token := self._next()) is not None and not token.atom:
            if token.text == "+" and not self._joined():
                raise self._error(token, "nothing follows this '+'", "write '+name' for a task with its upstream")
            name = {"+": "up", "-": "not", "!": "not", "(": "("}.get(token.text)
            if name is None:
                raise self._error(
                    token, f"a task is missing before {token.text!r}", "write a name, 'tag:x' or 'kind:each'"
                )
            self.operators.append((name, token))
            self.place += 1
        if token is None:
            raise _wrong(self.text, len(self.text), 1, "the selection ends where a task should stand", "complete it")
        self.place += 1
        self._finish(self._meaning(token))

    def _joined(self) -> bool:
        """Whether a primary stands right behind the '+' at hand."""
        after = self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else None
        return after is not None and not after.after_blank and (after.atom or after.text == "(")

    def _finish(self, seeds: Selection) -> None:
        """Put down one operand: `seeds` with the signs around them, `+` on both sides reaching from the same seeds."""
        value = seeds
        if self._top() == "up":
            self.operators.pop()
            value |= self.graph.upstream(seeds)
        token = self._next()
        if token is not None and token.text == "+" and not token.after_blank:
            self.place += 1
            value |= self.graph.downstream(seeds)
        while self._top() == "not":
            self.operators.pop()
            value = frozenset(self.graph.tasks) - value
        self.values.append(value)

    def _closes(self) -> bool:
        token = self._next()
        return token is not None and token.text == ")"

    def _close(self) -> None:
        token = self.tokens[self.place]
        self._reduce(0)
        if not self.operators:
            raise self._error(token, "this bracket was never opened", "take the ')' away")
        self.operators.pop()
        self.place += 1
        self._finish(self.values.pop())

    def _operator(self) -> None:
        """The operator before the next operand; a blank alone is a union."""
        token = self.tokens[self.place]
        name = {"-": "-", "!": "-", "&": "&", "|": "|", ",": "|"}.get(token.text)
        if name is not None:
            self.place += 1
        elif token.after_blank:
            name = "|"
        else:
            raise self._error(
                token, f"an operator is missing before {token.text!r}", "write a blank, ',', '&' or '-' there"
            )
        self._reduce(RANK[name])
        self.operators.append((name, token))

    def _reduce(self, rank: int) -> None:
        """Apply the operators on top that bind at least as tight as `rank`, down to the open bracket."""
        while RANK.get(self._top(), -1) >= rank:
            name, _ = self.operators.pop()
            right, left = self.values.pop(), self.values.pop()
            self.values.append(left - right if name == "-" else left & right if name == "&" else left | right)

    def _meaning(self, token: _Token) -> Selection:
        word, colon, rest = token.text.partition(":")
        tasks = self.graph.tasks.items()
        if colon and word == "kind":
            self._known(rest, KINDS, "kind", token)
            return frozenset(name for name, task in tasks if task.kind == rest)
        if colon and word == "tag":
            self._known(rest, {tag for _, task in tasks for tag in task.config.tags}, "tag", token)
            return frozenset(name for name, task in tasks if _matches(task.config.tags, rest))
        if _is_pattern(token.text):
            return frozenset(name for name in self.graph.tasks if fnmatchcase(name, token.text))
        self._known(token.text, self.graph.tasks, "task", token)
        return frozenset([token.text])

    def _known(self, name: str, known: Iterable[str], what: str, token: _Token) -> None:
        if name in known or (what == "tag" and _is_pattern(name)):
            return
        hint = meant(name, known, what)
        if what == "task" and "-" in name:
            hint += "; a difference has blanks around its '-'"
        raise self._error(token, f"no {what} {name!r} in the graph", hint, skip=token.text.find(name))

    def _next(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _top(self) -> str:
        return self.operators[-1][0] if self.operators else ""

    def _error(self, token: _Token, message: str, hint: str, skip: int = 0) -> GraphError:
        return _wrong(self.text, token.start + skip, len(token.text) - skip, message, hint)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while True:
        blank = _BLANK.match(text, place)
        start = blank.end() if blank else place
        if start == len(text):
            return found
        token = _TOKEN.match(text, start)
        if token is None:
            raise _wrong(
                text, start, 1, f"{text[start]!r} means nothing in a selection", "names, + & | , - ! ( ) tag: kind:"
            )
        found.append(_Token(token[0], start, token["atom"] is not None, start > place))
        place = token.end()


def _matches(tags: Iterable[str], wanted: str) -> bool:
    return any(fnmatchcase(tag, wanted) for tag in tags) if _is_pattern(wanted) else wanted in tags


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _wrong(text: str, start: int, length: int, message: str, hint: str) -> GraphError:
    where = Origin("<selection>", 1, start + 1, max(length, 1))
    return GraphError(f"selection {text!r}, column {start + 1}: {message}", where=where, hint=hint)
