"""Resolving links online, on loopback, through each client."""

import asyncio
import importlib.util
import pickle
import shelve
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import google_news_link as gnl
import pytest
from google_news_link import _resolve
from google_news_link.types import ResolveErrorKind
from service import Article, Play, make_article, make_news_page, make_redirect, serve
from vectors import ARTICLE, ARTICLE_URL, PUBLICATION, VIDEO

Outcomes = list[gnl.ResolvedUrl | gnl.ResolveError | gnl.DecodeError]
ARTICLES = [make_article(number) for number in range(12)]
LINKS = [article.link for article in ARTICLES]
URLS = [article.url for article in ARTICLES]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,127.0.0.2")


def by_urllib(links: Any, **options: Any) -> Outcomes:
    return gnl.resolve(links, **options)


def by_httpx(links: Any, **options: Any) -> Outcomes:
    httpx = pytest.importorskip("httpx")
    with httpx.Client(trust_env=False) as client:
        return gnl.resolve(links, client=client, **options)


def by_async_httpx(links: Any, **options: Any) -> Outcomes:
    httpx = pytest.importorskip("httpx")

    async def run() -> Outcomes:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await gnl.resolve_async(links, client=client, **options)

    return asyncio.run(run())


CLIENTS = [by_urllib, by_httpx, by_async_httpx]
Resolve = Callable[..., Outcomes]
each_client = pytest.mark.parametrize("resolve", CLIENTS)


def kinds(outcomes: Outcomes) -> list[str | None]:
    """Returns the kinds of the errors, None for a URL."""
    return [None if isinstance(outcome, str) else outcome.kind for outcome in outcomes]


@each_client
def test_urls_are_returned_in_order(resolve: Resolve) -> None:
    with serve(ARTICLES) as service:
        outcomes = resolve(LINKS, base_url=service.base_url)
    assert outcomes == URLS
    for outcome in outcomes:
        assert isinstance(outcome, gnl.ResolvedUrl)
        assert (outcome.source, outcome.verification) == ("online", "length")
    assert service.requests == {"GET": 12, "POST": 1}
    assert all("hl=en-US&gl=US&ceid=US:en" in path for path in service.paths)
    assert service.credentials == []


@each_client
def test_links_of_every_kind_have_an_outcome(resolve: Resolve) -> None:
    topic = "CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB"
    opaque = ARTICLES[0]
    links = [ARTICLE, opaque.link, "hello", topic, opaque.id.encode(), gnl.decode(opaque.link), VIDEO, PUBLICATION]
    with serve(ARTICLES) as service:
        outcomes = resolve(links, base_url=service.base_url)
    assert kinds(outcomes) == [
        None,
        None,
        "not-google-news",
        "not-an-article",
        None,
        None,
        None,
        "not-an-article",
    ]
    assert [outcomes[at] for at in (0, 1, 4, 5)] == [ARTICLE_URL, opaque.url, opaque.url, opaque.url]
    assert isinstance(outcomes[0], gnl.ResolvedUrl)
    assert (outcomes[0].source, outcomes[0].verification) == ("link", "contained")
    assert isinstance(outcomes[2], gnl.DecodeError)
    assert str(outcomes[3]) == "not an article: topic"
    # Equal tokens are requested once.
    assert service.requests == {"GET": 1, "POST": 1}


@each_client
def test_encrypted_redirects_are_resolved(resolve: Resolve) -> None:
    redirects = [make_redirect(number) for number in range(3)]
    links = [f"https://www.google.com/goto?url={redirect.token}" for redirect in redirects]
    assert isinstance(gnl.decode(links[0]), gnl.OpaqueRedirect)
    known: dict[str, str] = {}
    with serve(redirects) as service:
        outcomes = resolve(links, base_url=service.base_url, known=known)
    assert outcomes == [redirect.url for redirect in redirects]
    assert all(isinstance(o, gnl.ResolvedUrl) and o.verification == "length" for o in outcomes)
    assert service.requests == {"HEAD": 3}
    assert service.credentials == []
    # Their tokens are new for every impression.
    assert known == {}


