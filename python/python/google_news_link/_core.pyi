import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, SupportsIndex, final, overload

from typing_extensions import disjoint_base

from google_news_link._errors import DecodeError, ResolvedUrl, ResolveError
from google_news_link.types import ArrowArray, ArrowStream, Kind

__all__ = [
    "Article",
    "Batch",
    "BatchIterator",
    "BatchReader",
    "Exchange",
    "KeyedArticle",
    "LinkFile",
    "Match",
    "OpaqueArticle",
    "OpaqueRedirect",
    "PageLink",
    "Picture",
    "Publication",
    "Redirect",
    "Resolution",
    "Section",
    "Share",
    "Story",
    "Target",
    "Topic",
    "Video",
    "__version__",
    "_is_token",
    "_restore_target",
    "decode",
    "decode_file",
    "decode_many",
    "find",
    "harvest",
    "rewrite",
]

__version__: Final[str]

def decode(link: str | bytes | bytearray, /) -> Target:
    """Decodes one link, offline.

    The link may be relative, a bare ID, escaped, or wrapped in a consent, captcha or sign-in page.

    Raises:
        DecodeError: The link is not one of Google News, or its ID is invalid.
        TypeError: The link is not a ``str``, ``bytes`` or ``bytearray``.
    """

def decode_many(links: Iterable[str | bytes | bytearray | None] | ArrowArray | ArrowStream, /) -> Batch:
    """Decodes many links, offline: row i of the result belongs to link i.

    ``links`` is an iterable, an array or stream of Arrow, or a Series of pandas or polars. Other threads can run during
    the call, and signals are handled within milliseconds.

    Raises:
        TypeError: A link is neither a string nor None.
        RuntimeError: A list changed its size while it was decoded.
    """

def decode_file(path: str | bytes | os.PathLike[str] | os.PathLike[bytes], /) -> LinkFile:
    """Decodes a file with a link on each line, offline.

    The file is read anew, in constant memory, each time that the result is iterated or exported.

    Raises:
        OSError: The file does not exist or is a directory.
    """

def find(text: str | bytes | bytearray, /, *, relative: bool = False) -> list[Match]:
    """Finds every link to Google News in a text: HTML, JSON, Markdown, CSV, mail.

    With ``relative``, links without a host, which Google's own pages contain, are found as well.
    """

def harvest(page: str | bytes | bytearray, /) -> list[PageLink]:
    """Finds the links in a saved page of Google News, or in an answer of ``batchexecute``, with the publishers' URLs.

    Search, home and topic pages contain the publisher's URL next to each encrypted link. Each URL is checked against
    the ID. These pages are not documented and can change at any time.

    Args:
        page: The page, as it was received.

    Returns:
        The links in order, each once.
    """

@overload
def rewrite(text: str, replace: Callable[[Match], str | None] | None = None, /, *, relative: bool = False) -> str: ...
@overload
def rewrite(
    text: bytes | bytearray, replace: Callable[[Match], str | None] | None = None, /, *, relative: bool = False
) -> bytes:
    """Replaces the links in a text, and keeps everything else.

    Each link is replaced by what ``replace`` returns for it, or kept if that is None. Without ``replace``, links are
    replaced by the canonical URLs that they contain. A URL is escaped as the link was.
    """

def _is_token(key: str, /) -> bool: ...
def _restore_target(record: str, /) -> Target: ...

@disjoint_base
class Target:
    """What a link leads to: the base class of all kinds.

    Targets are immutable and hashable, and can be pickled.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ("kind", "canonical_url")

    @property
    def kind(self) -> Kind:
        """The name of the kind: ``article``, ``opaque-article`` and so on."""

    @property
    def id(self) -> str | None:
        """The ID, exactly as the link contains it. None for a redirect."""

    @property
    def canonical_url(self) -> str | None:
        """The publisher's URL. That of a redirect is unescaped once, that of a video is built from its YouTube ID."""

    @property
    def amp_url(self) -> str | None:
        """The URL of the publisher's AMP page."""

    @property
    def token(self) -> str | None:
        """The encrypted URL.

        Equal tokens of articles mean equal URLs. The token of a redirect is new for every impression.
        """

    @property
    def url_len(self) -> int | None:
        """The length of the publisher's URL in bytes. It is also known for an encrypted URL."""

    @property
    def has_unknown_fields(self) -> bool:
        """True if the ID has fields that this version of the package does not know."""

    def to_link(self) -> str | None:
        """Returns the link to the target that Google would write today, or None for a redirect."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, tuple[str]]: ...

@final
class Article(Target):
    """An article whose ID contains the publisher's URL: links to July 2024."""

    __match_args__ = ("canonical_url", "amp_url")

    @property
    def id(self) -> str: ...
    @property
    def canonical_url(self) -> str: ...
    @property
    def url_len(self) -> int: ...
    @property
    def token(self) -> None: ...

