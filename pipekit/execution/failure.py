"""An exception of the user's code as text: their own frames, no secrets, no addresses. It must never raise."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import Path

from pipekit.errors import PipekitError
from pipekit.execution.messages import Fault
from pipekit.values import call_user
from pipekit.values.call import Ok

_OURS = str(Path(__file__).resolve().parents[1]) + "/"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def headline(error: BaseException) -> str:
    """`"ClassName: text"`, whatever the exception's own __str__ does."""
    shown = call_user(str, error)
    text = shown.value if isinstance(shown, Ok) else "<no text: its __str__ raised>"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def stable(message: str, folder: Path | None) -> str:
    """The message without what differs from run to run: addresses, and paths of this machine."""
    message = _ADDRESS.sub("", message)
    return message.replace(f"{folder}/", "") if folder is not None else message


def fault(error: BaseException, secrets: Iterable[str] = ()) -> Fault:
    """The error as its task's failure: a traceback of the user's frames, and where the last of them stands."""
    made = call_user(traceback.TracebackException.from_exception, error)
    if not isinstance(made, Ok):
        return Fault(headline(error), headline(error))
    shown = made.value
    chain, seen = [shown], set[int]()
    while chain:
        one = chain.pop()
        if id(one) not in seen:
            seen.add(id(one))
            one.stack = traceback.StackSummary.from_list([f for f in one.stack if not f.filename.startswith(_OURS)])
            chain += [other for other in (one.__cause__, one.__context__) if other is not None]
    last = shown.stack[-1] if shown.stack else None
    where = f"{last.filename}:{last.lineno}" if last is not None else ""
    text = call_user("".join, shown.format())
    return hide(Fault(headline(error), text.value if isinstance(text, Ok) else headline(error), where), secrets)


def told(error: PipekitError) -> Fault:
    """What pipekit itself says as the task's failure, with what to do about it in place of a traceback."""
    return Fault(str(error), "".join(f"{one.hint}\n" for one in error.problems if one.hint))


def hide(found: Fault, secrets: Iterable[str]) -> Fault:
    """The same without the secrets' texts."""
    return found._replace(message=veil(found.message, secrets), traceback=veil(found.traceback, secrets))


def veil(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret as `***`."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