@each_client
def test_ids_that_cannot_be_decoded_are_resolved_without_a_check(resolve: Resolve) -> None:
    unknown = Article("https://publisher.example/new", "", "CBMiC0hvdyB0byBzY2Fu0gEA")
    with pytest.raises(gnl.DecodeError):
        gnl.decode(unknown.link)
    with serve([unknown]) as service:
        (outcome,) = resolve([unknown.link], base_url=service.base_url)
    assert isinstance(outcome, gnl.ResolvedUrl)
    assert (outcome, outcome.verification) == (unknown.url, "unverified")


@each_client
@pytest.mark.parametrize(
    ("page", "kind", "retryable", "message"),
    [
        ("truncated", "connection-failed", True, "connection failed: "),
        ("closed", "connection-failed", True, "connection failed: "),
        ("slow", "timed-out", True, "timed out"),
        ("silent", "timed-out", True, "timed out"),
        ("endless", "too-large", False, "response of more than 4194304 bytes"),
        ("elsewhere", "refused-redirect", False, "redirect to an address that is not Google's or not https"),
        ("unsigned", "no-signature", False, "no signature in the page: neither data-n-a-sg nor data-p"),
        ("not gzip", "connection-failed", True, "connection failed: "),
    ],
)
def test_each_failure_is_an_error_that_names_it(
    resolve: Resolve, page: str, kind: str, retryable: bool, message: str
) -> None:
    timeout = 0.3 if kind == "timed-out" else 30.0
    with serve(ARTICLES, Play(page=page)) as service:
        (outcome,) = resolve(LINKS[:1], base_url=service.base_url, timeout=timeout)
    assert isinstance(outcome, gnl.ResolveError)
    assert (outcome.kind, outcome.is_retryable) == (kind, retryable)
    assert str(outcome).startswith(message)
    # A message that ends with a colon must be followed by that of the client.
    assert not str(outcome).endswith(": ")


@pytest.mark.parametrize("resolve", [by_urllib, by_async_httpx])
def test_the_timeout_limits_a_head_that_arrives_slowly(resolve: Resolve) -> None:
    # The server sends one byte after the other, with pauses that are shorter than the timeout.
    with serve(ARTICLES, Play(page="slow head")) as service:
        (outcome,) = resolve(LINKS[:1], base_url=service.base_url, timeout=0.3)
        assert service.sent < 500
    assert kinds([outcome]) == ["timed-out"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Makes a key with a certificate for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    public = path.with_suffix(".crt")
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, "req", *options, "-keyout", path, "-out", public], check=True, stderr=subprocess.DEVNULL)
    with path.open("ab") as file:
        file.write(public.read_bytes())
    return path


def test_requests_are_sent_by_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(ARTICLES, tls=context) as service:
        (untrusted,) = gnl.resolve(LINKS[:1], base_url=service.base_url)
        assert kinds([untrusted]) == ["connection-failed"]
        assert "certificate verify failed" in str(untrusted)
        assert not service.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert gnl.resolve(LINKS, base_url=service.base_url) == URLS
        monkeypatch.delenv("no_proxy")
        with serve([]) as proxy:
            assert gnl.resolve(LINKS[:1], base_url=service.base_url, proxy=proxy.base_url) == URLS[:1]
        assert proxy.requests == {"CONNECT": 2}
        assert service.requests == {"GET": 13, "POST": 2}
    with serve(ARTICLES, Play(page="slow head"), tls=context) as service:
        (outcome,) = gnl.resolve(LINKS[:1], base_url=service.base_url, timeout=0.5)
        assert service.sent < 500
    assert kinds([outcome]) == ["timed-out"]


@each_client
def test_a_page_is_read_as_far_as_its_signature(resolve: Resolve) -> None:
    # The page never ends. A client that reads on gets 4 MiB of it, in 256 pieces with pauses.
    with serve(ARTICLES, Play(page="long")) as service:
        assert resolve(LINKS[:1], base_url=service.base_url) == URLS[:1]
        assert service.sent < 1 << 20


@each_client
def test_compressed_pages_are_read(resolve: Resolve) -> None:
    with serve(ARTICLES, Play(page="gzip")) as service:
        assert resolve(LINKS[:2], base_url=service.base_url) == URLS[:2]


@each_client
def test_redirects_are_followed_without_cookies(resolve: Resolve) -> None:
    with serve(ARTICLES, Play(page="consent")) as service:
        assert resolve(LINKS, base_url=service.base_url) == URLS
    assert service.requests == {"GET": 24, "POST": 1}
    assert service.credentials == []


