"""Adds the publishers' URLs to a table of links, a part at a time: python polars_lazy.py LINKS.csv OUTPUT.parquet"""

import sys

import google_news_link as gnl
import polars as pl


def canonical_urls(links: pl.Series) -> pl.Series:
    return pl.DataFrame(gnl.decode_many(links))["canonical_url"]


def main(source: str, output: str) -> None:
    links = pl.scan_csv(source)
    urls = pl.col("link").map_batches(canonical_urls, return_dtype=pl.String, is_elementwise=True)
    links.with_columns(url=urls).sink_parquet(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
