"""What is wrong with a command line, in words for the person who typed it. It must never parse one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipekit.definition.nearest import nearest
from pipekit.errors import InvocationError
from pipekit.faces.cli import COMMANDS
from pipekit.values import Origin


def explained(error: Any, said: Sequence[str]) -> InvocationError:
    """The error for what typer says of the command line `said` (without the program's name)."""
    command = next((word for word in said if word in COMMANDS), "")
    start = f"pipekit {command}".strip()
    message, hint = _words(error, said, command, f"`{start} --help` shows what it takes")
    return InvocationError(message, where=Origin(start), hint=hint)


def _words(error: Any, said: Sequence[str], command: str, hint: str) -> tuple[str, str]:
    name, message = type(error).__name__, str(getattr(error, "message", ""))
    flag, param = getattr(error, "option_name", ""), getattr(error, "param", None)
    of = f"'{command}'" if command else "pipekit"
    if name == "NoSuchOption" and flag == "-C":
        return f"{of} has no flag '-C'", "it stands behind the command: pipekit run -C DIR"
    if name == "NoSuchOption":
        near = nearest(flag, getattr(error, "possibilities", None) or ())
        return f"{of} has no flag '{flag}'", f"did you mean '{near}'? {hint}" if near else hint
    if "requires an argument" in message:
        return f"'{flag}' needs a value", hint
    if "does not take a value" in message:
        return f"'{flag}' takes no value", f"write {flag} alone"
    if name == "MissingParameter":
        return f"{of} needs {_metavar(param)}", hint
    if param is not None:
        value = re.match(r"'(.*)' is not", message)
        return (
            f"{next((one for one in param.opts if one in said), param.opts[0])} takes a whole number, not '{value[1] if value else message}'",
            hint,
        )
    if message.startswith("No such command"):
        return _command(message)
    if extra := re.search(r"unexpected extra argument.*\((.*)\)", message):
        return f"{of} does not take '{extra[1]}'", hint
    return message, hint


def _command(message: str) -> tuple[str, str]:
    found = re.search(r"'([^']*)'", message)
    word = found[1] if found else ""
    near = nearest(word, COMMANDS)
    there = f"the commands are: {', '.join(COMMANDS)}"
    return f"there is no command '{word}'", f"did you mean '{near}'? {there}" if near else there


def _metavar(param: Any) -> str:
    return str(getattr(param, "metavar", None) or param.opts[0])
