"""Every block of code in the documentation runs and prints what the page says, and every link leads somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.pages import PageFailed, blocks, matches, run_page

ROOT = Path(__file__).parents[2]
PARALLEL = ROOT / "pipekit" / "parallel" / "README.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), PARALLEL]
EXAMPLES = sorted((ROOT / "examples").glob("*/README.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_of_the_page_runs(page: Path, tmp_path: Path) -> None:
    shown = [block for block in blocks(page) if block.language != "text"]
    assert run_page(page, tmp_path) == len(shown)


@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_every_block_of_an_example_runs_in_it(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / page.parent.name
    shutil.copytree(page.parent, folder, ignore=shutil.ignore_patterns(".pipekit", "results", "__pycache__"))
    assert run_page(page, folder) > 0


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES], ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    local = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith("#")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_page_is_reachable_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            links = LINK.findall(page.read_text(encoding="utf-8"))
            waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]
    assert sorted(set(PAGES) - seen) == []


def test_the_example_of_the_readme_is_the_example_words() -> None:
    shown = [block for block in blocks(ROOT / "README.md") if block.settings.get("title") == "tasks.py"]
    assert [block.text for block in shown] == [(ROOT / "examples" / "words" / "tasks.py").read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", [ROOT / "docs" / "ARCHITECTURE.md", PARALLEL], ids=name_of)
def test_the_tests_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page.read_text(encoding="utf-8")))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def page_of(tmp_path: Path, text: str) -> Path:
    page = tmp_path / "page.md"
    page.write_text(text)
    return page


def test_a_failing_block_is_named_by_file_and_line(tmp_path: Path) -> None:
    page = page_of(tmp_path, "Words.\n\n```python\nx = 1\n```\n\n```python\n\nassert x == 2\n```\n")
    with pytest.raises(PageFailed, match=r"page\.md:9: .*[\s\S]*AssertionError"):
        run_page(page, tmp_path)


def test_a_command_that_prints_something_else_is_named(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```console\n$ echo one\none\n$ echo two\nthree\n```\n")
    with pytest.raises(PageFailed, match=r"page\.md:4: echo two"):
        run_page(page, tmp_path)


def test_a_command_that_ends_otherwise_is_named(tmp_path: Path) -> None:
    with pytest.raises(PageFailed, match=r"page\.md:2: .*exit 3, not 2"):
        run_page(page_of(tmp_path, "```console exit=2\n$ exit 3\n```\n"), tmp_path)


def test_a_block_that_does_not_say_what_it_is_is_named(tmp_path: Path) -> None:
    with pytest.raises(PageFailed, match=r"page\.md:2: a block says what it is"):
        blocks(page_of(tmp_path, "```\nx\n```\n"))


def test_files_are_there_for_the_blocks_below(tmp_path: Path) -> None:
    text = "```python title=one.py\nONE = 1\n```\n```python\nfrom one import ONE\n```\n```console\n$ cat one.py\nONE = 1\n```\n"
    assert run_page(page_of(tmp_path, text), tmp_path) == 3


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc\n", False),
        ("a", "a\nb\n", False),
        ("...", "a\nb\n", True),
        ("a\n...", "a\n", True),
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\nd", "a\nb\nc\n", False),
        ("ran ... in ...s", "ran 3 in 0.1s\n", True),
        ("ran ... in ...s", "ran 3\nin 0.1s\n", False),
        ("a.b", "axb\n", False),
        ("", "anything", True),
    ],
)
def test_what_a_page_shows_is_compared_with_what_is_printed(shown: str, printed: str, same: bool) -> None:
    assert matches(tuple(shown.split("\n")), printed) is same
