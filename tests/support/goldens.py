"""Plain-text goldens: a text is compared with a file beside the tests; PIPEKIT_GOLDENS=write makes the files anew."""

from __future__ import annotations

import os
from pathlib import Path


def same(text: str, golden: Path) -> None:
    """Asserts that `text` is what the golden holds."""
    if os.environ.get("PIPEKIT_GOLDENS") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text.splitlines() == golden.read_text(encoding="utf-8").splitlines()
