"""Google's service on loopback, as far as it is known, and what can go wrong with it."""

from __future__ import annotations

import base64
import gzip
import json
import random
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Article:
    url: str
    token: str
    id: str

    @property
    def link(self) -> str:
        return f"https://news.google.com/rss/articles/{self.id}?oc=5"

    @property
    def signature(self) -> str:
        return encode(self.url.encode()[:21].ljust(21, b"."))

    @property
    def timestamp(self) -> int:
        return 1_790_000_000 + len(self.url)

    @property
    def page(self) -> bytes:
        attributes = f'data-n-a-sg="{self.signature}" data-n-a-id="{self.id}" data-n-a-ts="{self.timestamp}"'
        return f"<!doctype html><title>News</title><c-wiz><div {attributes}></div></c-wiz>".encode()


def make_article(number: int) -> Article:
    """Makes an article. The URLs of 40 consecutive numbers differ in length."""
    url = f"https://publisher.example/{number:06}?a=1&b=" + "x" * (number % 40)
    noise = random.Random(number).randbytes(16 + len(url))
    token = encode(b"\x01\x4f\xf2\xa8\xb3" + noise)
    length = len(token)
    varint = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return Article(url, token, encode(b"\x08\x13\x22" + varint + token.encode()))


def make_news_page(articles: Iterable[Article]) -> bytes:
    """Makes a page with several links, each with its URL in the attribute ``jslog``."""

    def anchor(article: Article) -> str:
        jslog = base64.b64encode(json.dumps([None, article.url]).encode()).decode()
        return f'<a href="./read/{article.id}?hl=en-US" jslog="95014; 5:{jslog}; track:click">'

    return "".join(["<!doctype html><title>Search</title>", *map(anchor, articles)]).encode()


def make_redirect(number: int) -> Article:
    """Makes an encrypted redirect of Google's search results, to a URL that is not ASCII."""
    url = f"https://publisher.example/ü/{number}"
    key = b"\xee\x47\xaa\x4d"
    payload = b"\x01" + key + random.Random(number).randbytes(len(url.encode()) + 56 - 5)
    token = encode(b"\x08\x01\x12" + bytes([len(payload)]) + payload)
    return Article(url, token, token)


@dataclass
class Play:
    """How the server behaves."""

    page: str = "whole"
    rows: str = "in order"
    # The number of pages that are answered before a block.
    budget: int = 1_000_000
    block: str = "429"
    # The number of pages that must be requested at the same time before one is answered.
    wait_for: int = 0


