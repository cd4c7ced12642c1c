"""The program, beside the Rust program of the same name if that was built."""

import json
import os
import signal
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, get_args

import google_news_link as gnl
import pytest
from google_news_link.types import Kind
from service import Play, make_article, make_redirect, serve
from vectors import ARTICLE, ARTICLE_URL, OPAQUE, PUBLICATION, REDIRECT, TOKEN, VECTORS, VIDEO

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "google_news_link"]
LINES = "".join(vector.link + "\n" for vector in VECTORS).encode() + b"\xff\n\r\n" + b"A" * 70_000 + b"\n\x01a\tb"
ARTICLES = [make_article(number) for number in range(4)]
REDIRECT_TOKEN = make_redirect(0).token


# A link of each kind, with the lines that `decode` prints: as in the columns of tests/data/vectors/links.tsv.
FACTS = {
    ARTICLE: ["kind: article", f"canonical_url: {ARTICLE_URL}"],
    OPAQUE: ["kind: opaque-article", f"token: {TOKEN}", "url_len: 19"],
    "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY": [
        "kind: keyed-article",
        "key: 6b808fac5d135122b8bfff1045b83d61",
        "publication_id: CAAqBwgKMJfviQswraacAw",
        "section_number: 13159237",
    ],
    VIDEO: ["kind: video", "canonical_url: https://www.youtube.com/watch?v=bR0VcOCTohY", "video: bR0VcOCTohY"],
    "CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB": [
        "kind: topic",
        "knowledge_graph_id: /m/07c1v",
        "language: en",
        "region: US",
    ],
    "CAAqNQgKIi9DQklTSFRvR2MyVmhjbU5vV2hNS0VXNWxjR0ZzSUhOd2IzSjBjeUJ1WlhkektBQVAB": [
        "kind: topic",
        "name: search",
        "query: nepal sports news",
    ],
    "CAAqcggKImxDQklTU3pvSmMzUnZjbmt0TXpZd1NqNEtFUWpQdy1ld2pvQU1FUW9xdXRxZm03b3VFaWt5SUdacGNtVm1hV2RvZEdWeWN5Qmlk"
    "WEp1WldRZ2FXNGdRMkZzYVdadmNtNXBZU0JpYkdGNlpTZ0FQAQ": [
        "kind: story",
        "cluster: 52780418589135",
        "hash: 3367174782284605962",
        "title: 2 firefighters burned in California blaze",
    ],
    PUBLICATION: ["kind: publication", "number: 989078", "family: 6469006"],
    "CAAqKQgKIiNDQklTRkFnTWFoQUtEbUppWXk1amJ5NTFheTl1WlhkektBQVAB": ["kind: publication", "site: bbc.co.uk/news"],
    "./publications/CAAiEI68v2DwwAsSi23iz1Ps7aAqFAgKIhCOvL9g8MALEott4s9T7O2g": [
        "kind: publication",
        "key: 8ebcbf60f0c00b128b6de2cf53eceda0",
    ],
    "https://news.google.com/topics/x/sections/CAQiXENCQVNQd29JTDIwdk1EbHpNV1lTQW1WdUdnSlZVeUlQQ0FRYUN3b0pMMjB2TURs"
    "NU5IQnRLaG9LR0FvVVRVRlNTMFZVVTE5VFJVTlVTVTlPWDA1QlRVVWdBU2dBKioIAComCAoiIENCQVNFZ29JTDIwdk1EbHpNV1lTQW1WdUdn"
    "SlZVeWdBUAFQAQ": [
        "kind: section",
        "edition_id: CAAqJggKIiBDQkFTRWdvSUwyMHZNRGx6TVdZU0FtVnVHZ0pWVXlnQVAB",
        "name: MARKETS_SECTION_NAME",
        "knowledge_graph_id: /m/09y4pm",
    ],
    "https://news.google.com/s/CBIwkdv6lUE": ["kind: share", "number: 17494355345"],
    "https://news.google.com/api/attachments/CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs=": [
        "kind: picture",
        "key: sxTfY75i8ugh_M",
        "width: 739",
        "height: 415",
    ],
    REDIRECT: ["kind: redirect", "canonical_url: https://example.com/a?b=1"],
    f"https://www.google.com/goto?url={REDIRECT_TOKEN}": [
        "kind: opaque-redirect",
        f"token: {REDIRECT_TOKEN}",
        "url_len: 30",
    ],
}


def run(program: list[str], *arguments: str, stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*program, *arguments], input=stdin, capture_output=True, env=os.environ | {"no_proxy": "127.0.0.1"}, **options
    )


