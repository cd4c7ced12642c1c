"""Counts the links of each publisher by an SQL function on columns of Arrow: python duckdb_function.py LINKS.csv"""

import sys

import duckdb
import google_news_link as gnl
import pyarrow as pa


def canonical_url(links: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.table(gnl.decode_many(links))["canonical_url"]


def main(source: str) -> None:
    with duckdb.connect() as connection:
        connection.create_function(
            "canonical_url", canonical_url, ["VARCHAR"], "VARCHAR", type="arrow", null_handling="special"
        )
        query = """
            select split_part(canonical_url(link), '/', 3) as host, count(*) as links
            from read_csv(?) where canonical_url(link) is not null group by host order by links desc, host
        """
        for host, links in connection.execute(query, [source]).fetchall():
            print(f"{links}\t{host}")


if __name__ == "__main__":
    main(sys.argv[1])
