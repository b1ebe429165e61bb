"""How commands speak: data to stdout, talk to stderr; with `--json` one object. It must never know a command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pipekit.errors import PipekitError


def say(text: str) -> None:
    """A line of talk; what stdout holds comes before it, so that both in one place stand in their order."""
    sys.stdout.flush()
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def put(text: str) -> None:
    """A line of data."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def put_json(value: Any) -> None:
    """One JSON object on stdout."""
    put(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def tell(error: PipekitError, *, as_json: bool = False) -> None:
    """All problems of an error; with `as_json` as the object that `--json` promises."""
    from pipekit.faces.render.problems import render_problems, rows

    root = here()
    if as_json:
        put_json({"status": "invalid", "errors": rows(error, root)})
        return
    say(render_problems(error, root, color=colourful(sys.stderr)))
    for note in getattr(error, "__notes__", ()):
        say(note)


def here() -> Path | None:
    """The working directory; None where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def colourful(stream: Any) -> bool:
    """Is the stream a terminal that may be given colours? (https://no-color.org)"""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def is_terminal(stream: Any) -> bool:
    """Is the stream a terminal that can do more than print lines?"""
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def columns(rows: list[tuple[str, ...]], *, gap: str = "  ") -> list[str]:
    """Rows as lines with aligned columns."""
    from pipekit.faces.render.harmless import fit, harmless, width

    if not rows:
        return []
    rows = [tuple(harmless(cell) for cell in row) for row in rows]
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [gap.join(fit(cell, wide) for cell, wide in zip(row, widths)).rstrip() for row in rows]
