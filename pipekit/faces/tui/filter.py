"""What a person types after `/`: which steps to show. It must never know how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from msgspec import Struct

from pipekit.faces.render.steps import STATES, StepView

_FIELDS = ("state", "task", "kind", "tag", "worker")


class Filter(Struct, frozen=True):
    """All of `terms` must hold: `(field, alternatives)`; the field of plain words is `""`."""

    text: str = ""
    terms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def moves(self) -> bool:
        """Whether what it admits changes while a run goes on."""
        return any(field in ("state", "worker") for field, _ in self.terms)

    def admits(self) -> Callable[[StepView], bool]:
        """Tells of a step whether it is to be shown."""
        tests = [_test(field, wanted) for field, wanted in self.terms]
        if len(tests) == 1:
            return tests[0]
        return lambda view: all(test(view) for test in tests)


def parse(text: str) -> Filter:
    """`"state:failed,blocked task:train* lr=0.1"`: words are joined by and, commas mean or, `*` and `?` stand for more."""
    return Filter(text.strip(), tuple(_term(word) for word in text.split()))


def _term(word: str) -> tuple[str, tuple[str, ...]]:
    field, colon, value = word.partition(":")
    if colon and field in _FIELDS:
        return field, tuple(part for part in value.casefold().split(",") if part) or ("",)
    return "", (word.casefold(),)


def _test(field: str, wanted: tuple[str, ...]) -> Callable[[StepView], bool]:
    if field == "state":
        states = {state for state in STATES if state.startswith(wanted)}
        return lambda view: view.state in states
    if field == "worker":
        return lambda view: view.worker is not None and str(view.worker) in wanted
    if field == "kind":
        return lambda view: view.plan.kind in wanted
    if field == "tag":
        return lambda view: any(fnmatchcase(tag.casefold(), glob) for tag in view.plan.tags for glob in wanted)
    if field == "task":
        return lambda view: any(fnmatchcase(view.plan.task.casefold(), glob) for glob in wanted)
    return lambda view: wanted[0] in view.plan.name.casefold()


def hint() -> str:
    """What can be typed, in one line."""
    return "words of a name, state:" + ",".join(STATES[:2]) + " task:train* kind:each tag:slow worker:3"
