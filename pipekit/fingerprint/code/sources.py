"""The source files of a project as they count: for each function a digest of its canonical text, found by the mark of its live
code, so that source and code cannot disagree. It must never import or run what it reads."""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, StringIO
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipekit import canon
from pipekit.fingerprint.code.forms import Forms
from pipekit.fingerprint.code.uses import Uses, uses_of
from pipekit.values import Digest

if TYPE_CHECKING:
    from pipekit.fingerprint.code.syntax import Span, Written

FORM = "2"
"""To be raised when the text of any code changes."""

_HEAD = f"pipekit bodies {FORM} {sys.version} {sys.flags.optimize}".encode()
"""The compiler belongs to it: the marks of code are of what it makes."""


class Bodies(Protocol):
    """Remembers what was read out of a file, by a digest that stands for the file's content."""

    def get(self, content: Digest, /) -> bytes | None:
        """What was put, or None."""
        ...

    def put(self, content: Digest, body: bytes, /) -> None:
        """Keep `body`."""
        ...


class Known(NamedTuple):
    """A code object: the digest of what it does, the names it uses, what it reads of other code; where it is written, if it is
    (`first` and `last` line)."""

    body: bytes
    uses: Sequence[str]
    reads: int
    first: int = 0
    last: int = 0


Fact = Sequence[Any]
"""The fields of a Known, an Import or a Line, as JSON has them."""


class Source(NamedTuple):
    """One file, as JSON has it. `functions`: mark of the code -> Known; `whole`: digest of all of it; `lines`: where classes and
    constants are, by qualified name; `bound`: names that imports bind -> Import; `imports`: all of them, those in functions too."""

    content: Digest
    functions: dict[str, Fact]
    whole: str
    lines: dict[str, Fact]
    bound: dict[str, Fact]
    imports: Sequence[Fact]


class Sources:
    """The files of one process, each read once. `compiled(file, content)` is what Python makes of a file."""

    def __init__(
        self,
        read: Callable[[str], bytes],
        bodies: Bodies | None,
        compiled: Callable[[str, bytes], CodeType] | None = None,
    ) -> None:
        self._read, self._bodies, self._compiled = read, bodies, compiled
        self._files: dict[str, Source | None] = {}
        self._content: dict[str, bytes] = {}
        self._texts: dict[str, list[str]] = {}
        self._codes: dict[int, tuple[CodeType, Known]] = {}
        self.forms = Forms()

    def of(self, file: str) -> Source | None:
        """What counts of `file`; None where there is no such file or it is no Python."""
        if file not in self._files:
            self._files[file] = self._look(file)
        return self._files[file]

    def content(self, file: str) -> bytes | None:
        """The bytes of `file`, as they were when it was first asked for."""
        if file not in self._content:
            try:
                self._content[file] = self._read(file)
            except (OSError, ValueError):
                return None
        return self._content[file]

    def known(self, code: CodeType) -> Known:
        """What is known of a live code object: from its file if what stands there is what runs, else from the code itself."""
        found = self._codes.get(id(code))
        if found is None:
            found = self._codes[id(code)] = code, self._verified(code) or self._unverified(code)
        return found[1]

    def text(self, file: str, first: int, last: int) -> str:
        """These lines of `file`."""
        if file not in self._texts:
            # lines as Python counts them: a form feed, for one, ends none
            self._texts[file] = StringIO(_decoded(self.content(file) or b""), None).readlines()
        return "".join(self._texts[file][first - 1 : last])

    def _verified(self, code: CodeType) -> Known | None:
        source = None if code.co_filename.startswith("<") else self.of(code.co_filename)
        if source is None:
            return None
        found = source.functions.get(self.forms.mark(code))
        return None if found is None else Known(bytes.fromhex(found[0]), *found[1:])

    def _unverified(self, code: CodeType) -> Known:
        uses = uses_of(code)
        return Known(b"code" + self.forms.bare(code), uses.names, uses.reads)

    def _look(self, file: str) -> Source | None:
        content = self.content(file)
        if content is None:
            return None
        digest = canon.digest(content)
        key = canon.digest_parts(_HEAD, digest)
        kept = None if self._bodies is None else self._bodies.get(key)
        found = None if kept is None else _unpacked(kept, digest)
        if found is None:
            found = self._made(file, content, digest)
            if found is not None and self._bodies is not None:
                self._bodies.put(key, _packed(found))
        return found

    def _made(self, file: str, content: bytes, digest: Digest) -> Source | None:
        import ast  # needed for files that are new only

        from pipekit.fingerprint.code.syntax import Syntax

        with _undisturbed():
            try:
                tree = ast.parse(content, file)
                compiled = (
                    compile(tree, file, "exec", dont_inherit=True)
                    if self._compiled is None
                    else self._compiled(file, content)
                )
                syntax = Syntax(tree)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
            return Source(
                digest,
                self._functions(syntax.written(), compiled),
                canon.digest(syntax.text.encode("utf-8", "surrogatepass")).hex(),
                dict(syntax.lines),
                dict(syntax.bound),
                syntax.imports,
            )

    def _functions(self, written: list[Written], compiled: CodeType) -> dict[str, Fact]:
        """Pairs text and code by name and first line, lambdas of one line by where they stand in it; what cannot be paired counts by
        its code."""
        places: dict[tuple[str, int], list[Any]] = {}
        for one in written:
            places.setdefault((one.name, one.first), []).append(one)
        codes: dict[tuple[str, int], list[CodeType]] = {}
        for code in _nest(compiled):
            codes.setdefault((code.co_name, code.co_firstlineno), []).append(code)
        found: dict[str, Fact] = {}
        for place, texts in places.items():
            for text, code in _paired(texts, codes.get(place, [])):
                # two with one mark hold a set of constants and differ in their lines at most
                found.setdefault(self.forms.mark(code), _fact(text, uses_of(code)))
        return found


def _paired(texts: list[Written], codes: list[CodeType]) -> list[tuple[Written, CodeType]]:
    if len(texts) == len(codes) == 1:
        return [(texts[0], codes[0])]
    found: dict[Span, tuple[Written, CodeType]] = {}
    for code in codes:
        at = next(((line or 0, column or 0) for line, _, column, end in code.co_positions() if end), (0, 0))
        around = [one for one in texts if one.body[:2] <= at < one.body[2:]]
        if not around:
            return []
        inner = max(around, key=lambda one: one.body)
        found[inner.body] = inner, code
    return list(found.values()) if len(found) == len(codes) == len(texts) else []


def _fact(one: Written, uses: Uses) -> Fact:
    body = b"text" + canon.digest(one.text.encode("utf-8", "surrogatepass"))
    names = [name for name in uses.names if name.partition(".")[0] not in one.idle] if one.idle else uses.names
    return body.hex(), names, uses.reads, one.first, one.last


def _nest(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if type(const) is CodeType:
            yield const
            yield from _nest(const)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No warnings, which the import has shown already; and no search for garbage, which doubles the time of parsing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collecting:
            gc.enable()


def _decoded(content: bytes) -> str:
    from tokenize import detect_encoding

    try:
        return content.decode(detect_encoding(BytesIO(content).readline)[0], "replace")
    except (SyntaxError, LookupError):
        return content.decode("utf-8", "replace")


def _packed(source: Source) -> bytes:
    return json.dumps(source[1:]).encode()


def _unpacked(packed: bytes, content: Digest) -> Source | None:
    try:
        return Source(content, *json.loads(packed))
    except (ValueError, TypeError):
        return None
