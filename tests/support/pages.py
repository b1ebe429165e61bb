"""Pages of the documentation as programs: their fenced blocks, run in order in a folder of their own.

What stands after the three backticks says what a block is:

    python                     run, all such blocks of a page in one interpreter
    python title=tasks.py      written to that file; so with yaml, csv, toml
    console                    lines with `$ ` are commands, the lines below each are what it prints, with `...` for anything
    console exit=2             the same, and the last command ends with 2
    text                       only shown
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

FENCE = re.compile(r"(?P<indent> *)```(?P<info>[^`]*)$")
LANGUAGES = {"python", "yaml", "csv", "toml", "console", "text"}
SECONDS = 300


class PageFailed(AssertionError):
    """A block did not do what the page says; the message begins with the page's file and line."""


@dataclass(frozen=True)
class Block:
    """`line` is that of the block's first line of text in the page."""

    page: Path
    line: int
    language: str
    settings: Mapping[str, str]
    text: str

    def failed(self, message: str, line: int = 0) -> PageFailed:
        return PageFailed(f"{self.page}:{line or self.line}: {message}")


@dataclass(frozen=True)
class Command:
    line: int
    text: str
    prints: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page; PageFailed for one that does not end or whose info says nothing of the above."""
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, inside = (number + 1, fence["indent"], fence["info"].strip()), []
        elif opened is not None and fence and not fence["info"]:
            found.append(_block(page, *opened, inside))
            opened = None
        elif opened is not None:
            inside.append(line.removeprefix(opened[1]))
    if opened is not None:
        raise PageFailed(f"{page}:{opened[0]}: this block does not end")
    return found


def _block(page: Path, line: int, indent: str, info: str, inside: list[str]) -> Block:
    language, *words = info.split() if info else [""]
    block = Block(page, line, language, dict(word.partition("=")[::2] for word in words), "\n".join(inside) + "\n")
    if language not in LANGUAGES:
        raise block.failed(f"a block says what it is: one of {', '.join(sorted(LANGUAGES))}, not {language!r}")
    if language in {"yaml", "csv", "toml"} and "title" not in block.settings:
        raise block.failed(f"{language} needs title=FILE, or is text")
    return block


def run_page(page: Path, folder: Path) -> int:
    """Run every block of `page` in `folder`; how many did something. Raises PageFailed at the first that fails."""
    done = 0
    with Interpreter(folder) as interpreter:
        for block in blocks(page):
            if title := block.settings.get("title"):
                _write(block, folder, title)
            elif block.language == "python":
                interpreter.run(block)
            elif block.language == "console":
                _run_commands(block, folder)
            done += block.language != "text"
    return done


def _write(block: Block, folder: Path, title: str) -> None:
    path = (folder / title).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise block.failed(f"{title} lies outside the page's folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def commands(block: Block) -> Iterator[Command]:
    text, line, prints = "", 0, list[str]()
    for number, row in enumerate(block.text.splitlines(), block.line):
        if row.startswith("$ "):
            if text:
                yield Command(line, text, tuple(prints))
            text, line, prints = row[2:], number, []
        elif text:
            prints.append(row)
        else:
            raise block.failed("the first line of a console block is a command: '$ ...'")
    if text:
        yield Command(line, text, tuple(prints))


def _run_commands(block: Block, folder: Path) -> None:
    found = list(commands(block))
    for command in found:
        wanted = int(block.settings.get("exit", 0)) if command is found[-1] else 0
        try:
            ended = subprocess.run(
                command.text, shell=True, cwd=folder, env=environment(), timeout=SECONDS, text=True, encoding="utf-8",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        except subprocess.TimeoutExpired as slow:
            raise block.failed(f"{command.text}: still running after {SECONDS} s", command.line) from slow
        if ended.returncode != wanted:
            raise block.failed(f"{command.text}: exit {ended.returncode}, not {wanted}\n{ended.stdout}", command.line)
        if not matches(command.prints, ended.stdout):
            shown = textwrap.indent("\n".join(command.prints), "  ")
            raise block.failed(
                f"{command.text}: the page shows\n{shown}\nbut it printed\n{textwrap.indent(ended.stdout, '  ')}",
                command.line,
            )


def matches(prints: tuple[str, ...], output: str) -> bool:
    """Whether `output` is what the page shows; nothing shown matches anything, `...` any part of a line or any lines."""
    if not any(line.strip() for line in prints):
        return True
    pattern = "\n".join(line.rstrip() for line in prints).strip("\n")
    printed = "\n".join(line.rstrip() for line in output.splitlines()).strip("\n")
    lines = [
        r"(?:[^\n]*(?:\n|\Z))*?" if line.strip() == "..." else _any(line) + r"(?:\n|\Z)" for line in pattern.split("\n")
    ]
    return re.fullmatch("".join(lines), printed) is not None


def _any(line: str) -> str:
    return r"[^\n]*?".join(re.escape(part) for part in line.split("..."))


def environment() -> dict[str, str]:
    """As a user would have it: pipekit on the PATH, no colour, nothing of this test run's own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PIPEKIT", "COV_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return kept | {"PATH": path, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1"}


DRIVER = """
import ast, contextlib, io, json, sys, traceback
sys.path.insert(0, "")
sys.argv = ["-"]
answers = sys.stdout
namespace = {"__name__": "__page__"}
for request in sys.stdin:
    asked = json.loads(request)
    printed, failure = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(printed):
            tree = ast.increment_lineno(ast.parse(asked["text"], asked["page"]), asked["line"] - 1)
            exec(compile(tree, asked["page"], "exec"), namespace)
    except BaseException as error:
        at = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == asked["page"]]
        failure = [at[-1] if at else asked["line"], traceback.format_exc()]
    print(json.dumps({"printed": printed.getvalue(), "failure": failure}), file=answers, flush=True)
"""


class Interpreter:
    """One Python process for the blocks of a page; started by the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._process.communicate(timeout=SECONDS)

    def run(self, block: Block) -> None:
        """Execute a block; its names stay for those that follow."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", DRIVER], cwd=self.folder, env=environment(), text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {"text": block.text, "page": str(block.page), "line": block.line}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer.startswith("{"):
            raise block.failed(f"the interpreter ended, after: {answer!r}")
        if failure := json.loads(answer)["failure"]:
            raise block.failed(failure[1], failure[0])
