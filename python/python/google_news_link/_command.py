"""The program ``google-news-link``. Its commands print what those of the Rust program of this name print."""

from __future__ import annotations

import argparse
import io
import itertools
import json
import math
import os
import signal
import stat
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google_news_link as gnl
from google_news_link._core import _is_token
from google_news_link._replacement import naming, replacement
from google_news_link._resolve import _Pace, _run, _sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO, TextIO

EXIT_STATUS = """exit status:
  0  success; also if the reader of the output closes the pipe
  1  some of the links cannot be decoded (decode), no URL for some of them (resolve), or an interrupted run
  2  wrong usage, unreadable input, unwritable output"""

# The number of lines that are decoded at a time.
LINES = 16_384

MAX_LINK_LEN = 65_536

STANDARD_INPUT = "standard input"
STANDARD_OUTPUT = "standard output"

# The kinds of the errors of links that still wait for their answer.
LEFT = ("not-tried", "interrupted")


class Unusable(Exception):  # noqa: N818
    """An input or output that cannot be used, which ends the program."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status."""
    _open_closed_streams()
    options = _parser().parse_args(_mark(list(sys.argv[1:] if arguments is None else arguments)))
    try:
        # The output is closed here, so that a full disk is reported as an error of the program.
        with os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n") as output:
            return int(options.run(options, output))
    except BrokenPipeError:
        # The reader of the output needs no more of it.
        return 0
    except KeyboardInterrupt:
        _say("interrupted")
        return 1
    except (Unusable, OSError) as error:
        _say_error(_describe(error))
        return 2


def _open_closed_streams() -> None:
    """Opens the null device in place of each standard stream that is closed, as Rust does.

    Otherwise, the next file that is opened would become that stream.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    # Messages contain characters that the encoding of the locale may not have.
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8")


# What marks an argument as one that is not an option. No argument contains this character.
MARK = "\0"


def _mark(arguments: list[str]) -> list[str]:
    """Marks the arguments after `--`, which the parser of intermixed arguments would take for options."""
    if "--" not in arguments:
        return arguments
    at = arguments.index("--")
    return [*arguments[:at], *(MARK + argument for argument in arguments[at + 1 :])]


def _unmark(argument: str) -> str:
    return argument.removeprefix(MARK)


class CommandParser(argparse.ArgumentParser):
    """A parser of options that may come before, between and after the links."""

    is_inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parses the arguments of a command."""
        # The parser of intermixed arguments calls this method for each of its two passes.
        if self.is_inside:
            return super().parse_known_args(args, namespace)
        self.is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.is_inside = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="google-news-link",
        description="Decodes Google News links into the publishers' URLs.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"%(prog)s {gnl.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=CommandParser)

    def add(name: str, run: Callable[[Any, TextIO], int], summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        command.add_argument("-V", "--version", action="version", version=f"google-news-link-{name} {gnl.__version__}")
        command.set_defaults(run=run)
        return command

    decode = add("decode", _decode, "Decodes links and prints all that they contain, offline.")
    decode.add_argument("--json", action="store_true", help="print a JSON object per line")
    decode.add_argument(
        "links", nargs="*", type=_unmark, metavar="LINK", help="links or IDs; without any, the lines of standard input"
    )

    table = add("table", _table, "Decodes a file of links, one per line, into a table with a row for each line.")
    table.add_argument(
        "--format", choices=["tsv", "jsonl"], default="tsv", help="the format of the rows [default: tsv]"
    )
    table.add_argument(
        "--output", metavar="FILE", help="write to a file, whole or not at all, instead of standard output (-)"
    )
    table.add_argument("--with-link", action="store_true", help="begin each row with the line itself")
    table.add_argument(
        "file", nargs="?", type=_unmark, default="-", metavar="FILE", help="the links; for -, standard input"
    )

    resolve = add("resolve", _resolve, "Prints the publishers' URLs of links, and requests those of opaque articles.")
    resolve.add_argument("--json", action="store_true", help="print a JSON object per line")
    resolve.add_argument(
        "--cache", metavar="FILE", help="read answers of earlier runs from this file, and append new ones"
    )
    resolve.add_argument(
        "--interval", type=_interval, default=0.0, metavar="SECONDS", help="the time between two requests [default: 0]"
    )
    resolve.add_argument(
        "--timeout",
        type=_timeout,
        default=30.0,
        metavar="SECONDS",
        help="the time that a response may take [default: 30]",
    )
    resolve.add_argument(
        "--base",
        default="https://news.google.com",
        metavar="URL",
        help="send requests to this server instead of Google's",
    )
    resolve.add_argument(
        "links", nargs="*", type=_unmark, metavar="LINK", help="links or IDs; without any, the lines of standard input"
    )
    return parser


def _timeout(argument: str) -> float:
    seconds = float(argument)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"not a finite number greater than 0: {argument}")
    return seconds


