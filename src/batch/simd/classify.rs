//! Stage 6: tells articles from opaque articles, and finds rows that are neither.

use fearless_simd::{Simd, prelude::*, u8x32, u8x64, u64x2};

use super::Pipeline;
use super::rows::{ROWS, RowSet};
use crate::base64url::kernel::{Kernel, has_canonical_end, is_wide};
use crate::limits::PADDING;
use crate::printable::PrintableAscii;
use crate::target::Kind;
use crate::target::token::has_token_form;
use crate::url_policy::{CheckedUrl, WINDOW, suspects, suspects_of_two};

impl Pipeline {
    /// Classifies the accepted rows, whose strings must be printable ASCII. Their kinds must be `Article`, or what an earlier call has
    /// found for the same strings. Returns those that are neither articles nor opaque articles.
    #[inline(never)]
    pub(super) fn classify<S: Simd>(&mut self, simd: S, urls: &[u8], amp_urls: &[u8]) -> RowSet {
        simd.vectorize(
            #[inline(always)]
            || self.classify_inlined(simd, urls, amp_urls),
        )
    }

    #[inline(always)]
    fn classify_inlined<S: Simd>(&mut self, simd: S, urls: &[u8], amp_urls: &[u8]) -> RowSet {
        let accepted = self.strings.accepted;
        // Nearly all rows are articles whose URLs have no [faults](url_faults). An article always has the field of the
        // AMP URL.
        let with_amp_url = accepted & self.strings.has_amp_url_text;
        let unusual = accepted & !self.strings.has_amp_url
            | rows_with_url_faults(simd, urls, accepted, &self.url_ends, &self.strings.url.len)
            | rows_with_url_faults(
                simd,
                amp_urls,
                with_amp_url,
                &self.amp_url_ends,
                &self.strings.amp_url.len,
            );
        let mut neither = RowSet::default();
        for row in unusual {
            let kind = self.classify_row(simd, row, urls, amp_urls);
            self.kinds[row] = kind;
            neither.insert_if(row, kind.is_none());
        }
        neither
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

/// Returns those of `rows` whose string, the last `len` bytes before `end` in `strings`, is too short for a URL with a
/// host or has [faults](url_faults).
#[inline(always)]
fn rows_with_url_faults<S: Simd>(
    simd: S,
    strings: &[u8],
    rows: RowSet,
    ends: &[i32; ROWS],
    lens: &[u32; ROWS],
) -> RowSet {
    let start = |row: usize| (ends[row] as u32).wrapping_sub(lens[row]) as usize;
    let mut with_faults = rows & RowSet::filter(simd, lens, |lens| lens.simd_le(HTTPS.len() as u32));
    let mut left = rows;
    while let Some(first) = left.next() {
        if is_wide(simd) {
            let second = left.next().unwrap_or(first);
            let faults = url_faults_of_two(simd, strings, [start(first), start(second)]);
            with_faults.insert_if(first, faults as u32 != 0);
            with_faults.insert_if(second, faults >> WINDOW != 0);
        } else {
            with_faults.insert_if(first, url_faults(simd, strings, start(first)) != 0);
        }
    }
    with_faults
}

/// The least first byte of the hosts in two windows. Of the characters that cannot begin a host, those below `0` are found
/// with this; all others are suspects in any position.
const HOST_START: [u8; 2 * WINDOW] = {
    let mut least = [0; 2 * WINDOW];
    (least[0], least[WINDOW]) = (b'0', b'0');
    least
};

/// Examines the string at `start`. Returns 0 if it is an https URL that may be returned, provided that it is printable ASCII
/// and long enough for a host. For 2 % of real URLs, it returns another number, and [`is_url`] has to validate them.
///
/// All conditions are evaluated and combined in one number, so that no branch depends on a single row.
#[inline(always)]
fn url_faults<S: Simd>(simd: S, strings: &[u8], start: usize) -> u64 {
    let Some((scheme, host)) = split_url(strings, start) else { return u64::MAX };
    let least = u8x32::from_slice(simd, &HOST_START[..WINDOW]);
    let other_start = u8x32::from_slice(simd, host).simd_lt(least).to_bitmask();
    suspects(simd, host) | other_start | u64::from(scheme != u64::from_le_bytes(HTTPS))
}

/// Returns what [`url_faults`] does for the strings at two positions, in the lower and the upper 32 bits. With vectors of 64
/// bytes, a row takes 1 ns less than with [`url_faults`] twice; with narrower ones, it takes 1 ns more.
#[inline(always)]
fn url_faults_of_two<S: Simd>(simd: S, strings: &[u8], starts: [usize; 2]) -> u64 {
    let [Some(first), Some(second)] = starts.map(|start| split_url(strings, start)) else { return u64::MAX };
    let schemes = u64x2::simd_from(simd, [first.0, second.0]);
    let other_schemes = !schemes.simd_eq(u64::from_le_bytes(HTTPS)).to_bitmask();
    let hosts = simd.combine_u8x32(u8x32::from_slice(simd, first.1), u8x32::from_slice(simd, second.1));
    let other_starts = hosts.simd_lt(u8x64::from_slice(simd, &HOST_START)).to_bitmask();
    suspects_of_two(hosts) | other_starts | (other_schemes & 1) | (other_schemes & 2) << (WINDOW - 1)
}

/// Returns the scheme of the string at `start` as a number, and the bytes after it.
#[inline(always)]
fn split_url(strings: &[u8], start: usize) -> Option<(u64, &[u8; WINDOW])> {
    let head = strings.get(start..start + HTTPS.len() + WINDOW)?;
    let (scheme, host) = head.split_first_chunk()?;
    Some((u64::from_le_bytes(*scheme), host.first_chunk()?))
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
    use crate::url_policy::is_host_start;

    const STRINGS: [&str; 21] = [
        "https://example.com/",
        "http://example.com/a-path",
        "https://a",
        "https://",
        "https://-example.com/",
        "https://_example.com/",
        "https:///example.com/",
        "https://.a/",
        "https://:80/",
        "https://@a/",
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
        let amp_urls = || STRINGS.into_iter().map(Some).chain([None]);
        let pairs: Vec<_> =
            STRINGS.into_iter().flat_map(|url| amp_urls().map(move |amp| (url, amp))).collect();
        // One row in this many is not accepted, so that pairs of accepted rows begin at any row.
        for gap in [2, 3, 7, usize::MAX] {
            for (rows, first) in pairs.chunks(ROWS).zip(0..) {
                let mut pipeline = Pipeline::default();
                let (mut urls, mut amp_urls) = (Vec::new(), Vec::new());
                for (row, &(url, amp_url)) in rows.iter().enumerate() {
                    let amp_text = amp_url.unwrap_or_default();
                    urls.extend(url.bytes());
                    amp_urls.extend(amp_text.bytes());
                    (pipeline.url_ends[row], pipeline.amp_url_ends[row]) =
                        (urls.len() as i32, amp_urls.len() as i32);
                    let strings = &mut pipeline.strings;
                    (strings.url.len[row], strings.amp_url.len[row]) =
                        (url.len() as u32, amp_text.len() as u32);
                    strings.accepted.insert_if(row, (row + first) % gap != gap - 1);
                    strings.has_amp_url.insert_if(row, amp_url.is_some());
                    strings.has_amp_url_text.insert_if(row, !amp_text.is_empty());
                    pipeline.kinds[row] = Some(Kind::Topic);
                }
                urls.extend([b'/'; PADDING]);
                amp_urls.extend([b'/'; PADDING]);
                for level in Level::available() {
                    for row in pipeline.strings.accepted {
                        pipeline.kinds[row] = Some(Kind::Article);
                    }
                    let neither =
                        dispatch!(level, simd => Some(pipeline.classify(simd, &urls, &amp_urls)), else None);
                    let Some(neither) = neither else { continue };
                    for (row, &(url, amp_url)) in rows.iter().enumerate() {
                        let is_accepted = pipeline.strings.accepted.contains(row);
                        let expected =
                            if is_accepted { classify_scalar(url, amp_url) } else { Some(Kind::Topic) };
                        let found = (pipeline.kinds[row], neither.contains(row));
                        assert_eq!(found, (expected, expected.is_none()), "{level:?}: {url} {amp_url:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn hosts_that_begin_with_another_byte_have_faults() {
        for byte in b'!'..=b'~' {
            let url = format!("https://{}example.com/{}", char::from(byte), "a".repeat(PADDING));
            let strings = [url.as_str(), "https://example.com/", &"a".repeat(PADDING)].concat();
            let other = url.len();
            for level in Level::available() {
                let faults = dispatch!(level, simd => Some([
                    url_faults(simd, strings.as_bytes(), 0),
                    url_faults_of_two(simd, strings.as_bytes(), [0, other]) & u64::from(u32::MAX),
                    url_faults_of_two(simd, strings.as_bytes(), [other, 0]) >> WINDOW,
                ]), else None);
                for found in faults.into_iter().flatten() {
                    assert!(is_host_start(byte) || found != 0, "{level:?}: {url}");
                    assert!(!byte.is_ascii_alphanumeric() || found == 0, "{level:?}: {url}");
                }
            }
        }
    }
}
