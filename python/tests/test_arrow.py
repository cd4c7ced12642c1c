"""Arrow in and out, and the libraries that speak it."""

import gc
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import google_news_link as gnl
import pytest
from google_news_link.types import Kind
from vectors import ARTICLE, OPAQUE, PUBLICATION, VECTORS, VIDEO, decode_alone, record

pa = pytest.importorskip("pyarrow")

LINKS: list[str | None] = [vector.link for vector in VECTORS]
LINKS[5:5] = [
    None,
    "",
    "héllo",
    f"https://news.google.com/articles/{ARTICLE}é{ARTICLE}",
    "A" * 70_000,
    ARTICLE + "\n",
    None,
]
MANY = list(itertools.islice(itertools.cycle(LINKS), 150_000))
COLUMNS = ["kind", "canonical_url", "amp_url", "token", "url_len", "error"]


def records(links: list[str | None]) -> list[Any]:
    known = {link: record(decode_alone(link)) for link in set(links)}
    return [known[link] for link in links]


def rows_of(table: Any) -> list[Any]:
    """Returns the rows of a pyarrow table."""
    assert table.column_names == COLUMNS
    table.validate(full=True)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


# Import.

# Arrays without missing links are decoded where they are, others are copied first.
PRESENT: list[str | None] = [link for link in LINKS if link is not None]


def string_arrays() -> Iterator[Any]:
    text = [pa.string(), pa.large_string(), pa.string_view()]
    for data_type in text:
        yield pytest.param(lambda data_type=data_type: pa.array(LINKS, data_type), id=str(data_type))
        yield pytest.param(
            lambda data_type=data_type: pa.chunked_array(
                [pa.array(LINKS[:9], data_type), pa.array(LINKS[9:], data_type)]
            ),
            id=f"chunked {data_type}",
        )
        yield pytest.param(
            lambda data_type=data_type: pa.array([*LINKS[:7], *LINKS, *LINKS[:7]], data_type)[7:-7],
            id=f"sliced {data_type}",
        )
    for index in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.int64()):
        if index.bit_width > 8 or len(LINKS) < 128:
            yield pytest.param(
                lambda index=index: pa.array(LINKS).dictionary_encode().cast(pa.dictionary(index, pa.string())),
                id=f"dictionary {index}",
            )
    yield pytest.param(lambda: pa.array(LINKS, pa.large_string()).dictionary_encode(), id="dictionary of large_string")


@pytest.mark.parametrize("array", list(string_arrays()))
def test_strings_of_arrow_are_links(array: Callable[[], Any]) -> None:
    assert list(gnl.decode_many(array())) == [decode_alone(link) for link in LINKS]


@pytest.mark.parametrize("name", ["string", "large_string", "string_view"])
def test_strings_without_missing_ones_are_links(name: str) -> None:
    data_type = getattr(pa, name)()
    expected = [decode_alone(link) for link in PRESENT]
    array = pa.array(["é", *PRESENT, "é"], data_type)[1:-1]
    assert list(gnl.decode_many(array)) == expected
    # One part is empty, and one has a missing link, so that the parts are decoded in different ways.
    parts = [array, array[:0], pa.array([None], data_type), array]
    assert list(gnl.decode_many(pa.chunked_array(parts))) == [*expected, None, *expected]


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("name", ["binary", "large_binary", "binary_view"])
def test_bytes_of_arrow_are_links(name: str, present: bool) -> None:
    links = [None if link is None else link.encode() for link in (PRESENT if present else LINKS)]
    links += [b"\xff\xfe", b"\n"]
    array = pa.array(links, getattr(pa, name)())
    assert list(gnl.decode_many(array)) == [decode_alone(link) for link in links]


