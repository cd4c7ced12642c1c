//! Stage 7: tells articles from opaque articles, and finds rows that are neither.

use std::ops::Range;

use fearless_simd::{Simd, prelude::*};

use super::Pipeline;
use super::rows::{ROWS, RowSet};
use crate::base64url::kernel::{Kernel, has_canonical_end};
use crate::limits::PADDING;
use crate::printable::PrintableAscii;
use crate::target::Kind;
use crate::target::token::has_token_form;
use crate::url_policy::{CheckedUrl, WINDOW, is_host_start, suspects};

impl Pipeline {
    /// Classifies the accepted rows among `rows`. Their strings must be printable ASCII. Returns the number of rows
    /// before the first one that is neither an article nor an opaque article.
    #[inline(never)]
    pub(super) fn classify<S: Simd>(
        &mut self,
        simd: S,
        rows: Range<usize>,
        urls: &[u8],
        amp_urls: &[u8],
    ) -> usize {
        simd.vectorize(
            #[inline(always)]
            || self.classify_inlined(simd, rows, urls, amp_urls),
        )
    }

    #[inline(always)]
    fn classify_inlined<S: Simd>(
        &mut self,
        simd: S,
        rows: Range<usize>,
        urls: &[u8],
        amp_urls: &[u8],
    ) -> usize {
        let all = RowSet::from_range(&rows) & self.strings.accepted;
        // Nearly all rows are articles whose URLs have no [faults](url_faults). An article always has the field of the
        // AMP URL.
        let mut unusual = all & !self.strings.has_amp_url | all & is_short(simd, &self.strings.url.len);
        for row in all {
            unusual.insert_if(row, {
                let (end, len) = (self.url_ends[row], self.strings.url.len[row]);
                url_faults(simd, urls, end, len) != 0
            });
        }
        let of_amp_urls = all & self.strings.has_amp_url_text;
        unusual = unusual | of_amp_urls & is_short(simd, &self.strings.amp_url.len);
        for row in of_amp_urls {
            let (end, len) = (self.amp_url_ends[row], self.strings.amp_url.len[row]);
            unusual.insert_if(row, url_faults(simd, amp_urls, end, len) != 0);
        }
        self.kinds = [Some(Kind::Article); ROWS];
        for row in RowSet::from_range(&rows) & !self.strings.accepted {
            self.kinds[row] = self.others.kinds[row];
        }
        for row in unusual {
            match self.classify_row(simd, row, urls, amp_urls) {
                Some(kind) => self.kinds[row] = Some(kind),
                None => return row - rows.start,
            }
        }
        rows.len()
    }

    /// Returns the kind of a row, or `None` if it is neither an article nor an opaque article.
    #[inline(always)]
    fn classify_row<S: Simd>(&self, simd: S, row: usize, urls: &[u8], amp_urls: &[u8]) -> Option<Kind> {
        let (url, amp_url) = self.strings_of(row, urls, amp_urls);
        let has_amp_url = self.strings.has_amp_url.contains(row);
        if has_token_form(url) && has_canonical_end(url) {
            let kernel = Kernel::new(simd);
            let is_token = kernel.is_base64url(url)
                && (!has_amp_url
                    || has_token_form(amp_url) && has_canonical_end(amp_url) && kernel.is_base64url(amp_url));
            return is_token.then_some(Kind::OpaqueArticle);
        }
        // An article always has the field of the AMP URL, which may be empty.
        let is_article = has_amp_url && is_url(url) && (amp_url.is_empty() || is_url(amp_url));
        is_article.then_some(Kind::Article)
    }
}

const HTTPS: [u8; 8] = *b"https://";
const _: () = assert!(HTTPS.len() + WINDOW <= PADDING);

/// Returns the rows whose string is too short for a URL with a host.
#[inline(always)]
fn is_short<S: Simd>(simd: S, lens: &[u32; ROWS]) -> RowSet {
    RowSet::filter(simd, lens, |lens| lens.simd_le(HTTPS.len() as u32))
}

