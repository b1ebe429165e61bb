"""What is remembered of a source file, and how it is kept from process to process. It must never read a source file."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from pipekit import canon
from pipekit.values import Digest

FORM = "4"
"""To be raised when the text of any code changes."""

_HEAD = f"pipekit bodies {FORM} {sys.version} {sys.flags.optimize}".encode()
"""The compiler belongs to it: what is remembered is of the code objects that it makes."""

_SIZE = len(canon.digest(b""))

_COMMON = (
    "ArithmeticError AssertionError AttributeError BaseException Exception FileNotFoundError ImportError IndexError KeyError "
    "KeyboardInterrupt LookupError NotImplementedError OSError OverflowError RuntimeError StopIteration TypeError ValueError "
    "ZeroDivisionError abs all any ascii bin bool bytearray bytes callable chr classmethod complex delattr dict divmod "
    "enumerate filter float format frozenset getattr hasattr hash hex id int isinstance issubclass iter len list map max "
    "memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted "
    "staticmethod str sum super tuple type zip"
)

BUILTINS = frozenset(_COMMON.split())
"""Names that every Python has and few modules hide: where one is hidden, that counts for those who use it alone."""


class Bodies(Protocol):
    """Remembers what was read out of a file, by a digest that stands for the file's content."""

    def get(self, content: Digest, /) -> bytes | None:
        """What was put, or None."""
        ...

    def put(self, content: Digest, body: bytes, /) -> None:
        """Keep `body`."""
        ...


def body_key(content: Digest) -> Digest:
    """The digest by which Bodies are asked for a file of this content."""
    return canon.digest_parts(_HEAD, content)


Known = tuple[bytes, Sequence[str], Sequence[str], int, int, int]
"""A code object: the digest of what it does; the names that it uses, and apart from these the BUILTINS (see Uses); what it reads of
other code; first and last line of where it is written, or zeros."""


class Rest(NamedTuple):
    """What is seldom asked of a file. `marks` of its code objects, if they were needed; `whole`: digest of all of it; `lines`: where
    classes and constants are, by qualified name; `imports`: all of them, those in functions too."""

    marks: Sequence[str]
    whole: Digest
    lines: Mapping[str, Sequence[int]]
    imports: Sequence[Sequence[Any]]


class Source:
    """One file, read out of `body`: its bytes as they are kept. `functions`: what is known of each code object below the module's, in
    the order in which they are nested; `bound`: module, name and level of what imports bind. Raises ValueError where the
    body is damaged."""

    functions: Sequence[Known | None]
    bound: Mapping[str, Sequence[Any]]

    def __init__(self, content: Digest, body: bytes) -> None:
        self.content = content
        if canon.digest(body[_SIZE:]) != body[:_SIZE]:
            raise ValueError("a damaged body")
        self.functions, self.bound, self._rest = marshal.loads(body[_SIZE:])

    @cached_property
    def rest(self) -> Rest:
        """What is seldom asked."""
        return Rest(*marshal.loads(self._rest))

    def marked(self, marks: Sequence[str]) -> bytes:
        """The body with these marks."""
        return packed(self.functions, self.bound, self.rest._replace(marks=marks))


def known(text: Digest, names: Sequence[str], reads: int, first: int, last: int) -> Known:
    """What is known of code that is written with this canonical text, and uses these names."""
    others = tuple([sys.intern(name) for name in names if name not in BUILTINS])
    own = tuple([sys.intern(name) for name in names if name in BUILTINS])
    return b"text" + text, others, own, reads, first, last


def packed(functions: Sequence[Known | None], bound: Mapping[str, Sequence[Any]], rest: Rest) -> bytes:
    """The body of a file. It is read by the very interpreter that wrote it, or not at all."""
    seldom: Any = tuple(rest)
    parts: Any = functions, bound, marshal.dumps(seldom)
    body = marshal.dumps(parts)
    return canon.digest(body) + body
