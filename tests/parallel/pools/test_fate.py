"""Exit codes in words."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.pools import lost, up

from pipekit.parallel.pools import fate
from pipekit.parallel.pools.processes import ProcessPool


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exit 0"), (3, "exit 3"), (-11, "signal SIGSEGV"), (-9, "signal SIGKILL"), (-77, "signal 77"), (None, "gone")],
)
def test_words(status: int | None, words: str) -> None:
    assert fate.words(status) == words


def test_out_of_memory_kills_are_counted_where_they_are_told(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 7\noom_kill 12\nswap_ra 0\n")
    assert fate.out_of_memory_kills(str(tmp_path / "vmstat")) == 12
    assert fate.out_of_memory_kills(str(tmp_path / "absent")) == 0


def test_a_sigkill_is_put_down_to_memory_only_when_the_kernel_killed_since() -> None:
    with ProcessPool("support.pool_mains:obey", env=os.environ) as pool:
        up(pool, 1)
        pool._oom -= 1  # as if it had been read before such a kill
        pool.send(1, ("signal", signal.SIGKILL))
        assert lost(pool).cause == "signal SIGKILL (out of memory?)"
        up(pool, 1)
        pool.send(1, ("signal", signal.SIGKILL))
        assert lost(pool).cause == "signal SIGKILL"
