"""How a process ended, in words. It must never know what it did."""

from __future__ import annotations


def words(status: int | None) -> str:
    """ "exit 3" or "signal SIGSEGV" for an exit code, or minus the number of a signal."""
    if status is None:
        return "gone"
    if status >= 0:
        return f"exit {status}"
    import signal

    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def out_of_memory_kills(source: str = "/proc/vmstat") -> int:
    """How often this machine's kernel has killed a process because memory ran out; 0 where it does not say."""
    try:
        with open(source, "rb") as file:
            for line in file:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0
