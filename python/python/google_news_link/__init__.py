"""Decodes Google News links into the publisher's canonical URL and AMP URL, offline.

>>> import google_news_link as gnl
>>> gnl.decode("https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5").canonical_url
'https://amu.tv/111931/'
"""

from google_news_link._core import (
    Article,
    Batch,
    KeyedArticle,
    LinkFile,
    OpaqueArticle,
    OpaqueRedirect,
    Picture,
    Publication,
    Redirect,
    Section,
    Share,
    Story,
    Target,
    Topic,
    Video,
    decode,
    decode_file,
    decode_many,
)
from google_news_link._errors import DecodeError

__all__ = [
    "Article",
    "Batch",
    "DecodeError",
    "KeyedArticle",
    "LinkFile",
    "OpaqueArticle",
    "OpaqueRedirect",
    "Picture",
    "Publication",
    "Redirect",
    "Section",
    "Share",
    "Story",
    "Target",
    "Topic",
    "Video",
    "decode",
    "decode_file",
    "decode_many",
]
