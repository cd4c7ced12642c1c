"""Decodes a table of links on a cluster: spark-submit spark.py LINKS.csv OUTPUT

Each executor needs google-news-link and pyarrow.
"""

import sys
from collections.abc import Iterable, Iterator

import google_news_link as gnl
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

SCHEMA = "link string, kind string, canonical_url string, amp_url string, token string, url_len int, error string"


def decode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        links = batch.column("link")
        table = pa.table(gnl.decode_many(links))
        # Spark has no dictionaries.
        kind = table["kind"].cast(pa.string())
        table = table.set_column(0, "kind", kind).add_column(0, "link", links)
        yield from table.combine_chunks().to_batches()


def decode_links(links: DataFrame) -> DataFrame:
    return links.select("link").mapInArrow(decode, SCHEMA)


def main(source: str, output: str) -> None:
    spark = SparkSession.builder.appName("google-news-link").getOrCreate()
    decode_links(spark.read.csv(source, header=True)).write.parquet(output)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
