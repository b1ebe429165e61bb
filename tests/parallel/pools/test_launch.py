"""The fresh interpreter."""

from __future__ import annotations

import os
import sys

import pytest

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools.launch import environment, launch


def test_the_environment_has_a_fixed_hash_seed_and_limits_it_does_not_set_itself() -> None:
    made = environment({"A": "1", "OMP_NUM_THREADS": "8", "PYTHONHASHSEED": "5"}, threads=2)
    assert (made["A"], made["OMP_NUM_THREADS"], made["MKL_NUM_THREADS"], made["PYTHONHASHSEED"]) == ("1", "8", "2", "0")
    assert environment({}, threads=None) == {"PYTHONHASHSEED": "0"}


def test_an_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(PoolError, match="/no/such/python: No such file"):
        launch("support.tiny_main", "", path=sys.path, env={}, fds=[])
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(PoolError) as error:
        launch("support.tiny_main", "", path=sys.path, env={}, fds=[])
    assert error.value.hint


def test_descriptors_arrive_in_order_and_no_other_does() -> None:
    read, write = os.pipe()
    other = os.dup(write)
    os.set_inheritable(other, True)
    pid = launch("support.tiny_main", "3, 4", path=sys.path, env={}, fds=[write, read])
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(read, 99) == b"3 4"
    for fd in (read, write, other):
        os.close(fd)
