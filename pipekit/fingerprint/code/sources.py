"""The source files of a project as they count: for each function a digest of its canonical text, found by the live code itself or
by its mark, so that source and code cannot disagree. It must never import or run what it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from types import CodeType

from pipekit import canon
from pipekit.fingerprint.code.bodies import Bodies, Known, Source, body_key
from pipekit.fingerprint.code.forms import Forms
from pipekit.fingerprint.code.parsing import Failed, compiled, marks_of, nested, parsed, undisturbed
from pipekit.fingerprint.code.uses import uses_of
from pipekit.values import Digest


class Sources:
    """The files of one process, each read once. `compiled(file, content)`: the code that the import made of just this content, or
    None where that is not known."""

    def __init__(
        self,
        read: Callable[[str], bytes],
        bodies: Bodies | None,
        compiled: Callable[[str, bytes], CodeType | None] | None = None,
    ) -> None:
        self._read, self._bodies, self._compiled = read, bodies, compiled
        self._files: dict[str, Source | None] = {}
        self._content: dict[str, bytes] = {}
        self._texts: dict[str, list[str]] = {}
        self._known: dict[int, Known | None] = {}
        self._alive: list[CodeType] = []
        self._trees: dict[str, CodeType] = {}
        self._marks: dict[str, dict[str, Known]] = {}
        self.forms = Forms()

    def of(self, file: str) -> Source | None:
        """What counts of `file`; None where there is no such file or it is no Python."""
        if file not in self._files:
            found = self._files[file] = self._look(file)
            if found is not None and file in self._trees:
                self._recognise(self._trees[file], found)
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
        found = self._known.get(id(code))
        if found is None:
            source = None if code.co_filename.startswith("<") else self.of(code.co_filename)
            found = self._known.get(id(code))  # now that its file is known
            if found is None:
                found = (source and self._marked(code, source)) or self._unverified(code)
                self._known[id(code)] = found
                self._alive.append(code)
        return found

    def text(self, file: str, first: int, last: int) -> str:
        """These lines of `file`."""
        if file not in self._texts:
            # lines as Python counts them: a form feed, for one, ends none
            self._texts[file] = StringIO(_decoded(self.content(file) or b""), None).readlines()
        return "".join(self._texts[file][first - 1 : last])

    def _recognise(self, tree: CodeType, source: Source) -> None:
        """The code objects inside what the import made of this very file need no further proof."""
        codes = nested(tree)
        if len(codes) == len(source.functions):
            self._known.update(zip(map(id, codes), source.functions))

    def _marked(self, code: CodeType, source: Source) -> Known | None:
        """What is known of the code of the file that has the same mark: it was made by another import."""
        file = code.co_filename
        if file not in self._marks:
            marks = zip(self._marks_of(file, source), source.functions)
            # two with one mark hold a set of constants and differ in their lines at most; then the first counts
            self._marks[file] = {mark: one for mark, one in reversed(list(marks)) if one is not None}
        return self._marks[file].get(self.forms.mark(code))

    def _marks_of(self, file: str, source: Source) -> Sequence[str]:
        if source.rest.marks:
            return source.rest.marks
        try:
            with undisturbed():
                tree = self._trees.get(file) or compiled(file, self.content(file))
        except Failed:
            return ()
        marks = marks_of(nested(tree), source.functions, self.forms.mark)
        if self._bodies is not None:
            self._bodies.put(body_key(source.content), source.marked(marks))
        return marks

    def _unverified(self, code: CodeType) -> Known:
        uses = uses_of(code)
        return b"code" + self.forms.bare(code), uses.names, (), uses.reads, 0, 0

    def _look(self, file: str) -> Source | None:
        content = self.content(file)
        if content is None:
            return None
        tree = None if self._compiled is None else self._compiled(file, content)
        if tree is not None:
            self._trees[file] = tree
        digest = canon.digest(content)
        key = body_key(digest)
        kept = None if self._bodies is None else self._bodies.get(key)
        try:
            return Source(digest, kept or b"")
        except (ValueError, TypeError, EOFError):
            return self._made(file, content, digest)

    def _made(self, file: str, content: bytes, digest: Digest) -> Source | None:
        try:
            body = parsed(file, content, self._trees.get(file), self.forms.mark)
        except Failed:
            return None
        if self._bodies is not None:
            self._bodies.put(body_key(digest), body)
        return Source(digest, body)


def _decoded(content: bytes) -> str:
    from tokenize import detect_encoding

    try:
        return content.decode(detect_encoding(BytesIO(content).readline)[0], "replace")
    except (SyntaxError, LookupError):
        return content.decode("utf-8", "replace")