@each_client
@pytest.mark.parametrize(
    ("block", "kind", "status"),
    [("429", "too-many-requests", 429), ("sorry", "captcha", None)],
)
def test_nothing_is_requested_after_a_block(resolve: Resolve, block: str, kind: str, status: int | None) -> None:
    with serve(ARTICLES, Play(budget=5, block=block)) as service:
        outcomes = resolve(LINKS, base_url=service.base_url)
    found = kinds(outcomes)
    assert found.count(None) == 5
    assert kind in found
    assert set(found) <= {None, kind, "not-tried"}
    for outcome in outcomes:
        if isinstance(outcome, gnl.ResolveError):
            assert outcome.status == (status if outcome.kind == kind else None)
    # With several requests in flight, some were sent before the block was known.
    assert service.requests["GET"] <= 5 + 4
    if resolve is not by_async_httpx:
        assert found == [None] * 5 + [kind] + ["not-tried"] * 6
        assert service.requests == {"GET": 6, "POST": 1}


@each_client
def test_three_times_503_is_a_block(resolve: Resolve) -> None:
    with serve(ARTICLES, Play(budget=0, block="503")) as service:
        outcomes = resolve(LINKS, base_url=service.base_url)
    assert set(kinds(outcomes)) <= {"unavailable", "not-tried", "unexpected-status"}
    assert "unavailable" in kinds(outcomes)
    assert service.requests["GET"] < len(LINKS)


@each_client
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("reversed", {None}),
        ("dropped", {None, "missing-row"}),
        ("swapped", {"wrong-length"}),
        ("refused", {"invalid-argument"}),
    ],
)
def test_answers_belong_to_their_articles(resolve: Resolve, rows: str, expected: set[str | None]) -> None:
    with serve(ARTICLES, Play(rows=rows)) as service:
        outcomes = resolve(LINKS, base_url=service.base_url)
    assert set(kinds(outcomes)) == expected
    for outcome, article in zip(outcomes, ARTICLES, strict=True):
        if isinstance(outcome, gnl.ResolvedUrl):
            assert outcome == article.url
        elif rows == "swapped":
            assert isinstance(outcome, gnl.ResolveError)
            assert outcome.expected_len == len(article.url)
            assert outcome.unverified_url in URLS
            assert outcome.unverified_url != article.url
        elif rows == "refused":
            assert isinstance(outcome, gnl.ResolveError)
            assert outcome.row_error == 3


@each_client
def test_errors_of_the_server_have_their_status(resolve: Resolve) -> None:
    with serve(ARTICLES, Play(budget=0, block="500")) as service:
        (outcome,) = resolve(LINKS[:1], base_url=service.base_url)
    assert isinstance(outcome, gnl.ResolveError)
    assert (outcome.kind, outcome.status, outcome.is_retryable) == ("unexpected-status", 500, True)


@each_client
def test_a_server_that_cannot_be_reached_is_an_error(resolve: Resolve) -> None:
    with serve([]) as service:
        pass
    (outcome,) = resolve(LINKS[:1], base_url=service.base_url)
    assert isinstance(outcome, gnl.ResolveError)
    assert outcome.kind == "connection-failed"
    assert "refused" in str(outcome) or "failed" in str(outcome)


@each_client
def test_known_answers_are_not_requested_and_new_ones_are_added(resolve: Resolve) -> None:
    known = {ARTICLES[0].token: URLS[0], "other": "https://publisher.example/"}
    with serve(ARTICLES) as service:
        outcomes = resolve(LINKS[:3], base_url=service.base_url, known=known)
        assert outcomes == URLS[:3]
        assert service.requests == {"GET": 2, "POST": 1}
        assert [outcome.source for outcome in outcomes if isinstance(outcome, gnl.ResolvedUrl)] == [
            "known",
            "online",
            "online",
        ]
        assert known == {"other": "https://publisher.example/", **{a.token: a.url for a in ARTICLES[:3]}}
        assert resolve(LINKS[:3], base_url=service.base_url, known=known) == URLS[:3]
        assert service.requests == {"GET": 2, "POST": 1}


