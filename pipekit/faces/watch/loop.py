"""Waits for saves and starts a child for each; Ctrl-C leaves no process. It must never import the user's code."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from pipekit.faces.watch.state import Watched

QUIET = 0.03
"""Seconds without an event before a save counts as done; editors write in several steps."""

_KINDS = [
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent,
    FileModifiedEvent, FileMovedEvent,
]  # fmt: skip


class Watch(FileSystemEventHandler):
    """One `pipekit watch`. `asked` is what the child is told; `say` shows a line."""

    def __init__(self, folder: Path, asked: dict[str, Any], say: Callable[[str], None]) -> None:
        self.asked = asked
        self.say = say
        self.watched = Watched(folder)
        self.hints: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.child: subprocess.Popen[bytes] | None = None
        self._observer = Observer()
        self._watches: dict[tuple[str, bool], Any] = {}

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            text = os.fsdecode(path)
            if text and self.watched.matters(text):
                self.hints.put(text)

    def run(self) -> int:
        """Until Ctrl-C."""
        self._observer.start()
        try:
            self._look()
            while True:
                self._once()
                self._wait()
        except KeyboardInterrupt:
            self.say("stopped watching")
        finally:
            self._end_child()
            self._observer.stop()
            self._observer.join(1.0)
        return 0

    def _once(self) -> None:
        """One run; if something changes meanwhile it is stopped, keeping what is done, and started anew."""
        while True:
            self.watched.changed()
            report = self._start()
            changed = self._attend()
            self._learn(report())
            if not changed:
                return
            self.say(f"changed: {', '.join(changed[:3])}")

    def _start(self) -> Callable[[], dict[str, Any]]:
        ours, theirs = os.pipe()
        words = [sys.executable, "-m", "pipekit.faces.watch.child", str(theirs), json.dumps(self.asked)]
        self.child = subprocess.Popen(words, pass_fds=(theirs,))
        os.close(theirs)
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(_all(ours)), daemon=True)
        reader.start()

        def report() -> dict[str, Any]:
            reader.join(5.0)
            try:
                told: dict[str, Any] = json.loads(found[0]) if found else {}
            except ValueError:
                told = {}
            return told

        return report

    def _attend(self) -> list[str]:
        """Wait for the child; gives what changed while it ran, after which it was stopped."""
        child = self.child
        assert child is not None
        while child.poll() is None:
            try:
                self.hints.get(timeout=0.05)
            except queue.Empty:
                continue
            self._settle()
            if changed := self.watched.changed():
                child.send_signal(signal.SIGINT)
                self._end_child()
                return self._shown(changed)
        return []

    def _wait(self) -> None:
        """Until something that matters has really changed."""
        self.say("watching; Ctrl-C ends")
        while True:
            self.hints.get()
            self._settle()
            self._look()
            if changed := self.watched.changed():
                self.say(f"changed: {', '.join(self._shown(changed)[:3])}")
                return

    def _settle(self) -> None:
        """Let a flood of events pass."""
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            try:
                self.hints.get(timeout=QUIET)
            except queue.Empty:
                return

    def _shown(self, paths: list[str]) -> list[str]:
        root = str(self.watched.folder) + os.sep
        return [path.removeprefix(root) for path in paths]

    def _learn(self, told: dict[str, Any]) -> None:
        if told.get("read"):
            kept = self.watched.read if told.get("status") == "invalid" else frozenset()
            before = self.watched.read
            self.watched.read = frozenset(told["read"]) | kept
            if self.watched.read != before:
                self._look()
                self.watched.changed()

    def _look(self) -> None:
        """Watch the folders that matter now, and no others."""
        wanted = {(place, deep) for place, deep in self.watched.places().items() if os.path.isdir(place)}
        for place in wanted - self._watches.keys():
            self._watches[place] = self._observer.schedule(self, place[0], recursive=place[1], event_filter=_KINDS)
        for place in self._watches.keys() - wanted:
            self._observer.unschedule(self._watches.pop(place))

    def _end_child(self) -> None:
        child = self.child
        if child is None or child.poll() is not None:
            return
        try:
            child.wait(3.0)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.kill()
            child.wait()


def _all(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()
