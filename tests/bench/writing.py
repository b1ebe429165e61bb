"""Writes 4,000 files of 1 MB and sees them on the disk, many at once: what the disk can do."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def write(path: Path) -> None:
    """One file, durable."""
    with path.open("wb") as file:
        file.write(path.name.encode().ljust(1 << 20))
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp(dir=Path.cwd()))
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, [place / str(number) for number in range(4_000)]))
    finally:
        shutil.rmtree(place)
