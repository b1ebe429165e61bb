from __future__ import annotations

import os
import random
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stamps import Stamps

from pipekit import canon
from pipekit.errors import FingerprintError
from pipekit.fingerprint.files import Files, Seen
from pipekit.fingerprint.looks import unchanged
from pipekit.store import files as stored
from pipekit.store.memory import MemoryStore
from pipekit.store.stats import Stat

SECOND = 1_000_000_000


class Cache(dict[str, Seen]):
    """A stat cache in a dict; it notes what it was asked for."""

    asked: list[list[str]]

    def __init__(self) -> None:
        super().__init__()
        self.asked = []

    def lookup(self, paths: Sequence[str]) -> dict[str, Seen]:
        self.asked.append(list(paths))
        return {path: self[path] for path in paths if path in self}

    def keep(self, files: Files) -> None:
        self.update({one.path: one for one in files.learned()})


class Opened:
    """Counts what is opened for reading, through the calls a Files makes with a descriptor."""

    def __init__(self, inner: Callable[..., os.stat_result] = os.stat) -> None:
        self.inner, self.count = inner, 0
        self.then: Callable[[], None] | None = None

    def stat(self, path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        found = self.inner(path, follow_symlinks=follow_symlinks)
        if isinstance(path, int):
            self.count += 1
            if self.then:
                then, self.then = self.then, None
                then()
        return found


def later() -> int:
    return 1 << 62


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a.txt").write_text("a")
    (root / "none.txt").write_text("")
    (root / "b" / "deep" / "x.bin").write_bytes(random.Random(1).randbytes(3_000_001))
    (root / "b" / "run.sh").write_text("#!/bin/sh\n")
    (root / "b" / "run.sh").chmod(0o755)
    (root / "link").symlink_to("a.txt")
    (root / "into").symlink_to("b")
    (root / "gone").symlink_to("nowhere")
    (root / "ä\nname").write_text("odd")
    (root / "B").write_text("sorted by bytes")
    os.close(os.open(os.fsencode(root) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    return root


def test_a_file_and_a_folder_have_the_identity_of_their_stored_copy(tree: Path) -> None:
    files = Files(Cache().lookup)
    paths = [tree, tree / "b", tree / "empty", tree / "into", *(tree / "b").rglob("*"), tree / "a.txt", tree / "link"]
    assert files.identities(paths) == {path: stored.identity(path) for path in paths}
    assert files.identity(tree) == stored.take(tree, lambda what: canon.digest(_bytes(what)))[0].content


def _bytes(what: object) -> bytes:
    return what.read_bytes() if isinstance(what, Path) else bytes(what)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1])
def test_files_of_any_size(tmp_path: Path, size: int) -> None:
    (tmp_path / "x").write_bytes(random.Random(size).randbytes(size))
    assert Files(Cache().lookup).identity(tmp_path / "x") == canon.digest((tmp_path / "x").read_bytes())


def test_nothing_has_no_identity(tree: Path) -> None:
    paths = [tree / "absent", tree / "gone", tree / "a.txt" / "below", Path("nul\0"), tree / "\udfff"]
    assert Files(Cache().lookup).identities(paths) == dict.fromkeys(paths)
    assert Files(Cache().lookup).identities([]) == {}


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
@pytest.mark.parametrize("inside", [False, True])
def test_what_has_no_content_is_refused(
    tmp_path: Path, kind: str, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "odd"
    if kind == "device":
        if inside:
            pytest.skip("a device cannot be made without rights")
        path = Path(os.devnull)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("odd")
    with pytest.raises(FingerprintError, match=rf"{path.name} is a .*{kind}, which has no content") as raised:
        Files(Cache().lookup).identity(tmp_path if inside else path)
    assert raised.value.hint


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(FingerprintError, match="a cannot be read: Too many levels"):
        Files(Cache().lookup).identity(tmp_path / "a")
    assert Files(Cache().lookup).identity(tmp_path) == stored.identity(tmp_path)


def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    def refusing(path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return os.stat(path, follow_symlinks=follow_symlinks)

    (tmp_path / "closed").write_text("x")
    for path in (tmp_path / "closed", tmp_path):
        with pytest.raises(FingerprintError, match="closed cannot be read: Permission denied"):
            Files(Cache().lookup, stat=refusing).identity(path)


def test_what_is_kept_is_not_read_again(tree: Path) -> None:
    cache, opened = Cache(), Opened()
    files = Files(cache.lookup, later, stat=opened.stat)
    first = files.identities([tree, tree / "a.txt"])
    assert opened.count > 0 and len(files.learned()) == 6 + (tree / "B").exists()
    opened.count = 0
    assert files.identities([tree, tree / "a.txt"]) == first and opened.count == 0
    cache.keep(files)
    again = Files(cache.lookup, later, stat=opened.stat)
    assert again.identities([tree, tree / "a.txt"]) == first and opened.count == 0
    assert again.learned() == [] and len(cache.asked) == 6


def test_the_store_is_such_a_cache(tree: Path) -> None:
    store = MemoryStore()
    files = Files(store.stats, later)
    found = files.identity(tree)
    store.put_stats([Stat(*one) for one in files.learned()])
    opened = Opened()
    assert Files(store.stats, later, stat=opened.stat).identity(tree) == found and opened.count == 0


@pytest.mark.parametrize("step", [1, 4_000_000, 10_000_000, SECOND, 2 * SECOND])
def test_a_second_change_in_the_same_tick_is_seen(tmp_path: Path, step: int) -> None:
    stamps, cache, path = Stamps(step), Cache(), tmp_path / "x"
    for content in ("one", "two", "six"):
        path.write_text(content)
        stamps.changed(path)
        files = Files(cache.lookup, stamps.clock, stat=stamps.stat)
        assert files.identity(path) == files.identity(path) == canon.digest(content.encode())
        cache.keep(files)
    assert not cache
    stamps.now += 5 * SECOND
    files = Files(cache.lookup, stamps.clock, stat=stamps.stat)
    files.identity(path)
    cache.keep(files)
    assert set(cache) == {str(path)}


def test_setting_the_mtime_back_hides_nothing(tmp_path: Path) -> None:
    stamps, cache, path = Stamps(4_000_000), Cache(), _written(tmp_path / "x", "one")
    stamps.changed(path)
    old = stamps.stat(str(path)).st_mtime_ns
    stamps.now += 9 * SECOND
    for content in ("two", "six"):
        path.write_text(content)
        stamps.changed(path, to=old)
        files = Files(cache.lookup, stamps.clock, stat=stamps.stat)
        assert files.identity(path) == canon.digest(content.encode())
        cache.keep(files)
    assert not cache


@pytest.mark.parametrize("field", ["size", "mtime_ns", "inode", "ctime_ns"])
def test_an_entry_that_differs_in_anything_is_not_believed(tmp_path: Path, field: str) -> None:
    path, cache = _written(tmp_path / "x", "one"), Cache()
    files = Files(cache.lookup, later)
    files.identity(path)
    (one,) = files.learned()
    cache[str(path)] = one._replace(digest=canon.digest(b"other"))
    assert Files(cache.lookup, later).identity(path) == canon.digest(b"other")
    cache[str(path)] = cache[str(path)]._replace(**{field: getattr(one, field) + 1})
    assert Files(cache.lookup, later).identity(path) == canon.digest(b"one")


def test_stamps_of_another_machine_wait_for_a_minute(tmp_path: Path) -> None:
    stamps, path, asked = Stamps(1, offset=20 * SECOND), tmp_path / "x", list[Path]()
    path.write_text("one")
    stamps.changed(path)

    def is_network(path: Path) -> bool:
        asked.append(path)
        return True

    files = Files(Cache().lookup, stamps.clock, stat=stamps.stat, is_network=is_network)
    files.identity(path)
    assert files.learned() == []
    path.write_text("two")
    assert files.identity(path) == canon.digest(b"two") and asked == [path]
    stamps.now += 60 * SECOND
    files.identity(path)
    assert len(files.learned()) == 1


def test_a_stamp_of_the_future_is_not_trusted(tmp_path: Path) -> None:
    stamps, path = Stamps(1), tmp_path / "x"
    path.write_text("one")
    stamps.changed(path, to=stamps.now + 3600 * SECOND)
    stamps.now += 60 * SECOND
    files = Files(Cache().lookup, stamps.clock, stat=stamps.stat)
    files.identity(path)
    assert files.learned() == []


def test_a_file_that_moves_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path, opened = tmp_path / "x", Opened()
    path.write_bytes(b"old" * 50_000)
    opened.then = lambda: os.truncate(path, 30)
    files = Files(Cache().lookup, later, stat=opened.stat)
    assert files.identity(path) == canon.digest(b"old" * 10) and opened.count > 1
    opened.then = lambda: shutil.move(_written(tmp_path / "y", "new"), path)
    os.utime(path)
    assert files.identity(path) == canon.digest(b"new")
    opened.then = path.unlink
    os.utime(path)
    assert files.identity(path) is None


def test_a_file_that_never_rests_is_used_and_not_kept(tmp_path: Path) -> None:
    path = _written(tmp_path / "log", "line\n")

    def growing(one: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        with path.open("a") as file:
            file.write("line\n")
        return os.stat(one, follow_symlinks=follow_symlinks)

    files = Files(Cache().lookup, later, stat=growing)
    assert files.identity(path) is not None and files.learned() == []


def test_a_folder_that_moves_while_it_is_read_is_listed_again(tree: Path) -> None:
    opened = Opened()
    files = Files(Cache().lookup, later, stat=opened.stat)

    def move() -> None:
        (tree / "b").rename(tree / "c")
        (tree / "a.txt").unlink()
        (tree / "a.txt").symlink_to("c/run.sh")
        (tree / "new").write_text("new")

    opened.then = move
    assert files.identity(tree) == stored.identity(tree) and opened.then is None


def test_what_joins_a_folder_while_it_is_read_counts(tree: Path) -> None:
    opened = Opened()
    opened.then = lambda: _written(tree / "b" / "new", "new")
    assert Files(Cache().lookup, later, stat=opened.stat).identity(tree) == stored.identity(tree)


def test_a_mode_that_changes_while_a_folder_is_read_counts(tmp_path: Path) -> None:
    path, opened = _written(tmp_path / "run", "#!/bin/sh"), Opened()
    opened.then = lambda: path.chmod(0o755)
    before = stored.identity(tmp_path)
    survey = Files(Cache().lookup, later, stat=opened.stat).survey([str(tmp_path)])
    assert survey.identities == {str(tmp_path): stored.identity(tmp_path)} != {str(tmp_path): before}


def test_a_folder_that_never_rests_is_an_error(tmp_path: Path) -> None:
    _written(tmp_path / "x0", "x")

    def moving(path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        found = os.stat(path, follow_symlinks=follow_symlinks)
        if not isinstance(path, int) and Path(path).name.startswith("x"):
            Path(path).rename(tmp_path / f"x{int(Path(path).name[1:]) + 1}")
        return found

    with pytest.raises(FingerprintError, match="keeps changing while it is looked at"):
        Files(Cache().lookup, later, stat=moving).identity(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_a_file_that_does_not_say_its_size_is_never_kept() -> None:
    files = Files(Cache().lookup, later)
    assert files.identity(Path("/proc/version")) == canon.digest(Path("/proc/version").read_bytes())
    assert files.learned() == []


def test_many_files_in_threads(tmp_path: Path) -> None:
    paths = [_written(tmp_path / f"{n}", f"{n}" * 100_000 * n) for n in range(1, 25)]
    seen: set[int] = set()

    def noting(path: str | int, /, *, follow_symlinks: bool = True) -> os.stat_result:
        seen.add(threading.get_ident())
        return os.stat(path, follow_symlinks=follow_symlinks)

    files = Files(Cache().lookup, later, stat=noting, threads=3)
    assert files.identities(paths) == {path: stored.identity(path) for path in paths}
    assert len(files.learned()) == 24 and 1 < len(seen) <= 3


def test_a_survey_holds_while_everything_looks_the_same(tree: Path) -> None:
    files = Files(Cache().lookup, later)
    asked = [str(tree), str(tree / "link"), str(tree / "absent")]
    survey = files.survey(asked)
    assert survey.identities == {path: stored.identity(Path(path)) for path in asked}
    looks = survey.looks
    assert looks is not None and looks[asked[2]] is None and str(tree / "b" / "deep" / "x.bin") in looks
    assert unchanged(looks)
    for edit, undo in _edits(tree):
        edit()
        assert not unchanged(looks), edit
        undo()
        looks = files.survey(asked).looks
        assert looks is not None and unchanged(looks)


def _edits(tree: Path) -> Iterator[tuple[Callable[[], object], Callable[[], object]]]:
    yield lambda: (tree / "absent").write_text(""), (tree / "absent").unlink
    yield lambda: (tree / "b" / "run.sh").chmod(0o644), lambda: None
    yield lambda: (tree / "a.txt").write_text("b"), lambda: None
    yield lambda: (tree / "b" / "deep" / "new").write_text(""), (tree / "b" / "deep" / "new").unlink
    yield lambda: (tree / "empty").rmdir(), (tree / "empty").mkdir
    yield (tree / "gone").unlink, lambda: (tree / "gone").symlink_to("a.txt")


def test_a_survey_of_something_just_touched_does_not_hold(tree: Path) -> None:
    stamps = Stamps(1)
    assert Files(Cache().lookup, stamps.clock, stat=stamps.stat).survey([str(tree)]).looks is None
    stamps.now += 60 * SECOND
    assert Files(Cache().lookup, stamps.clock, stat=stamps.stat).survey([str(tree)]).looks is not None
    stamps.changed(tree / "empty")
    assert Files(Cache().lookup, stamps.clock, stat=stamps.stat).survey([str(tree)]).looks is None


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


class World:
    """Some paths, edited at random under a clock that often stands still."""

    NAMES = ("a", "b", "d/a", "d/b", "d/e/a")

    def __init__(self, root: Path, step: int) -> None:
        self.root, self.stamps = root, Stamps(step)
        self.paths = [root / name for name in self.NAMES]
        for path in self.paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.write(path, 0)

    def folder(self, path: Path) -> None:
        self.stamps.changed(path.parent)

    def write(self, path: Path, content: int) -> None:
        """In place, through links, always of the same size."""
        path = path.resolve()
        if path.parent.is_dir():
            if path.is_dir():
                self.remove(path, content)
            path.write_bytes(bytes([content]) * 8)
            self.stamps.changed(path)
            self.folder(path)

    def restore(self, path: Path, content: int) -> None:
        """The content changes and the mtime is set back."""
        if path.is_file():
            found = self.stamps.stat(str(path))
            path.write_bytes(bytes([content]) * 8)
            self.stamps.changed(path.resolve(), to=found.st_mtime_ns)

    def over(self, path: Path, content: int) -> None:
        """Another file, with the old one's mtime, is renamed over it."""
        if path.is_file():
            mtime = self.stamps.stat(str(path)).st_mtime_ns
            beside = path.with_name("beside")
            beside.write_bytes(bytes([content]) * 8)
            self.stamps.changed(beside, to=mtime)
            beside.replace(path)
            self.folder(path)

    def swap(self, path: Path, content: int) -> None:
        """Two files exchange their names."""
        other = self.paths[content % len(self.paths)]
        if path.is_file() and other.is_file() and not path.samefile(other):
            path.rename(path.with_name("swap"))
            other.rename(path)
            path.with_name("swap").rename(other)
            for one in (path, other):
                self.stamps.changed(one, modified=False)
                self.folder(one)

    def link(self, path: Path, content: int) -> None:
        """A name becomes a hard link of another file."""
        other = self.paths[content % len(self.paths)]
        if path.is_file() and other.is_file() and not path.samefile(other):
            path.unlink()
            os.link(other, path)
            self.stamps.changed(path, modified=False)
            self.folder(path)

    def symlink(self, path: Path, content: int) -> None:
        target = self.paths[content % len(self.paths)].resolve()
        if path.is_file() and target.is_file() and target != path:
            path.unlink()
            path.symlink_to(target)
            self.stamps.changed(path)
            self.folder(path)

    def touch(self, path: Path, content: int) -> None:
        if path.is_file():
            self.stamps.changed(path.resolve())

    def chmod(self, path: Path, content: int) -> None:
        if path.is_file():
            path.chmod(0o755 if content % 2 else 0o644)
            self.stamps.changed(path.resolve(), modified=False)

    def remove(self, path: Path, content: int) -> None:
        if path.exists() or path.is_symlink():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            self.folder(path)

    def fill(self, path: Path, content: int) -> None:
        """A file is replaced by a folder."""
        self.remove(path, content)
        if path.parent.is_dir():
            path.mkdir()
            self.write(path / "inside", content)
            self.folder(path)


EDITS = (
    World.write, World.write, World.restore, World.over, World.swap, World.link, World.symlink, World.touch, World.chmod,
    World.remove, World.fill,
)  # fmt: skip
STEPS = (1, 1_000, 4_000_000, 10_000_000, 100_000_000, SECOND, 2 * SECOND)


@given(
    step=st.sampled_from(STEPS),
    edits=st.lists(
        st.tuples(
            st.sampled_from(EDITS),
            st.integers(0, len(World.NAMES) - 1),
            st.integers(0, 5),
            st.sampled_from((0, 1, 1_000_000, 5_000_000, 40_000_000, SECOND, 3 * SECOND, 9 * SECOND)),
            st.booleans(),
        ),
        max_size=30,
    ),
)
def test_no_sequence_of_edits_leaves_a_stale_digest(
    tmp_path_factory: pytest.TempPathFactory, step: int, edits: list[tuple[Callable[..., None], int, int, int, bool]]
) -> None:
    world = World(tmp_path_factory.mktemp("world"), step)
    cache, stamps = Cache(), world.stamps
    files = Files(cache.lookup, stamps.clock, stat=stamps.stat)
    held: tuple[dict[str, object], object] | None = None
    for edit, which, content, pause, again in edits:
        path = world.paths[which]
        if path.parent.is_dir():
            edit(world, path, content)
        stamps.now += pause
        if again:  # another process, which knows what was kept
            cache.keep(files)
            files = Files(cache.lookup, stamps.clock, stat=stamps.stat)
        asked = [world.root, *world.paths]
        truth = {one: stored.identity(one) for one in asked}
        assert files.identities(asked) == truth
        survey = files.survey([str(one) for one in asked])
        if held and _same(stamps, held[0]):
            assert held[1] == survey.identities
        held = (dict(survey.looks), survey.identities) if survey.looks is not None else held


def _same(stamps: Stamps, looks: dict[str, object]) -> bool:
    """`unchanged`, with the stamps of the test."""

    def look(path: str) -> object:
        try:
            found = stamps.stat(path)
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns

    return all(look(path) == was for path, was in looks.items())
