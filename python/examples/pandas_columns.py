"""Adds all that is known of links to a table: python pandas_columns.py LINKS.csv OUTPUT.csv"""

import sys

import google_news_link as gnl
import pandas as pd


def main(source: str, output: str) -> None:
    links = pd.read_csv(source)
    decoded = pd.DataFrame.from_arrow(gnl.decode_many(links["link"]))
    pd.concat([links, decoded], axis="columns").to_csv(output, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