@final
class OpaqueArticle(Target):
    """An article whose ID contains an encrypted URL: nearly all links since July 2024."""

    __match_args__ = ("token", "url_len")

    @property
    def id(self) -> str: ...
    @property
    def canonical_url(self) -> None: ...
    @property
    def amp_url(self) -> None: ...
    @property
    def token(self) -> str: ...
    @property
    def url_len(self) -> int: ...
    @property
    def key_id(self) -> bytes:
        """The ID of the key with which Google has encrypted the URL, 4 bytes."""

    @property
    def amp_token(self) -> str | None:
        """The encrypted AMP URL."""

    @property
    def amp_url_len(self) -> int | None:
        """The length of the AMP URL in bytes."""

@final
class KeyedArticle(Target):
    """An article that is identified by a key: links of web pages of 2018 to 2022.

    Only some links of 2022 contain its URL.
    """

    __match_args__ = ("key", "publication", "canonical_url")

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> bytes:
        """The article's key, 16 bytes."""

    @property
    def publication(self) -> Publication:
        """The publication of the article."""

    @property
    def section_number(self) -> int | None:
        """The number of the publication's section."""

@final
class Video(Target):
    """A YouTube video."""

    __match_args__ = ("canonical_url",)

    @property
    def id(self) -> str: ...
    @property
    def canonical_url(self) -> str: ...
    @property
    def url_len(self) -> int: ...
    @property
    def youtube_id(self) -> str:
        """The ID of the video on YouTube, 11 characters."""

@final
class Topic(Target):
    """A topic: a subject of Google's Knowledge Graph in a language and region, or an edition that has a name."""

    __match_args__ = ("knowledge_graph_id", "language", "region")

    @property
    def id(self) -> str: ...
    @property
    def knowledge_graph_id(self) -> str | None:
        """The Knowledge Graph ID of the subject: ``/m/07c1v``."""

    @property
    def language(self) -> str | None:
        """The language in Google's codes: ``en``, ``pt-BR``, ``iw`` for Hebrew."""

    @property
    def region(self) -> str | None:
        """The region, a country's two letters."""

    @property
    def name(self) -> str | None:
        """The name of an edition that is not about one subject: ``local_v2``, ``search``."""

    @property
    def query(self) -> str | None:
        """The query of a ``search`` edition."""

    @property
    def place_knowledge_graph_id(self) -> str | None:
        """The Knowledge Graph ID of the place that a ``local_v2`` edition is about."""

@final
class Story(Target):
    """A story: articles of many publishers about one event."""

    __match_args__ = ("cluster", "title")

    @property
    def id(self) -> str: ...
    @property
    def cluster(self) -> int:
        """The number of the cluster of articles."""

    @property
    def hash(self) -> int:
        """A number that is different in each story."""

    @property
    def title(self) -> str | None:
        """The title, which only a few stories of 2019 contain."""

@final
class Publication(Target):
    """A publication."""

    __match_args__ = ("number", "key", "site")

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> int | None:
        """The number of the publication."""

    @property
    def family_number(self) -> int | None:
        """The number of the family of editions that the publication belongs to."""

    @property
    def key(self) -> bytes | None:
        """The key of the publication, 16 bytes."""

    @property
    def site(self) -> str | None:
        """The address of the publisher's site: ``thehackernews.com``."""

@final
class Section(Target):
    """A section of a topic or of a publication."""

    __match_args__ = ("edition", "name")

    @property
    def id(self) -> str: ...
    @property
    def edition(self) -> Topic | Publication:
        """The topic or publication to which the section belongs."""

    @property
    def number(self) -> int | None:
        """The number of the publication's section."""

    @property
    def name(self) -> str | None:
        """The name of the section."""

    @property
    def knowledge_graph_id(self) -> str | None:
        """The Knowledge Graph ID of the section's subject."""

    @property
    def place_knowledge_graph_id(self) -> str | None:
        """The Knowledge Graph ID of the place that the section is about."""

