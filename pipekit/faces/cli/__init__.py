"""The commands, one function each; `COMMANDS` says where and what for. A command's module must never be imported before
somebody calls for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

COMMANDS = {
    "init": ("project:init", "Make a project that runs at once."),
    "run": ("run:run", "Make the targets of an invocation, computing only what is not there yet."),
    "status": ("run:status", "Say what is up to date, what is stale, and why."),
    "why": (
        "why:explain",
        "Say what is different from the last run, or from RUN, or between two runs: options, files, code, deps.",
    ),
    "check": (
        "project:check",
        "Check tasks and pipeline.yaml, every invocation of it; write the schema for editors. Runs nothing.",
    ),
    "show": ("products:show", "Summarise a task and its product: shape, head, size."),
    "cat": (
        "products:cat",
        "Write a product to stdout: bytes and files raw, text as it is, plain data as JSON, a stream one item a line.",
    ),
    "export": ("products:export", "Write a product to a file, or a stream to a folder."),
    "graph": ("project:graph", "Draw the graph, or a part of it."),
    "log": ("history:log", "List the runs, or say what happened in one, or what a task printed."),
    "debug": (
        "debug:debug",
        "Run a task in the foreground, with what it takes, and open the debugger where it fails; of an each the first item that does.",
    ),
    "profile": (
        "profile:profile",
        "Say where the time of a run went: the chain that took longest, what each link of it would save, how idle workers were.",
    ),
    "diff": ("why:diff", "Say which steps of two runs differ, and why."),
    "table": (
        "table:table",
        "Show the cells of a sweep side by side: options, states, seconds, and small products as columns.",
    ),
    "watch": ("watch:watch", "Run, then run again what a save has made stale, until Ctrl-C."),
    "tui": ("history:tui", "Look at a live or recorded run, in the terminal."),
    "accept": (
        "accept:accept",
        "After a refactoring: let the product that is stored stand for the code as it is now.",
    ),
}
"""Command -> module and function, and how its docstring begins, which `--help` shows; in the order of `--help`."""


def command(name: str) -> Callable[..., int]:
    """The function of a command."""
    module, _, function = COMMANDS[name][0].partition(":")
    found: Callable[..., int] = getattr(import_module(f"pipekit.faces.cli.{module}"), function)
    return found
