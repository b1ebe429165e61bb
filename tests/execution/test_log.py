"""Events as JSON and back; a log that is still being written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from pipekit.errors import StoreError
from pipekit.execution import events as e
from pipekit.execution.log import MOST, Log, Reader, from_json, to_json
from pipekit.execution.reasons import Reason

SAMPLES: dict[str, Any] = {
    "float": 1.5, "int": 3, "str": "text ☃ \x1b[31m\n", "bool": True, "Reason": Reason("option", "top", "1", "2"),
    "int | None": 7, "tuple[int, ...]": (1, 2), "tuple[str, ...]": ("slow",), "Mapping[str, int]": {"ran": 2},
}  # fmt: skip


def sample(cls: Any) -> Any:
    return cls(**{name: SAMPLES[cls.__annotations__[name]] for name in cls.__struct_fields__})


@pytest.mark.parametrize("cls", get_args(e.Event), ids=lambda cls: cls.__name__)
def test_there_and_back(cls: Any) -> None:
    event = sample(cls)
    line = to_json(event)
    assert b"\n" not in line and from_json(line) == event
    assert next(iter(json.loads(line))) == "event"


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "3", '{"event": "of_the_future", "time": 1}', '{"event": "step_started"}', '{"event": 3}']
)
def test_what_is_no_event_is_passed_over(line: str) -> None:
    assert from_json(line) is None


def test_a_log_can_be_followed_and_a_torn_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "abc.jsonl"
    log, reader = Log(path), None
    log.write(e.StepReady(1.0, 1))
    log.flush()
    reader = Reader(path)
    assert list(reader.read()) == [e.StepReady(1.0, 1)]
    whole = to_json(e.StepReady(2.0, 2)) + b"\n"
    with path.open("ab") as file:
        file.write(whole[:10])
    assert list(reader.read()) == []
    with path.open("ab") as file:
        file.write(whole[10:])
    assert list(reader.read()) == [e.StepReady(2.0, 2)]
    assert list(reader.read()) == []


def test_a_line_longer_than_one_reading_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    log = Log(tmp_path / "abc.jsonl")
    long, short = e.LogLines(1.0, 1, "x" * 5000), e.StepReady(2.0, 2)
    log.write(long)
    log.write(short)
    log.close()
    reader = Reader(log.path)
    assert [*reader.read(100), *reader.read(100)] == [long, short]
    assert list(Reader(log.path).read(None)) == [long, short]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "abc.jsonl").symlink_to("/dev/full")
    log = Log(tmp_path / "abc.jsonl")
    log.write(e.StepReady(1.0, 1))
    with pytest.raises(StoreError, match="no space left on device") as found:
        log.flush()
    assert found.value.problems[0].hint.startswith("make room on this disk")
    log.close()


def test_many_lines_do_not_wait(tmp_path: Path) -> None:
    log = Log(tmp_path / "abc.jsonl")
    for number in range(MOST):
        assert log.path.stat().st_size == 0
        log.write(e.StepReady(1.0, number))
    assert [event.step for event in Reader(log.path).read() if isinstance(event, e.StepReady)] == list(range(MOST))
    log.close()


def test_what_is_no_text_is_written_all_the_same() -> None:
    assert from_json(to_json(e.Warned(1.0, None, "a \udcff b"))) == e.Warned(1.0, None, "a ? b")
    assert from_json(
        to_json(e.StepPlanned(1.0, 1, "n", "t", "task", (2,), "cached", Reason("x", "\udcff"), "", ("é",)))
    ) == (e.StepPlanned(1.0, 1, "n", "t", "task", (2,), "cached", Reason("x", "?"), "", ("é",)))
