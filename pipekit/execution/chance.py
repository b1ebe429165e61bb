"""Whether code may ask the random generators for anything: where it cannot, they need no seed for each item. It must never say no where
it is not sure."""

from __future__ import annotations

from pipekit.fingerprint.code.symbols import Code

_SURE = frozenset(
    {
        "abc", "array", "base64", "binascii", "bisect", "builtins", "calendar", "cmath", "collections", "contextlib", "csv", "dataclasses",
        "datetime", "decimal", "difflib", "enum", "fnmatch", "fractions", "functools", "hashlib", "heapq", "html", "io", "itertools",
        "json", "keyword", "math", "operator", "os", "pathlib", "posixpath", "re", "string", "struct", "textwrap", "time", "types",
        "typing", "unicodedata", "zlib", "zoneinfo",
    }
)  # fmt: skip
"""Modules of Python that leave its shared generator alone."""


def may_use(code: Code) -> bool:
    """May the code, or anything that it calls, use a random generator? Of what classes in the task's values do, it says nothing."""
    return any(name.partition(".")[0].lstrip("_") not in _SURE for name in code.outside)
