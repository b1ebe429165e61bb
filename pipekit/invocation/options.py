"""One given value to the value of its option: interpolated, converted, checked, and if it is wrong, said where. It must never know
which of several given values counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pipekit.definition.check import Mismatch, check
from pipekit.definition.convert import NotA, convert
from pipekit.definition.places import coerce
from pipekit.definition.show import show
from pipekit.definition.tasks import Option
from pipekit.definition.types import Type
from pipekit.invocation.given import Given
from pipekit.invocation.interpolation import Interpolation
from pipekit.invocation.known import Key
from pipekit.invocation.located import Located
from pipekit.invocation.shapes import is_text
from pipekit.invocation.words import shown
from pipekit.values import Origin

_WRITTEN: Mapping[Any, str] = {bool: "write true or false", date: "write it like 2024-12-31"}
"""How a value of a class is written."""


class Wrong:
    """The value of an option whose given value is a problem; there is one instance, `WRONG`."""

    __slots__ = ()


WRONG = Wrong()


class Values(Struct, frozen=True):
    """Turns what was given into values; problems go to the findings of `reading`."""

    reading: Interpolation

    def value(self, key: Key, option: Option, given: Given, needed: bool) -> Any:
        """The value of `option`, or WRONG. A variable that is not set is a problem only where the option is `needed`."""
        problems = self.reading.findings.problems
        before = len(problems)
        raw = self._raw(option.type, given)
        if self.reading.unset and not needed:
            self.reading.forget()
            return WRONG
        self.reading.missing()
        if len(problems) > before:
            return WRONG
        try:
            made = coerce(option.type, raw) if given.source == "python" else convert(option.type, raw)
            bad = check(option.type, made)
        except NotA as wrong:
            bad = wrong.mismatch
        if bad is None:
            return made
        self._say(key, option, given, bad)
        return WRONG

    def _raw(self, type: Type[Any], given: Given) -> Any:
        if isinstance(given.raw, Located):
            return self.reading.value(given.raw, type)
        if given.source == "text" and not is_text(type):
            return self.reading.meant(given.raw, given.origin or Origin("-o"))
        return given.raw

    def _say(self, key: Key, option: Option, given: Given, bad: Mismatch) -> None:
        where, environ = given.origin, ""
        if isinstance(given.raw, Located):
            node = _deepest(given.raw, bad.path)
            secret = option.type.is_secret
            where, environ = (
                replace(node.origin, length=0) if secret else node.origin,
                "" if secret else self.reading.given(node),
            )
        message = bad.message
        if given.source != "python" and (bad.value is None or isinstance(bad.value, bool)):
            message = message.replace(f"{bad.value} is not", f"{shown(bad.value)} is not", 1)
        hint = self._hint(option.type, bad)
        if environ:
            hint = f"in the environment {environ}" + (f"; {hint}" if hint else "")
        self.reading.findings.say(f"option '{key[1]}' of task '{key[0]}': {message}", where, hint)

    def _hint(self, type: Type[Any], bad: Mismatch) -> str | None:
        wrong = bad.type
        if isinstance(bad.value, (bool, int, float)) and is_text(wrong):
            return "put it in quotes if it is text"
        if wrong.cls in _WRITTEN:
            return _WRITTEN[wrong.cls]
        if wrong.kind == "items" and not isinstance(bad.value, list):
            return "write a list, such as [a, b]"
        at = self.reading.findings.at(wrong.origin)
        if at:
            return f"'{wrong.name}' is declared in{at.replace('(', '').replace(')', '')}"
        return f"the option takes: {type.name}" if type is not wrong else None


def _deepest(node: Located, path: str) -> Located:
    """The node that `path` (as a Mismatch gives it) leads to, as far as it can be followed."""
    while path:
        for step, below in _steps(node):
            if path.startswith(step):
                node, path = below, path[len(step) :]
                break
        else:
            return node
    return node


def _steps(node: Located) -> Iterator[tuple[str, Located]]:
    if isinstance(node.value, list):
        for index, below in enumerate(node.value):
            yield f"[{index}]", below
    elif isinstance(node.value, dict):
        for key, below in node.value.items():
            yield f"[{show(key)}]", below
            yield f".{key}", below
