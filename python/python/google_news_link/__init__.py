"""Decodes Google News links into the publisher's canonical URL and AMP URL, offline.

>>> import google_news_link as gnl
>>> gnl.decode("https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5").canonical_url
'https://amu.tv/111931/'
"""

from google_news_link._core import (
    Article,
    Batch,
    Exchange,
    KeyedArticle,
    LinkFile,
    Match,
    OpaqueArticle,
    OpaqueRedirect,
    PageLink,
    Picture,
    Publication,
    Redirect,
    Resolution,
    Section,
    Share,
    Story,
    Target,
    Topic,
    Video,
    __version__,
    decode,
    decode_file,
    decode_many,
    find,
    harvest,
    rewrite,
)
from google_news_link._errors import DecodeError, ResolvedUrl, ResolveError
from google_news_link._resolve import resolve, resolve_async

__all__ = [
    "Article",
    "Batch",
    "DecodeError",
    "Exchange",
    "KeyedArticle",
    "LinkFile",
    "Match",
    "OpaqueArticle",
    "OpaqueRedirect",
    "PageLink",
    "Picture",
    "Publication",
    "Redirect",
    "Resolution",
    "ResolveError",
    "ResolvedUrl",
    "Section",
    "Share",
    "Story",
    "Target",
    "Topic",
    "Video",
    "__version__",
    "decode",
    "decode_file",
    "decode_many",
    "find",
    "harvest",
    "resolve",
    "resolve_async",
    "rewrite",
]
