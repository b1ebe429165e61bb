"""The decorator's arguments: their types for a checker, and their checks. It must never know the function they stand above."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from pipekit.definition.measures import seconds, size
from pipekit.definition.nearest import nearest
from pipekit.definition.show import show
from pipekit.definition.tasks import Config


class TaskArguments(TypedDict, total=False):
    """What `env.task` and `env.stream` take besides deps."""

    name: str
    store: Literal["auto", "always", "never"]
    retries: int
    timeout: str | float
    resources: Mapping[str, int | float | str]
    refresh: str
    environ: Sequence[str]
    code_includes: Sequence[object]
    opaque: Sequence[object]
    version: str
    tags: Iterable[str]


class EachArguments(TaskArguments, total=False):
    """What `env.each` takes besides deps."""

    on_error: Literal["raise", "skip", "drop"]
    max_errors: float


class Wrong(Exception):
    """An argument that cannot be, with the hint that goes with it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


PLAIN = Config()
_WORD = re.compile(r"[\w.-]+")
_NAME = re.compile(r"[A-Za-z_]\w*")
_PERIOD = re.compile(r"[1-9][0-9]*[smhdw]")


def config(given: Mapping[str, Any], each: bool) -> Config:
    """The checked arguments, durations in seconds and sizes in bytes; `name` is left out. Raises Wrong."""
    if not given or given.keys() == {"name"}:
        return PLAIN
    known = _READ if each else {name: read for name, read in _READ.items() if name not in ("on_error", "max_errors")}
    read = {}
    for name, value in given.items():
        if name in known:
            read[name] = known[name](name, value)
        elif name != "name":
            raise _unknown(name, known)
    return Config(**read)


def _unknown(name: str, known: Mapping[str, object]) -> Wrong:
    if name in _READ:
        return Wrong(
            f"'{name}' is for each only", "an each says what becomes of a failed item; a task that fails fails"
        )
    close = nearest(name, ["name", *known])
    return Wrong(
        f"there is no argument '{name}'",
        f"did you mean '{close}'?" if close else f"there are: name, {', '.join(known)}",
    )


def _one_of(*choices: str) -> Callable[[str, Any], Any]:
    def read(name: str, value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise Wrong(f"{name} cannot be {show(value)}", f"{name} is one of {', '.join(map(repr, choices))}")
        return value

    return read


def _retries(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Wrong(f"{name} cannot be {show(value)}", f"{name} is how often to try again: 0 or more")
    return value


def _timeout(name: str, value: Any) -> float:
    try:
        read = seconds(value) if isinstance(value, str) else _number(name, value)
    except (ValueError, Wrong):
        read = 0.0
    if read <= 0:
        raise Wrong(
            f"{name} cannot be {show(value)}", f'{name} is a duration above zero: "30s", "6h", "1d", or seconds'
        )
    return read


def _number(name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise Wrong(f"{name} cannot be {show(value)}", f"{name} is a number, 0 or more")
    return value


def _resources(name: str, value: Any) -> Mapping[str, float]:
    if not isinstance(value, Mapping):
        raise Wrong(f"{name} cannot be {show(value)}", 'resources are named: {"cpu": 2, "memory": "16GB"}')
    return {str(one): _resource(one, amount) for one, amount in value.items()}


def _resource(name: Any, amount: Any) -> float:
    if not isinstance(name, str) or not _WORD.fullmatch(name):
        raise Wrong(
            f"a resource cannot be named {show(name)}", "a resource has a name of letters, digits, '_', '-' and '.'"
        )
    if name == "memory" and isinstance(amount, str):
        try:
            return size(amount)
        except ValueError:
            raise Wrong(f"memory cannot be {show(amount)}", 'memory is a size: "16GB", "512MiB", or bytes') from None
    if isinstance(amount, str):
        raise Wrong(f"{name} cannot be {show(amount)}", f"{name} is a number, 0 or more")
    return _number(name, amount)


def _refresh(name: str, value: Any) -> str:
    if value != "always" and not (isinstance(value, str) and _PERIOD.fullmatch(value)):
        raise Wrong(f"{name} cannot be {show(value)}", f'{name} is a whole period, "1h", "1d", "7d", or "always"')
    return str(value)


def _max_errors(name: str, value: Any) -> float | int:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not (value >= 0 if isinstance(value, int) else 0 <= value <= 1):
        raise Wrong(
            f"{name} cannot be {show(value)}", f"{name} is a share of the items, 0.0 to 1.0, or a whole number of them"
        )
    return value  # type: ignore[no-any-return]


def _names(pattern: re.Pattern[str], signs: str, form: Callable[[Iterable[str]], Any]) -> Callable[[str, Any], Any]:
    def read(name: str, value: Any) -> Any:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise Wrong(
                f"{name} cannot be {show(value)}",
                f"{name} is a list: {name}=[{show(value) if isinstance(value, str) else '...'}]",
            )
        given = list(value)
        for one in given:
            if not isinstance(one, str) or not pattern.fullmatch(one):
                raise Wrong(f"{name} cannot hold {show(one)}", f"{name} are names of {signs}")
        return form(given)

    return read


def _listed(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Wrong(f"{name} cannot be {show(value)}", f"{name} is a list: {name}=[...]")
    return tuple(value)


def _version(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{name} cannot be {show(value)}", f'{name} is text: {name}="{show(value)}"')
    return value


_READ: Mapping[str, Callable[[str, Any], Any]] = {
    "store": _one_of("auto", "always", "never"),
    "retries": _retries,
    "timeout": _timeout,
    "resources": _resources,
    "refresh": _refresh,
    "environ": _names(_NAME, "letters, digits and '_'", tuple),
    "code_includes": _listed,
    "opaque": _listed,
    "version": _version,
    "tags": _names(_WORD, "letters, digits, '_', '-' and '.'", frozenset),
    "on_error": _one_of("raise", "skip", "drop"),
    "max_errors": _max_errors,
}
