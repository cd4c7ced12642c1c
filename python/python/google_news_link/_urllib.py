"""Sends requests by the standard library."""

from __future__ import annotations

import time
import zlib
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import HTTPErrorProcessor, HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from google_news_link._core import Exchange, __version__
from google_news_link._errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 16 * 1024


class ReturnResponse(HTTPErrorProcessor):
    """Returns every response as it is, without following redirects and without raising errors."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        """Returns the response."""
        return response

    https_response = http_response


def sender(proxy: str | None, timeout: float) -> Callable[[Exchange], None]:
    """Returns a function that sends a request and passes the response to its exchange."""
    # Only what is needed: no redirects, no cookies, no passwords, no other schemes.
    opener = OpenerDirector()
    proxies = None if proxy is None else {"http": proxy, "https": proxy}
    for handler in (ProxyHandler(proxies), HTTPHandler(), HTTPSHandler(), ReturnResponse()):
        opener.add_handler(handler)

    def send(exchange: Exchange) -> None:
        deadline = time.monotonic() + timeout
        headers = {"User-Agent": f"google-news-link/{__version__}", "Accept-Encoding": "gzip"}
        headers.update(exchange.headers)
        # The URL begins with http:// or https://.
        request = Request(exchange.url, exchange.body or None, headers, method=exchange.method)  # noqa: S310
        try:
            with opener.open(request, timeout=timeout) as response:
                _read(exchange, response, deadline)
        except TimeoutError as error:
            raise Failure(error, timed_out=True) from error
        except URLError as error:
            reason = error.reason if isinstance(error.reason, BaseException) else error
            raise Failure(reason, timed_out=isinstance(reason, TimeoutError)) from error
        except (OSError, HTTPException, zlib.error) as error:
            raise Failure(error) from error

    return send


def _read(exchange: Exchange, response: HTTPResponse, deadline: float) -> None:
    if not exchange.on_head(response.status, response.getheaders()):
        return
    body = _pieces(response)
    if response.headers.get("Content-Encoding", "").lower() == "gzip":
        body = _decompress(body)
    for piece in body:
        if not exchange.on_body(piece):
            return
        if time.monotonic() > deadline:
            raise TimeoutError


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(CHUNK):
        yield piece
    if response.length:
        raise IncompleteRead(b"", response.length)


def _decompress(pieces: Iterator[bytes]) -> Iterator[bytes]:
    gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for piece in pieces:
        compressed = piece
        while compressed and not gzip.eof:
            # A decompressed piece has at most `CHUNK` bytes, however well it was compressed.
            yield gzip.decompress(compressed, CHUNK)
            compressed = gzip.unconsumed_tail
