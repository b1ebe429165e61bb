"""The widgets: lines of spans on the screen, with and without scrolling. They redraw only the lines that changed and never know a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, MouseScrollUp, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from pipekit.faces.render.paint import LOOKS, Line
from pipekit.faces.tui.look import CHOSEN, GROUND

_STYLES = {name: Style.parse(f"{look} on {GROUND}") for name, look in LOOKS.items()}
_SELECTED = {name: Style.parse(f"{look} on {CHOSEN}") for name, look in LOOKS.items()}


def strip(line: Line, columns: int, selected: bool = False) -> Strip:
    """The line as exactly `columns` cells."""
    styles = _SELECTED if selected else _STYLES
    return Strip([Segment(text, styles[style]) for text, style in line if text]).adjust_cell_length(
        columns, styles["text"]
    )


class Lines(Widget, can_focus=False):
    """A fixed block of lines."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Puts the lines on the screen; those that are as they were are left alone."""
        was, self._lines = self._lines, list(lines)
        for y in range(max(len(was), len(lines))):
            if was[y : y + 1] != self._lines[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else []
        return strip(line, self.content_size.width)


class Scroll(ScrollView, can_focus=False):
    """Any number of lines, of which only those in sight are made. `follow` keeps the last one in sight."""

    def __init__(self, *, id: str, follow: bool = False) -> None:
        super().__init__(id=id)
        self.follow = self._follows = follow
        self._draw: Callable[[int], Line] = lambda index: []
        self._seen: dict[int, tuple[Line, bool]] = {}
        self._number = 0
        self.selected: int | None = None
        self.picked: Callable[[int], None] = lambda index: None
        self.resized: Callable[[], None] = lambda: None

    @property
    def columns(self) -> int:
        """How wide a line may be."""
        return self.scrollable_content_region.width

    def show(self, number: int, draw: Callable[[int], Line], selected: int | None = None) -> None:
        """Shows `number` lines; `draw(index)` makes one. Only lines in sight that differ are drawn again."""
        following = self.following
        self._draw, self.selected = draw, selected
        if number != self._number:
            self._number = number
            self.virtual_size = Size(self.size.width, number)
        if following:
            self.scroll_end(animate=False, immediate=True, force=True)
        top = self.scroll_offset.y
        for index in range(top, top + self.size.height):
            if self._seen.get(index) != self._make(index):
                self.refresh_line(index)

    @property
    def following(self) -> bool:
        """Whether the last line is to stay in sight as more come."""
        return self._follows and (self.follow or self.is_vertical_scroll_end)

    def reveal(self, index: int) -> None:
        """Scrolls as little as needed to have the line in sight."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if index < top:
            self.scroll_to(y=index, animate=False, immediate=True, force=True)
        elif height and index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, immediate=True, force=True)

    def move(self, by: int) -> None:
        """Scrolls by lines; the end is followed again once it is reached."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False, immediate=True, force=True)
        self.follow = self.scroll_offset.y >= self.max_scroll_y

    def on_resize(self, event: Resize) -> None:
        self.resized()

    def on_click(self, event: Click) -> None:
        self.picked(self.scroll_offset.y + event.y)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.follow = False

    def _make(self, index: int) -> tuple[Line, bool]:
        line = self._draw(index) if 0 <= index < self._number else []
        return line, index == self.selected

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        if y == 0:
            self._seen = {at: seen for at, seen in self._seen.items() if index <= at < index + self.size.height}
        line, selected = self._seen[index] = self._make(index)
        return strip(line, self.columns, selected)