def test_known_answers_of_the_wrong_length_are_requested() -> None:
    known = {ARTICLES[0].token: URLS[0] + "x", ARTICLES[1].token: "not a URL"}
    with serve(ARTICLES) as service:
        assert gnl.resolve(LINKS[:2], base_url=service.base_url, known=known) == URLS[:2]
    assert service.requests["GET"] == 2
    assert known == {article.token: article.url for article in ARTICLES[:2]}


def test_a_mapping_that_is_not_mutable_is_only_read() -> None:
    known = types.MappingProxyType({ARTICLES[0].token: URLS[0]})
    with serve(ARTICLES) as service:
        assert gnl.resolve(LINKS[:2], base_url=service.base_url, known=known) == URLS[:2]
    assert service.requests["GET"] == 1


def test_a_shelf_is_a_cache(tmp_path: Path) -> None:
    with serve(ARTICLES) as service:
        for _ in range(2):
            with shelve.open(str(tmp_path / "answers")) as known:
                assert gnl.resolve(LINKS, base_url=service.base_url, known=known) == URLS
    assert service.requests == {"GET": 12, "POST": 1}


@each_client
def test_progress_is_called_after_each_exchange(resolve: Resolve) -> None:
    seen: list[tuple[int, int]] = []

    def progress(resolution: gnl.Resolution) -> None:
        seen.append((resolution.pages, resolution.posts))

    with serve(ARTICLES) as service:
        resolve(LINKS, base_url=service.base_url, progress=progress)
    assert len(seen) == 13
    assert seen[-1] == (12, 1)
    assert seen == sorted(seen)


@each_client
def test_an_exception_of_progress_ends_the_run_and_answers_are_kept(resolve: Resolve) -> None:
    known: dict[str, str] = {}

    def progress(resolution: gnl.Resolution) -> None:
        if resolution.posts:
            raise LookupError("enough")

    with serve(ARTICLES) as service, pytest.raises(LookupError, match="enough"):
        resolve(LINKS, base_url=service.base_url, known=known, progress=progress)
    assert len(known) == len(ARTICLES)


def test_requests_are_spaced_by_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    delays = []

    def sleep(seconds: float) -> None:
        nonlocal now
        delays.append(seconds)
        now += seconds

    clock = types.SimpleNamespace(sleep=sleep, monotonic=lambda: now)
    monkeypatch.setattr(_resolve, "time", clock)
    with serve(ARTICLES) as service:
        gnl.resolve(LINKS[:3], base_url=service.base_url, interval=2.5)
    assert delays == [0, 2.5, 2.5, 2.5]
    # The time since the last request counts as a part of the interval.
    pace = _resolve._Pace(2.0)
    assert pace.delay() == 0
    pace.start()
    now += 1.5
    assert pace.delay() == 0.5
    now += 100
    assert pace.delay() == 0


def test_a_block_ends_the_run_before_the_interval_has_passed() -> None:
    async def run(base_url: str) -> Outcomes:
        # If it waited for the next request, the run would take an hour.
        async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
            return await gnl.resolve_async(LINKS, client=client, base_url=base_url, interval=3600, concurrency=4)

    httpx = pytest.importorskip("httpx")
    with serve(ARTICLES, Play(budget=0)) as service:
        outcomes = asyncio.run(run(service.base_url))
    assert kinds(outcomes) == ["too-many-requests"] + ["not-tried"] * 11
    assert service.requests == {"GET": 1}


def test_several_pages_are_in_flight_with_an_interval() -> None:
    with serve(ARTICLES, Play(wait_for=3)) as service:
        assert by_async_httpx(LINKS, base_url=service.base_url, concurrency=3, interval=0.01) == URLS
    assert service.most_in_flight == 3


def test_answers_that_arrive_with_the_one_before_an_exception_are_kept() -> None:
    httpx = pytest.importorskip("httpx")
    known: dict[str, str] = {}
    addresses = [f"https://news.google.com/search?q={number}" for number in range(4)]

    # It never waits, so that all responses arrive at the same time.
    async def answer(request: Any) -> Any:
        first = 3 * int(request.url.params["q"])
        return httpx.Response(200, content=make_news_page(ARTICLES[first : first + 3]))

    def progress(_: gnl.Resolution) -> None:
        raise LookupError("enough")

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await gnl.resolve_async(LINKS, client=client, pages=addresses, known=known, progress=progress)

    with pytest.raises(LookupError, match="enough"):
        asyncio.run(run())
    assert known == {article.token: article.url for article in ARTICLES}


