"""A value's short form, for messages. It must never fail, nor show a secret."""

from __future__ import annotations

import reprlib

from pipekit.values.call import Raised, call_user

LONGEST = 80

_short = reprlib.Repr()
_short.maxstring = _short.maxother = LONGEST
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxfrozenset = _short.maxdict = 6


def show(value: object) -> str:
    """`repr`, cut to one line of some 80 characters; of what has no short one, its class."""
    shown = call_user(_short.repr, value)
    if isinstance(shown, Raised) or "\n" in shown.value:
        return f"<{type(value).__name__}>"
    text = shown.value
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def article(name: str) -> str:
    """`name` with "a" or "an" before it."""
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def sentence(doc: str) -> str:
    """The first paragraph of a docstring, as one line."""
    return " ".join(doc.strip().partition("\n\n")[0].split())
