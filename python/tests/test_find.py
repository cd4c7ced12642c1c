"""Links in any text."""

import subprocess
import sys
from typing import Any

import google_news_link as gnl
import pytest
from vectors import ARTICLE, ARTICLE_URL, OPAQUE, VIDEO

LINK = f"https://news.google.com/rss/articles/{ARTICLE}?oc=5"
CUT = "https://news.google.com/articles/CBMiYmh0dHBzO..."
TEXTS = [
    f"[title]({LINK}), see it.",
    f"Grüße 🎉 ({LINK}) und {CUT} — ü {LINK}",
    f'<a href="{LINK.replace("?oc=5", "?hl=en&amp;gl=US")}">é</a>',
    '{"é":"' + LINK.replace("/", "\\/") + '"}',
    f"\ud800 {LINK}",
    "no link",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_matches_are_slices_of_the_text(text: str) -> None:
    for each in (text, text.encode(errors="surrogatepass"), bytearray(text.encode(errors="surrogatepass"))):
        matches = gnl.find(each)
        assert len(matches) == text.count("news.google.com")
        for match in matches:
            assert each[match.start : match.end] == match.link
            assert type(match.link) is type(each)
            try:
                assert match.target == gnl.decode(match.link)
            except gnl.DecodeError as error:
                assert match.target == error  # noqa: PT017
        assert [match.start for match in matches] == sorted({match.start for match in matches})


def test_matches_have_a_repr_and_can_be_matched() -> None:
    (match,) = gnl.find(f"see {LINK}")
    assert repr(match) == f"<Match 4:{4 + len(LINK)} <Article {ARTICLE_URL}>>"
    match match:
        case gnl.Match(link, gnl.Article(url)):
            assert (link, url) == (LINK, ARTICLE_URL)
        case _:
            pytest.fail("no match")


def test_links_without_a_host_are_found_if_asked_for() -> None:
    page = f'<a href="./read/{ARTICLE}?hl=en"><a href="./articles/{VIDEO}">'
    assert gnl.find(page) == []
    assert [match.target for match in gnl.find(page, relative=True)] == [gnl.decode(ARTICLE), gnl.decode(VIDEO)]
    assert gnl.rewrite(page) == page
    assert gnl.rewrite(page, relative=True) == (
        f'<a href="{ARTICLE_URL}"><a href="https://www.youtube.com/watch?v=bR0VcOCTohY">'
    )


def test_links_are_replaced_by_their_urls_and_all_else_is_kept() -> None:
    opaque = f"https://news.google.com/read/{OPAQUE}"
    text = f"Grüße \ud800 ({LINK}) und {CUT} — {opaque} {LINK}"
    expected = f"Grüße \ud800 ({ARTICLE_URL}) und {CUT} — {opaque} {ARTICLE_URL}"
    assert gnl.rewrite(text) == expected
    assert gnl.rewrite(text.encode(errors="surrogatepass")) == expected.encode(errors="surrogatepass")
    assert gnl.rewrite('{"a":"' + LINK.replace("/", "\\/") + '"}') == '{"a":"https:\\/\\/amu.tv\\/111931\\/"}'
    for same in ("no link", "", b"no link"):
        assert gnl.rewrite(same) == same


def test_links_are_replaced_by_what_a_function_returns() -> None:
    text = f"é {LINK} {CUT} {LINK}"
    urls = iter(["https://a.example/?x=1&y=2", None, "https://b.example/"])
    seen = []

    def replace(match: gnl.Match) -> str | None:
        seen.append(match.link)
        return next(urls)

    assert gnl.rewrite(text, replace) == f"é https://a.example/?x=1&y=2 {CUT} https://b.example/"
    assert seen == [LINK, CUT, LINK]


def test_errors_of_the_function_are_raised() -> None:
    def replace(match: gnl.Match) -> str:
        raise LookupError(match.link)

    with pytest.raises(LookupError, match="news.google.com"):
        gnl.rewrite(LINK, replace)
    with pytest.raises(TypeError):
        gnl.rewrite(LINK, lambda match: 5)  # type: ignore[arg-type, return-value]  # noqa: ARG005


@pytest.mark.parametrize("text", [5, None, [LINK], memoryview(b"a")])
def test_a_text_of_another_type_is_a_type_error_that_names_it(text: Any) -> None:
    for function in (gnl.find, gnl.rewrite):
        with pytest.raises(TypeError, match=f"not .*{type(text).__name__}"):
            function(text)


def test_a_bytearray_becomes_bytes() -> None:
    for text in (b"no link", b"see https://news.google.com/articles/" + ARTICLE.encode()):
        written = gnl.rewrite(bytearray(text))
        assert type(written) is bytes
        assert written == gnl.rewrite(text)


def test_a_signal_ends_a_search() -> None:
    code = f"""
import signal, google_news_link as gnl
text = "https://news.google.com/articles/{ARTICLE} " * 1_000_000
signal.signal(signal.SIGALRM, signal.default_int_handler)
for search in (gnl.find, gnl.rewrite):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        search(text)
    except KeyboardInterrupt:
        print("interrupted")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "interrupted\n" * 2
