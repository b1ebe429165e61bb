"""A Secret that the environment does not hold: it stands in an invocation until a task that must run needs it. It must never read
the environment."""

from __future__ import annotations

from typing import NoReturn

from pipekit.errors import TaskFailed
from pipekit.values import Secret


class AbsentSecret(Secret):
    """A Secret whose variable `name` is not set; `reveal` fails the task that asks."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__("")
        self.name = name

    def reveal(self) -> NoReturn:
        """Raises TaskFailed."""
        raise TaskFailed(
            f"the environment variable '{self.name}', which holds a Secret, is not set", hint=f"export {self.name}=..."
        )

    def __reduce__(self) -> tuple[type[AbsentSecret], tuple[str]]:
        return AbsentSecret, (self.name,)
