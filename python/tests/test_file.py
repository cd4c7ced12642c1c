"""Files with a link on each line."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import google_news_link as gnl
import pytest
from vectors import ARTICLE, VECTORS, VIDEO, decode_alone, record

LINKS = [vector.link for vector in VECTORS]


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "links.txt"
    path.write_bytes("".join(link + "\n" for link in LINKS).encode())
    return path


def write(path: Path, content: bytes) -> gnl.LinkFile:
    path.write_bytes(content)
    return gnl.decode_file(path)


def of_bytes(links: list[str]) -> list[gnl.Target | gnl.DecodeError | None]:
    return [decode_alone(link.encode()) for link in links]


def test_row_i_is_line_i(path: Path) -> None:
    file = gnl.decode_file(path)
    assert list(file.read()) == of_bytes(LINKS)
    assert [row for batch in file for row in batch] == of_bytes(LINKS)
    assert list(file.read()) == of_bytes(LINKS)


def test_lines_end_as_those_of_text_files_do(path: Path) -> None:
    cases: list[tuple[bytes, list[str | bytes]]] = [
        (b"", []),
        (b"\n", [""]),
        (ARTICLE.encode(), [ARTICLE]),
        (f"{ARTICLE}\r\n{VIDEO}\r\n".encode(), [ARTICLE, VIDEO]),
        (f"{ARTICLE}\n\n{VIDEO}".encode(), [ARTICLE, "", VIDEO]),
        (b"\xff\n", [b"\xff"]),
        (b"A" * 3_000_000 + b"\n" + VIDEO.encode(), ["A" * 70_000, VIDEO]),
    ]
    for content, rows in cases:
        expected = [decode_alone(row) for row in rows]
        assert list(write(path, content).read()) == expected


def test_large_files_come_in_batches(path: Path) -> None:
    repeated = LINKS * 400
    file = write(path, "".join(link + "\n" for link in repeated).encode())
    batches = list(file)
    assert len(batches) > 1
    assert all(16_384 <= len(batch) < 60_000 for batch in batches[:-1])
    expected = dict(zip(LINKS, of_bytes(LINKS), strict=True))
    assert [row for batch in batches for row in batch] == [expected[link] for link in repeated]


def test_arrow_libraries_read_a_file_any_number_of_times(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    file = gnl.decode_file(path)
    expected = [record(row) for row in of_bytes(LINKS)]
    for _ in range(2):
        table = pa.table(file)
        table.validate(full=True)
        assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == expected
    assert pa.schema(file) == table.schema
    pl = pytest.importorskip("polars")
    assert pl.DataFrame(file).rows() == expected
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        query = "select count(*), count(kind) from file"
        counts = connection.execute(query).fetchone()
        assert counts == (len(LINKS), sum(row[0] is not None for row in expected))
        assert connection.execute(query).fetchone() == counts


def test_the_path_may_be_a_str_or_a_path(path: Path) -> None:
    for each in (path, str(path)):
        file = gnl.decode_file(each)
        assert file.path == path
        assert repr(file) == f"<LinkFile {path}>"
    wrong: Any
    for wrong in (3, None, [path]):
        with pytest.raises(TypeError):
            gnl.decode_file(wrong)


def test_a_missing_file_is_an_os_error_with_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    with pytest.raises(FileNotFoundError) as error:
        gnl.decode_file(missing)
    assert (error.value.errno, error.value.filename) == (errno.ENOENT, str(missing))
    assert error.value.strerror == os.strerror(errno.ENOENT)
    with pytest.raises(IsADirectoryError) as directory:
        gnl.decode_file(tmp_path)
    assert directory.value.filename == str(tmp_path)


def test_a_file_that_vanishes_is_an_os_error(path: Path) -> None:
    file = gnl.decode_file(path)
    iterator = iter(file)
    path.unlink()
    # A reader that is open can still be read.
    assert sum(len(batch) for batch in iterator) == len(LINKS)
    for use in (file.read, file.__iter__, file.__arrow_c_stream__):
        with pytest.raises(FileNotFoundError) as error:
            use()
        assert error.value.filename == str(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_errors_of_reading_are_os_errors() -> None:
    # The file exists, and reading it fails.
    file = gnl.decode_file("/proc/self/mem")
    with pytest.raises(OSError, match="Input/output error") as error:
        file.read()
    assert (error.value.errno, error.value.filename) == (errno.EIO, "/proc/self/mem")
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(Exception, match="/proc/self/mem: .*Input/output error"):
        pa.table(file)


def test_a_file_is_read_anew_for_each_use(path: Path) -> None:
    file = gnl.decode_file(path)
    assert len(file.read()) == len(LINKS)
    with path.open("ab") as end:
        end.write(ARTICLE.encode())
    assert len(file.read()) == len(LINKS) + 1
    path.write_bytes(b"")
    assert len(file.read()) == 0


def test_an_iterator_that_is_done_stays_done(path: Path) -> None:
    iterator = iter(gnl.decode_file(path))
    assert len(list(iterator)) == 1
    assert list(iterator) == []


def test_the_path_may_be_bytes(path: Path) -> None:
    assert len(gnl.decode_file(os.fsencode(path)).read()) == len(gnl.decode_file(path).read())
    with pytest.raises(TypeError, match="not int"):
        gnl.decode_file(5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="null"):
        gnl.decode_file("links\0.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    links = [ARTICLE, "hello"] * 50_000
    text = "".join(link + "\n" for link in links)
    writer = threading.Thread(target=path.write_text, args=(text,))
    writer.start()
    batch = gnl.decode_file(path).read()
    writer.join()
    assert [row.kind == "article" for row in batch if row is not None] == [link == ARTICLE for link in links]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("source", ["pipe", "endless line"])
def test_a_signal_ends_a_wait(tmp_path: Path, source: str) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    code = f"""
import signal, google_news_link as gnl
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    gnl.decode_file({str(path) if source == "pipe" else "/dev/zero"!r}).read()
except KeyboardInterrupt:
    print("interrupted")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "interrupted\n"