def test_pages_are_requested_at_the_same_time() -> None:
    # No page is answered before five are requested.
    with serve(ARTICLES, Play(wait_for=5)) as service:
        assert by_async_httpx(LINKS, base_url=service.base_url, concurrency=5) == URLS
    assert service.most_in_flight == 5


def test_cancelling_ends_the_requests() -> None:
    httpx = pytest.importorskip("httpx")
    began, cancelled = [], []
    all_began = asyncio.Event()

    async def wait_forever(request: Any) -> Any:
        began.append(request.url)
        if len(began) == 4:
            all_began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(request.url)
            raise

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(wait_forever)) as client:
            task = asyncio.ensure_future(gnl.resolve_async(LINKS, client=client, timeout=3600))
            await all_began.wait()
            task.cancel()
            # If the requests were not cancelled, the task would wait for them.
            done, _ = await asyncio.wait([task], timeout=30)
            assert done
            assert task.cancelled()

    asyncio.run(run())
    assert len(began) == 4
    assert cancelled == began


def test_ctrl_c_ends_the_run_while_the_server_is_silent() -> None:
    with serve(ARTICLES, Play(page="silent")) as service:
        code = f"import google_news_link as gnl; gnl.resolve([{LINKS[0]!r}], base_url={service.base_url!r})"
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
        with service.lock:
            service.lock.wait_for(lambda: service.requests["GET"] == 1)
        process.send_signal(signal.SIGINT)
        # If the signal did not end the run, the server would do so after 30 seconds, without a KeyboardInterrupt.
        _, error = process.communicate()
    assert error.rstrip().endswith("KeyboardInterrupt")


def test_the_proxy_is_asked() -> None:
    # The proxy answers in place of the server, which does not exist.
    with serve(ARTICLES) as service:
        outcomes = gnl.resolve(LINKS[:1], base_url="http://news.example", proxy=service.base_url)
        assert outcomes == URLS[:1]
        assert service.paths[0].startswith("http://news.example/rss/articles/")


def test_the_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(ARTICLES) as service:
        monkeypatch.setenv("http_proxy", service.base_url)
        assert gnl.resolve(LINKS[:1], base_url="http://news.example") == URLS[:1]
        monkeypatch.setenv("no_proxy", "news.example")
        (outcome,) = gnl.resolve(LINKS[:1], base_url="http://news.example")
    assert isinstance(outcome, gnl.ResolveError)


def test_the_program_names_itself() -> None:
    with serve(ARTICLES) as service:
        gnl.resolve(LINKS[:1], base_url=service.base_url)
    assert service.user_agents == {f"google-news-link/{gnl.__version__}"}


def test_cookies_and_credentials_of_a_client_are_not_sent() -> None:
    httpx = pytest.importorskip("httpx")
    with serve(ARTICLES) as service, httpx.Client(trust_env=False, cookies={"a": "b"}, auth=("user", "x")) as client:
        assert gnl.resolve(LINKS, base_url=service.base_url, client=client) == URLS
    assert service.credentials == []


def test_wrong_arguments_are_errors() -> None:
    wrong: Any
    for wrong in ("abc", b"abc", gnl.decode(ARTICLE)):
        with pytest.raises(TypeError, match=f"not {type(wrong).__name__}: put a single link in a list"):
            gnl.resolve(wrong)
    for wrong in ([None], [3], [ARTICLE, object()]):
        with pytest.raises(TypeError, match="a link is a str, bytes, bytearray or Target, not "):
            gnl.resolve(wrong)
    with pytest.raises(ValueError, match="not a base URL"):
        gnl.resolve([], base_url="ftp://127.0.0.1")
    with pytest.raises(ValueError, match="invalid locale"):
        gnl.resolve([], locale=("en_US", "US", "US:en"))


