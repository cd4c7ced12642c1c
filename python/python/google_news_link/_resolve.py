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
    from typing import Any

    import httpx

    from google_news_link._errors import DecodeError, ResolvedUrl, ResolveError

__all__ = ["resolve", "resolve_async"]

BASE_URL = "https://news.google.com"
LOCALE = ("en-US", "US", "US:en")
MAX_SECONDS = 1e9


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
        timeout: The seconds that a response may take as a whole, from connecting to its last byte; only the lookup of
            the server's IP address is not included. With a ``client``, this is the limit of each wait instead: for a
            connection, for each piece of the head, and for each piece of the body, of which none is read after the
            first one that arrives too late. A server that sends its head byte by byte is not limited then.
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
    pace = _Pace(interval)
    send = _sender(client, proxy, timeout)
    _check_receivers(known, progress)
    resolution = _begin(links, known, pages, learn, base_url=base_url, locale=locale, pages_in_flight=1)
    _run(resolution, send, pace, known, progress)
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
    same time. Cancelling the call cancels its requests. ``timeout`` limits each response as a whole.
    """
    import asyncio

    from google_news_link import _httpx

    pace = _Pace(interval)
    send = _httpx.async_sender(client, _check_timeout(timeout))
    _check_receivers(known, progress)
    if not isinstance(concurrency, int):
        raise TypeError(f"concurrency is an int, not {_type_name(concurrency)}")
    if concurrency < 1:
        raise ValueError(f"concurrency is at least 1, not {concurrency}")
    resolution = _begin(links, known, pages, learn, base_url=base_url, locale=locale, pages_in_flight=concurrency)
    running: dict[Task[None], Exchange] = {}
    try:
        while True:
            # A request is only taken from the queue when it may be sent: a block that is reported before ends the run.
            delay: float | None = pace.delay()
            if not delay or not running:
                exchange = resolution.next_request()
                if exchange is not None:
                    if delay:
                        await asyncio.sleep(delay)
                    pace.start()
                    running[asyncio.ensure_future(send(exchange))] = exchange
                    continue
                if not running:
                    return resolution.outcomes()
                delay = None
            done, _ = await asyncio.wait(running, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                try:
                    task.result()
                except Failure as failure:
                    resolution.on_failure(running[task], str(failure), timed_out=failure.timed_out)
                else:
                    resolution.finish(running[task])
                del running[task]
                _after_exchange(resolution, known, progress)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # Responses that were complete before the run ended with an exception.
        for task, exchange in running.items():
            if not task.cancelled() and task.exception() is None:
                resolution.finish(exchange)
        _keep(resolution, known)


def _sender(client: httpx.Client | None, proxy: str | None, timeout: float) -> Callable[[Exchange], None]:
    """Returns a function that sends a request, by the client or the standard library."""
    timeout = _check_timeout(timeout)
    if proxy is not None and not isinstance(proxy, str):
        raise TypeError(f"proxy is a str or None, not {_type_name(proxy)}")
    if client is None:
        from google_news_link import _urllib

        return _urllib.sender(proxy, timeout)
    if proxy is not None:
        raise ValueError("proxy has no effect on a client: set the proxy of the client")
    from google_news_link import _httpx

    return _httpx.sender(client, timeout)


def _run(
    resolution: Resolution,
    send: Callable[[Exchange], None],
    pace: _Pace,
    known: Mapping[str, str] | None,
    progress: Callable[[Resolution], object] | None,
) -> None:
    """Sends one request after the other until nothing is left to request."""
    try:
        while (exchange := resolution.next_request()) is not None:
            time.sleep(pace.delay())
            pace.start()
            try:
                send(exchange)
            except Failure as failure:
                resolution.on_failure(exchange, str(failure), timed_out=failure.timed_out)
            else:
                resolution.finish(exchange)
            _after_exchange(resolution, known, progress)
    finally:
        _keep(resolution, known)


def _check_timeout(timeout: float) -> float:
    seconds = _check_seconds("timeout", timeout)
    if not seconds > 0:
        raise ValueError(f"timeout is a finite number of seconds greater than 0, not {timeout!r}")
    return seconds


def _check_seconds(name: str, value: float) -> float:
    """Returns a number of seconds as a float, or -1 for one that is infinite or not a number."""
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} is a number of seconds, not {_type_name(value)}")
    seconds = float(value)
    # Functions that wait raise an OverflowError for 300 years.
    return min(seconds, MAX_SECONDS) if abs(seconds) < float("inf") else -1.0


def _check_receivers(known: Any, progress: Any) -> None:
    if known is not None and not callable(getattr(known, "get", None)):
        raise TypeError(f"known is a mapping from tokens to URLs or None, not {_type_name(known)}")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress is a function or None, not {_type_name(progress)}")


def _type_name(value: object) -> str:
    return type(value).__name__


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
    if not hasattr(links, "__iter__"):
        raise TypeError(f"links are an iterable of links, not {_type_name(links)}")
    addresses = _check_pages("pages", pages, str)
    learned = _check_pages("learn", learn, str, bytes, bytearray)
    resolution = Resolution(base_url=base_url, locale=locale, pages_in_flight=pages_in_flight)
    for link in links:
        key = resolution.push(link)
        if key is not None and known is not None:
            url = known.get(key)
            if url is not None:
                resolution.insert_known(key, url)
    for page in learned:
        resolution.learn(page)
    for url in addresses:
        resolution.push_page(url)
    _keep(resolution, known)
    return resolution


def _check_pages(name: str, pages: Iterable[Any], *classes: type) -> list[Any]:
    """Returns the pages or their addresses, each of which is an object of one of the classes."""
    if isinstance(pages, str | bytes | bytearray):
        raise TypeError(f"{name} is an iterable of pages, not {_type_name(pages)}: put a single page in a list")
    if not hasattr(pages, "__iter__"):
        raise TypeError(f"{name} is an iterable of pages, not {_type_name(pages)}")
    pages = list(pages)
    for page in pages:
        if not isinstance(page, classes):
            expected = " or ".join(each.__name__ for each in classes)
            raise TypeError(f"{name} is an iterable of {expected}, not of {_type_name(page)}")
    return pages


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
        self.interval = _check_seconds("interval", interval)
        if not self.interval >= 0:
            raise ValueError(f"interval is a finite number of seconds, at least 0, not {interval!r}")
        self.next = time.monotonic()

    def delay(self) -> float:
        """Returns the seconds to wait before the next request."""
        return max(self.next - time.monotonic(), 0.0)

    def start(self) -> None:
        """Begins the interval after a request that is sent now."""
        self.next = time.monotonic() + self.interval
