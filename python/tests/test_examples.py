"""The programs in `examples`, each on a few links."""

import asyncio
import csv
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import google_news_link as gnl
import pytest
from service import make_article, make_news_page, serve
from vectors import ARTICLE, ARTICLE_URL, OPAQUE, TOKEN, VECTORS, VIDEO, decode_alone

ROOT = Path(__file__).parents[1]
LINKS = [ARTICLE, OPAQUE, VIDEO, "hello"]


def load(name: str, *libraries: str) -> ModuleType:
    for library in libraries:
        pytest.importorskip(library)
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="table")
def table_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "links.csv"
    path.write_text("row,link\n" + "".join(f"{row},{link}\n" for row, link in enumerate(LINKS)), encoding="ascii")
    return path


def test_feed(capsys: pytest.CaptureFixture[str]) -> None:
    example = load("feed", "feedparser")
    feed = ROOT.parent / "tests" / "data" / "feeds" / "google.xml"
    example.main(str(feed))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == feed.read_text(encoding="utf-8").count("<item>")
    assert any("\thttps://" in line and "news.google.com" not in line for line in lines)


def test_polars_lazy(table: Path, tmp_path: Path) -> None:
    example = load("polars_lazy", "polars")
    output = tmp_path / "links.parquet"
    example.main(str(table), str(output))
    pl = pytest.importorskip("polars")
    frame = pl.read_parquet(output)
    assert frame.columns == ["row", "link", "url"]
    assert frame["url"].to_list() == gnl.decode_many(LINKS).canonical_urls()


def test_duckdb_function(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("duckdb_function", "duckdb", "pyarrow")
    example.main(str(table))
    assert capsys.readouterr().out == "1\tamu.tv\n1\twww.youtube.com\n"


def test_pandas_columns(table: Path, tmp_path: Path) -> None:
    example = load("pandas_columns", "pandas", "pyarrow")
    output = tmp_path / "decoded.csv"
    example.main(str(table), str(output))
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["link"] for row in rows] == LINKS
    assert [row["kind"] for row in rows] == ["article", "opaque-article", "video", ""]
    assert rows[0]["canonical_url"] == ARTICLE_URL
    assert rows[1]["token"] == TOKEN
    assert rows[3]["error"] == str(decode_alone("hello"))


def test_pyarrow_parquet(tmp_path: Path) -> None:
    example = load("pyarrow_parquet", "pyarrow")
    source, output = tmp_path / "links.txt", tmp_path / "links.parquet"
    source.write_text("".join(vector.link + "\n" for vector in VECTORS), encoding="utf-8")
    example.main(str(source), str(output))
    pq: Any = pytest.importorskip("pyarrow.parquet")
    urls = pq.read_table(output)["canonical_url"].to_pylist()
    assert urls == gnl.decode_file(source).read().canonical_urls()


def test_resolve_httpx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("resolve_httpx", "httpx")
    articles = [make_article(number) for number in range(3)]
    links = [*(article.link for article in articles), "hello"]
    cache = str(tmp_path / "cache")
    with serve(articles) as service:
        for _ in range(2):
            asyncio.run(example.main(cache, *links, base_url=service.base_url))
    assert service.requests == {"GET": 3, "POST": 1}
    expected = [*(article.url for article in articles), "not-google-news: not a Google News link or ID"]
    assert capsys.readouterr().out.splitlines() == expected * 2


@pytest.mark.filterwarnings("default")  # pyspark warns of pandas 3
def test_spark(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Spark's workers would otherwise run another interpreter.
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    example = load("spark", "pyspark", "pyarrow")
    sql: Any = pytest.importorskip("pyspark.sql")
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    try:
        rows = example.decode_links(spark.read.csv(str(table), header=True)).collect()
    finally:
        spark.stop()
    assert [row.link for row in rows] == LINKS
    assert [row.canonical_url for row in rows] == gnl.decode_many(LINKS).canonical_urls()
    assert [row.error for row in rows][-1] == str(decode_alone("hello"))


def test_the_examples_of_resolving_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """The examples run on loopback: `resolve` gets the address of the test's service."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    online, pages = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    articles = [make_article(number) for number in range(2)]
    links = [*(article.link for article in articles), "hello"]
    with serve(articles) as service:
        service.news_page = make_news_page(articles)

        class Module:
            harvest = staticmethod(gnl.harvest)

            @staticmethod
            def resolve(links: Any, pages: Any = (), **options: Any) -> Any:
                here = [page.replace("https://news.google.com", service.base_url) for page in pages]
                return gnl.resolve(links, base_url=service.base_url, pages=here, **options)

        exec(online, {"gnl": Module, "links": links, "cache": {}})  # noqa: S102
        assert capsys.readouterr().out.splitlines() == [
            *(f"{article.link} {article.url} length" for article in articles),
            f"hello not-google-news {decode_alone('hello')}",
        ]
        requests = dict(service.requests)
        names = {"gnl": Module, "links": links, "page": service.news_page}
        exec(pages, names)  # noqa: S102
        assert capsys.readouterr().out.splitlines() == [f"{article.url} None" for article in articles]
        assert service.requests["GET"] == requests["GET"] + 1
        outcomes: Any = names["outcomes"]
        assert outcomes[:2] == [article.url for article in articles]
