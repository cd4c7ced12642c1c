"""The exceptions, which are written in Python so that they can extend built-in ones."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from google_news_link.types import ErrorKind

__all__ = ["DecodeError"]


class DecodeError(ValueError):
    """The reason why a link cannot be decoded.

    ``kind`` is the name of the reason. ``offset`` is the index of the character (of a ``str``) or byte (of ``bytes``)
    at which it shows, ``link[error.offset]``, or None if there is no single one to blame. The message counts the bytes
    of the link in UTF-8.
    """

    kind: ErrorKind
    offset: int | None

    def __init__(self, message: str, kind: ErrorKind, offset: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.offset = offset

    def __reduce__(self) -> tuple[type[DecodeError], tuple[str, ErrorKind, int | None]]:
        return type(self), (str(self), self.kind, self.offset)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((str(self), self.kind, self.offset))
