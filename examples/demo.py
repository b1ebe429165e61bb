"""What `make demo` runs: the atlas of the standard library, twice, so that one sees that the second time nothing runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ATLAS = Path(__file__).parent / "stdlib_atlas"


def main() -> int:
    """The exit code of the first run that fails, else 0."""
    for said in (
        "The source of this Python's standard library is read, and a page is made of it.",
        "Once more: nothing changed, so nothing runs.",
    ):
        print(f"\n{said}\n{ATLAS.name} $ pipekit run", flush=True)
        code = subprocess.run([sys.executable, "-m", "pipekit", "run"], cwd=ATLAS).returncode
        if code:
            return code
    print(f"\nThe page: {(ATLAS / 'results' / 'atlas.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
