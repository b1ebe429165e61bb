from __future__ import annotations

from typing import Any

import pytest

from pipekit.definition.arguments import PLAIN, Wrong, config
from pipekit.definition.measures import seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("30s", 30), ("6h", 21_600), ("1d", 86_400), ("7d", 604_800), ("2w", 1_209_600), ("250ms", 0.25), ("1.5h", 5_400), ("1h30m", 5_400), (" 1h 30m ", 5_400), ("0s", 0)],
)  # fmt: skip
def test_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1y", "1h30", "one hour", "1e3s", "1d!", "٣s"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("16GB", 16 * 10**9), ("2GiB", 2 * 2**30), ("1.5kB", 1500), ("512 MiB", 512 * 2**20), ("1b", 1), ("3tb", 3 * 10**12), ("0B", 0), ("1KB", 1000)],
)  # fmt: skip
def test_size(text: str, value: int) -> None:
    assert size(text) == value and type(size(text)) is int


@pytest.mark.parametrize("text", ["", "16", "GB", "-1GB", "16G", "1XB", "16 GB free"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        size(text)


def test_everything_given_is_read() -> None:
    read = config(
        {
            "name": "x", "store": "never", "retries": 3, "timeout": "6h", "resources": {"cpu": 2, "memory": "2GB", "gpu": 0.5, "api": 4},
            "refresh": "7d", "environ": ["HOME"], "code_includes": [len], "opaque": ["lock"], "version": "2", "tags": ["slow", "net"],
            "on_error": "drop", "max_errors": 0.01,
        },
        each=True,
    )  # fmt: skip
    assert (read.store, read.retries, read.timeout, read.refresh) == ("never", 3, 21_600.0, "7d")
    assert read.resources == {"cpu": 2, "memory": 2 * 10**9, "gpu": 0.5, "api": 4}
    assert (read.environ, read.code_includes, read.opaque, read.version) == (("HOME",), (len,), ("lock",), "2")
    assert (read.tags, read.on_error, read.max_errors) == (frozenset({"slow", "net"}), "drop", 0.01)
    assert config({}, each=False) is PLAIN and config({"name": "x"}, each=True) is PLAIN


RIGHT: list[tuple[str, Any, Any]] = [
    ("timeout", 30, 30), ("timeout", 0.5, 0.5), ("refresh", "always", "always"), ("refresh", "1h", "1h"), ("max_errors", 3, 3), ("max_errors", 0, 0), ("max_errors", 1.0, 1.0),
    ("tags", ("a",), frozenset("a")), ("tags", {"a-b"}, frozenset({"a-b"})), ("resources", {"memory": 5}, {"memory": 5}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "read"), RIGHT)
def test_right(name: str, value: Any, read: Any) -> None:
    assert getattr(config({name: value}, each=True), name) == read


WRONG: list[tuple[str, Any, str]] = [
    ("store", "sometimes", "'auto', 'always', 'never'"), ("store", ["auto"], "'auto'"), ("retries", -1, "0 or more"), ("retries", "3", "0 or more"), ("retries", True, "0 or more"),
    ("retries", 1.5, "0 or more"), ("timeout", "soon", "30s"), ("timeout", "0s", "above zero"), ("timeout", 0, "above zero"), ("timeout", None, "30s"), ("timeout", float("inf"), "30s"),
    ("timeout", float("nan"), "30s"), ("resources", ["cpu"], "named"), ("resources", {"cpu": "2"}, "number"), ("resources", {"memory": "lots"}, "16GB"), ("resources", {"memory": -1}, "number"),
    ("resources", {"": 1}, "name"), ("resources", {"gpu": True}, "number"), ("refresh", "1.5d", "whole period"), ("refresh", "daily", "whole period"), ("refresh", "0d", "whole period"),
    ("refresh", 3, "whole period"), ("refresh", "1h30m", "whole period"), ("environ", "HOME", "environ=['HOME']"), ("environ", ["A B"], "names"), ("environ", [3], "names"), ("tags", "slow", "tags=['slow']"),
    ("tags", ["a & b"], "names"), ("tags", 3, "list"), ("version", 2, 'version="2"'), ("on_error", "ignore", "'skip'"), ("max_errors", 1.5, "share"), ("max_errors", -1, "share"),
    ("max_errors", True, "share"), ("max_errors", "1%", "share"), ("opaque", "lock", "list"), ("code_includes", len, "list"), ("timout", "3s", "did you mean 'timeout'?"), ("xyzzy", 1, "there are: name, store"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "hint"), WRONG)
def test_wrong(name: str, value: Any, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        config({name: value}, each=True)
    assert (name if name != "resources" else "") in f"{caught.value} {caught.value.hint}"
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["on_error", "max_errors"])
def test_for_each_only(name: str) -> None:
    with pytest.raises(Wrong, match="for each only"):
        config({name: "skip"}, each=False)