def _interval(argument: str) -> float:
    seconds = float(argument)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"not a finite number, at least 0: {argument}")
    return seconds


def _say(message: str) -> None:
    """Writes a line to standard error, if there is one."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(message, file=sys.stderr, flush=True)


def _say_error(message: str) -> None:
    _say(f"error: {message}")


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror is not None:
        name = STANDARD_OUTPUT if error.filename is None else os.fsdecode(error.filename)
        return f"{_printable(name)}: {error.strerror} (os error {error.errno})"
    return str(error)


def _printable(text: str) -> str:
    """Replaces each control character, which could move a terminal's cursor, by U+FFFD."""
    return "".join("\ufffd" if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)


def _text(link: bytes) -> str:
    return link.decode(errors="replace")


def _read_links(arguments: list[str]) -> Iterator[bytes]:
    """Yields the arguments or, without arguments, the lines of standard input."""
    if arguments:
        yield from map(os.fsencode, arguments)
        return
    if os.isatty(0):
        _say("reading links, one per line, from the terminal; Ctrl-D ends the input")
    with _standard_input() as file:
        yield from _lines(file, STANDARD_INPUT)


def _standard_input() -> BinaryIO:
    # `sys.stdin` is None if the program was started without it.
    return open(0, "rb", closefd=False)


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    with naming(name):
        for line in file:
            yield line.removesuffix(b"\n").removesuffix(b"\r")


def _decode_one(link: bytes) -> gnl.Target | gnl.DecodeError:
    try:
        return gnl.decode(link)
    except gnl.DecodeError as error:
        return error


def _record(link: str | None, outcome: gnl.Target | gnl.DecodeError | None) -> dict[str, object]:
    """Returns the fields that every JSON output has for a link."""
    names = ("kind", "id", "canonical_url", "amp_url", "token", "url_len")
    record: dict[str, object] = {"link": link, **dict.fromkeys(names), "error": None}
    if isinstance(outcome, gnl.Target):
        record |= {name: getattr(outcome, name) for name in names}
    elif outcome is not None:
        record["error"] = str(outcome)
    return record


