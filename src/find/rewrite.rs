//! Replaces the links in a text, at once or as it is read.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use super::found::Match;
use super::markup;
use super::search::{Find, State, find};
use super::site::MAX_BEFORE_ANCHOR;
use crate::limits::MAX_INPUT_LEN;

/// Replaces the links in `text` by the URLs that `replace` returns for them, and keeps all other bytes.
///
/// A URL is [escaped as the link was](Match::escape). A link for which `replace` returns `None` is kept. Links are those of
/// [`find`](crate::find); [`Find::rewrite`] also replaces links without a host.
///
/// # Examples
///
/// ```
/// use google_news_link::rewrite;
///
/// let html = br#"<a href="https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5">"#;
/// let rewritten = rewrite(html, |found| found.decode().ok()?.into_canonical_url());
/// assert_eq!(&*rewritten, br#"<a href="https://amu.tv/111931/">"#);
/// ```
pub fn rewrite<'t, 'u>(
    text: &'t [u8],
    replace: impl FnMut(&Match<'t>) -> Option<Cow<'u, str>>,
) -> Cow<'t, [u8]> {
    rewrite_matches(find(text), replace)
}

impl<'t> Find<'t> {
    /// Replaces each link that it finds with the URL that `replace` returns, and keeps all other bytes. See
    /// [`rewrite`].
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::find;
    ///
    /// let page = br#"<a href="./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl=en-US&amp;gl=US">"#;
    /// let rewritten =
    ///     find(page).relative(true).rewrite(|found| found.decode().ok()?.into_canonical_url());
    /// assert_eq!(&*rewritten, br#"<a href="https://amu.tv/111931/">"#);
    /// ```
    pub fn rewrite<'u>(self, replace: impl FnMut(&Match<'t>) -> Option<Cow<'u, str>>) -> Cow<'t, [u8]> {
        rewrite_matches(self, replace)
    }
}

fn rewrite_matches<'t, 'u>(
    links: Find<'t>,
    mut replace: impl FnMut(&Match<'t>) -> Option<Cow<'u, str>>,
) -> Cow<'t, [u8]> {
    let text = links.text;
    let mut out = Vec::new();
    let mut copied = 0;
    for found in links {
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
/// It keeps a window of the text in memory that is larger than the longest link, so that links that are read in several
/// parts are found.
///
/// # Examples
///
/// ```
/// use google_news_link::Rewriter;
///
/// let text = &b"see https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5"[..];
/// let mut out = Vec::new();
/// Rewriter::new(text).write_to(&mut out, |found| found.decode().ok()?.into_canonical_url())?;
/// assert_eq!(out, b"see https://amu.tv/111931/");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Rewriter<R> {
    reader: R,
    is_relative: bool,
}

/// The sizes of the window and of its parts, in bytes.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// The number of bytes that are searched at once. It must be more than the sum of the other sizes and
    /// [`MAX_BEFORE_ANCHOR`].
    window: usize,
    /// An anchor with fewer than this many bytes between it and the end of the window is examined when more has been
    /// read: its link may be as long as [`MAX_INPUT_LEN`], and the text after the link tells whether it is in markup.
    lookahead: usize,
    /// The number of bytes before an anchor that are kept: they contain the beginning of the link, and tell how it is
    /// escaped and whether it is in a tag.
    lookbehind: usize,
}

const SIZES: Sizes =
    Sizes { window: 1 << 20, lookahead: MAX_INPUT_LEN + markup::DISTANCE + 16, lookbehind: 8192 };

const _: () = assert!(SIZES.window > SIZES.lookahead + SIZES.lookbehind + MAX_BEFORE_ANCHOR);
const _: () = assert!(SIZES.lookbehind > 2 * (markup::DISTANCE + MAX_BEFORE_ANCHOR));

impl<R: Read> Rewriter<R> {
    /// Creates a rewriter for the text that `reader` returns. The reader need not be buffered.
    pub fn new(reader: R) -> Self {
        Rewriter { reader, is_relative: false }
    }

    /// Also replaces links without a host if `yes` is `true`. See [`Find::relative`](super::Find::relative).
    #[must_use]
    pub fn relative(self, yes: bool) -> Self {
        Rewriter { is_relative: yes, ..self }
    }

    /// Reads the text to its end and writes it to `writer`, with its links replaced as by [`rewrite`].
    ///
    /// The [range](Match::range) of a match counts from the beginning of the text that the reader returns.
    ///
    /// # Errors
    ///
    /// Returns the first error of the reader or the writer. The part of the result before the error has been written.
    pub fn write_to<'u>(
        self,
        writer: impl Write,
        replace: impl FnMut(&Match<'_>) -> Option<Cow<'u, str>>,
    ) -> io::Result<()> {
        self.write_with(SIZES, writer, replace)
    }