@dataclass
class Service:
    base_url: str
    play: Play
    articles: dict[str, Article]
    # The page with several links.
    news_page: bytes = b""
    requests: Counter[str] = field(default_factory=Counter)
    paths: list[str] = field(default_factory=list)
    user_agents: set[str] = field(default_factory=set)
    # Cookies and authorizations.
    credentials: list[str] = field(default_factory=list)
    sent: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Condition = field(default_factory=threading.Condition)
    stopped: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, first: bytes, rest: bytes, pause: float) -> None:
        """Sends `rest` again and again until the client closes the connection, but no more than 500 times."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(first)
        for _ in range(500):
            if self.service.stopped.wait(pause):
                return
            self.wfile.write(rest)
            self.service.sent += len(rest)

    def do_CONNECT(self) -> None:
        """Forwards bytes to and from another server, as a proxy does."""
        host, port = self.path.split(":")
        self.service.requests["CONNECT"] += 1
        self.close_connection = True
        with socket.create_connection((host, int(port))) as server:
            self.send_response(200)
            self.end_headers()

            def forward() -> None:
                with suppress(OSError):
                    while data := server.recv(4096):
                        self.connection.sendall(data)

            thread = threading.Thread(target=forward)
            thread.start()
            with suppress(OSError):
                while data := self.connection.recv(4096):
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()

    def do_HEAD(self) -> None:
        service = self.service
        with service.lock:
            service.requests["HEAD"] += 1
            service.credentials += self.headers.get_all("Cookie", []) + self.headers.get_all("Authorization", [])
        (token,) = parse_qs(urlsplit(self.path).query)["url"]
        # `send_header` encodes in Latin-1. The URL must be sent in UTF-8: its bytes are passed as Latin-1 characters.
        location = service.articles[token].url.encode().decode("latin-1")
        self.reply(302, headers=[("Location", location)])

    def do_GET(self) -> None:
        service = self.service
        with service.lock:
            service.requests["GET"] += 1
            number = service.requests["GET"]
            service.paths.append(self.path)
            service.user_agents.add(self.headers.get("User-Agent", ""))
            service.credentials += self.headers.get_all("Cookie", []) + self.headers.get_all("Authorization", [])
            service.in_flight += 1
            service.most_in_flight = max(service.most_in_flight, service.in_flight)
            service.lock.notify_all()
            if not service.lock.wait_for(lambda: service.most_in_flight >= service.play.wait_for, timeout=10):
                # The other requests never come: the test will fail. Later requests do not wait again.
                service.play.wait_for = 0
            service.in_flight -= 1
        try:
            self.get(number)
        except OSError:
            # The client has closed the connection.
            self.close_connection = True

    def get(self, number: int) -> None:
        play = self.service.play
        path = urlsplit(self.path).path
        article = self.service.articles.get(path.rsplit("/", 1)[-1])
        if number > play.budget:
            if play.block == "sorry":
                return self.reply(302, headers=[("Location", "https://www.google.com/sorry/index?continue=x")])
            return self.reply(int(play.block))
        if path.startswith("/consent/"):
            # A client that sends the cookie, as none should, does not get the article.
            if "Cookie" in self.headers or article is None:
                return self.reply(200, b"<html>What do you think?")
            return self.reply(200, article.page)
        if path == "/search":
            return self.reply(200, self.service.news_page)
        if article is None:
            return self.reply(404)
        match play.page:
            case "whole":
                self.reply(200, article.page)
            case "long":
                self.stream(article.page, b" " * 16_384, 0.05)
            case "endless":
                self.stream(b"", b" " * 16_384, 0)
            case "slow":
                self.stream(b"", b" ", 0.02)
            case "silent":
                self.service.stopped.wait(30)
            case "truncated":
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(article.page[:40])
                self.close_connection = True
            case "slow head":
                self.close_connection = True
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500:
                    if self.service.stopped.wait(0.05):
                        return None
                    self.wfile.write(bytes([byte]))
                    self.service.sent += 1
            case "closed":
                self.close_connection = True
            case "gzip":
                if "gzip" not in self.headers.get("Accept-Encoding", ""):
                    return self.reply(400)
                self.reply(200, gzip.compress(article.page + b" " * 100_000), [("Content-Encoding", "gzip")])
            case "not gzip":
                self.reply(200, b"x" * 100, [("Content-Encoding", "gzip")])
            case "consent":
                location = f"/consent/{article.id}"
                self.reply(302, headers=[("Location", location), ("Set-Cookie", "SOCS=x; Path=/")])
            case "elsewhere":
                self.reply(302, headers=[("Location", "http://127.0.0.2:9/articles")])
            case "unsigned":
                self.reply(200, b"<html>")
            case other:
                raise AssertionError(other)
        return None

    def do_POST(self) -> None:
        service = self.service
        with service.lock:
            service.requests["POST"] += 1
            service.credentials += self.headers.get_all("Cookie", []) + self.headers.get_all("Authorization", [])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (request,) = parse_qs(body.decode())["f.req"]
        rows: list[tuple[str, str | None]] = []
        for rpc, inner, _, tag in json.loads(request)[0]:
            assert rpc == "Fbv4je"
            name, timestamp, signature = json.loads(inner)[-3:]
            article = service.articles[name]
            if (timestamp, signature) == (article.timestamp, article.signature):
                rows.append((tag, article.url))
            else:
                rows.append((tag, None))
        self.reply(200, self.answer(rows))

    def answer(self, rows: list[tuple[str, str | None]]) -> bytes:
        match self.service.play.rows:
            case "reversed":
                rows.reverse()
            case "dropped":
                del rows[::3]
            case "swapped":
                urls = [url for _, url in rows]
                rows = [(tag, url) for (tag, _), url in zip(rows, urls[1:] + urls[:1], strict=True)]
            case "refused":
                rows = [(tag, None) for tag, _ in rows]
        found: list[Any] = []
        for tag, url in rows:
            inner = None if url is None else json.dumps(["garturlres", url, 1])
            found.append(["wrb.fr", "Fbv4je", inner, None, None, [3] if url is None else None, tag])
        return b")]}'\n\n" + json.dumps([*found, ["di", 23]]).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that closes its connection is no error."""


@contextmanager
def serve(
    articles: Iterable[Article], play: Play | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Service]:
    service = Service("", play or Play(), {article.id: article for article in articles})
    handler = type("ServiceHandler", (Handler,), {"service": service})
    with Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            # The handshake is done by the thread of the connection.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        service.base_url = f"http{'' if tls is None else 's'}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.stopped.set()
            server.shutdown()
            thread.join()
