"""Sends requests by the standard library."""

from __future__ import annotations

import math
import socket
import ssl
import time
import zlib
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import AbstractHTTPHandler, HTTPErrorProcessor, OpenerDirector, ProxyHandler, Request

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


class LimitedSocket(socket.socket):
    """A socket whose operations end at a deadline: the timeout of other sockets begins anew with each byte."""

    deadline = math.inf

    def recv_into(self, *arguments: Any) -> int:
        """Receives bytes into a buffer."""
        self.settimeout(_remaining(self.deadline))
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        """Sends bytes."""
        self.settimeout(_remaining(self.deadline))
        super().sendall(*arguments)


class LimitedTlsSocket(LimitedSocket, ssl.SSLSocket):
    """A socket for TLS whose operations end at a deadline."""


class LimitedConnection(HTTPConnection):
    """A connection for one exchange, whose timeout limits the exchange as a whole."""

    def __init__(self, host: str, *, timeout: float = 30.0, **options: Any) -> None:
        super().__init__(host, timeout=timeout, **options)
        self.deadline = time.monotonic() + timeout
        self._create_connection = self.create_connection

    def create_connection(self, address: tuple[str, int], *_: object) -> socket.socket:
        """Connects to the server or proxy, at the first of its IP addresses that is reachable."""
        error: OSError = OSError("no IP address")
        for family, kind, protocol, _name, ip_address in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            try:
                connection = LimitedSocket(family, kind, protocol)
            except OSError as unsupported:
                error = unsupported
                continue
            connection.deadline = self.deadline
            try:
                connection.settimeout(_remaining(self.deadline))
                connection.connect(ip_address)
                # The timeout of the TLS handshake.
                connection.settimeout(_remaining(self.deadline))
            except OSError as unreachable:
                connection.close()
                error = unreachable
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise error


class LimitedTlsConnection(LimitedConnection, HTTPSConnection):
    """A connection by TLS for one exchange, whose timeout limits the exchange as a whole."""

    def connect(self) -> None:
        """Connects to the server."""
        super().connect()
        if isinstance(self.sock, LimitedSocket):
            self.sock.deadline = self.deadline


class LimitedHandler(AbstractHTTPHandler):
    """Opens limited connections."""

    http_request = https_request = AbstractHTTPHandler.do_request_

    def http_open(self, request: Request) -> HTTPResponse:
        """Sends a request."""
        return self.do_open(LimitedConnection, request)

    def https_open(self, request: Request) -> HTTPResponse:
        """Sends a request by TLS."""
        return self.do_open(LimitedTlsConnection, request, context=self.context)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The certificates of the system."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        context.sslsocket_class = LimitedTlsSocket
        return context


def _remaining(deadline: float) -> float:
    """Returns the seconds until a deadline. Raises an exception if it has come."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def sender(proxy: str | None, timeout: float) -> Callable[[Exchange], None]:
    """Returns a function that sends a request and passes the response to its exchange."""
    # Only what is needed: no redirects, no cookies, no passwords, no other schemes.
    opener = OpenerDirector()
    proxies = None if proxy is None else {"http": proxy, "https": proxy}
    for handler in (ProxyHandler(proxies), LimitedHandler(), ReturnResponse()):
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
