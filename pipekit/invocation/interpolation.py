"""`${env:NAME}` and `${env:NAME:-default}`, the only interpolations: found in text, read from a given environment, and noted. It
must never read the process's own environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pipekit.definition.types import Type
from pipekit.errors import InvocationError
from pipekit.invocation.findings import Findings
from pipekit.invocation.located import Located
from pipekit.invocation.scalars import core, simple
from pipekit.invocation.secrets import AbsentSecret
from pipekit.invocation.shapes import is_secret_leaf, is_text, part
from pipekit.invocation.words import clip
from pipekit.values import Origin, Secret

Parse = Callable[[str, Origin], Located]
"""YAML core text to a value; raises InvocationError."""

START = "${env:"
_REFERENCE = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-[^{}]*)?\}")
_HINT = "write ${env:NAME} or ${env:NAME:-default}"


def scalar(text: str, origin: Origin) -> Located:
    """Plain scalars as YAML core, without a YAML reader; raises InvocationError for anything that needs one."""
    if not simple(text):
        raise InvocationError("this text needs a YAML reader to say what it means", where=origin)
    try:
        return Located(core(text), origin)
    except ValueError as error:
        raise InvocationError(str(error), where=origin) from None


class Interpolation(Struct):
    """One check's reading of the environment: `read` is what to record (unset counts as empty), `unset` what is missing."""

    environ: Mapping[str, str]
    parse: Parse
    findings: Findings
    read: dict[str, str] = field(default_factory=dict)
    unset: list[tuple[str, Origin]] = field(default_factory=list)

    def value(self, node: Located, type: Type[Any] | None) -> Any:
        """The plain value of `node`, which is to become a `type`, with every interpolation replaced."""
        if isinstance(node.value, dict):
            return {key: self.value(below, part(type, key)) for key, below in node.value.items()}
        if isinstance(node.value, list):
            return [self.value(below, part(type, index)) for index, below in enumerate(node.value)]
        if is_secret_leaf(type) and (isinstance(node.value, str) or is_text(type)):
            return self._secret(node)
        if not isinstance(node.value, str):
            return node.value
        if START not in node.value:
            return node.value
        text = self.text(node)
        return text if is_text(type) else self.meant(text, node.origin)

    def text(self, node: Located) -> str:
        """The text of `node` with every interpolation replaced by what the environment has; what is unset, by nothing."""
        if node.value.count(START) != len(_REFERENCE.findall(node.value)):
            self.findings.say("this interpolation cannot be read", node.origin, _HINT)
            return ""
        return _REFERENCE.sub(lambda found: self._look(found["name"], found["default"], node.origin), node.value)

    def meant(self, text: str, origin: Origin) -> Any:
        """What `text` means as YAML core."""
        try:
            return self.parse(text, origin).plain()
        except InvocationError as error:
            for problem in error.problems:
                message = problem.message.replace(" of line 1", "").removesuffix(" before this")
                self.findings.say(f"{clip(text)!r}: {message}", origin, problem.hint)
            return None

    def given(self, node: Located) -> str:
        """What the environment has for the interpolations in `node`: `"TOP is 'lots'"`; nothing where there are none."""
        names = [found["name"] for found in _REFERENCE.finditer(node.value)] if isinstance(node.value, str) else []
        return ", ".join(
            f"{name} is {clip(self.environ[name])!r}" if self.environ.get(name) else f"{name} is empty"
            for name in names
            if name in self.environ
        )

    def missing(self) -> None:
        """Make every variable that was found unset since the last call a problem."""
        for name, origin in self.unset:
            hint = f"set it, or give a default: ${{env:{name}:-default}}"
            self.findings.say(f"the environment variable '{name}' is not set", origin, hint)
        self.unset.clear()

    def forget(self) -> None:
        """Whatever was found unset since the last call is not needed."""
        self.unset.clear()

    def _look(self, name: str, default: str | None, origin: Origin) -> str:
        found = self.environ.get(name, "")
        self.read[name] = found
        if name not in self.environ and default is None:
            self.unset.append((name, origin))
        return found if found or default is None else default[2:]

    def _secret(self, node: Located) -> Any:
        found = _REFERENCE.fullmatch(str(node.value))
        if found is None or found["default"] is not None:
            self.findings.say(
                "a Secret cannot be written in pipeline.yaml",
                replace(node.origin, length=0),
                'only "${env:NAME}", the whole value and without a default, may give it',
            )
            return AbsentSecret("")
        name = found["name"]
        return Secret(self.environ[name]) if name in self.environ else AbsentSecret(name)
