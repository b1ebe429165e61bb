"""A value that is used and never kept. It must never be encoded, compared by text or shown."""

from __future__ import annotations


class Secret:
    """A value that is used and never kept: in no key, record, event, log or repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("pipekit.Secret", self._text))