def test_nulls_are_missing_links_and_empty_arrays_have_no_rows() -> None:
    assert list(gnl.decode_many(pa.nulls(3))) == [None] * 3
    assert list(gnl.decode_many(pa.nulls(3, pa.dictionary(pa.int8(), pa.string())))) == [None] * 3
    for data_type in (pa.null(), pa.string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        assert len(gnl.decode_many(pa.array([], data_type))) == 0
        assert len(gnl.decode_many(pa.chunked_array([], data_type))) == 0
    # The value of a dictionary is missing, not the key.
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int8()), pa.array([None, ARTICLE]))
    assert list(gnl.decode_many(array)) == [None, gnl.decode(ARTICLE), None]


def test_strings_that_are_not_utf8_are_errors() -> None:
    array = pa.array([b"CBMi\xff\xfe", b"\xed\xa0\x80"]).view(pa.string())
    for row, link in zip(gnl.decode_many(array), [b"CBMi\xff\xfe", b"\xed\xa0\x80"], strict=True):
        expected = decode_alone(link)
        assert isinstance(row, gnl.DecodeError)
        assert str(row) == str(expected)


def test_many_chunks_of_arrow_keep_the_order() -> None:
    for many in (MANY, list(itertools.islice(itertools.cycle(PRESENT), 150_000))):
        expected = records(many)
        array = pa.array(many)
        for links in (array, pa.chunked_array([array[:70_000], array[70_000:70_001], array[70_001:]])):
            assert rows_of(pa.table(gnl.decode_many(links))) == expected


def test_a_table_keeps_its_rows_while_other_links_are_decoded() -> None:
    links, others = MANY[:20_000], MANY[1:20_001]
    expected, of_others = records(links), records(others)
    table = pa.table(gnl.decode_many(links))
    # The memory of what is dropped here is used again, but not that of the table.
    for _ in range(3):
        assert rows_of(pa.table(gnl.decode_many(others))) == of_others
    assert rows_of(table) == expected


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: pa.array([1, 2]), id="int64"),
        pytest.param(lambda: pa.array([1.5]), id="double"),
        pytest.param(lambda: pa.array([[ARTICLE]]), id="list"),
        pytest.param(lambda: pa.array([{"link": ARTICLE}]), id="struct"),
        pytest.param(lambda: pa.array([1, 2]).dictionary_encode(), id="dictionary"),
        pytest.param(lambda: pa.table({"link": [ARTICLE]}), id="table"),
        pytest.param(lambda: pa.record_batch({"link": [ARTICLE]}), id="record batch"),
    ],
)
def test_arrays_of_other_types_are_type_errors(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="links are strings, not "):
        gnl.decode_many(make())


def test_tables_are_refused_with_advice() -> None:
    with pytest.raises(TypeError, match="pass one of its columns"):
        gnl.decode_many(pa.table({"link": [ARTICLE]}))


class Once:
    """Exports the same capsules at each call, although their content can be read only once."""

    def __init__(self, array: Any, method: str) -> None:
        self.capsules = getattr(array, method)()
        setattr(self, method, lambda requested_schema=None: self.capsules)  # noqa: ARG005


def test_consumed_capsules_are_errors() -> None:
    stream = Once(pa.chunked_array([[ARTICLE]]), "__arrow_c_stream__")
    array = Once(pa.array([ARTICLE]), "__arrow_c_array__")
    for links in (stream, array):
        assert len(gnl.decode_many(links)) == 1  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="released|consumed"):
            gnl.decode_many(links)  # type: ignore[arg-type]


def test_wrong_capsules_are_errors() -> None:
    class Wrong:
        def __init__(self, value: object) -> None:
            self.value = value

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            if isinstance(self.value, Exception):
                raise self.value
            return self.value

    for value in (None, 5, pa.array([ARTICLE]).__arrow_c_array__()[1]):
        with pytest.raises((TypeError, ValueError)):
            gnl.decode_many(Wrong(value))
    with pytest.raises(LookupError, match="gone"):
        gnl.decode_many(Wrong(LookupError("gone")))


# Export.