WRONG_ARGUMENTS: list[tuple[str, Any, type[Exception], str]] = [
    ("links", 5, TypeError, "links are an iterable of links, not int"),
    ("known", [1], TypeError, "known is a mapping from tokens to URLs or None, not list"),
    ("progress", 5, TypeError, "progress is a function or None, not int"),
    ("timeout", "x", TypeError, "timeout is a number of seconds, not str"),
    ("timeout", None, TypeError, "timeout is a number of seconds, not NoneType"),
    ("timeout", 0, ValueError, "timeout is a finite number of seconds greater than 0, not 0"),
    ("timeout", -1.0, ValueError, "timeout is a finite number of seconds greater than 0, not -1.0"),
    ("timeout", float("nan"), ValueError, "timeout is a finite number of seconds greater than 0, not nan"),
    ("timeout", float("inf"), ValueError, "timeout is a finite number of seconds greater than 0, not inf"),
    ("interval", "x", TypeError, "interval is a number of seconds, not str"),
    ("interval", -1, ValueError, "interval is a finite number of seconds, at least 0, not -1"),
    ("interval", float("nan"), ValueError, "interval is a finite number of seconds, at least 0, not nan"),
    ("interval", float("inf"), ValueError, "interval is a finite number of seconds, at least 0, not inf"),
    ("pages", 5, TypeError, "pages is an iterable of pages, not int"),
    ("pages", "https://news.google.com/", TypeError, "pages is an iterable of pages, not str: put a single page in a"),
    ("pages", [5], TypeError, "pages is an iterable of str, not of int"),
    ("pages", [b"https://news.google.com/"], TypeError, "pages is an iterable of str, not of bytes"),
    ("learn", b"", TypeError, "learn is an iterable of pages, not bytes: put a single page in a list"),
    ("learn", [5], TypeError, "learn is an iterable of str or bytes or bytearray, not of int"),
]


@each_client
def test_wrong_arguments_are_errors_before_anything_is_requested(resolve: Resolve) -> None:
    wrong = list(WRONG_ARGUMENTS)
    if resolve is by_urllib:
        wrong.append(("proxy", 5, TypeError, "proxy is a str or None, not int"))
    if resolve is by_async_httpx:
        wrong += [
            ("concurrency", 0, ValueError, "concurrency is at least 1, not 0"),
            ("concurrency", -1, ValueError, "concurrency is at least 1, not -1"),
            ("concurrency", "4", TypeError, "concurrency is an int, not str"),
        ]
    with serve(ARTICLES) as service:
        for name, value, cls, message in wrong:
            options = {"links": LINKS, "base_url": service.base_url, name: value}
            with pytest.raises(cls, match=f"^{message}"):
                resolve(**options)
    assert not service.requests


@each_client
def test_long_times_are_no_errors(resolve: Resolve) -> None:
    with serve(ARTICLES) as service:
        assert resolve(LINKS[:1], base_url=service.base_url, timeout=1e300) == URLS[:1]
        assert resolve([], interval=1e300) == []


def test_wrong_clients_are_type_errors_that_name_them() -> None:
    httpx = pytest.importorskip("httpx")
    with pytest.raises(TypeError, match="client is an httpx.Client, not builtins.object"):
        gnl.resolve([], client=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="client is an httpx.Client, not httpx.AsyncClient"):
        gnl.resolve([], client=httpx.AsyncClient())
    with httpx.Client() as client:
        with pytest.raises(ValueError, match="set the proxy of the client"):
            gnl.resolve([], client=client, proxy="http://127.0.0.1:9")
        with pytest.raises(TypeError, match="client is an httpx.AsyncClient, not httpx.Client"):
            asyncio.run(gnl.resolve_async([], client=client))


@pytest.mark.skipif(importlib.util.find_spec("httpx") is not None, reason="httpx is installed")
def test_httpx_is_only_needed_for_its_clients() -> None:
    with pytest.raises(ImportError):
        gnl.resolve([], client=object())  # type: ignore[arg-type]
    assert gnl.resolve([ARTICLE]) == [ARTICLE_URL]


def test_links_that_contain_their_url_send_nothing() -> None:
    assert gnl.resolve([ARTICLE, VIDEO]) == [ARTICLE_URL, "https://www.youtube.com/watch?v=bR0VcOCTohY"]
    assert gnl.resolve([]) == []


def test_outcomes_pickle_and_compare_by_value() -> None:
    with serve(ARTICLES[:1]) as service:
        outcomes = gnl.resolve(LINKS[:2], base_url=service.base_url)
        again = gnl.resolve(LINKS[:2], base_url=service.base_url)
    assert kinds(outcomes) == [None, "unexpected-status"]
    assert outcomes == again
    assert [hash(outcome) for outcome in outcomes] == [hash(outcome) for outcome in again]
    url, error = pickle.loads(pickle.dumps(outcomes))
    assert (url, url.source, url.verification) == (URLS[0], "online", "length")
    assert (error, error.kind, error.status) == (outcomes[1], "unexpected-status", 404)
    assert error != outcomes[0]


