from __future__ import annotations

from pathlib import Path

import pytest
from support.records import record

from pipekit.store import pack
from pipekit.store.mounts import is_network
from pipekit.store.store import open_store

TABLE = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/me/fast tmpfs rw 0 0
//nas/s /mnt/my\\040share cifs rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/srv/p", False),
        ("/home", True),
        ("/home/me/p", True),
        ("/home/me/fast/p", False),
        ("/homestead", False),
        ("/mnt/my share/p", True),
    ],
)
def test_the_nearest_mount_counts(tmp_path: Path, path: str, network: bool) -> None:
    (tmp_path / "mounts").write_text(TABLE)
    assert is_network(Path(path), tmp_path / "mounts") is network


def test_where_there_is_no_table(tmp_path: Path) -> None:
    assert is_network(tmp_path, tmp_path / "absent") is False


def test_the_journal_follows_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mode() -> str:
        store = open_store(tmp_path / "s")
        store.commit([record(1)])
        found = store.pack.select("PRAGMA journal_mode")
        assert store.record(record(1).key) == record(1)
        store.close()
        return str(found[0][0])

    assert mode() == "wal"
    monkeypatch.setattr(pack, "is_network", lambda path: True)
    assert mode() == "delete"
