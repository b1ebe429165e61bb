"""A file system whose stamps a test decides: real files, seen through a clock that moves only when told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stamps:
    """`os.stat` with stamps of its own: whatever changes a file says so with `changed`, at the time `now`, rounded down to `step`.

    `offset`: how far the file system's clock is behind (ns).
    """

    step: int
    now: int = 1_700_000_000_123_456_789
    offset: int = 0
    asked: int = 0
    times: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def clock(self) -> int:
        return self.now

    def tick(self) -> int:
        moment = self.now - self.offset
        return moment - moment % self.step

    def changed(self, path: Path, *, modified: bool = True, to: int | None = None) -> None:
        """The content of what is at `path` changed (or only its mode, name or links); `to`: the mtime was set afterwards."""
        found = os.lstat(path)
        key = found.st_dev, found.st_ino
        mtime = self.times.get(key, (self.tick(), 0))[0]
        self.times[key] = to if to is not None else self.tick() if modified else mtime, self.tick()

    def stat(self, path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        self.asked += 1
        found = os.stat(path, follow_symlinks=follow_symlinks)
        mtime, ctime = self.times.setdefault((found.st_dev, found.st_ino), (self.tick(), self.tick()))
        places = list(found)
        named = {
            "st_atime_ns": found.st_atime_ns, "st_mtime_ns": mtime, "st_ctime_ns": ctime, "st_mtime": mtime / 1e9,
            "st_ctime": ctime / 1e9, "st_atime": found.st_atime,
        }  # fmt: skip
        return os.stat_result(places, named)