# The protocol without a client.


def test_other_clients_can_run_a_resolution() -> None:
    resolution = gnl.Resolution(pages_in_flight=2)
    assert resolution.push(LINKS[0]) == ARTICLES[0].token
    assert [resolution.push(link) for link in (ARTICLE, "hello", LINKS[0])] == [None, None, ARTICLES[0].token]
    assert (len(resolution), resolution.remaining) == (4, 1)
    assert repr(resolution) == "<Resolution of 4 links, 1 remaining>"
    page = resolution.next_request()
    assert page is not None
    assert (page.method, page.headers, page.body) == ("GET", [], b"")
    assert page.url == f"https://news.google.com/rss/articles/{ARTICLES[0].id}?hl=en-US&gl=US&ceid=US:en"
    assert repr(page) == f"<Exchange GET {page.url}>"
    assert resolution.next_request() is None
    assert not resolution.is_done
    assert page.on_head(200, [("Content-Type", "text/html"), ("Bad header\n", "x")])
    assert page.on_body(ARTICLES[0].page[:50])
    assert not page.on_body(ARTICLES[0].page[50:])
    resolution.finish(page)
    post = resolution.next_request()
    assert post is not None
    assert (post.method, post.body[:6]) == ("POST", b"f.req=")
    assert ("content-type", "application/x-www-form-urlencoded;charset=UTF-8") in post.headers
    resolution.on_failure(post, "gone")
    assert resolution.is_done
    assert kinds(resolution.outcomes()) == ["connection-failed", None, "not-google-news", "connection-failed"]
    assert resolution.take_answers() == []


def test_a_finished_exchange_takes_no_response_but_may_be_finished_again() -> None:
    resolution = gnl.Resolution()
    resolution.push(LINKS[0])
    exchange = resolution.next_request()
    assert exchange is not None
    with pytest.raises(ValueError, match="status"):
        exchange.on_head(5, [])
    resolution.on_failure(exchange, timed_out=True)
    with pytest.raises(ValueError, match="the exchange has finished"):
        exchange.on_head(200, [])
    with pytest.raises(ValueError, match="the exchange has finished"):
        exchange.on_body(b"")
    resolution.finish(exchange)
    assert kinds(resolution.outcomes()) == ["timed-out"]


def test_a_block_can_be_lifted_and_requests_be_sent_again() -> None:
    resolution = gnl.Resolution()
    resolution.push(LINKS[0])
    assert kinds(resolution.outcomes()) == ["not-tried"]
    first = resolution.next_request()
    assert first is not None
    assert kinds(resolution.outcomes()) == ["interrupted"]
    resolution.requeue_in_flight()
    second = resolution.next_request()
    assert second is not None
    assert second.url == first.url
    assert not second.on_head(429, [])
    resolution.finish(second)
    assert resolution.is_blocked
    assert resolution.next_request() is None
    resolution.resume()
    assert not resolution.is_blocked
    assert resolution.next_request() is not None


def test_a_resolution_may_be_shared_by_threads() -> None:
    resolution = gnl.Resolution()
    for link in LINKS * 20:
        resolution.push(link)

    def read() -> None:
        for _ in range(20):
            assert len(resolution.outcomes()) >= len(LINKS) * 20
            resolution.push(ARTICLE)

    threads = [threading.Thread(target=read) for _ in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert len(resolution) == len(LINKS) * 20 + 80


def test_the_kinds_of_errors_are_declared() -> None:
    source = Path(__file__).parents[2] / "resolve" / "src" / "error.rs"
    text = source.read_text(encoding="utf-8")
    body = text[text.index("pub enum ErrorKind {") :]
    body = body[: body.index("\n}")]
    names = [line.strip(" ,") for line in body.splitlines()[1:] if line.startswith("    ") and "///" not in line]
    kebab = ["".join(f"-{c.lower()}" if c.isupper() else c for c in name).removeprefix("-") for name in names]
    assert tuple(kebab) == get_args(ResolveErrorKind)
