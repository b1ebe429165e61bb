from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipekit import canon
from pipekit.errors import CorruptObject, StoreError
from pipekit.store import files
from pipekit.values import Digest, Stored


class Kept(dict[Digest, bytes]):
    """Objects in a dict, put and read as the store does."""

    def put(self, what: Any) -> Digest:
        body = what.read_bytes() if isinstance(what, Path) else bytes(what)
        self[canon.digest(body)] = body
        return canon.digest(body)

    def read(self, digest: Digest) -> bytes:
        return self[digest]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a.txt").write_text("a")
    (root / "b" / "deep" / "x.bin").write_bytes(b"x" * 3_000_000)
    (root / "b" / "run.sh").write_text("#!/bin/sh\n")
    (root / "b" / "run.sh").chmod(0o755)
    (root / "link").symlink_to("a.txt")
    (root / "gone").symlink_to("nowhere")
    (root / "ä\nname").write_text("odd")
    return root


def look(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found[name] = (
            os.readlink(path) if path.is_symlink() else path.is_dir() or (path.read_bytes(), os.access(path, os.X_OK))
        )
    return found


def test_a_file_comes_back_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "w.npy").write_bytes(b"weights")
    kept = Kept()
    stored, objects = files.take(tmp_path / "w.npy", kept.put)
    assert stored == Stored("w.npy", canon.digest(b"weights")) and objects == [stored.content]
    path = files.hand(stored, kept.read, tmp_path / "into" / "deep")
    assert path == tmp_path / "into" / "deep" / "w.npy" and path.read_bytes() == b"weights"
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_folder_comes_back_as_it_was(tree: Path, tmp_path: Path) -> None:
    kept = Kept()
    stored, objects = files.take(tree, kept.put)
    assert stored.folder and objects[0] == stored.content and set(objects) == set(kept)
    assert set(files.reachable(stored.content, kept.read)) == set(objects)
    path = files.hand(stored, kept.read, tmp_path / "into")
    assert path.name == "tree" and look(path) == look(tree)
    assert files.identity(path) == stored.content
    files.remove(tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_identity_keeps_nothing_and_agrees(tree: Path, tmp_path: Path) -> None:
    assert files.identity(tree) == files.take(tree, Kept().put)[0].content
    assert files.identity(tree / "a.txt") == files.identity(tree / "link") == canon.digest(b"a")
    assert files.identity(tmp_path / "none") is files.identity(tree / "gone") is None


@pytest.mark.parametrize("change", ["content", "name", "mode", "link", "added", "empty"])
def test_every_change_of_a_folder_shows(tree: Path, change: str) -> None:
    before = files.identity(tree)
    match change:
        case "content":
            (tree / "a.txt").write_text("b")
        case "name":
            (tree / "a.txt").rename(tree / "c.txt")
        case "mode":
            (tree / "a.txt").chmod(0o755)
        case "link":
            (tree / "link").unlink()
            (tree / "link").symlink_to("b")
        case "added":
            (tree / "empty" / "f").touch()
        case "empty":
            (tree / "empty").rmdir()
    assert files.identity(tree) != before


def test_where_and_when_do_not_show(tree: Path, tmp_path: Path) -> None:
    before = files.identity(tree)
    os.utime(tree / "a.txt", (1, 1))
    (tree / "a.txt").chmod(0o600)
    assert files.identity(tree.rename(tmp_path / "moved")) == before


def test_damaged_bytes_are_never_handed_out(tree: Path, tmp_path: Path) -> None:
    kept = Kept()
    stored, _ = files.take(tree, kept.put)
    for digest in (stored.content, canon.digest(b"a")):
        held, kept[digest] = kept[digest], b"damaged"
        with pytest.raises(CorruptObject):
            files.hand(stored, kept.read, tmp_path / digest.hex())
        kept[digest] = held
    assert not list(tmp_path.rglob("*/a.txt")) or (tree / "a.txt").read_text() == "a"


@pytest.mark.parametrize("name", ["..", "", ".", "a/b", "/etc/passwd", "nul\0"])
def test_no_name_leads_elsewhere(name: str, tmp_path: Path) -> None:
    kept = Kept()
    content = kept.put(b"x")
    with pytest.raises(StoreError, match="is no name"):
        files.hand(Stored(name, content), kept.read, tmp_path / "into")
    listing = kept.put(canon.plain.encode([(name, "file", content)], lambda value: None))
    with pytest.raises(StoreError, match="is no name"):
        files.hand(Stored("folder", listing, True), kept.read, tmp_path / "into")


def test_a_name_cannot_go_through_a_link(tmp_path: Path) -> None:
    kept = Kept()
    entries = [("out", "link", str(tmp_path)), ("out", "file", kept.put(b"x"))]
    listing = kept.put(canon.plain.encode(entries, lambda value: None))
    with pytest.raises(StoreError):
        files.hand(Stored("folder", listing, True), kept.read, tmp_path / "into")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["into"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(StoreError, match="neither a file nor a folder"):
            files.take(path, Kept().put)
    with pytest.raises(StoreError, match=r"none cannot be taken into the store: No such file"):
        files.take(tmp_path / "none", Kept().put)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    kept, path = Kept(), tmp_path / "w"
    stored = Stored("w", kept.put(b"new"))
    path.write_bytes(b"old")
    with pytest.raises(StoreError, match="File exists"):
        files.hand(stored, kept.read, tmp_path)
    assert path.read_bytes() == b"old"
