"""Trivial tasks below one whose option changes, for doit: `doit --file doit_changed.py count=N value=V`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doit import get_var
from doit.tools import config_changed

DOIT_CONFIG = {"reporter": "zero"}


def source(given: int) -> dict[str, int]:
    """What the others take."""
    return {"value": given // 10}


def one(number: int, value: int) -> dict[str, int]:
    """What a task gives."""
    return {"value": value + number}


def task_source() -> dict[str, Any]:
    """The one whose option changes."""
    given = int(get_var("value"))
    return {"actions": [(source, [given])], "uptodate": [config_changed({"value": given})]}


def task_one() -> Iterator[dict[str, Any]]:
    """Those below it: they run again if what it gives is another value."""
    for number in range(int(get_var("count"))):
        yield {"name": str(number), "actions": [(one, [number])], "getargs": {"value": ("source", "value")}}
