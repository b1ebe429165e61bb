"""What was worked out of some content, under a digest that stands for it: a cache, which may lose any of it at any time. It must
never know what is noted."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Collection, Mapping
from struct import Struct, error
from typing import Any, Final

from pipekit.store.pack import Pack
from pipekit.values.digest import Digest

_PUT: Final = "INSERT OR REPLACE INTO notes (key, body) VALUES (?, ?)"
_SUM: Final = Struct("<I")


class Notes:
    """The notes of a pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def of(self, keys: Collection[Digest]) -> dict[Digest, bytes]:
        """The note under each of `keys` that has one; a damaged one is none."""
        rows = self._pack.select_by("SELECT key, body FROM notes WHERE key IN ({})", keys)
        return {key: body[:-4] for key, body in rows if _is_whole(key, body)}

    def put(self, notes: Mapping[Digest, bytes]) -> None:
        """Keep the notes, in one transaction; an older one of the same key goes."""
        if notes:
            rows = [(key, body + _SUM.pack(crc32(body, crc32(key)))) for key, body in notes.items()]
            with self._pack.transaction() as connection:
                connection.executemany(_PUT, rows)


def _is_whole(key: Any, body: Any) -> bool:
    try:
        return bool(_SUM.unpack_from(body, len(body) - 4)[0] == crc32(body[:-4], crc32(key)))
    except (TypeError, error):
        return False
