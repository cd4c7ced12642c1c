"""Many links at a time, without Arrow."""

import itertools
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import google_news_link as gnl
import pytest
from vectors import ARTICLE, ARTICLE_URL, OPAQUE, PUBLICATION, TOKEN, VECTORS, VIDEO, decode_alone

LINKS = [vector.link for vector in VECTORS]
# Several chunks, which end after 16,384 rows.
MANY = list(itertools.islice(itertools.cycle(LINKS), 150_000))

ODD_LINKS: list[str | bytes | None] = [
    "",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    " ",
    "\0",
    ARTICLE + "\n",
    ARTICLE + "\r",
    ARTICLE + "\r\n",
    ARTICLE + "\n\n",
    ARTICLE + "\n" + ARTICLE,
    "\n" + ARTICLE,
    ARTICLE[:20] + "\n" + ARTICLE[20:],
    " " + ARTICLE + " \n",
    "héllo",
    "\u2003" + ARTICLE[:-1] + "é",
    f"https://news.google.com/articles/{ARTICLE}é{ARTICLE}\n",
    f"\u00a0\u00a0https://news.google.com/articles/{ARTICLE}é{ARTICLE}\r\n",
    "\ud800" + ARTICLE,
    f"https://news.google.com/articles/{ARTICLE}\udfff",
    "A" * 65_535,
    "A" * 65_535 + "\n",
    "A" * 65_536,
    "A" * 65_536 + "\n",
    "A" * 65_536 + "\r\n",
    "A" * 65_537,
    "é" * 40_000,
    "https://news.google.com/articles/" + ARTICLE + "?" + "x" * 65_400,
    b"\xff\xfe",
    b"",
    b"\n",
    ARTICLE.encode(),
    f"https://news.google.com/articles/{ARTICLE}é{ARTICLE}".encode(),
    None,
]


def test_row_i_is_link_i() -> None:
    batch = gnl.decode_many(LINKS)
    assert len(batch) == len(LINKS)
    assert list(batch) == [decode_alone(link) for link in LINKS]
    assert [batch[row] for row in range(len(batch))] == list(batch)


def test_odd_links_decode_as_they_do_alone() -> None:
    for links in (ODD_LINKS, ODD_LINKS[::-1], [link for link in ODD_LINKS for _ in range(3)]):
        batch = gnl.decode_many(links)
        for row, (found, link) in enumerate(zip(batch, links, strict=True)):
            assert found == decode_alone(link), (row, link)
    for link in [*ODD_LINKS, *(link + end for link in LINKS for end in ("\n", "\r\n", "\r", " \n"))]:
        assert list(gnl.decode_many([link])) == [decode_alone(link)]


