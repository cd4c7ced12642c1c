"""Prints the titles and the publishers' URLs of a feed: python feed.py FEED.xml"""

import sys

import feedparser
import google_news_link as gnl


def main(source: str) -> None:
    feed = feedparser.parse(source)
    batch = gnl.decode_many(entry.link for entry in feed.entries)
    for entry, target in zip(feed.entries, batch, strict=True):
        url = target.canonical_url if isinstance(target, gnl.Target) else None
        print(f"{entry.title}\t{url or entry.link}")


if __name__ == "__main__":
    main(sys.argv[1])
