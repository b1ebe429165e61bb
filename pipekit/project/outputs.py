"""Products as files: `outputs` after a run, and `export`. The suffix says the format; a file is replaced whole or not at
all. It must never compute a product."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from pipekit.errors import ProjectError
from pipekit.execution.products import Items
from pipekit.store.stats import Stat
from pipekit.store.store import Store
from pipekit.values import Digest, Origin, Raised, call_user


def is_current(path: Path, digest: Digest, store: Store) -> bool:
    """Is the file at `path` the one that was written there for the product with this digest, untouched since?"""
    stat = _stat(path, digest)
    return stat is not None and store.stats([stat.path]).get(stat.path) == stat


def remember(path: Path, digest: Digest, store: Store) -> None:
    """The file at `path` has just been written for the product with this digest."""
    stat = _stat(path, digest)
    if stat is not None:
        store.put_stats([stat])


def _stat(path: Path, digest: Digest) -> Stat | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stat(f"output:{path}", found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns, digest)


def is_untouched(path: Path, store: Store) -> bool:
    """Was the folder at `path` written by us, for whatever product, and has nothing been put into it or taken out since?"""
    known = store.stats([f"output:{path}"]).get(f"output:{path}")
    return known is not None and _stat(path, known.digest) == known


def write(value: Any, path: Path, *, ours: bool = False) -> int:
    """Write `value` to `path` atomically; a stream becomes a folder with one file per item. Gives the bytes written.

    A folder that holds anything is only replaced where it is `ours`. Raises ProjectError where that is not so, where the value
    has no form in that format, and where the path cannot be written.
    """
    path = Path(os.path.abspath(path))
    _check_replaceable(value, path, ours)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            size = _folder(value, beside, path) if _is_folder(value) else _file(value, beside, path)
            if beside.is_dir() and path.is_dir():
                shutil.rmtree(path)
            os.replace(beside, path)
        finally:
            if beside.is_dir():
                shutil.rmtree(beside)
            elif beside.exists():
                beside.unlink()
    except OSError as error:
        raise ProjectError(
            f"{path.name} cannot be written: {error.strerror or error}",
            where=Origin(str(path)),
            hint="nothing was lost: the product is in the store",
        ) from error
    return size


def _check_replaceable(value: Any, path: Path, ours: bool) -> None:
    """Whatever stands at `path` may be somebody's: a folder with something in it is never deleted unless we wrote it."""
    if not path.is_dir():
        return
    if not _is_folder(value) or path.is_symlink():
        raise ProjectError(f"{path} is a folder", where=Origin(str(path)), hint="name a file that is to be written")
    if not ours and any(path.iterdir()):
        raise ProjectError(
            f"{path} is a folder with something in it, which would be lost; nothing was written",
            where=Origin(str(path)),
            hint="name a folder that is not there yet, or move this one away",
        )


def _is_folder(value: Any) -> bool:
    return isinstance(value, Items) or (isinstance(value, Path) and value.is_dir())


def _folder(value: Any, beside: Path, path: Path) -> int:
    if isinstance(value, Path):
        shutil.copytree(value, beside, symlinks=True)
        return sum(one.stat().st_size for one in beside.rglob("*") if one.is_file())
    beside.mkdir()
    width = len(str(max(len(value) - 1, 0)))
    total = 0
    for number, item in enumerate(value):
        name = item.name if isinstance(item, Path) else f"{number:0{width}d}{path.suffix or _suffix(item)}"
        total += _file(item, beside / name, beside / name)
    return total


def _suffix(value: Any) -> str:
    return ".txt" if isinstance(value, str) else ".bin" if isinstance(value, bytes) else ".json"


def _file(value: Any, beside: Path, path: Path) -> int:
    if isinstance(value, Path):
        if not value.exists():
            raise ProjectError(f"{value} is not there any more", where=Origin(str(path)), hint="run its task again")
        shutil.copyfile(value, beside)
    else:
        beside.write_bytes(data(value, path))
    return beside.stat().st_size


def data(value: Any, path: Path) -> bytes:
    """`value` in the format that the suffix of `path` names. Raises ProjectError."""
    suffix = path.suffix.lower()
    form = _FORMS.get(suffix)
    if isinstance(value, bytes | bytearray | memoryview) and suffix not in (".pkl", ".pickle"):
        return bytes(value)
    if form is None:
        form = _text if isinstance(value, str) else _json
    made = call_user(form, value, suffix)
    if isinstance(made, Raised):
        raise ProjectError(
            f"a {type(value).__name__} cannot be written as {suffix or 'text'}: {made.error}",
            where=Origin(str(path)),
            hint=f"formats by suffix: {', '.join(sorted(_FORMS))}",
        )
    return made.value


def _text(value: Any, suffix: str) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return "".join(f"{one}\n" for one in value).encode()
    return f"{value}\n".encode()


def structured(value: Any) -> Any:
    """`value` in the shapes JSON has: dataclasses as objects, arrays and frames as lists, sets sorted, dates as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return value.to_dict("records") if hasattr(value, "index") else value.to_dicts()
    for name in ("tolist", "item", "isoformat"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return list(value)
    if isinstance(value, Path) or hasattr(value, "__str__"):
        return str(getattr(value, "value", value))
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _json(value: Any, suffix: str) -> bytes:
    return (json.dumps(value, default=structured, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "surrogatepass")


def _lines(value: Any, suffix: str) -> bytes:
    return "".join(json.dumps(one, default=structured, ensure_ascii=False) + "\n" for one in value).encode()


def _table(value: Any, suffix: str) -> bytes:
    import csv

    separator = "\t" if suffix == ".tsv" else ","
    if hasattr(value, "to_csv"):
        return str(value.to_csv(index=False, sep=separator)).encode()
    if hasattr(value, "write_csv"):
        return str(value.write_csv(separator=separator)).encode()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows(_rows(value))
    return out.getvalue().encode()


def _rows(value: Any) -> list[Sequence[Any]]:
    if isinstance(value, Mapping):
        return [["key", "value"], *([key, one] for key, one in value.items())]
    rows = [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in value]
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        return [names, *([row.get(name, "") for name in names] for row in rows)]
    return [row if isinstance(row, list | tuple) else [row] for row in rows]


def _npy(value: Any, suffix: str) -> bytes:
    import numpy

    out = io.BytesIO()
    numpy.save(out, numpy.asarray(value), allow_pickle=False)
    return out.getvalue()


def _parquet(value: Any, suffix: str) -> bytes:
    out = io.BytesIO()
    if hasattr(value, "write_parquet"):
        value.write_parquet(out)
    else:
        value.to_parquet(out)
    return out.getvalue()


def _pickle(value: Any, suffix: str) -> bytes:
    return pickle.dumps(value, 5)


_FORMS: dict[str, Callable[[Any, str], bytes]] = {
    ".json": _json,
    ".jsonl": _lines,
    ".csv": _table,
    ".tsv": _table,
    ".npy": _npy,
    ".parquet": _parquet,
    ".pkl": _pickle,
    ".pickle": _pickle,
    ".txt": _text,
    ".md": _text,
    ".html": _text,
    ".svg": _text,
}
