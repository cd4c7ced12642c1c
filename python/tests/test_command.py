"""The program, beside the Rust program of the same name if that was built."""

import itertools
import json
import os
import re
import shlex
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
from service import Play, Service, make_article, make_redirect, serve
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


def wait_for_page(service: Service) -> None:
    with service.lock:
        service.lock.wait_for(lambda: service.requests["GET"] == 1)


def rust_programs() -> list[list[str]]:
    """Returns the Rust program in a list, which is empty if it was not built."""
    name = os.environ.get("GOOGLE_NEWS_LINK_PROGRAM")
    if name is not None:
        # The checks set the variable: there, a program that was not built is an error.
        return [[str(Path(name).resolve(strict=True))]]
    paths = [ROOT / "target" / profile / "google-news-link" for profile in ("debug", "release")]
    return [[str(path)] for path in paths if path.exists()][:1]


def rust_program() -> list[str]:
    for program in rust_programs():
        return program
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
    for path, number in itertools.product((old, link, new), (signal.SIGINT, signal.SIGTERM)):
        arguments = [*PROGRAM, "table", "--output", str(path)]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None
            process.stdin.write(LINES * 50)
            process.stdin.flush()
            # All of it has been read but for what fits in the pipe, and the program waits for more.
            process.send_signal(number)
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
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("table >/dev/full", "standard output"),
        ("table --output /dev/full", "/dev/full"),
        (f"decode {ARTICLE} >/dev/full", "standard output"),
        (f"resolve {ARTICLE} >/dev/full", "standard output"),
    ],
)
def test_a_full_disk_is_an_error(command: str, name: str) -> None:
    for program in (PROGRAM, *rust_programs()):
        shell = f"{shlex.join(program)} {command}"
        done = subprocess.run(["/bin/sh", "-c", shell], input=LINES, capture_output=True, check=False)
        message = f"error: {name}: No space left on device (os error 28)"
        assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (2, message)


def test_a_folder_is_no_input(tmp_path: Path) -> None:
    for program in (PROGRAM, *rust_programs()):
        done = run(program, "table", str(tmp_path))
        assert (done.returncode, done.stderr.decode()) == (2, f"error: {tmp_path}: Is a directory (os error 21)\n")


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_prints_what_it_has(number: signal.Signals, tmp_path: Path) -> None:
    expected = (
        f"{ARTICLE_URL}\n\n{ARTICLES[1].url}\n\n",
        f"error: not an article: publication\n  {PUBLICATION}\ninterrupted: 1 link left\n"
        "4 links: 2 with a URL, 2 without; requested 1 page and 0 POSTs\n",
    )
    cache = tmp_path / "answers.jsonl"
    cache.write_text(json.dumps({"token": ARTICLES[1].token, "url": ARTICLES[1].url}), encoding="utf-8")
    links = [ARTICLE, ARTICLES[0].link, ARTICLES[1].link, PUBLICATION]
    for program in (PROGRAM, *rust_programs()):
        with serve(ARTICLES, Play(page="silent")) as service:
            arguments = [*program, "resolve", "--base", service.base_url, "--cache", str(cache), *links]
            environment = os.environ | {"no_proxy": "127.0.0.1"}
            with subprocess.Popen(
                arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
            ) as process:
                wait_for_page(service)
                process.send_signal(number)
                output, error = process.communicate()
        assert (process.returncode, output, error) == (1, *expected)


def test_options_are_accepted_anywhere_but_not_abbreviated() -> None:
    expected = run(PROGRAM, "decode", "--json", ARTICLE, VIDEO).stdout
    assert expected.count(b"\n") == 2
    for arguments in ([ARTICLE, "--json", VIDEO], [ARTICLE, VIDEO, "--json"], ["--json", "--", ARTICLE, VIDEO]):
        assert run(PROGRAM, "decode", *arguments).stdout == expected
    assert run(PROGRAM, "table", "-", "--format", "jsonl", stdin=LINES).stdout.startswith(b"{")
    done = run(PROGRAM, "decode", "--", "--json")
    assert (done.returncode, done.stdout, done.stderr.splitlines()[1]) == (1, b"", b"  --json")
    for arguments in (["decode", "--js", ARTICLE], ["table", "--form", "tsv"], ["--vers"]):
        done = run(PROGRAM, *arguments)
        assert (done.returncode, done.stdout) == (2, b"")


def test_each_command_has_the_option_for_the_version() -> None:
    for option in ("-V", "--version"):
        assert run(PROGRAM, option).stdout.decode() == f"google-news-link {gnl.__version__}\n"
        for command in ("decode", "table", "resolve"):
            done = run(PROGRAM, command, "A", option)
            assert (done.returncode, done.stdout.decode()) == (0, f"google-news-link-{command} {gnl.__version__}\n")


