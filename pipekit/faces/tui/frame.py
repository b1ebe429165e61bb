"""The frame around the panels: its rules with their titles and joints, and the line of keys. It must never know what a panel shows."""

from __future__ import annotations

from pipekit.faces.render.paint import Line, clip, span_width

KEYS = (
    ("q", "leave"), ("/", "filter"), ("⏎", "open"), ("w", "why"), ("l", "log"), ("e", "edges"), ("g", "view"),
    ("space", "freeze"), ("S", "save"), ("?", "help"),
)  # fmt: skip

HELP = """\
↑ ↓ j k      one row up or down          PgUp PgDn Home End
⏎            open or close a family; of a task, show all there is
w  l         why the selected task runs;  its log
J K  F       scroll the log;  follow it again
e            edges of the selected task, shown or hidden
g            graph, list (what needs attention first), timeline
/            train  state:failed  task:train*  kind:each  tag:slow  worker:3
f            go to the next failed task
space        freeze the display; the run goes on
n            go to the newest run
S            save the screen as SVG
esc          back
q            leave; the run goes on

✘ failed  ▶ running  ◦ ready    · waiting    ⊘ blocked
✔ ran     ≡ cached   ◌ cancelled             – unneeded

A lane is a live product:  ● its task   ├ ┼ ┤ used   ╰ ┴ ╯ last use"""


def rule(left: str, title: Line, right: str, columns: int) -> Line:
    """`"├ title ────┤"`."""
    inner = clip(title, max(columns - 4, 0))
    space = columns - 2 - span_width(inner) - 2
    return [(left + " ", "frame"), *inner, (" " + "─" * max(space, 0) + right, "frame")]


def top(titles: tuple[Line, Line], left: int, columns: int) -> Line:
    """The upper rule, with a joint where the right side begins after `left` columns (0: there is no left side)."""
    if not left:
        return rule("┌", titles[1], "┐", columns)
    return [*rule("┌", titles[0], "", left + 1), *rule("┬", titles[1], "┐", columns - left)]


def lower(title: Line, left: int, columns: int) -> Line:
    """The rule above the edges, with a joint below the one of `top`."""
    line = rule("├", title, "┤", columns)
    at = span_width(line[:-1])
    if not left or left < at:
        return line
    text = line[-1][0]
    return [*line[:-1], (text[: left - at] + "┴" + text[left - at + 1 :], "frame")]


def foot(columns: int, left: int = 0) -> Line:
    """The last line: the keys, as many as fit; `left` asks for a joint where the right side ends on it."""
    keys: Line = []
    for key, does in KEYS:
        part: Line = [("  " if keys else "", "frame"), (key, "title"), (f" {does}", "dim")]
        if span_width(keys) + span_width(part) <= columns - 5:
            keys += part
    line = rule("└", keys, "┘", columns)
    at = span_width(line[:-1])
    if left <= at:
        return line
    text = line[-1][0]
    return [*line[:-1], (text[: left - at] + "┴" + text[left - at + 1 :], "frame")]