/// Returns 0 if the last `len` bytes of `strings` before `end` are an https URL that may be returned, provided that they are
/// printable ASCII and not [short](is_short). For 2 % of real URLs, the result is not 0, and [`is_url`] has to validate
/// them.
///
/// All conditions are evaluated and combined in one number, so that no branch depends on a single row.
#[inline(always)]
fn url_faults<S: Simd>(simd: S, strings: &[u8], end: i32, len: u32) -> u64 {
    let start = (end as u32).wrapping_sub(len) as usize;
    let Some(head) = strings.get(start..start + HTTPS.len() + WINDOW) else { return 1 };
    let Some((&scheme, host)) = head.split_first_chunk() else { return 1 };
    let Some(window) = host.first_chunk() else { return 1 };
    (u64::from_le_bytes(scheme) ^ u64::from_le_bytes(HTTPS))
        | u64::from(!is_host_start(window[0]))
        | suspects(simd, window)
}

/// Returns `true` if `string` is a URL that may be returned, provided that it is printable ASCII.
#[inline(never)]
fn is_url(string: &[u8]) -> bool {
    CheckedUrl::from_printable(PrintableAscii::from_counted(string)).is_some()
}

/// The scalar twin.
#[cfg(test)]
fn classify_scalar(url: &str, amp_url: Option<&str>) -> Option<Kind> {
    use crate::target::token::Token;
    let is_token = |string: &str| Token::parse(string.as_bytes()).is_ok();
    let is_url = |string: &str| crate::check_url(string).is_ok();
    match amp_url {
        _ if is_token(url) => amp_url.is_none_or(is_token).then_some(Kind::OpaqueArticle),
        Some(amp_url) => (is_url(url) && (amp_url.is_empty() || is_url(amp_url))).then_some(Kind::Article),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};

    const STRINGS: [&str; 17] = [
        "https://example.com/",
        "http://example.com/a-path",
        "https://a",
        "https://",
        "https://-example.com/",
        "https://_example.com/",
        "ftp://example.com/",
        "https://news.google.com/",
        "https://NEWS.google.com/",
        "https://www.google.com/url?q=https://example.com/",
        "https://cloud.google.com/blog",
        "https://a-host-of-more-than-thirty-two-bytes.example/",
        "https://example.com/news.google.com",
        "",
        "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig",
        "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8ei.",
        "AU_yqLM8OWvAadKpeKN66Vtm8U",
    ];

    #[test]
    fn rows_are_classified_as_by_the_scalar_code() {
        for level in Level::available() {
            for url in STRINGS {
                for amp_url in STRINGS.into_iter().map(Some).chain([None]) {
                    let (mut pipeline, column) =
                        (Pipeline::default(), |string: &str| [string.as_bytes(), &[b'/'; PADDING]].concat());
                    let (urls, amp_urls) = (column(url), column(amp_url.unwrap_or_default()));
                    pipeline.strings.url.len[0] = url.len() as u32;
                    pipeline.strings.amp_url.len[0] = amp_url.map_or(0, str::len) as u32;
                    (pipeline.url_ends[0], pipeline.amp_url_ends[0]) =
                        (url.len() as i32, amp_url.map_or(0, str::len) as i32);
                    pipeline.strings.accepted.insert_if(0, true);
                    pipeline.strings.has_amp_url.insert_if(0, amp_url.is_some());
                    pipeline
                        .strings
                        .has_amp_url_text
                        .insert_if(0, amp_url.is_some_and(|url| !url.is_empty()));
                    let expected = classify_scalar(url, amp_url);
                    let kind = dispatch!(level, simd => {
                        let rows = pipeline.classify(simd, 0..1, &urls, &amp_urls);
                        (rows == 1).then_some(pipeline.kinds[0]).flatten()
                    }, else expected);
                    assert_eq!(kind, expected, "{level:?}: {url} {amp_url:?}");
                }
            }
        }
    }
}
