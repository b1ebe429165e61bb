"""Plain-text goldens: a text is compared with a file beside the tests; PIPEKIT_GOLDENS=write makes the files anew."""

from __future__ import annotations

import difflib
import os
from pathlib import Path


def same(text: str, golden: Path) -> None:
    """Asserts that `text` is what the golden holds, and shows the lines that differ."""
    if os.environ.get("PIPEKIT_GOLDENS") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    wanted = golden.read_text(encoding="utf-8").splitlines()
    differs = "\n".join(difflib.unified_diff(wanted, text.splitlines(), golden.name, "shown", lineterm="", n=0))
    assert not differs, differs
