"""Classes that extend built-in ones, and are therefore written in Python."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from google_news_link.types import ErrorKind, ResolveErrorKind, Source, Verification

__all__ = ["DecodeError", "ResolveError", "ResolvedUrl"]


class DecodeError(ValueError):
    """The reason why a link cannot be decoded.

    ``kind`` is the name of the reason. ``offset`` is the index of the character (of a ``str``) or byte (of ``bytes``)
    that is invalid, ``link[error.offset]``, or None if no single one is. It is ``len(link)`` if the link ends where
    something is missing. The message counts the bytes of the link in UTF-8.
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


class ResolveError(Exception):
    """The reason why a link could not be resolved.

    ``kind`` is the name of the reason. ``is_retryable`` is True if trying again later can help. ``status`` is the
    HTTP status that caused the error, ``row_error`` the gRPC code of the response, ``unverified_url`` a URL of the
    wrong length (truncated, or the URL of another article), and ``expected_len`` the length that the link determines.
    Attributes that do not apply to an error are None.
    """

    kind: ResolveErrorKind
    is_retryable: bool
    status: int | None
    row_error: int | None
    unverified_url: str | None
    expected_len: int | None

    def __init__(
        self,
        message: str,
        kind: ResolveErrorKind,
        is_retryable: bool,
        status: int | None = None,
        row_error: int | None = None,
        unverified_url: str | None = None,
        expected_len: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_retryable = is_retryable
        self.status = status
        self.row_error = row_error
        self.unverified_url = unverified_url
        self.expected_len = expected_len

    def __reduce__(self) -> tuple[type[ResolveError], tuple[object, ...]]:
        details = (self.status, self.row_error, self.unverified_url, self.expected_len)
        return type(self), (str(self), self.kind, self.is_retryable, *details)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((str(self), self.kind))


class ResolvedUrl(str):
    """A publisher's URL.

    ``source`` is where it was found: in the ``link`` itself, among the ``known`` answers, in a ``page``, or ``online``.
    ``verification`` is how it was verified: it is ``contained`` in the link, has the ``length`` that the link
    determines, or is ``unverified``.
    """

    __slots__ = ("source", "verification")

    source: Source
    verification: Verification

    def __new__(cls, url: str, source: Source, verification: Verification) -> Self:
        """Creates a URL."""
        self = super().__new__(cls, url)
        self.source = source
        self.verification = verification
        return self

    def __reduce__(self) -> tuple[type[ResolvedUrl], tuple[str, Source, Verification]]:
        return type(self), (str(self), self.source, self.verification)


class Failure(Exception):  # noqa: N818
    """The failure of an exchange: its response did not arrive, or only in part."""

    def __init__(self, error: BaseException, *, timed_out: bool = False) -> None:
        # Some errors of HTTP clients have an empty message.
        super().__init__(str(error) or type(error).__name__)
        self.timed_out = timed_out