def _to_json(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _decode(options: argparse.Namespace, output: TextIO) -> int:
    failed = 0
    links = _read_links(options.links)
    # At a terminal, each line is answered before the next one is read.
    is_typed = not options.links and os.isatty(0)
    first = [] if is_typed else list(itertools.islice(links, 2))
    is_alone = len(first) == 1
    for link in itertools.chain(first, links):
        outcome = _decode_one(link)
        failed += isinstance(outcome, gnl.DecodeError)
        if options.json:
            print(_to_json(_record(_text(link), outcome)), file=output)
        elif isinstance(outcome, gnl.DecodeError):
            output.flush()
            _say_error(f"{outcome}\n{_point_at(link, outcome.offset)}")
        else:
            if not is_alone:
                print(f"link: {_printable(_text(link))}", file=output)
            for name, value in _facts(outcome):
                if value is not None:
                    print(f"{name}: {_printable(str(value))}", file=output)
            if not is_alone:
                print(file=output)
    return int(failed > 0)


def _facts(target: gnl.Target) -> Iterator[tuple[str, object]]:
    """Yields the names and values of all that a target contains; values may be None."""
    yield "kind", target.kind
    yield "canonical_url", target.canonical_url
    yield "amp_url", target.amp_url
    yield "token", target.token
    match target:
        case gnl.OpaqueArticle():
            yield "amp_token", target.amp_token
            yield "url_len", target.url_len
            yield "amp_url_len", target.amp_url_len
        case gnl.OpaqueRedirect():
            yield "url_len", target.url_len
        case gnl.KeyedArticle():
            yield "key", target.key.hex()
            yield "publication_id", target.publication.id
            yield "section_number", target.section_number
        case gnl.Video():
            yield "video", target.youtube_id
        case gnl.Topic():
            yield "knowledge_graph_id", target.knowledge_graph_id
            yield "language", target.language
            yield "region", target.region
            yield "name", target.name
            yield "query", target.query
            yield "place_knowledge_graph_id", target.place_knowledge_graph_id
        case gnl.Story():
            yield "cluster", target.cluster
            yield "hash", target.hash
            yield "title", target.title
        case gnl.Publication():
            yield "number", target.number
            yield "family", target.family_number
            yield "key", None if target.key is None else target.key.hex()
            yield "site", target.site
        case gnl.Section():
            yield "edition_id", target.edition.id
            yield "number", target.number
            yield "name", target.name
            yield "knowledge_graph_id", target.knowledge_graph_id
            yield "place_knowledge_graph_id", target.place_knowledge_graph_id
        case gnl.Share():
            yield "number", target.number
        case gnl.Picture():
            yield "key", target.key
            yield "width", target.width
            yield "height", target.height


def _point_at(link: bytes, offset: int | None) -> str:
    """Returns the link, shortened to fit a line, with a caret under the byte at `offset`."""
    width = 96
    shown = _printable(_text(link))
    if offset is None:
        return f"  {shown}"
    column = len(_text(link[:offset]))
    first = 0 if len(shown) <= width else max(column - width * 2 // 3, 0)
    last = min(len(shown), first + width)
    before, after = ("…" if first > 0 else ""), ("…" if last < len(shown) else "")
    indent = " " * (len(before) + column - first)
    return f"  {before}{shown[first:last]}{after}\n  {indent}^"


def _table(options: argparse.Namespace, output: TextIO) -> int:
    start = time.monotonic()
    counts: dict[str, int] = {}
    with ExitStack() as files:
        if options.file == "-":
            source = files.enter_context(_standard_input())
        else:
            source = files.enter_context(Path(options.file).open("rb"))
        path = None if options.output == "-" else options.output
        _refuse_output(source, path)
        if path is not None:
            # The temporary file is removed then, as after Ctrl-C.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            output = files.enter_context(replacement(path))
        if options.format == "tsv":
            link = ["link"] if options.with_link else []
            print(*link, "kind", "canonical_url", "amp_url", "token", "error", "url_len", sep="\t", file=output)
        lines = _lines(source, STANDARD_INPUT if options.file == "-" else options.file)
        while block := list(itertools.islice(lines, LINES)):
            batch = gnl.decode_many(block)
            for name, count in batch.counts().items():
                counts[name] = counts.get(name, 0) + count
            links = (
                [_text(line) if len(line) <= MAX_LINK_LEN else None for line in block] if options.with_link else None
            )
            rows = _tsv(batch, links) if options.format == "tsv" else _jsonl(batch, links)
            output.writelines(rows)
    seconds = time.monotonic() - start
    total = sum(counts.values())
    _say(f"{total} rows in {seconds:.2f} s, {total / max(seconds, 1e-9) / 1e6:.1f} million links/s")
    errors = counts.pop("error", 0)
    for name, count in counts.items():
        _say(f"{count:>12} {name}")
    if errors:
        _say(f"{errors:>12} {'error' if errors == 1 else 'errors'}")
    return 0


def _refuse_output(source: BinaryIO, path: str | None) -> None:
    """Raises an exception if the output, or standard output without a path, is the file that is read."""
    read = os.fstat(source.fileno())
    try:
        written = os.fstat(1) if path is None else Path(path).stat()
    except OSError:
        return
    if stat.S_ISREG(read.st_mode) and os.path.samestat(read, written):
        name = STANDARD_OUTPUT if path is None else _printable(path)
        raise Unusable(f"{name}: input and output are the same file")


def _tsv(batch: gnl.Batch, links: list[str | None] | None) -> Iterator[str]:
    columns = (batch.kinds(), batch.canonical_urls(), batch.amp_urls(), batch.tokens(), batch.url_lens())
    errors = dict(batch.errors())
    for row, (*strings, url_len) in enumerate(zip(*columns, strict=True)):
        link = [] if links is None else [_escape(links[row] or "")]
        yield (
            "\t".join([*link, *(string or "" for string in strings), str(errors.get(row, "")), _number(url_len)]) + "\n"
        )


def _number(number: object) -> str:
    return "" if number is None else str(number)


def _escape(link: str) -> str:
    """Escapes tabs and other control characters."""
    if link.isprintable():
        return link
    names = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}
    return "".join(names.get(c, f"\\u{{{ord(c):x}}}") if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in link)


def _jsonl(batch: gnl.Batch, links: list[str | None] | None) -> Iterator[str]:
    for row, outcome in enumerate(batch):
        yield _to_json(_record(None if links is None else links[row], outcome)) + "\n"


class _Answers:
    """The answers of earlier runs in a file, to which new ones are appended, in the Rust program's format."""

    def __init__(self, path: str, resolution: gnl.Resolution) -> None:
        """Opens the file and inserts its answers into the resolution. It is created if it does not exist."""
        self.path = path
        # Without a buffer: ending the program loses no answer.
        self.file = Path(path).open("ab+", buffering=0)  # noqa: SIM115
        # A device may have no end.
        if not stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
            raise Unusable(f"{_printable(path)}: not a regular file")
        with naming(path):
            self.file.seek(0)
            content = self.file.read()
        for number, line in enumerate(content.split(b"\n"), 1):
            if line.strip() and not self._insert(line, resolution):
                _say(f"{_printable(path)}: line {number} is not an answer and is ignored")
        if content and not content.endswith(b"\n"):
            self._write(b"\n")

    @staticmethod
    def _insert(line: bytes, resolution: gnl.Resolution) -> bool:
        """Inserts the answer of a line. Returns False if it is not an answer, or if the answer cannot be right."""
        try:
            answer = json.loads(line)
        except ValueError:
            return False
        if not isinstance(answer, dict):
            return False
        token, id_, url = answer.get("token"), answer.get("id"), answer.get("url")
        key = id_ if token is None else token
        if not isinstance(key, str) or not isinstance(url, str) or None not in (token, id_):
            return False
        if token is None and _is_token(key):
            # It is the ID of no link.
            return True
        return (token is None or _is_token(key)) and resolution.insert_known(key, url)

    def __setitem__(self, key: str, url: str) -> None:
        name = "token" if _is_token(key) else "id"
        self._write(_to_json({name: key, "url": url}).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        with naming(self.path):
            self.file.write(line)


def _resolve(options: argparse.Namespace, output: TextIO) -> int:
    try:
        resolution = gnl.Resolution(base_url=options.base, pages_in_flight=1)
    except ValueError as error:
        raise Unusable(str(error)) from error
    answers: Any = None if options.cache is None else _Answers(options.cache, resolution)
    links = list(_read_links(options.links))
    for link in links:
        resolution.push(link)
    redirects = 0
    send = _sender(None, None, options.timeout)

    def count_and_send(exchange: gnl.Exchange) -> None:
        nonlocal redirects
        redirects += exchange.method == "HEAD"
        send(exchange)

    end = None
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _run(resolution, count_and_send, _Pace(options.interval), answers, None)
    except KeyboardInterrupt:
        end = "interrupted"
    else:
        if resolution.is_blocked:
            end = "blocked by the service"
    outcomes = resolution.outcomes()
    _print_outcomes(links, outcomes, output, to_json=options.json)
    output.flush()
    if end is not None:
        left = sum(getattr(outcome, "kind", "") in LEFT for outcome in outcomes)
        _say(f"{end}: {_quantity(left, 'link')} left")
    failed = sum(not isinstance(outcome, str) for outcome in outcomes)
    unverified = sum(isinstance(o, gnl.ResolvedUrl) and o.verification == "unverified" for o in outcomes)
    mark = f" ({unverified} unverified)" if unverified else ""
    requests = _quantity(resolution.pages, "page") + (f", {_quantity(redirects, 'redirect')}" if redirects else "")
    _say(
        f"{_quantity(len(links), 'link')}: {len(links) - failed} with a URL{mark}, {failed} without; "
        f"requested {requests} and {_quantity(resolution.posts, 'POST')}"
    )
    return int(failed > 0 or end == "interrupted")


def _print_outcomes(
    links: list[bytes],
    outcomes: Iterable[gnl.ResolvedUrl | gnl.ResolveError | gnl.DecodeError],
    output: TextIO,
    *,
    to_json: bool,
) -> None:
    sources = {"link": "offline", "known": "cache"}
    for link, outcome in zip(links, outcomes, strict=True):
        if to_json:
            target = _decode_one(link)
            record = _record(_text(link), target)
            if isinstance(target, gnl.DecodeError):
                # An ID that cannot be decoded is sent to the service unchanged.
                record["id"] = gnl.Resolution().push(link)
            extra: dict[str, object] = {"retry": False, "source": None, "verified": None}
            if isinstance(outcome, gnl.ResolvedUrl):
                record |= {"canonical_url": str(outcome), "error": None}
                extra["source"] = sources.get(outcome.source, outcome.source)
                extra["verified"] = outcome.verification != "unverified"
            else:
                record["error"] = str(outcome)
                extra["retry"] = isinstance(outcome, gnl.ResolveError) and outcome.is_retryable
            print(_to_json(record | extra), file=output)
        elif isinstance(outcome, gnl.ResolvedUrl):
            print(outcome, *(["unverified"] if outcome.verification == "unverified" else []), sep="\t", file=output)
        else:
            print(file=output)
            if outcome.kind not in LEFT:
                retryable = isinstance(outcome, gnl.ResolveError) and outcome.is_retryable
                hint = " (another run may succeed)" if retryable else ""
                output.flush()
                _say_error(f"{_printable(str(outcome))}{hint}\n  {_printable(_text(link))}")


def _quantity(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
