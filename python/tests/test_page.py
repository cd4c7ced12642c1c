"""Pages of Google News with several links."""

import dataclasses
from typing import Any

import google_news_link as gnl
import pytest
from service import make_article, make_news_page, serve

ARTICLES = [make_article(number) for number in range(10)]
LINKS = [article.link for article in ARTICLES]
URLS = [article.url for article in ARTICLES]
PAGE = make_news_page(ARTICLES)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,127.0.0.2")


@pytest.mark.parametrize("page", [PAGE, bytearray(PAGE), PAGE.decode()])
def test_a_saved_page_contains_the_urls_of_its_links(page: Any) -> None:
    links = gnl.harvest(page)
    assert [link.id for link in links] == [article.id for article in ARTICLES]
    assert [link.canonical_url for link in links] == URLS
    assert all(link.is_verified and link.error is None for link in links)
    target = links[0].target
    assert isinstance(target, gnl.OpaqueArticle)
    assert target.token == ARTICLES[0].token
    match links[0]:
        case gnl.PageLink(id_, url):
            assert (id_, url) == (ARTICLES[0].id, URLS[0])
        case _:
            raise AssertionError
    assert repr(links[0]) == f"<PageLink '{ARTICLES[0].id}' '{URLS[0]}'>"


def test_a_refuted_url_is_not_returned() -> None:
    wrong = dataclasses.replace(ARTICLES[0], url=URLS[0] + "x")
    (link,) = gnl.harvest(make_news_page([wrong]))
    assert (link.canonical_url, link.is_verified, link.error) == (None, False, "URL of another length")
    assert repr(link) == f"<PageLink '{wrong.id}' None>"


def test_records_have_a_title_a_source_and_a_time() -> None:
    record = [
        13,
        [13, ARTICLES[0].id],
        "Title",
        None,
        [1790000000],
        None,
        URLS[0],
        None,
        None,
        None,
        [12, [12, "x"], "Source"],
    ]
    text = str(record).replace("None", "null").replace("'", '"')
    (link,) = gnl.harvest(f"<script>AF_initDataCallback({{data:[{text}]}})</script>")
    assert (link.canonical_url, link.title, link.source_name, link.time) == (URLS[0], "Title", "Source", 1790000000)


def test_other_pages_have_no_links() -> None:
    pages: list[str | bytes] = [b"", b"\xff<", "<a href=./read/CBMi>", "text"]
    for page in pages:
        assert gnl.harvest(page) == []


@pytest.mark.parametrize("page", [None, 1, ["<p>"]])
def test_a_page_of_another_type_is_a_type_error_that_names_it(page: Any) -> None:
    with pytest.raises(TypeError, match=f"a page is a str, bytes or bytearray, not {type(page).__name__}"):
        gnl.harvest(page)


def test_only_the_articles_that_a_page_lacks_are_requested() -> None:
    with serve(ARTICLES) as service:
        service.news_page = make_news_page(ARTICLES[:7])
        known: dict[str, str] = {}
        outcomes = gnl.resolve(LINKS, base_url=service.base_url, known=known, pages=[service.base_url + "/search?q=x"])
        assert outcomes == URLS
        sources = [outcome.source for outcome in outcomes if isinstance(outcome, gnl.ResolvedUrl)]
        assert sources == ["page"] * 7 + ["online"] * 3
        assert dict(service.requests) == {"GET": 1 + 3, "POST": 1}
        assert known == {article.token: article.url for article in ARTICLES}


def test_pages_at_hand_need_no_request() -> None:
    known: dict[str, str] = {}
    outcomes = gnl.resolve(
        LINKS, base_url="http://127.0.0.1:9", known=known, learn=[PAGE], pages=["http://127.0.0.1:9/search?q=x"]
    )
    assert outcomes == URLS
    assert known == {article.token: article.url for article in ARTICLES}


def test_a_resolution_learns_and_tells_the_errors_of_pages() -> None:
    resolution = gnl.Resolution(base_url="http://127.0.0.1:9")
    for link in LINKS:
        resolution.push(link)
    assert resolution.learn(make_news_page(ARTICLES[:4])) == 4
    assert resolution.remaining == 6
    number = resolution.push_page("http://127.0.0.1:9/search?q=x")
    exchange = resolution.next_request()
    assert exchange is not None
    assert resolution.page_error(number) is None
    resolution.on_failure(exchange, "refused")
    error = resolution.page_error(number)
    assert isinstance(error, gnl.ResolveError)
    assert error.kind == "connection-failed"
    assert resolution.news_pages == 1


def test_wrong_pages_are_errors() -> None:
    with pytest.raises(ValueError, match="page with several links"):
        gnl.resolve(LINKS, pages=["https://example.com/"])
    with pytest.raises(TypeError, match="pages is an iterable of pages, not str: put a single page in a list"):
        gnl.resolve(LINKS, pages="https://news.google.com/search?q=x")
    with pytest.raises(TypeError, match="learn is an iterable of pages, not bytes"):
        gnl.resolve(LINKS, learn=PAGE)  # type: ignore[arg-type]
