"""Whatever foreign code raises comes back as a value."""

from __future__ import annotations

from typing import Any

import pytest

from pipekit.parallel.pools.call import Raised, call, exit_code, resolve


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def throw(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ValueError("a"), "ValueError: a"),
        (EOFError(), "EOFError"),
        (SystemExit(3), "SystemExit: 3"),
        (Mute(), "Mute: (its message cannot be shown)"),
    ],
)
def test_what_is_raised_is_told(error: BaseException, cause: str) -> None:
    outcome = call(throw, error)
    assert isinstance(outcome, Raised) and outcome.cause == cause
    assert "in throw" in outcome.detail


def test_ctrl_c_goes_on_up() -> None:
    with pytest.raises(KeyboardInterrupt):
        call(throw, KeyboardInterrupt())


def test_resolve_follows_attributes() -> None:
    found: Any = resolve("support.pool_mains:Unreadable.__reduce__")
    assert found.__qualname__ == "Unreadable.__reduce__"


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert [exit_code(code) for code in (None, 0, 3, 259, -1, "told")] == [0, 0, 3, 3, 255, 1]
    assert capsys.readouterr().err == "told\n"