def test_pyarrow_reads_a_batch() -> None:
    batch = gnl.decode_many(LINKS)
    expected = records(LINKS)
    for _ in range(2):
        assert rows_of(pa.table(batch)) == expected
    assert rows_of(pa.RecordBatchReader.from_stream(batch).read_all()) == expected
    schema = pa.schema(batch)
    assert schema == pa.table(batch).schema
    assert schema.field("kind").type == pa.dictionary(pa.int8(), pa.string())
    assert [schema.field(name).type for name in COLUMNS[1:]] == [*[pa.string()] * 3, pa.int32(), pa.string()]


def test_the_kinds_of_the_dictionary_are_those_declared() -> None:
    (chunk,) = pa.table(gnl.decode_many([ARTICLE]))["kind"].chunks
    assert chunk.dictionary.to_pylist() == list(get_args(Kind))


def test_an_empty_batch_has_columns() -> None:
    table = pa.table(gnl.decode_many([]))
    assert rows_of(table) == []


def test_strings_are_not_copied() -> None:
    batch = gnl.decode_many(LINKS)
    tables = [pa.table(batch), pa.table(batch)]
    addresses = {table[name].chunk(0).buffers()[2].address for table in tables for name in ("canonical_url", "token")}
    assert len(addresses) == 1


def test_exports_outlive_the_batch() -> None:
    batch = gnl.decode_many(MANY)
    table = pa.table(batch)
    stream = pa.RecordBatchReader.from_stream(batch)
    del batch
    gc.collect()
    expected = records(MANY)
    assert rows_of(table) == expected
    assert rows_of(stream.read_all()) == expected


def resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_capsules_that_nobody_consumes_are_freed() -> None:
    def round_trip() -> None:
        for _ in range(20):
            batch = gnl.decode_many(MANY[:20_000])
            batch.__arrow_c_stream__()
            batch.__arrow_c_schema__()
            pa.array(LINKS).__arrow_c_array__()

    round_trip()
    before = resident_kilobytes()
    for _ in range(5):
        round_trip()
    # If each round leaked one batch, that would be 10 MB in total; if it leaked all, 200 MB.
    assert resident_kilobytes() - before < 50_000


def test_polars_reads_a_batch() -> None:
    pl = pytest.importorskip("polars")
    batch = gnl.decode_many(LINKS)
    expected = records(LINKS)
    frame = pl.DataFrame(batch)
    assert frame.columns == COLUMNS
    assert frame.rows() == expected
    assert pl.LazyFrame(batch).collect().rows() == expected


def test_duckdb_reads_a_batch_any_number_of_times() -> None:
    duckdb = pytest.importorskip("duckdb")
    batch = gnl.decode_many(LINKS)  # noqa: F841
    expected = records(LINKS)
    with duckdb.connect() as connection:
        assert connection.execute("select * from batch").fetchall() == expected
        twice = "select count(*), count(a.kind) from batch a join batch b on a.canonical_url = b.canonical_url"
        first = connection.execute(twice).fetchone()
        assert first == connection.execute(twice).fetchone()
        assert first[0] > 0


def test_pandas_reads_a_batch() -> None:
    pd = pytest.importorskip("pandas", "3.0")
    batch = gnl.decode_many(LINKS)
    expected = records(LINKS)
    for frame in (pd.DataFrame.from_arrow(batch), pa.table(batch).to_pandas()):
        assert list(frame.columns) == COLUMNS
        assert [url if isinstance(url, str) else None for url in frame["canonical_url"]] == [row[1] for row in expected]
        assert frame["kind"].dtype == "category"