def rust_program() -> list[str]:
    for profile in ("debug", "release"):
        program = ROOT / "target" / profile / "google-news-link"
        if program.exists():
            return [str(program)]
    pytest.skip("the Rust program was not built")


def test_the_script_and_the_module_are_the_same_program() -> None:
    script = Path(sysconfig.get_path("scripts")) / "google-news-link"
    for program in ([str(script)], PROGRAM):
        done = run(program, "--version")
        assert done.stdout.decode() == f"google-news-link {gnl.__version__}\n"
        done = run(program, "decode", ARTICLE)
        assert (done.returncode, done.stdout.decode()) == (0, f"kind: article\ncanonical_url: {ARTICLE_URL}\n")


def test_decode_prints_all_that_a_link_of_each_kind_contains() -> None:
    for link, lines in FACTS.items():
        done = run(PROGRAM, "decode", link)
        assert (done.returncode, done.stdout.decode().splitlines(), done.stderr) == (0, lines, b"")
    assert {lines[0] for lines in FACTS.values()} == {f"kind: {kind}" for kind in get_args(Kind)}


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode"],
        ["decode", "--json"],
        ["table"],
        ["table", "--with-link"],
        ["table", "--format", "jsonl"],
        ["table", "--format", "jsonl", "--with-link", "-"],
    ],
    ids=" ".join,
)
def test_all_vectors_are_printed_as_by_the_rust_program(arguments: list[str]) -> None:
    rust = run(rust_program(), *arguments, stdin=LINES)
    python = run(PROGRAM, *arguments, stdin=LINES)
    assert python.stdout.decode().splitlines() == rust.stdout.decode().splitlines()
    assert python.returncode == rust.returncode
    # The first line of the summary of a table is a time.
    first = 1 if arguments[0] == "table" else 0
    assert python.stderr.decode().splitlines()[first:] == rust.stderr.decode().splitlines()[first:]


@pytest.mark.parametrize("link", [ARTICLE, OPAQUE, VIDEO, "hello", "", "x" * 200 + "CBMi…", "\x1b[31m"])
def test_a_single_link_is_printed_as_by_the_rust_program(link: str) -> None:
    rust, python = (run(program, "decode", link) for program in (rust_program(), PROGRAM))
    assert (python.returncode, python.stdout, python.stderr) == (rust.returncode, rust.stdout, rust.stderr)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_resolved_links_are_printed_as_by_the_rust_program(options: list[str], tmp_path: Path) -> None:
    links = [*(article.link for article in ARTICLES), ARTICLE, "hello", ARTICLES[0].id, "CBMiC0hvdyB0byBzY2Fu0gEA"]
    program = rust_program()
    for play in (Play(), Play(budget=2), Play(rows="swapped")):
        outputs = []
        for each, extra in ((program, ["--in-flight", "1"]), (PROGRAM, [])):
            cache = str(tmp_path / "answers")
            with serve(ARTICLES, play) as service:
                for _ in range(2):
                    arguments = [*options, *extra, "--base", service.base_url, "--cache", cache, *links]
                    done = run(each, "resolve", *arguments)
                    outputs.append((each, done.returncode, done.stdout.decode(), done.stderr.decode()))
            answers = Path(cache).read_text(encoding="utf-8")
            outputs.append((each, 0, answers, ""))
            Path(cache).unlink()
        rust, python = ([rest for each, *rest in outputs if each is program] for program in (program, PROGRAM))
        assert python == rust


def test_links_are_resolved(tmp_path: Path) -> None:
    cache = tmp_path / "answers.jsonl"
    links = [article.link for article in ARTICLES]
    with serve(ARTICLES) as service:
        for _ in range(2):
            done = run(PROGRAM, "resolve", "--base", service.base_url, "--cache", str(cache), *links)
            assert done.stdout.decode().splitlines() == [article.url for article in ARTICLES]
    assert service.requests == {"GET": 4, "POST": 1}
    answers = [json.loads(line) for line in cache.read_text(encoding="utf-8").splitlines()]
    assert answers == [{"token": article.token, "url": article.url} for article in ARTICLES]
    assert done.stderr.decode() == "4 links: 4 with a URL, 0 without; requested 0 pages and 0 POSTs\n"


