"""Anything else, as pickle protocol 5: big buffers lie beside the stream, aligned, and are mapped on load. It must never
be called stable: the same value may give other bytes in another process."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipekit.canon.form import LARGE
from pipekit.errors import Uncodable
from pipekit.store.codecs import frames
from pipekit.store.codecs.culprit import find_culprit
from pipekit.store.codecs.parts import Hand, Keep, Parts
from pipekit.values import Reference, Secret, Stored
from pipekit.values.call import Raised, call_user

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MAGIC = b"pkp1"
_HEAD = struct.Struct("<4sI")
_ENTRY = struct.Struct("<QQ")
_ALIGNED = 64
_APART = 2**64 - 1
_HINT = "return data, and open what cannot be sent (locks, files, connections) where it is used"


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, keep: Callable[[pickle.PickleBuffer], Any], parts: Parts):
        super().__init__(out, 5, buffer_callback=keep)
        self._parts = parts

    def persistent_id(self, value: Any) -> Any:
        if type(value) is Stored:
            self._parts.files.append(value)
            return "stored", value.name, value.content, value.folder
        return ("reference", value.path, value.content) if type(value) is Reference else None

    def reducer_override(self, value: Any) -> Any:
        if type(value) is Secret:
            raise pickle.PicklingError("a Secret is never stored")
        self._parts.meet(value if isinstance(value, type) else type(value))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: Buffer, buffers: list[Buffer], hand: Hand):
        super().__init__(io.BytesIO(stream), buffers=buffers)
        self._hand = hand

    def persistent_load(self, pid: Any) -> Path:
        kind, path, content, *folder = pid
        return self._hand((Stored if kind == "stored" else Reference)(path, content, *folder))


def encode(value: Any, keep: Keep | None = None) -> tuple[Buffer, Parts]:
    """The first object, and the rest: big buffers are parts, given to `keep` if there is one. Raises Uncodable."""
    out, parts = io.BytesIO(), Parts(keep, stable=False)
    buffers: list[pickle.PickleBuffer] = []
    tried = call_user(_Pickler(out, buffers.append, parts).dump, value)
    if isinstance(tried, Raised):
        raise _uncodable(value, tried.error)
    return _join(out.getbuffer(), [buffer.raw() for buffer in buffers], parts), parts


def decode(body: Buffer, part: Callable[[int], Buffer], hand: Hand) -> Any:
    """The value; its arrays are read-only and lie over `body` and the parts that `part` reads. Raises ValueError when
    `body` is no such object; what the value's classes raise comes through."""
    view = memoryview(body).toreadonly()
    magic, count = _HEAD.unpack_from(view)
    if magic != _MAGIC or view.nbytes < _HEAD.size + count * _ENTRY.size:
        raise ValueError("not the body of a pickled product")
    entries = [_ENTRY.unpack_from(view, _HEAD.size + at * _ENTRY.size) for at in range(count)]
    pieces = [memoryview(part(at)).toreadonly() if size == _APART else view[at : at + size] for at, size in entries]
    value = _Unpickler(pieces[0], list(pieces[1:]), hand).load()
    home, name = type(value).__module__.partition(".")[0], type(value).__qualname__
    return frames.shared(value) if home == "pandas" and name in ("DataFrame", "Series") else value


def _join(stream: memoryview, buffers: list[memoryview], parts: Parts) -> Buffer:
    pieces = [stream, *buffers]
    end = _HEAD.size + _ENTRY.size * len(pieces)
    table = _HEAD.pack(_MAGIC, len(pieces))
    inside = []
    for piece in pieces:
        if piece is not stream and piece.nbytes >= LARGE:
            table += _ENTRY.pack(parts.add(piece), _APART)
            continue
        start = -(-end // _ALIGNED) * _ALIGNED
        end = start + piece.nbytes
        table += _ENTRY.pack(start, piece.nbytes)
        inside.append((start, piece))
    body = bytearray(end)
    body[: len(table)] = table
    for start, piece in inside:
        body[start : start + piece.nbytes] = piece
    return body


def _pickles(value: Any) -> BaseException | None:
    dump = _Pickler(io.BytesIO(), lambda buffer: None, Parts()).dump
    tried = call_user(dump, value)
    return tried.error if isinstance(tried, Raised) else None


def _uncodable(value: Any, error: BaseException) -> Uncodable:
    path, _, why = find_culprit(value, _pickles, error)
    return Uncodable(f"{path} cannot be stored: {why}", hint=_HINT)
