"""Measures how long decoding takes, beside other programs for the same job.

    python benches/decode.py [--rounds N] [--links N] [FILE]

FILE has a link to an article of before July 2024 on each line. Without it, links are generated with the form and the
lengths of real ones. Each round runs every program once, in turn, in one process. The minimum and the median over all
rounds are printed, and how many of the answers are right, wrong and missing. Only ratios of one run can be compared.

After `pip install googlenewsdecoder==0.1.7 'selectolax<1'`, the most used package is measured as well: its function
that sends no requests.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import platform
import random
import re
import statistics
import string
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import google_news_link as gnl

if TYPE_CHECKING:
    from collections.abc import Callable

Answers = list[str | None]

# How often the links are repeated for the comparison of one and two threads.
MANY = 4


class Case(NamedTuple):
    """What is measured, how its answers are read, which is not measured, and how often the links are repeated."""

    run: Callable[[], Any]
    answers: Callable[[], Answers] | None = None
    times: int = 1


def write_varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def make_links(count: int) -> list[str]:
    """Makes links to articles: 30 % have an AMP URL, and URLs have 104 bytes on average."""
    source = random.Random(1)
    characters = string.ascii_lowercase + string.digits + "-"
    links = []
    for _ in range(count):
        length = min(max(int(source.gauss(104, 30)), 30), 400)
        url = "https://publisher.example/" + "".join(source.choices(characters, k=length - 26))
        amp = url + "/amp" if source.random() < 0.3 else ""
        fields = [
            b"\x08\x13\x22",
            write_varint(len(url)),
            url.encode(),
            b"\xd2\x01",
            write_varint(len(amp)),
            amp.encode(),
        ]
        name = base64.urlsafe_b64encode(b"".join(fields)).rstrip(b"=").decode()
        form = source.choice(
            ["https://news.google.com/rss/articles/{}?oc=5", "./articles/{}?hl=en-IN&gl=IN&ceid=IN%3Aen"]
        )
        links.append(form.format(name))
    return links


# The programs that one would write first. Their wrong answers are counted, not corrected.


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return number, at
        shift += 7


def read_message(link: str) -> str | None:
    """Finds the ID in the path, decodes it and reads the length of the URL, and nothing else."""
    name = urlsplit(link).path.rsplit("/", 1)[-1]
    data = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
    if not data.startswith(b"\x08\x13\x22"):
        return None
    length, start = read_varint(data, 3)
    url = data[start : start + length].decode()
    return url if url.startswith("http") else None


def find_http(link: str) -> str | None:
    """Searches the decoded ID for a URL, which ends at the next byte beyond ASCII: the tag of the following field."""
    name = link.split("/articles/")[1].split("?")[0]
    data = base64.urlsafe_b64decode(name + "===")
    found = re.search(rb"https?://[!-~]+", data)
    return found.group().decode() if found else None


def each(decode: Callable[[str], str | None]) -> Callable[[list[str]], Answers]:
    def run(links: list[str]) -> Answers:
        answers: Answers = []
        for link in links:
            try:
                answers.append(decode(link))
            except Exception:
                answers.append(None)
        return answers

    return run


# This package.


def decode_each(links: list[str]) -> Answers:
    decode = gnl.decode
    answers: Answers = []
    for link in links:
        try:
            answers.append(decode(link).canonical_url)
        except gnl.DecodeError:
            answers.append(None)
    return answers


def decode_only(links: list[str]) -> None:
    decode = gnl.decode
    for link in links:
        decode(link)


def on_threads(threads: ThreadPoolExecutor, parts: list[Any]) -> None:
    for _ in threads.map(gnl.decode_many, parts):
        pass


def programs(links: list[str], path: Path) -> dict[str, Case]:
    """Returns what is measured in each round."""
    file = gnl.decode_file(path)
    cases = {
        "decode(link)": Case(lambda: decode_only(links), lambda: decode_each(links)),
        "decode(link).canonical_url": Case(lambda: decode_each(links), lambda: decode_each(links)),
        "decode_many(list)": Case(lambda: gnl.decode_many(links), lambda: gnl.decode_many(links).canonical_urls()),
        "decode_many(list).canonical_urls()": Case(lambda: gnl.decode_many(links).canonical_urls()),
        "decode_file(path).read()": Case(file.read, lambda: file.read().canonical_urls()),
    }
    if importlib.util.find_spec("pyarrow"):
        import pyarrow as pa

        array = pa.array(links)
        cases |= {
            "decode_many(list) to pyarrow.table": Case(lambda: pa.table(gnl.decode_many(links))),
            "decode_many(pyarrow.Array)": Case(
                lambda: gnl.decode_many(array), lambda: gnl.decode_many(array).canonical_urls()
            ),
            "decode_file(path) to pyarrow.table": Case(
                lambda: pa.table(file), lambda: pa.table(file)["canonical_url"].to_pylist()
            ),
        }
    return cases | peers(links)


def peers(links: list[str]) -> dict[str, Case]:
    """Returns other programs. The last one is that with which all are compared."""
    cases = {}
    others = {"base64 and a varint, in Python": read_message, "base64 and a regular expression, in Python": find_http}
    if importlib.util.find_spec("googlenewsdecoder"):
        from googlenewsdecoder import decoderv1

        others["googlenewsdecoder 0.1.7, v1"] = decoderv1
    for name, decode in others.items():
        run = partial(each(decode), links)
        cases[name] = Case(run, run)
    return cases


def one_and_two_threads(links: list[str]) -> dict[str, Case]:
    """Returns the same work on one thread and on two. Waking up two threads takes as long as some thousand links."""
    if not importlib.util.find_spec("pyarrow"):
        return {}
    import pyarrow as pa

    array = pa.array(links * MANY)
    half = len(array) // 2
    threads = ThreadPoolExecutor(2)
    return {
        f"decode_many(pyarrow.Array), {MANY} times the links": Case(lambda: gnl.decode_many(array), times=MANY),
        "… on two threads, half each": Case(lambda: on_threads(threads, [array[:half], array[half:]]), times=MANY),
    }


def time_of(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(cases: dict[str, Case], rounds: int) -> dict[str, list[float]]:
    """Returns the seconds that each case takes for all links, in each round."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            times[name].append(time_of(case.run) / case.times)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--links", type=int, default=15_500, help="the number of links to make up")
    parser.add_argument("file", nargs="?", type=Path)
    arguments = parser.parse_args()
    file = arguments.file
    links = file.read_text(encoding="utf-8").splitlines() if file else make_links(arguments.links)
    expected = each(read_message)(links)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(link + "\n" for link in links)
        file.flush()
        cases = programs(links, Path(file.name))
        slowest = list(cases)[-1]
        times = measure(cases, arguments.rounds)
        # Measured last, because so many links evict the data of the next case from the caches.
        of_threads = one_and_two_threads(links)
        cases |= of_threads
        times |= measure(of_threads, arguments.rounds)
        characters = sum(map(len, links)) / len(links)
        print(f"{len(links)} links of {characters:.0f} characters, {arguments.rounds} rounds, ns per link")
        print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}\n")
        print(f"| {'':48} |   min | median | ratio |  right | wrong |  none |\n|---|--:|--:|--:|--:|--:|--:|")
        for name, case in cases.items():
            least, median = (1e9 * each / len(links) for each in (min(times[name]), statistics.median(times[name])))
            row = f"| {name:48} | {least:5.0f} | {median:6.0f} | {min(times[slowest]) / min(times[name]):5.1f} |"
            if case.answers is not None:
                found = case.answers()
                none = sum(answer is None for answer in found)
                right = sum(a is not None and a == b for a, b in zip(found, expected, strict=True))
                row += f" {right:6} | {len(links) - right - none:5} | {none:5} |"
            print(row)


if __name__ == "__main__":
    main()