def test_the_readme_lists_the_options_that_only_one_program_has() -> None:
    def options(program: list[str], command: str) -> set[str]:
        return set(re.findall(r"--[a-z-]+", run(program, command, "-h").stdout.decode()))

    readme = (ROOT / "python" / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(--[a-z-]+)`", readme[readme.index("The differences:") : readme.index("## What it")]))
    program = rust_program()
    missing = {
        "decode": set(),
        "table": {"--threads"},
        "resolve": listed - {"--threads", "--interval", "--help", "--timeout"},
    }
    for command, expected in missing.items():
        rust, python = options(program, command), options(PROGRAM, command)
        assert (rust - python, python - rust) == (expected, {"--interval"} & python)


def test_times_that_are_not_finite_or_negative_are_wrong_usage() -> None:
    for arguments in (
        *(["--timeout", number] for number in ("0", "-1", "nan", "inf", "x")),
        *(["--interval", number] for number in ("-1", "nan", "inf", "x")),
    ):
        done = run(PROGRAM, "resolve", *arguments, ARTICLE)
        assert (done.returncode, done.stdout) == (2, b"")
        assert f"argument {arguments[0]}: ".encode() in done.stderr


@pytest.mark.parametrize(
    ("command", "status", "output", "error"),
    [
        ("decode <&-", 0, "", ""),
        ("table <&-", 0, "kind\tcanonical_url\tamp_url\ttoken\terror\turl_len\n", "0 rows in "),
        ("decode hello 2>&-", 1, "", ""),
        (f"decode {ARTICLE} hello 2>&-", 1, f"link: {ARTICLE}\nkind: article\ncanonical_url: {ARTICLE_URL}\n\n", ""),
        (f"decode {ARTICLE} >&-", 0, "", ""),
        ("decode hello >&-", 1, "", "error: not a Google News link or ID\n  hello\n  ^\n"),
        ("decode <&- >&- 2>&-", 0, "", ""),
        ("resolve <&-", 0, "", "0 links: 0 with a URL, 0 without; requested 0 pages and 0 POSTs\n"),
    ],
)
def test_closed_streams_are_empty(command: str, status: int, output: str, error: str) -> None:
    for program in (PROGRAM, *rust_programs()):
        shell = f"{shlex.join(program)} {command}"
        done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (status, output)
        assert done.stderr.startswith(error)
        assert bool(done.stderr) == bool(error)


def test_messages_do_not_depend_on_the_locale() -> None:
    link = "x" * 200 + "/äöü"
    expected = run(PROGRAM, "decode", link).stderr
    assert "…\n".encode() in expected
    for variables in ({"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}):
        done = subprocess.run(
            [*PROGRAM, "decode", link], env=os.environ | variables, stdin=subprocess.DEVNULL, capture_output=True
        )
        assert (done.returncode, done.stderr) == (1, expected)


def test_wrong_answers_in_the_cache_are_reported_and_the_first_one_is_kept(tmp_path: Path) -> None:
    article, other = ARTICLES[0], ARTICLES[1]
    answer = {"token": article.token, "url": article.url}
    lines = [
        {"token": article.token, "url": article.url + "x"},
        answer | {"id": article.id},
        {"url": article.url},
        {"id": article.token, "url": article.url},
        {"token": "x", "url": article.url},
        {"token": 5, "url": article.url},
        {"token": other.token, "url": "not a URL"},
        [article.token, article.url],
        answer | {"id": None, "note": "x"},
        answer | {"url": article.url.replace("publisher", "elsewhere")},
        answer | {"url": article.url + "xyz"},
    ]
    # The token of line 4 is the ID of no link, and line 10 comes after an answer that is as good.
    reported = [1, 2, 3, 5, 6, 7, 8, 11]
    for program in (PROGRAM, *rust_programs()):
        cache = tmp_path / "answers.jsonl"
        cache.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        done = run(program, "resolve", "--base", "http://127.0.0.1:9", "--cache", str(cache), article.link)
        assert done.stdout.decode() == article.url + "\n"
        assert done.stderr.decode().splitlines() == [
            *(f"{cache}: line {number} is not an answer and is ignored" for number in reported),
            "1 link: 1 with a URL, 0 without; requested 0 pages and 0 POSTs",
        ]


def test_a_cache_is_a_regular_file() -> None:
    for program in (PROGRAM, *rust_programs()):
        done = run(program, "resolve", "--cache", os.devnull, ARTICLE)
        expected = (2, "", f"error: {os.devnull}: not a regular file\n")
        assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == expected


def test_requests_for_redirects_are_counted() -> None:
    redirects = [make_redirect(number) for number in range(2)]
    links = [f"https://www.google.com/goto?url={redirect.token}" for redirect in redirects]
    for program in (PROGRAM, *rust_programs()):
        with serve(redirects) as service:
            done = run(program, "resolve", "--base", service.base_url, *links)
        assert done.stdout.decode().splitlines() == [redirect.url for redirect in redirects]
        assert done.stderr.decode() == "2 links: 2 with a URL, 0 without; requested 0 pages, 2 redirects and 0 POSTs\n"
