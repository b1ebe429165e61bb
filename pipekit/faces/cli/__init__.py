"""The commands, one function each; `COMMANDS` says where. Imported only when called for."""

from __future__ import annotations

COMMANDS = {
    "init": "project:init",
    "run": "run:run",
    "status": "run:status",
    "why": "why:explain",
    "check": "project:check",
    "show": "products:show",
    "cat": "products:cat",
    "export": "products:export",
    "graph": "project:graph",
    "log": "history:log",
    "diff": "why:diff",
    "table": "table:table",
    "watch": "watch:watch",
    "tui": "history:tui",
    "accept": "accept:accept",
}
"""Command -> module and function, in the order of `--help`."""
