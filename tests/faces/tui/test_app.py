from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from support.goldens import same
from support.recorded import START, finished, planned, ran, small, started, sweep, training
from support.screens import Source, at, feed, screen, shown

from pipekit.errors import ProjectError
from pipekit.execution import events as e
from pipekit.faces.tui import watch_run
from pipekit.faces.tui.app import RunApp
from pipekit.faces.tui.panels import Scroll

GOLDENS = Path(__file__).parent / "goldens"
RUNS: dict[str, Callable[[], list[e.Event]]] = {
    "training": training,
    "failed": lambda: small(fails=True),
    "sweep": lambda: sweep(300),
}
SCREENS = [
    ("training", (160, 50), "", "training-160x50"),
    ("training", (100, 30), "k k k", "training-100x30"),
    ("training", (160, 50), "g", "training-list-160x50"),
    ("training", (100, 30), "g g", "training-timeline-100x30"),
    ("training", (100, 30), "enter e", "training-wide-100x30"),
    ("training", (100, 30), "l", "training-log-100x30"),
    ("training", (100, 30), "w", "training-why-100x30"),
    ("failed", (100, 30), "", "failed-100x30"),
    ("sweep", (100, 30), "j enter j j", "sweep-opened-100x30"),
    ("sweep", (160, 50), "", "sweep-160x50"),
    ("sweep", (100, 30), "slash s t a t e colon f enter", "sweep-filter-100x30"),
    ("sweep", (100, 30), "question_mark", "help-100x30"),
    ("training", (60, 16), "", "training-60x16"),
]


@pytest.mark.parametrize(("run", "size", "keys", "golden"), SCREENS, ids=[case[3] for case in SCREENS])
def test_the_screen(run: str, size: tuple[int, int], keys: str, golden: str) -> None:
    same(shown(RUNS[run](), size, *keys.split()), GOLDENS / f"{golden}.txt")


def test_a_hundred_thousand_steps_draw_only_what_is_in_sight() -> None:
    number = 100_000
    events: list[e.Event] = [started(number, pid=1), *(planned(step, f"fit@n={step}") for step in range(number))]
    made: list[int] = []

    def watch(app: RunApp) -> None:
        rows = app.query_one("#rows", Scroll)
        made.append(len(rows._seen))
        assert rows.virtual_size.height == number

    async def run() -> str:
        app = RunApp(feed(events), clock=lambda: START + 1.0)
        async with app.run_test(size=(100, 30)) as pilot:
            while app.feed.behind:
                app.tick()
            for key in ("g", "end", "pageup"):
                await pilot.press(key)
            await pilot.pause()
            watch(app)
            return screen(app)

    text = asyncio.run(run())
    assert "List 100,000" in text
    assert "fit@n=99999" in text
    assert made[0] <= 30


def test_what_changed_is_drawn_and_what_is_frozen_stays() -> None:
    async def run() -> list[str]:
        source = Source([started(1, pid=1), planned(0, "only")])
        app = RunApp(feed(), clock=lambda: START + 5.0, at=at)
        app.feed = type(app.feed)(source.read, alive=lambda pid: True)
        texts = []
        async with app.run_test(size=(100, 30)) as pilot:
            for keys, portion in (("", []), ("space", ran(0, 2.0, 1.0)), ("space", [finished("succeeded", 2.0)])):
                if keys:
                    await pilot.press(keys)
                source.portions.append(portion)
                app.tick()
                await pilot.pause()
                texts.append(screen(app))
        return texts

    before, frozen, after = asyncio.run(run())
    assert "· only" in before and "● live" in before
    assert "· only" in frozen and "frozen" in frozen
    assert "✔ only" in after and "succeeded" in after


def test_nothing_a_user_wrote_is_obeyed() -> None:
    evil = "x[bold]\x1b]0;t\x07\u202e[/]"
    events: list[e.Event] = [
        started(1, run=evil, invocation=evil, pid=1), planned(0, evil, tags=(evil,), where=evil), e.StepStarted(START, 0, 0),
        e.LogLines(START, 0, evil + "\n"), e.StepFailed(START + 1, 0, 1.0, evil, evil, evil, evil, evil),
    ]  # fmt: skip
    text = shown(events, (160, 50))
    assert not any(char in text for char in "\x1b\x07\u202e")
    assert "x[bold]␛]0;t␇<U+202E>[/]" in text


def test_the_screen_is_saved_as_a_picture_and_none_is_overwritten(tmp_path: Path) -> None:
    shown(training(), (100, 30), "S", "S", pictures=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipekit-7f3a2c-2.svg", "pipekit-7f3a2c.svg"]
    assert (tmp_path / "pipekit-7f3a2c.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_newest_run_and_leaving() -> None:
    async def run() -> tuple[str, int | None]:
        app = RunApp(feed(small()), clock=lambda: START, newest=lambda: feed(training()))
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("n")
            await pilot.pause()
            text = screen(app)
            await pilot.press("q")
        return text, app.return_value

    text, code = asyncio.run(run())
    assert "train" in text
    assert code == 0


def test_keys_do_nothing_behind_the_help() -> None:
    text = shown(training(), (100, 30), "g", "g", "question_mark", "j", "g", "slash", "escape")
    assert text == shown(training(), (100, 30), "g", "g")


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no log"):
        watch_run(tmp_path / "none.jsonl", runs=tmp_path)
