"""The screen of a run without a terminal: fixed clock, events from a list, the screen as plain text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from support.recorded import START
from textual.pilot import Pilot

from pipekit.execution.events import Event
from pipekit.faces.tui.app import RunApp
from pipekit.faces.tui.feed import Feed


class Source:
    """Gives events in portions, as a log that grows does."""

    def __init__(self, *portions: Sequence[Event]) -> None:
        self.portions = list(portions)

    def read(self) -> Iterator[Event]:
        return iter(self.portions.pop(0)) if self.portions else iter(())


def feed(*portions: Sequence[Event]) -> Feed:
    """A feed; the process 1 lives, no other one does."""
    return Feed(Source(*portions).read, alive=lambda pid: pid == 1)


def at(moment: float) -> str:
    """A time of day that is the same in every time zone."""
    return f"14:{int(moment - START) // 60:02}:{int(moment - START) % 60:02}"


def screen(app: RunApp) -> str:
    """What stands on the screen."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips()) + "\n"


async def at_rest(app: RunApp, pilot: Pilot[int]) -> str:
    """The screen once all widgets have their place and nothing moves any more."""
    texts: list[str] = []
    while (
        len(texts) < 4
        or len(set(texts[-4:])) > 1
        or not all(widget.size for widget in app.screen.children if widget.display)
    ):
        await pilot.pause()
        texts.append(screen(app))
    return texts[-1]


def shown(
    events: Sequence[Event], size: tuple[int, int], *keys: str, seconds: float = 112.0, pictures: Path = Path(),
    then: Callable[[RunApp], None] = lambda app: None,
) -> str:  # fmt: skip
    """The screen `seconds` after the start of the run, after the keys were pressed."""

    async def run() -> str:
        app = RunApp(feed(events), clock=lambda: START + seconds, at=at, pictures=pictures)
        async with app.run_test(size=size) as pilot:
            while app.feed.behind:
                app.tick()
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
            text = await at_rest(app, pilot)
            then(app)
            return text

    return asyncio.run(run())
