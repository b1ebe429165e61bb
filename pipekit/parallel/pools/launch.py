"""A fresh interpreter beside this one: same version, same flags, the paths it is given. It must never know what it will do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from pipekit.parallel.errors import PoolError

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_BOOT = (
    "import os, sys; os.closerange({n}, 4096); sys.path[:] = sys.argv[1:]; from {module} import main; main({arguments})"
)


def environment(env: Mapping[str, str], threads: int | None) -> dict[str, str]:
    """`env` with a fixed hash seed, and with numeric libraries held to `threads` where `env` does not say otherwise."""
    limits = dict.fromkeys(_THREADS, str(threads)) if threads else {}
    return {**limits, **env, "PYTHONHASHSEED": "0"}


def launch(module: str, arguments: str, *, path: Sequence[str], env: Mapping[str, str], fds: Sequence[int]) -> int:
    """Start Python with `path` as its `sys.path` and call `main(arguments)` of `module`; its pid.

    It is the leader of a new session, reads /dev/null, and has `fds` as 3, 4, ..., and no other descriptor of this
    process but its stdout and stderr. Raises PoolError.
    """
    if not sys.executable or not hasattr(os, "posix_spawn"):
        raise PoolError("worker processes cannot be started here", hint="use threads")
    code = _BOOT.format(n=3 + len(fds), module=module, arguments=arguments)
    argv = [sys.executable, *_flags(), "-c", code, *map(os.path.abspath, path)]
    with _Copies(fds) as copies:
        actions: list[tuple[object, ...]] = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, copy, 3 + index) for index, copy in enumerate(copies)]
        try:
            return _spawn(argv, env, actions)
        except OSError as error:
            raise PoolError(f"Python cannot be started: {sys.executable}: {error.strerror}") from error


def _spawn(argv: list[str], env: Mapping[str, str], actions: list[tuple[object, ...]]) -> int:
    try:
        return os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True, setsigmask=())
    except NotImplementedError:  # the platform has no such flag; the process will do it itself
        return os.posix_spawn(argv[0], argv, env, file_actions=actions, setsigmask=())


class _Copies:
    """Copies of descriptors, out of the way of the low numbers that the new process will have."""

    def __init__(self, fds: Sequence[int]) -> None:
        self._fds = fds
        self._copies: list[int] = []

    def __enter__(self) -> list[int]:
        import fcntl

        self._copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 32) for fd in self._fds]
        return self._copies

    def __exit__(self, *exc: object) -> None:
        for copy in self._copies:
            os.close(copy)


def _flags() -> list[str]:
    """What this interpreter was told that the user's code can notice."""
    flags = ["-O"] * sys.flags.optimize
    if sys.flags.dont_write_bytecode:
        flags.append("-B")
    if sys.flags.utf8_mode:
        flags.append("-Xutf8")
    return flags + [f"-W{option}" for option in sys.warnoptions]
