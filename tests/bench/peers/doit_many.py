"""Trivial tasks made by a loop, for doit: `doit --file doit_many.py count=N`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doit import get_var
from doit.tools import run_once

DOIT_CONFIG = {"reporter": "zero"}


def one(number: int) -> dict[str, int]:
    """What a task gives."""
    return {"value": number}


def task_one() -> Iterator[dict[str, Any]]:
    """All of them."""
    for number in range(int(get_var("count"))):
        yield {"name": str(number), "actions": [(one, [number])], "uptodate": [run_once]}
