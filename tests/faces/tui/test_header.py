from __future__ import annotations

from support.recorded import START, finished, training

from pipekit.execution import events as e
from pipekit.faces.render.fold import Fold
from pipekit.faces.render.paint import plain
from pipekit.faces.tui.header import header


def lines(*more: e.Event, status: str = "live") -> list[str]:
    fold = Fold()
    for event in [*training(), *more]:
        fold.take(event)
    return [plain(line).rstrip() for line in header(fold.snapshot(), START + 112.0, status, 120)]


def test_a_live_run_says_what_is_ahead() -> None:
    ahead = e.Outlook(START + 110.0, (6, 7, 8), 164.0)
    first, _, third = lines(ahead)
    assert first.endswith("● live · 01:52 · ~02:42 left")
    assert "· critical train > evaluate > report · stored 1.1 GB" in third
    assert not any("critical" in line or "left" in line for line in lines(ahead, status="lost"))
    assert not any("critical" in line for line in lines(ahead, finished("failed", 112.0)))
    assert not any("critical" in line for line in lines())