def test_series_of_pandas_and_polars_are_links() -> None:
    pd = pytest.importorskip("pandas", "3.0")
    pl = pytest.importorskip("polars")
    np = pytest.importorskip("numpy")
    expected = [decode_alone(link) for link in LINKS]
    for links in (
        pd.Series(LINKS),
        pd.Series(LINKS, dtype=object),
        pd.Series(LINKS, dtype=pd.ArrowDtype(pa.string())),
        pd.Series(LINKS, index=range(len(LINKS), 0, -1)),
        pl.Series(LINKS),
        pl.Series(LINKS).cast(pl.Categorical),
        pl.DataFrame({"link": LINKS})["link"],
        np.array(LINKS, dtype=object),
    ):
        assert list(gnl.decode_many(links)) == expected
    strings = [link for link in LINKS if link is not None]
    for links in (np.array(strings), np.array(strings, dtype=np.dtypes.StringDType())):
        assert len(gnl.decode_many(links)) == len(strings)
    with pytest.raises(TypeError, match="pass one of its columns"):
        gnl.decode_many(pd.DataFrame({"link": LINKS}))
    with pytest.raises(TypeError, match="pass one of its columns"):
        gnl.decode_many(pl.DataFrame({"link": LINKS}))


def test_a_series_that_cannot_export_is_iterated() -> None:
    class Series:
        """What a Series of pandas does if pyarrow is not installed."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ImportError("pyarrow is required")

        def __iter__(self) -> Iterator[str]:
            return iter([ARTICLE])

    assert list(gnl.decode_many(Series())) == [gnl.decode(ARTICLE)]


def test_missing_values_of_pandas_are_missing_links() -> None:
    # Without pyarrow, a missing string is a NaN.
    code = f"""
import sys
sys.modules["pyarrow"] = None
import pandas as pd, google_news_link as gnl
links = [{ARTICLE!r}, None, "hello"]
for values in (pd.Series(links), pd.Series(links, dtype="category"), pd.Index(links), pd.Series(links, dtype=object)):
    batch = gnl.decode_many(values)
    print([row is None for row in batch], batch[0].kind)
"""
    pytest.importorskip("pandas")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[False, True, False] article\n" * 4


def test_lone_surrogates_in_a_series_are_errors() -> None:
    pd = pytest.importorskip("pandas")
    links = [ARTICLE, "\ud800"]
    assert list(gnl.decode_many(pd.Series(links, dtype=object))) == [decode_alone(link) for link in links]


def test_missing_links_of_polars_are_rows() -> None:
    pl = pytest.importorskip("polars")
    assert list(gnl.decode_many(pl.Series("links", [None, None]))) == [None, None]
    assert len(gnl.decode_many(pl.Series("links", []))) == 0


def test_invalid_arrays_are_value_errors() -> None:
    def binary(offsets: list[int]) -> Any:
        buffers = [None, pa.py_buffer(pa.array(offsets, pa.int32()).buffers()[1]), pa.py_buffer(b"abc")]
        return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)

    keys = pa.array([0, 5], pa.int32()).buffers()
    dictionary = pa.DictionaryArray.from_buffers(pa.dictionary(pa.int32(), pa.string()), 2, keys, pa.array([ARTICLE]))
    for array in (binary([0, 5, 3]), binary([0, 2, 1]), dictionary):
        with pytest.raises(ValueError, match="offset|index|key|Value at position"):
            gnl.decode_many(array)


def test_other_libraries_read_a_batch() -> None:
    arro3 = pytest.importorskip("arro3.core")
    nanoarrow = pytest.importorskip("nanoarrow")
    batch = gnl.decode_many(LINKS)
    assert rows_of(pa.table(arro3.Table.from_arrow(batch))) == records(LINKS)
    urls = [row["canonical_url"] for row in nanoarrow.ArrayStream(batch).read_all().to_pylist()]
    assert urls == [row[1] for row in records(LINKS)]


def test_batches_hold_all_kinds_beside_each_other() -> None:
    batch = gnl.decode_many(pa.array([ARTICLE, None, OPAQUE, VIDEO, "hello", PUBLICATION]))
    table = pa.table(batch)
    assert table["kind"].to_pylist() == ["article", None, "opaque-article", "video", None, "publication"]
    assert table["canonical_url"].null_count == 4
    assert table["error"].null_count == 5
