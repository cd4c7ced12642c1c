"""Types for annotations. The package itself does not import this module."""

from typing import Literal, Protocol, TypeAlias

__all__ = ["ArrowArray", "ArrowStream", "ErrorKind", "Kind", "ResolveErrorKind", "Source", "Verification"]

Kind: TypeAlias = Literal[
    "article",
    "opaque-article",
    "keyed-article",
    "video",
    "topic",
    "story",
    "publication",
    "section",
    "share",
    "picture",
    "redirect",
    "opaque-redirect",
]
"""The names of the kinds of targets."""

ErrorKind: TypeAlias = Literal[
    "not-google-news",
    "no-id",
    "too-long",
    "invalid-byte",
    "invalid-length",
    "trailing-bits",
    "truncated",
    "malformed",
    "unknown-type",
    "missing-field",
    "invalid-field",
    "unreadable-key",
    "invalid-utf8",
    "not-http-url",
    "invalid-url-byte",
    "google-url",
]
"""The names of the reasons why a link cannot be decoded."""

ResolveErrorKind: TypeAlias = Literal[
    "not-tried",
    "interrupted",
    "not-an-article",
    "invalid-id",
    "timed-out",
    "connection-failed",
    "too-many-requests",
    "captcha",
    "unavailable",
    "consent",
    "refused-redirect",
    "too-many-redirects",
    "followed-redirect",
    "bad-request",
    "unexpected-status",
    "no-signature",
    "no-pairs",
    "too-large",
    "invalid-answer",
    "missing-row",
    "invalid-argument",
    "not-found",
    "permission-denied",
    "resource-exhausted",
    "other-row-error",
    "invalid-url",
    "wrong-length",
]
"""The names of the reasons why a link could not be resolved."""

Source: TypeAlias = Literal["link", "known", "page", "online"]
"""Where a URL was found."""

Verification: TypeAlias = Literal["contained", "length", "unverified"]
"""How a URL was verified."""


class ArrowArray(Protocol):
    """An object with an array in Arrow's C data interface, such as ``pyarrow.Array``."""

    def __arrow_c_array__(self, requested_schema: object | None = None, /) -> tuple[object, object]: ...


class ArrowStream(Protocol):
    """An object with a stream in Arrow's C data interface, such as ``polars.Series`` and ``pandas.Series``."""

    def __arrow_c_stream__(self, requested_schema: object | None = None, /) -> object: ...
