"""What lies around a call in a worker process: variables, numeric threads, working directory, breakpoints. It must never
change a process that is not the call's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""What numeric libraries read when they are imported; those that are loaded already are told through threadpoolctl."""


def settle(folder: Path | None) -> None:
    """Once per worker: stand in the project's folder, and pass breakpoints over."""
    sys.breakpointhook = _passed_over
    if folder is not None:
        os.chdir(folder)


def _passed_over(*_: object, **__: object) -> None:
    frame = sys._getframe(1)
    text = "breakpoint() is passed over in a worker process; it stops under --pool inline"
    sys.stderr.write(f"{frame.f_code.co_filename}:{frame.f_lineno}: {text}\n")


class Surroundings:
    """A context manager around one call: `variables` are set, `cpus` is how many threads numeric libraries may use. If the call has
    `strayed` from the project's folder, the way leads back."""

    def __init__(
        self, variables: Mapping[str, str], cpus: int, folder: Path | None, strayed: Callable[[], bool]
    ) -> None:
        self.cpus = cpus
        self.variables = {**dict.fromkeys(THREADS, str(cpus)), **variables} if cpus > 1 else variables
        self.folder = folder
        self.strayed = strayed
        self._before: dict[str, str | None] = {}
        self._undo = ExitStack()

    def __enter__(self) -> Surroundings:
        for name, value in self.variables.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value
        if self.cpus > 1 and "numpy" in sys.modules:
            self._undo.enter_context(_limit(self.cpus))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._undo.close()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if self.folder is not None and self.strayed():
            os.chdir(self.folder)


def _limit(cpus: int) -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(cpus)
    return limits
