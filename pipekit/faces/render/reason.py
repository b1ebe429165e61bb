"""A Reason as one line of text. It must never decide whether something runs."""

from __future__ import annotations

from collections.abc import Callable

from pipekit.execution.reasons import Reason
from pipekit.faces.render.harmless import harmless

_Said = Callable[[str, str, str], str]


def reason_text(reason: Reason) -> str:
    """`"option top: 10 → 20"`, `"never run"`; a kind that is not known here is shown by its own name."""
    subject, was, now = (harmless(part) for part in (reason.subject, reason.was, reason.now))
    said = _WORDS.get(reason.kind)
    text = said(subject, was, now) if said else _plainly(reason.kind, subject, was, now)
    return f"{text} ({harmless(reason.where)})" if reason.where else text


def change(was: str, now: str) -> str:
    """What became of a value: `"3 → 4"`, `"4"`, `"3 → (gone)"` or nothing."""
    if was:
        return f"{was} → {now or '(gone)'}"
    return now


def _plainly(kind: str, subject: str, was: str, now: str) -> str:
    head = " ".join(part for part in (harmless(kind).replace("_", " "), subject) if part)
    what = change(was, now)
    return f"{head}: {what}" if what else head


def _about(words: str) -> _Said:
    def said(subject: str, was: str, now: str) -> str:
        head = f"{words} {subject}".rstrip()
        what = change(was, now)
        return f"{head}: {what}" if what else head

    return said


def _changed(noun: str) -> _Said:
    def said(subject: str, was: str, now: str) -> str:
        what = change(was, now)
        return f"{noun} {subject}: {what}" if what else " ".join(part for part in (noun, subject, "changed") if part)

    return said


_WORDS: dict[str, _Said] = {
    "new": lambda subject, was, now: "never run" if not subject else f"{subject} never run",
    "cached": lambda subject, was, now: "nothing changed",
    "cutoff": lambda subject, was, now: f"{subject or 'its deps'} ran and gave the same product",
    "option": _changed("option"),
    "code": _changed("code"),
    "": lambda subject, was, now: "not recorded",
    "dep": lambda subject, was, now: _changed("dep")(subject, was, now) if subject else "a dep has another product",
    "pinned": lambda subject, was, now: "pinned",
    "version": lambda subject, was, now: f"version: {change(was, now)}" if was or now else "version changed",
    "file": _changed("file"),
    "environment": _changed("environment"),
    "upstream": lambda subject, was, now: f"depends on what {subject or 'a dep'} will give",
    "forced": lambda subject, was, now: "forced",
    "missing": _about("product no longer in the store"),
    "refresh": lambda subject, was, now: f"refresh is due ({now}): made {was}" if was else "refresh is due",
    "package": lambda subject, was, now: f"{subject} {change(was, now)}",
    "product": lambda subject, was, now: f"files in its product: {change(was, now)}",
    "type": lambda subject, was, now: f"type {subject} changed; its product is checked again",
    "needed": lambda subject, was, now: f"its product is not stored and {subject or 'a dependent'} needs it",
    "failed": _about("failed the last time"),
}
