"""Resolves links, several at the same time, and keeps the answers in a file: python resolve_httpx.py CACHE LINK…"""

import asyncio
import shelve
import sys

import google_news_link as gnl
import httpx


async def main(cache: str, *links: str, base_url: str = "https://news.google.com") -> None:
    with shelve.open(cache) as known:  # noqa: S301
        async with httpx.AsyncClient() as client:
            outcomes = await gnl.resolve_async(links, client=client, known=known, interval=0.5, base_url=base_url)
    for outcome in outcomes:
        print(outcome if isinstance(outcome, str) else f"{outcome.kind}: {outcome}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
