"""The screen of a run: its panels, its keys, and when they are drawn again. It must never write to the run it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from pipekit.faces.render.fold import Snapshot
from pipekit.faces.tui import frame, look
from pipekit.faces.tui.choice import Choice
from pipekit.faces.tui.draw import Draw
from pipekit.faces.tui.feed import Feed
from pipekit.faces.tui.filter import hint, parse
from pipekit.faces.tui.logs import local_time
from pipekit.faces.tui.panels import Lines, Scroll

_EVERY = 0.1
_READING = 0.06
_LOOK_FOR_NEWER = 20
_FAR = 1 << 40


class Help(ModalScreen[None]):
    """The keys, in words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter,space", "dismiss", show=False)]

    def compose(self) -> ComposeResult:
        yield Static(frame.HELP, id="help", markup=False)


class RunApp(App[int]):
    """Shows the run a feed tells of.

    `clock` gives Unix seconds, `newest` the feed of a newer run if there is one, `at` a moment as text; pictures of the
    screen go into the folder `pictures`.
    """

    CSS = look.CSS
    TITLE = "pipekit"
    AUTO_FOCUS = None
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c", "leave", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("home", f"move({-_FAR})", show=False),
        Binding("end,G", f"move({_FAR})", show=False),
        Binding("enter", "open", show=False),
        Binding("w", "part('why')", show=False),
        Binding("l", "part('log')", show=False),
        Binding("e", "edges", show=False),
        Binding("J,shift+down", "scroll_log(3)", show=False),
        Binding("K,shift+up", "scroll_log(-3)", show=False),
        Binding("F", "follow", show=False),
        Binding("f", "failed", show=False),
        Binding("g", "view", show=False),
        Binding("slash", "filter", show=False),
        Binding("space", "freeze", show=False),
        Binding("n", "newest", show=False),
        Binding("S", "save", show=False),
        Binding("question_mark", "help", show=False),
        Binding("escape", "undo", show=False),
    ]

    def __init__(
        self, feed: Feed, *, clock: Callable[[], float] = time.time, newest: Callable[[], Feed | None] = lambda: None,
        pictures: Path = Path(), at: Callable[[float], str] = local_time,
    ) -> None:  # fmt: skip
        super().__init__()
        self.feed, self.choice = feed, Choice()
        self._clock, self._newest, self._pictures, self._at = clock, newest, pictures, at
        self._frozen: tuple[Snapshot, float] | None = None
        self._newer: Feed | None = None
        self._ticks, self._shown_second = 0, -1

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield Lines(id="top")
        with Horizontal(id="main"):
            yield Scroll(id="rows")
            with Container(id="side"):
                yield Lines(id="why")
                yield Lines(id="between")
                yield Scroll(id="log", follow=True)
        yield Lines(id="lower")
        yield Lines(id="edges")
        yield Lines(id="foot")
        yield Input(id="filter", placeholder=hint(), compact=True, disabled=True)

    def on_mount(self) -> None:
        self._draw = Draw(self.screen, self._at)
        self.query_one("#rows", Scroll).picked = self._pick
        for panel in self.query(Scroll):
            # How long lines wrap is known only once a panel has its new size.
            panel.resized = self.show
        self.tick()
        self.set_interval(_EVERY, self.tick)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.show)

    def tick(self) -> None:
        """Reads what came and draws it, unless nothing can have changed."""
        self._ticks += 1
        came = self.feed.pull(_READING)
        if self._ticks % _LOOK_FOR_NEWER == 0 and self._newer is None and self.feed.status() != "live":
            self._newer = self._newest()
        second = int(self._clock())
        if self._frozen is None and (came or second != self._shown_second):
            self._shown_second = second
            self.show()

    def show(self) -> None:
        """Draws everything that differs from what is on the screen."""
        snapshot, now = self._frozen or (self.feed.fold.glance(), self._now())
        self._draw.draw(snapshot, now, self.choice, self.feed.status(), self._note())

    def _now(self) -> float:
        return self._clock() if self.feed.status() == "live" else self.feed.fold.glance().time

    def _note(self) -> str:
        if self._frozen is not None:
            return "frozen"
        return "n: a newer run" if self._newer is not None else ""

    def _pick(self, index: int) -> None:
        rows = self.choice.rows.rows
        if self.choice.view != "timeline" and index < len(rows):
            self.choice.selected = rows[index]
            self.show()

    def action_leave(self) -> None:
        self.exit(0)

    def action_move(self, by: int) -> None:
        if self.choice.view == "timeline":
            self.query_one("#rows", Scroll).move(by)
        else:
            self.choice.move(by)
        self.show()

    def action_page(self, by: int) -> None:
        self.action_move(by * max(self.query_one("#rows", Scroll).size.height - 1, 1))

    def action_open(self) -> None:
        self.choice.open()
        self.show()

    def action_part(self, part: str) -> None:
        self.choice.part = "" if self.choice.part == part else part
        self.show()

    def action_edges(self) -> None:
        self.choice.edges = not self.choice.edges
        self.show()

    def action_scroll_log(self, by: int) -> None:
        self.query_one("#log", Scroll).move(by)
        self.show()

    def action_follow(self) -> None:
        self.query_one("#log", Scroll).follow = True
        self.show()

    def action_failed(self) -> None:
        self.choice.next_failed(self.feed.fold.glance())
        self.show()

    def action_view(self) -> None:
        self.choice.cycle()
        self.show()

    def action_freeze(self) -> None:
        self._frozen = (self.feed.fold.snapshot(), self._now()) if self._frozen is None else None
        self.show()

    def action_newest(self) -> None:
        newer = self._newer or self._newest()
        if newer is None:
            self.notify("this is the newest run", timeout=2)
            return
        self.feed, self._newer, self._frozen, self.choice = newer, None, None, Choice()
        self.tick()

    def action_save(self) -> None:
        started = self.feed.fold.glance().started
        stem = "".join(char for char in (started.run if started else "run") if char.isalnum() or char in "-_") or "run"
        names = (f"pipekit-{stem}{number}.svg" for number in ("", *(f"-{n}" for n in range(2, 1000))))
        free = next(name for name in names if not (self._pictures / name).exists())
        try:
            (self._pictures / free).write_text(self.export_screenshot(title=f"pipekit {stem}"), encoding="utf-8")
        except OSError as error:
            self.notify(f"not saved: {error.strerror}", severity="error", markup=False)
            return
        self.notify(f"saved {free}", timeout=2, markup=False)

    def action_help(self) -> None:
        self.push_screen(Help())

    def action_undo(self) -> None:
        box = self.query_one("#filter", Input)
        if box.display:
            box.value = ""
            self._filter_box(False)
        else:
            self.choice.back()
            box.value = self.choice.query.text
        self.show()

    def action_filter(self) -> None:
        self._filter_box(True)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.choice.query = parse(event.value)
        self.show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._filter_box(False)
        self.show()

    def _filter_box(self, shown: bool) -> None:
        box = self.query_one("#filter", Input)
        box.display, self.query_one("#foot", Lines).display = shown, not shown
        box.disabled = not shown
        self.screen.set_focus(box if shown else None)