def test_a_damaged_cache_is_reported_and_repaired(tmp_path: Path) -> None:
    cache = tmp_path / "answers.jsonl"
    cache.write_text(f'{{"token":"{TOKEN}","url":"https://example.com"}}\n[]\n{{"token":"AU', encoding="ascii")
    done = run(PROGRAM, "resolve", "--cache", str(cache), OPAQUE)
    assert done.stdout.decode() == "https://example.com\n"
    lines = done.stderr.decode().splitlines()[:2]
    assert lines == [f"{cache}: line {number} is not an answer and is ignored" for number in (2, 3)]
    assert cache.read_text(encoding="ascii").endswith('"AU\n')


def test_a_table_is_written_to_a_file(tmp_path: Path) -> None:
    source, output = tmp_path / "links.txt", tmp_path / "links.tsv"
    source.write_bytes(LINES)
    done = run(PROGRAM, "table", "--output", str(output), str(source))
    assert (done.returncode, done.stdout) == (0, b"")
    assert output.read_bytes() == run(PROGRAM, "table", stdin=LINES).stdout
    assert run(PROGRAM, "table", "--output", "-", str(source)).stdout == output.read_bytes()


def test_a_table_does_not_replace_its_input(tmp_path: Path) -> None:
    source, link = tmp_path / "links.txt", tmp_path / "same.txt"
    source.write_bytes(LINES)
    link.hardlink_to(source)
    for name in (source, link):
        with source.open("rb") as stdin:
            redirected = subprocess.run([*PROGRAM, "table", "--output", str(name)], stdin=stdin, capture_output=True)
        named = run(PROGRAM, "table", "--output", str(name), str(source))
        for done in (redirected, named):
            assert (done.returncode, done.stdout) == (2, b"")
            assert done.stderr.decode() == f"error: {name}: input and output are the same file\n"
        assert source.read_bytes() == LINES
    with source.open("ab") as stdout:
        done = subprocess.run([*PROGRAM, "table", str(link)], stdout=stdout, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, b"error: standard output: input and output are the same file\n")
    assert source.read_bytes() == LINES
    with Path(os.devnull).open("rb") as stdin:
        done = subprocess.run([*PROGRAM, "table", "--output", os.devnull], stdin=stdin, stderr=subprocess.PIPE)
    assert done.returncode == 0


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    old, link, new = tmp_path / "old.tsv", tmp_path / "link.tsv", tmp_path / "new.tsv"
    old.write_bytes(b"old")
    old.chmod(0o640)
    link.symlink_to(old)
    for path in (old, link, new):
        arguments = [*PROGRAM, "table", "--output", str(path)]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None
            process.stdin.write(LINES * 50)
            process.stdin.flush()
            # All of it has been read but for what fits in the pipe, and the program waits for more.
            process.send_signal(signal.SIGINT)
            assert process.wait() == 1
        assert (old.read_bytes(), new.exists()) == (b"old", False)
        assert sorted(tmp_path.iterdir()) == [link, old]
    assert run(PROGRAM, "table", "--output", str(link), stdin=LINES).returncode == 0
    assert old.read_bytes() == run(PROGRAM, "table", stdin=LINES).stdout
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert link.is_symlink()
    unwritable = tmp_path / "missing" / "new.tsv"
    done = run(PROGRAM, "table", "--output", str(unwritable), stdin=LINES)
    assert done.returncode == 2
    assert done.stderr.decode() == f"error: {unwritable}: No such file or directory (os error 2)\n"


def test_wrong_usage_and_unusable_files_exit_with_2(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    done = run(PROGRAM, "table", str(missing))
    assert (done.returncode, done.stderr.decode()) == (2, f"error: {missing}: No such file or directory (os error 2)\n")
    for arguments in ([], ["other"], ["table", "--format", "csv"], ["resolve", "--base", "ftp://127.0.0.1", OPAQUE]):
        assert run(PROGRAM, *arguments).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, "table"], input=LINES, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr


def test_a_closed_pipe_ends_the_program_quietly() -> None:
    with subprocess.Popen(
        [*PROGRAM, "table"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(LINES * 20)
        process.stdin.close()
        error = process.stderr.read()
        assert (process.wait(), error) == (0, b"")


def test_ctrl_c_ends_the_program_with_1() -> None:
    with serve(ARTICLES, Play(page="silent")) as service:
        arguments = [*PROGRAM, "resolve", "--base", service.base_url, ARTICLES[0].link]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            with service.lock:
                service.lock.wait_for(lambda: service.requests["GET"] == 1)
            process.send_signal(signal.SIGINT)
            output, error = process.communicate()
    assert (process.returncode, output, error) == (1, b"", b"interrupted\n")
