"""The quick way of reading a command line: the plain case or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pytest

from pipekit.faces.cli import COMMANDS, command
from pipekit.faces.cli.flags import flag, parameters, parse


def sample(
    task: Annotated[str, flag("A task.", metavar="TASK")],
    other: Annotated[str | None, flag("Another.")] = None,
    jobs: Annotated[int | None, flag("Jobs.", "-j", "--jobs")] = None,
    option: Annotated[Sequence[str], flag("Options.", "-o", "--option")] = (),
    json: Annotated[bool, flag("JSON.", "--json")] = False,
) -> int:
    """A command."""
    return 0


PLAIN = {"task": "a", "other": None, "jobs": None, "option": [], "json": False}


@pytest.mark.parametrize(("words", "expected"), [
    (["a"], PLAIN),
    (["a", "b"], {**PLAIN, "other": "b"}),
    (["--json", "a", "-j", "3"], {**PLAIN, "json": True, "jobs": 3}),
    (["a", "--jobs=3", "-o", "x.y=1", "--option=z=2"], {**PLAIN, "jobs": 3, "option": ["x.y=1", "z=2"]}),
    (["a=b"], {**PLAIN, "task": "a=b"}),
    ([], None),
    (["a", "b", "c"], None),
    (["a", "--bad"], None),
    (["a", "-j"], None),
    (["a", "-j", "many"], None),
    (["a", "--json=1"], None),
    (["a", "-j=3"], None),
    (["--help"], None),
])  # fmt: skip
def test_parse(words: list[str], expected: dict[str, Any] | None) -> None:
    assert parse(parameters(sample), words) == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_read(name: str) -> None:
    function = command(name)
    declared = parameters(function)
    about = " ".join((function.__doc__ or "").partition("\n\n")[0].split())
    assert about.startswith(COMMANDS[name][1]) and all(one.flag.help.endswith(".") for one in declared)
    required = [one.name for one in declared if one.required]
    assert (parse(declared, []) is None) is bool(required)
