"""The test vectors of the Rust library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import google_news_link as gnl

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "vectors"

ARTICLE = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA"
ARTICLE_URL = "https://amu.tv/111931/"
OPAQUE = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw"
TOKEN = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig"
VIDEO = "CCAiC2JSMFZjT0NUb2hZmAEB"
PUBLICATION = "CAAqBwgKMI7rigMwlq88"
REDIRECT = "https://www.google.com/url?rct=j&sa=t&url=https://example.com/a?b%3D1&ct=ga"


@dataclass(frozen=True)
class Vector:
    link: str
    kind: str
    canonical_url: str | None
    amp_url: str | None
    facts: dict[str, str]
    note: str


def read_vectors(name: str) -> list[Vector]:
    rows = (FOLDER / name).read_text(encoding="utf-8").splitlines()[1:]
    vectors = []
    for row in rows:
        link, kind, canonical_url, amp_url, facts, note, _ = row.split("\t")
        pairs = (fact.split("=", 1) for fact in facts.split("; ") if fact)
        vectors.append(Vector(link, kind, canonical_url or None, amp_url or None, dict(pairs), note))
    return vectors


VECTORS = read_vectors("links.tsv") + read_vectors("hostile.tsv")


def error_kind(rust_name: str) -> str:
    """Converts the name of a variant, ``InvalidByte``, into that of the kind, ``invalid-byte``."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", rust_name).lower()


def decode_alone(link: str | bytes | None) -> gnl.Target | gnl.DecodeError | None:
    """Decodes one link, as a row of a batch does."""
    if link is None:
        return None
    try:
        return gnl.decode(link)
    except gnl.DecodeError as error:
        return error


Record = tuple[str | None, str | None, str | None, str | None, int | None, str | None]


def record(row: gnl.Target | gnl.DecodeError | None) -> Record:
    """Returns the columns of a row in Arrow: kind, canonical_url, amp_url, token, url_len, error."""
    match row:
        case gnl.Target():
            return row.kind, row.canonical_url, row.amp_url, row.token, row.url_len, None
        case gnl.DecodeError():
            return None, None, None, None, None, str(row)
        case _:
            return None, None, None, None, None, None
