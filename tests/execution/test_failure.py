"""An exception of the user's as text: their frames, no secrets, and never an exception of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipekit.execution.call import call_user
from pipekit.execution.failure import fault, headline, stable, veil
from pipekit.values import Raised


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text today")


def raises(error: BaseException) -> BaseException:
    def function() -> None:
        raise error

    found = call_user(function)
    assert isinstance(found, Raised)
    return found.error


def test_only_the_users_frames_are_shown() -> None:
    found = fault(raises(ValueError("why")))
    assert found.message == "ValueError: why"
    assert "in function" in found.traceback and "call_user" not in found.traceback
    assert found.where.startswith(f"{__file__}:")


def test_a_cause_is_shown_too() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError as error:
        found = fault(error)
    assert "KeyError: 'inner'" in found.traceback and "ValueError: outer" in found.traceback


def test_secrets_are_veiled() -> None:
    found = fault(raises(ValueError("the key is hunter2")), ["hunter2", ""])
    assert found.message == "ValueError: the key is ***" and "hunter2" not in found.traceback
    assert veil("ab abc", ["ab", "abc"]) == "*** ***"


@pytest.mark.parametrize(
    ("error", "text"), [(Broken(), "Broken: <no text: its __str__ raised>"), (ValueError(), "ValueError")]
)
def test_a_headline_never_raises(error: BaseException, text: str) -> None:
    assert headline(error) == text
    assert fault(error).message == text


def test_what_differs_from_run_to_run_is_left_out() -> None:
    text = "TypeError: <A object at 0x7f00ff> in /home/me/lab/data/a.txt"
    assert stable(text, Path("/home/me/lab")) == "TypeError: <A object> in data/a.txt"
