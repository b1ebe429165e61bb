"""How the screen is laid out, in Textual's words, and how its height is shared out. It must never know a run."""

from __future__ import annotations

from msgspec import Struct

GROUND = "#10151c"
CHOSEN = "#1d2a38"
CSS = """
Screen { layout: vertical; background: #10151c; color: #c9d3de; overflow: hidden; }
Lines { height: 1; width: 100%; }
#header { height: 3; }
#main { height: 1fr; width: 100%; }
#rows { border-left: solid #3a4452; height: 100%; overflow-x: hidden; overflow-y: auto; }
#side { height: 100%; width: 1fr; layout: vertical; }
#why { border-left: solid #3a4452; border-right: solid #3a4452; padding: 0 1; }
#log { border-left: solid #3a4452; border-right: solid #3a4452; padding: 0 1; height: 1fr; overflow-x: hidden; overflow-y: auto; }
#edges { border-left: solid #3a4452; border-right: solid #3a4452; }
#filter { display: none; height: 1; width: 100%; background: #1d2a38; padding: 0 1; border: none; }
Scroll {
  scrollbar-size: 1 1; scrollbar-background: #10151c; scrollbar-background-hover: #10151c; scrollbar-background-active: #10151c;
  scrollbar-color: #2c3541; scrollbar-color-hover: #3a4452; scrollbar-color-active: #525d6c; scrollbar-corner-color: #10151c;
}
Help { align: center middle; background: #10151c 60%; }
#help { width: auto; height: auto; padding: 1 2; border: round #3a4452; background: #161d26; color: #c9d3de; }
Toast { background: #1d2a38; color: #c9d3de; }
"""


class Shares(Struct, frozen=True):
    """Rows and columns of each part of the screen; 0: not shown."""

    left: int
    why: int
    log: bool
    edges: int


def shares(columns: int, height: int, *, wide: bool, part: str, edges: bool) -> Shares:
    """`wide`: the right side has the whole width; `part` of it alone: `"why"`, `"log"` or both (`""`)."""
    bottom = (3 if height < 40 else 5) if edges and height >= 20 else 0
    main = height - 5 - (bottom + 1 if bottom else 0)
    why = 0 if part == "log" else main if part == "why" else max(min(main // 3, 10), 3)
    left = 0 if wide else columns * 3 // 5
    return Shares(left, why, part != "why", bottom)
