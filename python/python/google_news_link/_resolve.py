"""Resolves links online: drivers of the protocol, which itself sends nothing.

Modules that only a driver needs are imported on its first use, so that decoding offline does not load them.
"""

from __future__ import annotations

import time

from google_news_link._core import Exchange, Resolution, Target
from google_news_link._errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable, Iterable, Mapping

    import httpx

    from google_news_link._errors import DecodeError, ResolvedUrl, ResolveError

__all__ = ["resolve", "resolve_async"]

BASE_URL = "https://news.google.com"
LOCALE = ("en-US", "US", "US:en")


def resolve(
    links: Iterable[str | bytes | bytearray | Target],
    *,
    client: httpx.Client | None = None,
    timeout: float = 30.0,
    proxy: str | None = None,
    interval: float = 0.0,
    locale: tuple[str, str, str] = LOCALE,
    base_url: str = BASE_URL,
    known: Mapping[str, str] | None = None,
    pages: Iterable[str] = (),
    learn: Iterable[str | bytes | bytearray] = (),
    progress: Callable[[Resolution], object] | None = None,
) -> list[ResolvedUrl | ResolveError | DecodeError]:
    """Resolves links into the publishers' URLs, online.

    Links that contain their URL are decoded offline. Each encrypted article takes one request to Google, and every 50
    of them one more; each encrypted redirect takes one. Requests are sent one after the other. After a block (HTTP 429,
    a captcha), nothing else is requested. No cookies are sent, and redirects are followed to Google's hosts only.

    Args:
        links: Links or decoded targets.
        client: An ``httpx.Client`` that sends the requests, in place of the standard library.
        timeout: The seconds that a response may take as a whole.
        proxy: The URL of an HTTP proxy. The default is that of the environment (``HTTPS_PROXY``).
        interval: The minimum number of seconds between two requests.
        locale: The language, region and edition of the pages: ``hl``, ``gl`` and ``ceid``.
        base_url: The server that requests are sent to in place of Google's.
        known: Answers of earlier runs: URLs by token, or by ID for articles without a token. New answers are added if
            the mapping is mutable, as a ``dict`` or a ``shelve.Shelf`` is.
        pages: Addresses of pages of Google News (search, home, topics). They contain up to 100 articles with their URLs
            and are requested first; only the articles that they do not contain are requested one by one. For the
            address of a feed, the page with the same articles is requested. No page is requested if no
            article needs it.
        learn: The HTML of such pages that were saved before.
        progress: Called after each request. An exception that it raises ends the run.

    Returns:
        One outcome per link, in order: the URL, a ``str`` with the attributes ``source`` and ``verification``, or the
        error. Errors are returned, not raised.
    """
    resolution = _begin(links, known, pages, learn, base_url=base_url, locale=locale, pages_in_flight=1)
    if client is None:
        from google_news_link import _urllib

        send = _urllib.sender(proxy, timeout)
    elif proxy is not None:
        raise ValueError("proxy has no effect on a client: set the proxy of the client")
    else:
        from google_news_link import _httpx

        send = _httpx.sender(client, timeout)
    pace = _Pace(interval)
    while (exchange := resolution.next_request()) is not None:
        time.sleep(pace.next_delay())
        try:
            send(exchange)
        except Failure as failure:
            resolution.on_failure(exchange, str(failure), timed_out=failure.timed_out)
        else:
            resolution.finish(exchange)
        _after_exchange(resolution, known, progress)
    return resolution.outcomes()


async def resolve_async(
    links: Iterable[str | bytes | bytearray | Target],
    *,
    client: httpx.AsyncClient,
    concurrency: int = 4,
    timeout: float = 30.0,  # noqa: ASYNC109
    interval: float = 0.0,
    locale: tuple[str, str, str] = LOCALE,
    base_url: str = BASE_URL,
    known: Mapping[str, str] | None = None,
    pages: Iterable[str] = (),
    learn: Iterable[str | bytes | bytearray] = (),
    progress: Callable[[Resolution], object] | None = None,
) -> list[ResolvedUrl | ResolveError | DecodeError]:
    """Resolves links into the publishers' URLs, online, with several requests at the same time.

    It does the same as :func:`resolve` in an event loop of asyncio. At most ``concurrency`` pages are requested at the
    same time. Cancelling the call cancels its requests.
    """
    import asyncio

    from google_news_link import _httpx

    resolution = _begin(links, known, pages, learn, base_url=base_url, locale=locale, pages_in_flight=concurrency)
    send = _httpx.async_sender(client, timeout)
    pace = _Pace(interval)
    running: dict[Task[None], Exchange] = {}
    try:
        while True:
            while (exchange := resolution.next_request()) is not None:
                await asyncio.sleep(pace.next_delay())
                running[asyncio.ensure_future(send(exchange))] = exchange
            if not running:
                return resolution.outcomes()
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                exchange = running.pop(task)
                try:
                    task.result()
                except Failure as failure:
                    resolution.on_failure(exchange, str(failure), timed_out=failure.timed_out)
                else:
                    resolution.finish(exchange)
                _after_exchange(resolution, known, progress)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _begin(
    links: Iterable[str | bytes | bytearray | Target],
    known: Mapping[str, str] | None,
    pages: Iterable[str],
    learn: Iterable[str | bytes | bytearray],
    *,
    base_url: str,
    locale: tuple[str, str, str],
    pages_in_flight: int,
) -> Resolution:
    if isinstance(links, str | bytes | bytearray | Target):
        raise TypeError(f"links are an iterable of links, not {type(links).__name__}: put a single link in a list")
    resolution = Resolution(base_url=base_url, locale=locale, pages_in_flight=pages_in_flight)
    for link in links:
        key = resolution.push(link)
        if key is not None and known is not None:
            url = known.get(key)
            if url is not None:
                resolution.insert_known(key, url)
    for name, values in (("pages", pages), ("learn", learn)):
        if isinstance(values, str | bytes | bytearray):
            raise TypeError(f"{name} is an iterable of pages, not {type(values).__name__}: put a single page in a list")
    for page in learn:
        resolution.learn(page)
    for url in pages:
        resolution.push_page(url)
    _keep(resolution, known)
    return resolution


def _after_exchange(
    resolution: Resolution,
    known: Mapping[str, str] | None,
    progress: Callable[[Resolution], object] | None,
) -> None:
    _keep(resolution, known)
    if progress is not None:
        progress(resolution)


def _keep(resolution: Resolution, known: Mapping[str, str] | None) -> None:
    """Adds new answers to the known ones."""
    answers = resolution.take_answers()
    add = getattr(known, "__setitem__", None)
    if add is not None:
        for key, url in answers:
            add(key, url)


class _Pace:
    """Keeps the interval between requests."""

    def __init__(self, interval: float) -> None:
        if not interval >= 0:
            raise ValueError(f"interval is a number of seconds, not {interval!r}")
        self.interval = interval
        self.next = time.monotonic()

    def next_delay(self) -> float:
        """Returns the seconds to wait before the next request, which the caller must then send."""
        now = time.monotonic()
        start = max(now, self.next)
        self.next = start + self.interval
        return start - now