@final
class Share(Target):
    """A link that was created with the button *Share*."""

    __match_args__ = ("number",)

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> int:
        """The number, which has 10 or 11 digits."""

@final
class Picture(Target):
    """A picture that Google serves."""

    __match_args__ = ("key", "width", "height")

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str:
        """The key of the picture."""

    @property
    def width(self) -> int | None:
        """The width in pixels."""

    @property
    def height(self) -> int | None:
        """The height in pixels."""

@final
class Redirect(Target):
    """A link that contains the publisher's URL in plain text."""

    __match_args__ = ("canonical_url",)

    @property
    def id(self) -> None: ...
    @property
    def canonical_url(self) -> str: ...
    @property
    def url_len(self) -> int: ...

@final
class OpaqueRedirect(Target):
    """A redirect of Google's search results that contains an encrypted URL: since June 2026."""

    __match_args__ = ("token", "url_len")

    @property
    def id(self) -> str: ...
    @property
    def canonical_url(self) -> None: ...
    @property
    def amp_url(self) -> None: ...
    @property
    def token(self) -> str: ...
    @property
    def url_len(self) -> int: ...
    @property
    def key_id(self) -> bytes:
        """The ID of the key with which Google has encrypted the URL, 4 bytes."""

@final
class Batch:
    """Many decoded links: row i belongs to link i.

    A row is a target, an error, or None for a missing link. Any library that knows Arrow's PyCapsule interface takes a
    batch as a table, without copying its strings, with the columns ``kind`` (dictionary), ``canonical_url``,
    ``amp_url``, ``token``, ``url_len`` and ``error``.
    """

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Target | DecodeError | None: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[Target | DecodeError | None]: ...
    def __iter__(self) -> BatchIterator: ...
    def kinds(self) -> list[Kind | None]:
        """Returns the kind of each row, None for an error or a missing link."""

    def canonical_urls(self) -> list[str | None]:
        """Returns the canonical URL of each row, or None for a row without one."""

    def amp_urls(self) -> list[str | None]:
        """Returns the AMP URL of each row, or None for a row without one."""

    def tokens(self) -> list[str | None]:
        """Returns the token of each row, or None for a row without one."""

    def url_lens(self) -> list[int | None]:
        """Returns the length of each row's URL in bytes, None where it is unknown."""

    def errors(self) -> list[tuple[int, DecodeError]]:
        """Returns the rows with an error, and their errors."""

    def counts(self) -> dict[str, int]:
        """Counts the rows of each kind, those with an error as ``error`` and those without a link as ``null``."""

    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class BatchIterator(Iterator[Target | DecodeError | None]):
    """An iterator over the rows of a batch."""

    def __iter__(self) -> BatchIterator: ...
    def __next__(self) -> Target | DecodeError | None: ...

@final
class Match:
    """A link in a text."""

    __match_args__ = ("link", "target")

    @property
    def start(self) -> int:
        """The index of the link's first character or byte in the text."""

    @property
    def end(self) -> int:
        """The index after the link's last character or byte."""

    @property
    def link(self) -> Any:
        """The link as it is written in the text, of the same type as the text."""

    @property
    def target(self) -> Target | DecodeError:
        """The decoded target, or the error if the link cannot be decoded."""

@final
class PageLink:
    """A link in a page of Google News, with the publisher's URL next to it."""

    __match_args__ = ("id", "canonical_url")

    @property
    def id(self) -> str:
        """The ID of the link."""

    @property
    def target(self) -> Target | None:
        """The decoded target, None if the ID cannot be decoded."""

    @property
    def canonical_url(self) -> str | None:
        """The publisher's URL, None if the URL in the page contradicts the ID."""

    @property
    def amp_url(self) -> str | None:
        """The URL of the publisher's AMP page, if the second token of the ID confirms its length."""

    @property
    def is_verified(self) -> bool:
        """True if the ID confirms the URL: by its length, or because the ID contains it."""

    @property
    def error(self) -> str | None:
        """The reason why the URL in the page contradicts the ID, None if it does not."""

    @property
    def title(self) -> str | None:
        """The headline."""

    @property
    def source_name(self) -> str | None:
        """The name of the publisher."""

    @property
    def time(self) -> int | None:
        """The time of publication in Unix seconds."""

