"""Whether a file's stamps are old enough to tell its next change from its last. It must never look at a file, nor at a clock."""

from __future__ import annotations

import os
from typing import Final

_UNITS: Final = (2_000_000_000, *(10**power for power in range(9, 5, -1)))
_TICK: Final = 16_000_000
_OTHER_CLOCK: Final = 60_000_000_000


def is_settled(found: os.stat_result, moment: int, *, far: bool = False) -> bool:
    """Would any change of the file after `moment` (nanoseconds since 1970) show in its stamps?

    Only stamps that are clearly older than `moment` say so: within one step of the file system's clock two changes look
    the same. `far`: the stamps come from another machine, whose clock may be a minute off.
    """
    slack = _OTHER_CLOCK if far else 0
    return all(moment - stamp > max(2 * step_of(stamp), slack) for stamp in (found.st_mtime_ns, found.st_ctime_ns))


def step_of(stamp: int) -> int:
    """The nanoseconds from one stamp to the next where this one was given.

    A file system of whole seconds, or of hundredths, gives itself away: all of its stamps are multiples. Where the stamp
    is odd it is the system's tick, of which none in use is longer than a 64th of a second. A fine stamp that looks coarse
    by chance is waited for a little longer.
    """
    return next((unit for unit in _UNITS if stamp % unit == 0 and unit > _TICK), _TICK)