def test_many_chunks_keep_the_order() -> None:
    alone = {link: decode_alone(link) for link in LINKS}
    batch = gnl.decode_many(MANY)
    assert len(batch) == len(MANY)
    for row, (found, link) in enumerate(zip(batch, MANY, strict=True)):
        assert found == alone[link], row
    for row in (0, 1, len(MANY) // 2, len(MANY) - 1, -1, -len(MANY)):
        assert batch[row] == alone[MANY[row]]


class Collection:
    """An iterable that is not a list, and whose length is not the number of its links."""

    def __init__(self, links: Iterable[Any], length: int) -> None:
        self.links = links
        self.length = length

    def __iter__(self) -> Iterator[Any]:
        return iter(self.links)

    def __len__(self) -> int:
        return self.length


class ListOfUpperCase(list[str]):
    def __iter__(self) -> Iterator[str]:
        return (link.upper() for link in super().__iter__())


def test_any_iterable_is_accepted(tmp_path: Path) -> None:
    expected = list(gnl.decode_many(LINKS))
    file = tmp_path / "links.txt"
    file.write_text("".join(link + "\n" for link in LINKS), encoding="utf-8")
    with file.open(encoding="utf-8", newline="\n") as text, file.open("rb") as binary:
        assert list(gnl.decode_many(text)) == expected
        of_bytes = list(gnl.decode_many(binary))
    assert of_bytes == [decode_alone(link.encode()) for link in LINKS]
    for links in (
        tuple(LINKS),
        iter(LINKS),
        (link for link in LINKS),
        dict.fromkeys(LINKS),
        dict.fromkeys(LINKS).keys(),
        Collection(LINKS, 3),
        Collection(LINKS, sys.maxsize),
    ):
        assert list(gnl.decode_many(links)) == expected
    assert list(gnl.decode_many({ARTICLE})) == [gnl.decode(ARTICLE)]
    assert gnl.decode_many(ListOfUpperCase(["hello"]))[0] == decode_alone("HELLO")


def test_exceptions_of_len_are_raised() -> None:
    class WithoutLength(Collection):
        def __len__(self) -> int:
            raise LookupError("no length")

    with pytest.raises(LookupError, match="no length"):
        gnl.decode_many(WithoutLength(LINKS, 0))
    with pytest.raises(ValueError, match="__len__"):
        gnl.decode_many(Collection(LINKS, -1))


def test_no_links_are_no_rows() -> None:
    nothing: list[Iterable[str]] = [[], (), iter([])]
    for links in nothing:
        batch = gnl.decode_many(links)
        assert (len(batch), list(batch), batch.counts()) == (0, [], {})
        with pytest.raises(IndexError):
            batch[0]


def test_rows_of_missing_links_are_none() -> None:
    batch = gnl.decode_many([None, ARTICLE, None, "hello", None])
    assert list(batch) == [None, gnl.decode(ARTICLE), None, decode_alone("hello"), None]
    assert batch.counts() == {"article": 1, "error": 1, "null": 3}
    assert [row for row, _ in batch.errors()] == [3]


@pytest.mark.parametrize("links", ["abc", b"abc", bytearray(b"abc")])
def test_a_single_link_is_refused(links: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(links).__name__}: decode"):
        gnl.decode_many(links)


@pytest.mark.parametrize("links", [5, None, 1.5, object()])
def test_what_is_not_iterable_is_a_type_error_that_names_it(links: Any) -> None:
    with pytest.raises(TypeError, match=f"not .*{type(links).__name__}"):
        gnl.decode_many(links)


def test_a_link_of_another_type_is_a_type_error_with_its_row() -> None:
    links: list[Any] = [[ARTICLE, 3], (ARTICLE, 3), iter([ARTICLE, 3])]
    for each in links:
        with pytest.raises(TypeError, match="link 1 is not a str, bytes, bytearray or None, but int"):
            gnl.decode_many(each)
    with pytest.raises(TypeError, match="link 0 .* but float"):
        gnl.decode_many([float("nan")])  # type: ignore[list-item]


def test_errors_of_the_iterable_are_raised() -> None:
    def links() -> Iterator[str]:
        yield from MANY
        raise LookupError("the source is gone")

    with pytest.raises(LookupError, match="the source is gone"):
        gnl.decode_many(links())


@pytest.mark.parametrize("change", [lambda links: links.append(ARTICLE), list.clear], ids=["longer", "shorter"])
def test_a_list_that_changes_its_size_is_an_error(change: Callable[[list[str]], None]) -> None:
    # With this switch interval, another thread can only run, and change the list, while a block is decoded.
    links = [ARTICLE] * 1_000_000
    may_change = threading.Event()

    def run() -> None:
        may_change.wait()
        change(links)

    thread = threading.Thread(target=run)
    thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        may_change.set()
        with pytest.raises(RuntimeError, match="list changed size during decode_many"):
            gnl.decode_many(links)
    finally:
        sys.setswitchinterval(before)
        thread.join()


def test_dicts_and_sets_that_change_are_errors() -> None:
    links = dict.fromkeys(LINKS)

    def changing() -> Iterator[str]:
        for link in links:
            yield link
            links["another"] = None

    with pytest.raises(RuntimeError, match="changed size during iteration"):
        gnl.decode_many(changing())


def test_a_signal_ends_the_call() -> None:
    # If signals were only handled after the call, no link would be left.
    code = f"""
import signal, google_news_link as gnl
links = iter([{ARTICLE!r}] * 5_000_000)
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    gnl.decode_many(links)
except KeyboardInterrupt:
    print("interrupted", links.__length_hint__() > 0)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "interrupted True\n"


def test_other_threads_run_during_a_call() -> None:
    # With a switch interval of an hour, the other thread can only run while this one decodes a block.
    count = 300_000
    links: Any = iter([ARTICLE] * count)
    seen: set[int] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(links.__length_hint__())
            # Gives up the lock of the interpreter.
            time.sleep(0)

    thread = threading.Thread(target=look)
    before = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        thread.start()
        gnl.decode_many(links)
    finally:
        stop.set()
        sys.setswitchinterval(before)
        thread.join()
    assert any(0 < left < count for left in seen)


def test_threads_share_nothing() -> None:
    expected = list(gnl.decode_many(LINKS))
    results: list[bool] = []

    def run() -> None:
        results.extend(list(gnl.decode_many(LINKS)) == expected for _ in range(20))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 80


def test_columns_are_lists() -> None:
    batch = gnl.decode_many([ARTICLE, OPAQUE, "hello", None, VIDEO, PUBLICATION])
    assert batch.kinds() == ["article", "opaque-article", None, None, "video", "publication"]
    video_url = "https://www.youtube.com/watch?v=bR0VcOCTohY"
    assert batch.canonical_urls() == [ARTICLE_URL, None, None, None, video_url, None]
    assert batch.amp_urls() == [None] * 6
    assert batch.tokens() == [None, TOKEN, None, None, None, None]
    assert batch.url_lens() == [22, 19, None, None, len(video_url), None]
    assert batch.errors() == [(2, decode_alone("hello"))]


def test_columns_agree_with_rows() -> None:
    batch = gnl.decode_many(MANY)
    columns = (batch.kinds(), batch.canonical_urls(), batch.amp_urls(), batch.tokens(), batch.url_lens())
    errors = dict(batch.errors())
    for row, (found, *values) in enumerate(zip(batch, *columns, strict=True)):
        if isinstance(found, gnl.Target):
            expected = [found.kind, found.canonical_url, found.amp_url, found.token, found.url_len]
            assert values == expected, row
            assert row not in errors
        else:
            assert values == [None] * 5
            assert errors[row] == found
    counts = batch.counts()
    assert sum(counts.values()) == len(MANY)
    assert counts["error"] == len(errors)
    assert counts["article"] == columns[0].count("article")


def test_rows_are_indexed_as_a_list_is() -> None:
    batch = gnl.decode_many([ARTICLE, VIDEO, PUBLICATION])
    rows = list(batch)
    assert [batch[-1], batch[-3], batch[True]] == [rows[-1], rows[-3], rows[1]]
    for index in (slice(None), slice(1, None), slice(None, None, -1), slice(-2, 100), slice(2, 1), slice(0, 3, 2)):
        assert batch[index] == rows[index]
    for wrong in (3, -4, sys.maxsize, -sys.maxsize - 1, 2**70, -(2**70)):
        with pytest.raises(IndexError, match="batch index out of range"):
            batch[wrong]
    for text in ("0", 1.0, None):
        with pytest.raises(TypeError):
            batch[text]  # type: ignore[call-overload]


def test_a_batch_has_a_repr_and_does_not_pickle() -> None:
    batch = gnl.decode_many([ARTICLE, None])
    assert repr(batch) == "<Batch of 2 rows>"
    with pytest.raises(TypeError, match="Arrow table"):
        pickle.dumps(batch)
    with pytest.raises(TypeError):
        gnl.Batch()


def test_rows_outlive_the_batch() -> None:
    iterator = iter(gnl.decode_many([ARTICLE, VIDEO]))
    assert list(iterator) == [gnl.decode(ARTICLE), gnl.decode(VIDEO)]
    assert list(iterator) == []
