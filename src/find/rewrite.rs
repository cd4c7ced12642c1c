//! Replaces the links in a text, at once or as it is read.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use super::replacement::MARKUP_DISTANCE;
use super::{Match, find};
use crate::limits::MAX_INPUT_LEN;

/// Replaces the links in `text` by the URLs that `replace` returns for them, and keeps all other bytes.
///
/// A URL is [escaped as the link was](Match::escape). A link for which `replace` returns `None` is kept. Links are those of
/// [`find`](crate::find).
///
/// # Examples
///
/// ```
/// use google_news_link::rewrite;
///
/// let html = br#"<a href="https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5">"#;
/// let rewritten = rewrite(html, |found| Some(found.decode().ok()?.canonical_url()?.to_owned().into()));
/// assert_eq!(&*rewritten, br#"<a href="https://amu.tv/111931/">"#);
/// ```
pub fn rewrite<'t, 'u>(
    text: &'t [u8],
    mut replace: impl FnMut(&Match<'_>) -> Option<Cow<'u, str>>,
) -> Cow<'t, [u8]> {
    let mut out = Vec::new();
    let mut copied = 0;
    for found in find(text) {
        if let Some(url) = replace(&found) {
            out.extend_from_slice(&text[copied..found.range.start]);
            out.extend_from_slice(&found.escape(&url));
            copied = found.range.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[copied..]);
    Cow::Owned(out)
}

/// Replaces the links in a text that need not fit in memory.
///
/// It keeps a window of the text that is larger than the longest link, so that links are found that are read in parts.
///
/// # Examples
///
/// ```
/// use google_news_link::Rewriter;
///
/// let text = &b"see https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5"[..];
/// let mut out = Vec::new();
/// Rewriter::new(text).write_to(&mut out, |found| Some(found.decode().ok()?.canonical_url()?.to_owned().into()))?;
/// assert_eq!(out, b"see https://amu.tv/111931/");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Rewriter<R> {
    reader: R,
    is_relative: bool,
}

/// The number of bytes that are read at once.
const WINDOW: usize = 1 << 20;

/// A link that ends after this many bytes before the end of the window may go on after it.
const LOOKAHEAD: usize = MAX_INPUT_LEN + MARKUP_DISTANCE + 16;

/// The bytes before a link that tell what it is written in: its host, escapes, a tag.
const LOOKBEHIND: usize = 4096;

const _: () = assert!(LOOKAHEAD + LOOKBEHIND < WINDOW);
const _: () = assert!(LOOKBEHIND > 2 * MARKUP_DISTANCE);

impl<R: Read> Rewriter<R> {
    /// Creates a rewriter of what `reader` reads. It need not be buffered.
    pub fn new(reader: R) -> Self {
        Rewriter { reader, is_relative: false }
    }

    /// If `yes`, also replaces links without a host, as [`Find::relative`](super::Find::relative) says.
    #[must_use]
    pub fn relative(self, yes: bool) -> Self {
        Rewriter { is_relative: yes, ..self }
    }

    /// Reads the text to its end and writes it to `writer`, with its links replaced as by [`rewrite`].
    ///
    /// # Errors
    ///
    /// Those of the reader and of the writer. What was written before is a part of the result.
    pub fn write_to<'u>(
        mut self,
        mut writer: impl Write,
        mut replace: impl FnMut(&Match<'_>) -> Option<Cow<'u, str>>,
    ) -> io::Result<()> {
        let mut window = Vec::new();
        // The number of bytes of the window that were written.
        let mut written = 0;
        loop {
            let is_at_end = fill(&mut self.reader, &mut window)?;
            let safe_end = if is_at_end { window.len() } else { window.len() - LOOKAHEAD };
            let mut links = find(&window).relative(self.is_relative).starting_at(written);
            let mut next = links.next();
            while let Some(found) = next.take_if(|found| found.range.start < safe_end) {
                writer.write_all(&window[written..found.range.start])?;
                match replace(&found) {
                    Some(url) => writer.write_all(&found.escape(&url))?,
                    None => writer.write_all(found.as_bytes())?,
                }
                written = found.range.end;
                next = links.next();
            }
            if is_at_end {
                writer.write_all(&window[written..])?;
                return writer.flush();
            }
            if written < safe_end {
                writer.write_all(&window[written..safe_end])?;
                written = safe_end;
            }
            let kept = written.saturating_sub(LOOKBEHIND);
            window.drain(..kept);
            written -= kept;
        }
    }
}

/// Reads until the window is full. Returns `true` if the reader is at its end.
fn fill(reader: &mut impl Read, window: &mut Vec<u8>) -> io::Result<bool> {
    let room = (WINDOW - window.len()) as u64;
    Ok((reader.take(room).read_to_end(window)? as u64) < room)
}
