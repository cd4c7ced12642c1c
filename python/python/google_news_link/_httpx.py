"""Sends requests by a client of httpx."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx

from google_news_link._errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from google_news_link._core import Exchange

TIMEOUTS = (TimeoutError, httpx.TimeoutException)
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


def sender(client: httpx.Client, timeout: float) -> Callable[[Exchange], None]:
    """Returns a function that sends a request and passes the response to its exchange."""
    _check(client, httpx.Client)

    def read(exchange: Exchange, deadline: float) -> None:
        request = _request(client, exchange, timeout)
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if exchange.on_head(response.status_code, response.headers.raw):
                for piece in response.iter_bytes():
                    if not exchange.on_body(piece):
                        return
                    if time.monotonic() > deadline:
                        raise TimeoutError
        finally:
            response.close()

    def send(exchange: Exchange) -> None:
        try:
            read(exchange, time.monotonic() + timeout)
        except TIMEOUTS as error:
            raise Failure(error, timed_out=True) from error
        except FAILURES as error:
            raise Failure(error) from error

    return send


def async_sender(client: httpx.AsyncClient, timeout: float) -> Callable[[Exchange], Coroutine[Any, Any, None]]:
    """Returns a coroutine function that sends a request and passes the response to its exchange."""
    _check(client, httpx.AsyncClient)

    async def read(exchange: Exchange) -> None:
        request = _request(client, exchange, timeout)
        response = await client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if exchange.on_head(response.status_code, response.headers.raw):
                async for piece in response.aiter_bytes():
                    if not exchange.on_body(piece):
                        return
        finally:
            await response.aclose()

    async def send(exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(timeout):
                await read(exchange)
        except TIMEOUTS as error:
            raise Failure(error, timed_out=True) from error
        except FAILURES as error:
            raise Failure(error) from error

    return send


def _check(client: object, cls: type) -> None:
    if not isinstance(client, cls):
        name = f"{type(client).__module__}.{type(client).__qualname__}"
        raise TypeError(f"client is an httpx.{cls.__name__}, not {name}")


def _request(client: httpx.Client | httpx.AsyncClient, exchange: Exchange, timeout: float) -> httpx.Request:
    """Builds a request without the cookies that the client keeps."""
    request = client.build_request(
        exchange.method,
        exchange.url,
        headers=exchange.headers,
        content=exchange.body or None,
        timeout=timeout,
    )
    request.headers.pop("Cookie", None)
    return request