    fn write_with<'u>(
        mut self,
        sizes: Sizes,
        mut writer: impl Write,
        mut replace: impl FnMut(&Match<'_>) -> Option<Cow<'u, str>>,
    ) -> io::Result<()> {
        let mut window = Vec::new();
        // The state in which the search of the previous window ended, and from which that of the next one continues.
        let mut state = State::default();
        // The number of bytes of the window that have been written.
        let mut written = 0;
        loop {
            let is_at_end = fill(&mut self.reader, &mut window, sizes.window)?;
            let end = if is_at_end { window.len() } else { window.len() - sizes.lookahead };
            let mut links = find(&window).relative(self.is_relative).between(state, end);
            for found in &mut links {
                writer.write_all(&window[written..found.range.start])?;
                match replace(&found) {
                    Some(url) => writer.write_all(&found.escape(&url))?,
                    None => writer.write_all(found.as_bytes())?,
                }
                written = found.range.end;
            }
            state = links.into_state();
            if is_at_end {
                writer.write_all(&window[written..])?;
                return writer.flush();
            }
            // The next link may begin before its anchor.
            let safe_end = end - MAX_BEFORE_ANCHOR;
            if written < safe_end {
                writer.write_all(&window[written..safe_end])?;
                written = safe_end;
            }
            let dropped = written.min(end).saturating_sub(sizes.lookbehind);
            window.drain(..dropped);
            written -= dropped;
            state.drop_front(dropped);
        }
    }
}

/// Reads until the window is full. Returns `true` if the reader is at its end.
fn fill(reader: &mut impl Read, window: &mut Vec<u8>, len: usize) -> io::Result<bool> {
    let room = (len - window.len()) as u64;
    Ok((reader.take(room).read_to_end(window)? as u64) < room)
}

#[cfg(test)]
mod tests {
    use quickcheck::QuickCheck;

    use super::*;

    const ID: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";

    const LINK: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";

    /// Parts of links, and strings that are repeated until they do not fit in a window.
    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        "https://", "news.google.com", "www.google.com", "x.cdn.ampproject.org", "/articles/", "/url?q=", "?url=", "/c/s/", "rss/", "./",
        ID, "CBMi", "CAES", "google.", "GOOGLE.COM/", "a", "-", "/", "\\", "\\/", "&amp;", "%2F", "%252F", "%", "=", "(", "<a href=\"", "\">",
        "x://", " ", "…", ".", "é", "\n",
    ];

    /// Rewrites a text as a stream and as a whole, and compares the results. Its `pieces` begin `before` bytes before
    /// the end of the first window; the rest consists of spaces, which are searched quickly.
    fn is_rewritten_like_the_whole(pieces: &[u8], before: usize, more: u8, is_relative: bool) -> bool {
        let least = SIZES.lookahead + SIZES.lookbehind + MAX_BEFORE_ANCHOR;
        let sizes = Sizes { window: least + 1 + usize::from(more), ..SIZES };
        let mut text = vec![b' '; sizes.window - sizes.lookahead - before];
        text.extend_from_slice(pieces);
        text.resize(text.len().max(sizes.window) + usize::from(more), b' ');
        let replace = |found: &Match<'_>| Some(format!("<{}>&", found.range().len()).into());
        let mut streamed = Vec::new();
        let rewriter = Rewriter::new(&text[..]).relative(is_relative);
        rewriter.write_with(sizes, &mut streamed, replace).expect("memory can be written");
        streamed == *find(&text).relative(is_relative).rewrite(replace)
    }

    #[test]
    fn a_stream_is_rewritten_like_the_whole_wherever_a_link_is_cut() {
        for before in 0..=LINK.len() {
            assert!(
                is_rewritten_like_the_whole(LINK.as_bytes(), before, before as u8, before % 2 == 0),
                "{before}"
            );
        }
    }

    #[test]
    fn a_stream_is_rewritten_like_the_whole_wherever_the_windows_end() {
        fn property(parts: Vec<(u8, u8, u8)>, before: u16, more: u8, is_relative: bool) -> bool {
            let mut pieces = Vec::new();
            for (piece, count, kind) in parts {
                let piece = if kind % 4 == 0 { LINK } else { PIECES[usize::from(piece) % PIECES.len()] };
                // Most pieces occur once; few are repeated until a link that consists of them is longer than the part of a window that is kept.
                let count =
                    if kind < 4 { usize::from(count) * 64 / piece.len() } else { 1 + usize::from(kind) % 3 };
                pieces.extend_from_slice(piece.repeat(count).as_bytes());
            }
            let before = usize::from(before) % (pieces.len() + 16).min(SIZES.lookbehind);
            is_rewritten_like_the_whole(&pieces, before, more, is_relative)
        }
        // Few tests, because each takes a tenth of a second without optimization. The fuzz target `rewrite` does the same.
        QuickCheck::new().tests(20).quickcheck(property as fn(_, _, _, _) -> _);
    }
}