@final
class LinkFile:
    """A file of links, one per line. It is read anew, in constant memory, for each iteration and each export.

    Any library that knows Arrow's PyCapsule interface reads it as a stream with the columns of a :class:`Batch`.
    """

    @property
    def path(self) -> Path:
        """The path of the file."""

    def read(self) -> Batch:
        """Decodes the whole file."""

    def __iter__(self) -> BatchReader: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class BatchReader(Iterator[Batch]):
    """An iterator over the batches of a file, of about 20,000 rows each."""

    def __iter__(self) -> BatchReader: ...
    def __next__(self) -> Batch: ...

@final
class Resolution:
    """The state of resolving links, for other HTTP clients than those of :func:`resolve` and :func:`resolve_async`.

    It takes links and responses, and returns requests and one outcome per link, in order. It sends nothing itself. A
    client must neither follow redirects nor send cookies.
    """

    def __new__(
        cls,
        *,
        base_url: str = "https://news.google.com",
        locale: tuple[str, str, str] = ...,
        pages_in_flight: int = 4,
        ids_per_post: int = 50,
        max_body_len: int = ...,
    ) -> Resolution: ...
    def push(self, link: str | bytes | bytearray | Target, /) -> str | None:
        """Adds a link or target.

        Returns:
            The key under which its answer can be stored, and inserted in a later run. None if there is nothing to
            store: for a link that contains its URL, for an encrypted redirect, and for a link that cannot be resolved.
        """

    def push_page(self, url: str, /) -> int:
        """Adds the address of a page of Google News that contains several links with their URLs.

        For the address of a feed, the page with the same articles is requested. Pages are requested before any article,
        and only the articles that they do not contain are requested one by one.

        Returns:
            The number of the page.

        Raises:
            ValueError: The address is not on ``news.google.com``, or is that of a single article or picture.
        """

    def learn(self, page: str | bytes | bytearray, /) -> int:
        """Takes the URLs of links from a page that was saved or received.

        Returns:
            The number of links that have a URL.
        """

    def page_error(self, number: int, /) -> ResolveError | None:
        """Returns the error of the page with this number, None if it was read or has not been requested."""

    def insert_known(self, key: str, url: str, /) -> bool:
        """Inserts an answer from an earlier run, so that the article is not requested.

        Returns:
            False if the URL contradicts the article, or if the key is not that of an article. The article is then
            requested.
        """

    def next_request(self) -> Exchange | None:
        """Returns the next request. None if a response must arrive first, or if nothing is left to request."""

    def finish(self, exchange: Exchange, /) -> None:
        """Ends an exchange: its response is complete, or no more of it is needed."""

    def on_failure(self, exchange: Exchange, /, message: str = "", *, timed_out: bool = False) -> None:
        """Ends an exchange that failed: its response did not arrive, or only in part."""

    def requeue_in_flight(self) -> None:
        """Puts all requests that are in flight back into the queue. Their exchanges are ignored from then on."""

    def resume(self) -> None:
        """Lifts a block after a pause: what the service refused is requested again."""

    @property
    def is_blocked(self) -> bool:
        """True after the service has refused requests: no page is requested until ``resume``."""

    @property
    def is_done(self) -> bool:
        """True if nothing is left to request and no response is awaited."""

    @property
    def pages(self) -> int:
        """The number of requests for pages of articles."""

    @property
    def news_pages(self) -> int:
        """The number of requests for pages with several links."""

    @property
    def posts(self) -> int:
        """The number of requests for the URLs of articles whose signature was received."""

    @property
    def remaining(self) -> int:
        """The number of different articles without an outcome."""

    def __len__(self) -> int: ...
    def outcomes(self) -> list[ResolvedUrl | ResolveError | DecodeError]:
        """Returns the outcome of each link: a URL, or the exception that tells why there is none."""

    def take_answers(self) -> list[tuple[str, str]]:
        """Returns the answers that arrived since the last call, each with the key under which it can be inserted."""

@final
class Exchange:
    """A request, and the part of its response that was received."""

    @property
    def method(self) -> str:
        """The method: GET, POST, or HEAD for an encrypted redirect."""

    @property
    def url(self) -> str:
        """The absolute URL."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The names and values of the headers."""

    @property
    def body(self) -> bytes:
        """The body, empty unless the method is POST."""

    def on_head(self, status: int, headers: Iterable[tuple[str | bytes, str | bytes]], /) -> bool:
        """Handles the status and the headers of the response. Returns True if its body is needed.

        Headers of type ``str`` are those that were decoded as Latin-1, as by ``http.client``.
        """

    def on_body(self, chunk: bytes, /) -> bool:
        """Handles the next piece of the body. Returns True if more of it is needed."""
