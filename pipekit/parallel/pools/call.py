"""The one way into code that is not the pool's own: `main`, `handle`, unpickling, preloads. It must never decide what follows."""

from __future__ import annotations

TYPE_CHECKING = False  # a worker starts without `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pipekit.parallel.pools.protocol import Main


class Raised:
    """What the code raised. `SystemExit` counts; `KeyboardInterrupt` goes on up."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @property
    def cause(self) -> str:
        """One line: the class and the message."""
        said = call(str, self.error)
        said = "(its message cannot be shown)" if isinstance(said, Raised) else said
        return f"{type(self.error).__name__}: {said}" if said else type(self.error).__name__

    @property
    def detail(self) -> str:
        """The traceback."""
        import traceback

        return "".join(traceback.format_exception(self.error))


def call(fn: Callable[..., Any], /, *args: Any) -> Any | Raised:
    """Call `fn`; never raises what it raises."""
    try:
        return fn(*args)
    except (Exception, SystemExit, GeneratorExit) as error:
        return Raised(error)


def resolve(main: str) -> Main:
    """The function that `module:function` names. Raises what its import raises; AttributeError if it is not there."""
    import sys

    module, _, path = main.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for name in path.split("."):
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]


def exit_code(code: object) -> int:
    """What `SystemExit(code)` means to the operating system; text goes to stderr, as the interpreter does it."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    import sys

    print(code, file=sys.stderr)
    return 1
