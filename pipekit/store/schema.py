"""The tables of the pack, version after version. It must never run a statement."""

from __future__ import annotations

from typing import Final

MARK: Final = 0x706B6974
"""SQLite's application id of a pack: "pkit"."""

VERSIONS: Final = (
    # Digests are found by their first 8 bytes as an integer: an index of a third of the size, and twice as fast.
    # The whole digest lies in the row and is always compared.
    """
    CREATE TABLE objects (id INTEGER PRIMARY KEY, prefix INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL);
    CREATE INDEX objects_by_digest ON objects (prefix);

    CREATE TABLE records (
        id INTEGER PRIMARY KEY, key_prefix INTEGER NOT NULL, static_prefix INTEGER NOT NULL, created REAL NOT NULL,
        key BLOB NOT NULL, static BLOB NOT NULL, task BLOB NOT NULL, body BLOB NOT NULL);
    CREATE INDEX records_by_key ON records (key_prefix);
    CREATE INDEX records_by_static ON records (static_prefix, created);
    CREATE INDEX records_by_task ON records (task, created);

    CREATE TABLE preimages (id INTEGER PRIMARY KEY, prefix INTEGER NOT NULL, key BLOB NOT NULL, body BLOB NOT NULL);
    CREATE INDEX preimages_by_key ON preimages (prefix);

    CREATE TABLE stats (path BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE durations (task BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs (id TEXT PRIMARY KEY, started REAL NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX runs_by_start ON runs (started);
    """,
    """
    CREATE TABLE notes (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE segments (
        id INTEGER PRIMARY KEY, prefix INTEGER NOT NULL, static BLOB NOT NULL, created REAL NOT NULL,
        count INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE INDEX segments_by_prefix ON segments (prefix);
    """,
)
"""What leads from version n to n + 1. A version that has been released is never edited; what is new is a new entry."""
