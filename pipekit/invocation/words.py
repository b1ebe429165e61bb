"""How names, values and places are said in the message of a problem. It must never know what is wrong."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from pipekit.values import Origin

LONGEST = 60
"""How many characters of a name or value a message shows."""

MANY = 12
"""How many names a hint lists."""


def clip(text: str) -> str:
    """`text`, cut where it is long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def clip_path(text: str) -> str:
    """A path, cut at its beginning where it is long."""
    return text if len(text) <= LONGEST else "…" + text[-LONGEST + 1 :]


def name(value: Any) -> str:
    """A name in quotes; what is no text as YAML writes it."""
    return f"'{clip(value)}'" if isinstance(value, str) else shown(value)


def shown(value: Any) -> str:
    """A value that was read, as YAML writes it, in short form."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return clip(repr(value))


def listed(names: Collection[str]) -> str:
    """`"a, b, c"`; of many names the first, and how many there are."""
    first = ", ".join(map(clip, islice(names, MANY)))
    return first if len(names) <= MANY else f"{first}, ... ({len(names)} in all)"


def place(origin: Origin | None, folder: Path | None) -> str:
    """`" (tasks.py:31)"`, relative to `folder` where it lies inside; nothing for no origin."""
    if origin is None:
        return ""
    path = PurePath(origin.file)
    if folder is not None and path.is_relative_to(folder):
        path = path.relative_to(folder)
    return f" ({path}:{origin.line})" if origin.line else f" ({path})"
