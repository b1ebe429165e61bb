"""pipeline.yaml from disk: bytes, size and encoding, and every way in which a file can fail to be text. It must never know
what the text means."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import NoReturn

from pipekit.errors import InvocationError
from pipekit.invocation.located import Located
from pipekit.invocation.scalars import core, simple
from pipekit.values import Origin

LIMIT = 2 * 1024 * 1024
"""The longest pipeline.yaml that is read, in bytes."""

_BOM = b"\xef\xbb\xbf"
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BREAK = re.compile(r"\r\n|\n|\r")


def read(path: Path) -> Located:
    """The document in `path`, every node located; an empty file is an empty mapping. Raises InvocationError.

    What can be read past (keys that stand twice, tags, `<<`) is in the `problems` of what is returned.
    """
    text = _text(_bytes(path), str(path))
    from pipekit.project.nodes import build  # the YAML library is loaded only if there is something to read

    return build(text, str(path))


def parse(text: str, origin: Origin) -> Located:
    """What `text`, given on the command line or by the environment, means as YAML core; every part is at `origin`.

    Raises InvocationError.
    """
    if simple(text):
        try:
            return Located(core(text), origin)
        except ValueError as error:
            raise InvocationError(str(error), where=origin) from None
    if bad := _BAD.search(text):
        raise InvocationError(f"the character {_name(bad.group())} cannot stand in a value", where=origin)
    from pipekit.project.nodes import build  # the YAML library is loaded only if it is needed

    return build(text, origin.file, at=origin)


def _bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            _refuse(f"{path.name} is a folder, not a file", path, "move it away; `pipekit init` writes a file")
        if not stat.S_ISREG(mode):
            _refuse(f"{path.name} is no ordinary file", path, "put an ordinary text file in its place")
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        if path.is_symlink():
            _refuse(f"{path.name} is a link that leads nowhere", path, "delete it, or put what it names there")
        _refuse(f"there is no {path.name}", path, "write one, or run without it: every option then has its default")
    except OSError as error:
        _refuse(f"{path.name} cannot be read: {error.strerror or error}", path, "make it readable for you")
    if len(data) > LIMIT:
        _refuse(
            f"{path.name} is longer than {LIMIT >> 20} MiB", path, "put large values in a file and name it in an option"
        )
    return data


def _text(data: bytes, file: str) -> str:
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        _not_utf8(data, file)
    if bad := _BAD.search(text):
        line, column = _position(text, bad.start())
        raise InvocationError(
            f"the character {_name(bad.group())} cannot stand in pipeline.yaml",
            where=Origin(file, line, column),
            hint=f'delete it, or write "{_escape(bad.group())}" in double quotes',
        )
    return text


def _not_utf8(data: bytes, file: str) -> NoReturn:
    try:
        data.decode("utf-8")
        at = 0
    except UnicodeDecodeError as error:
        at = error.start
    before = data[:at].removeprefix(_BOM).decode("utf-8")
    line, column = _position(before, len(before))
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    raise InvocationError(
        f"byte 0x{data[at]:02x} at offset {at}, in line {line}, is not UTF-8",
        where=Origin(file, line, column),
        hint="it looks like UTF-16: save the file as UTF-8" if wide else "save the file as UTF-8",
    )


def _position(text: str, at: int) -> tuple[int, int]:
    breaks = list(_BREAK.finditer(text, 0, at))
    return len(breaks) + 1, at - (breaks[-1].end() if breaks else 0) + 1


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"


def _refuse(message: str, path: Path, hint: str) -> NoReturn:
    raise InvocationError(message, where=Origin(str(path)), hint=hint)
