//! Stage 6: which rows are articles, and which are opaque articles.

use fearless_simd::Simd;

use super::{Pipeline, ROWS};
use crate::base64url::is_base64url;
use crate::base64url::kernel::has_canonical_end;
use crate::target::Kind;
use crate::target::article::is_token_if_base64url;
use crate::url_policy::{begins_host, is_url_if_printable};

impl Pipeline {
    /// Classifies the first `rows` rows, whose strings are printable ASCII. Returns the number of rows before the first one that
    /// is neither an article nor an opaque article.
    ///
    /// Tokens are base64url within base64url. They are decoded a second time, by copy plans of their own, only to validate
    /// them.
    #[inline(never)]
    pub(super) fn classify<S: Simd>(&mut self, simd: S, rows: usize, urls: &[u8], amp_urls: &[u8]) -> usize {
        let (rows, has_tokens) = simd.vectorize(
            #[inline(always)]
            || self.classify_inlined(simd, rows, urls, amp_urls),
        );
        if !has_tokens {
            return rows;
        }
        let url_faults = self.url_plan.decode(simd, urls, &mut self.token);
        let amp_url_faults = self.amp_url_plan.decode(simd, amp_urls, &mut self.token);
        match url_faults.zip(amp_url_faults) {
            Some((url, amp_url)) if url.invalid | amp_url.invalid == 0 => rows,
            Some(_) => self.count_rows_before_invalid_token(rows, urls, amp_urls),
            None => 0,
        }
    }

    /// Classifies rows by the beginnings of their strings, and plans the decoding of tokens. Returns the number of rows, and
    /// whether there are tokens among them.
    #[inline(always)]
    fn classify_inlined<S: Simd>(
        &mut self,
        simd: S,
        rows: usize,
        urls: &[u8],
        amp_urls: &[u8],
    ) -> (usize, bool) {
        let mut has_tokens = false;
        (self.url_plan.len, self.amp_url_plan.len) = (0, 0);
        for row in 0..rows.min(ROWS) {
            let (url_end, amp_url_end) = (self.url_ends[row] as usize, self.amp_url_ends[row] as usize);
            let (url_len, amp_url_len) = (self.url.len[row] as usize, self.amp_url.len[row] as usize);
            let (url_start, amp_url_start) =
                (url_end.wrapping_sub(url_len), amp_url_end.wrapping_sub(amp_url_len));
            let is_usual = (self.has_amp_url[row] == 1)
                & is_https(urls, url_start, url_len)
                & ((amp_url_len == 0) | is_https(amp_urls, amp_url_start, amp_url_len));
            if is_usual {
                self.kinds[row] = Some(Kind::Article);
                continue;
            }
            let (url, amp_url) = (&urls[url_start..url_end], &amp_urls[amp_url_start..amp_url_end]);
            if is_url_if_printable(url) {
                // An article has the field of the AMP URL, which may be empty.
                if self.has_amp_url[row] == 0 || !(amp_url.is_empty() || is_url_if_printable(amp_url)) {
                    return (row, has_tokens);
                }
                self.kinds[row] = Some(Kind::Article);
                continue;
            }
            if !is_token_if_characters_are(url)
                || (self.has_amp_url[row] == 1 && !is_token_if_characters_are(amp_url))
            {
                return (row, has_tokens);
            }
            has_tokens = true;
            self.kinds[row] = Some(Kind::OpaqueArticle);
            let decoded_len = |len: usize| (len * 3 / 4) as u32;
            self.url_plan.len =
                self.url_plan.add(simd, self.url_plan.len, url_start as u32, 0, decoded_len(url_len), 0);
            self.amp_url_plan.len = self.amp_url_plan.add(
                simd,
                self.amp_url_plan.len,
                amp_url_start as u32,
                0,
                decoded_len(amp_url_len),
                0,
            );
        }
        (rows, has_tokens)
    }

    /// Counts the rows before the first one with a token that is not base64url.
    #[cold]
    #[inline(never)]
    fn count_rows_before_invalid_token(&self, rows: usize, urls: &[u8], amp_urls: &[u8]) -> usize {
        let is_valid = |row: &usize| {
            let (url, amp_url) = self.strings(*row, urls, amp_urls);
            self.kinds[*row] == Some(Kind::Article)
                || url.iter().chain(amp_url).all(|&byte| is_base64url(byte))
        };
        (0..rows).take_while(is_valid).count()
    }
}

/// Returns `true` if the `len` bytes of `strings` from `start` on are an https URL, provided that they are printable ASCII. 1 in
/// 150 URLs is not https.
#[inline(always)]
fn is_https(strings: &[u8], start: usize, len: usize) -> bool {
    let Some(head) = strings.get(start..).and_then(<[u8]>::first_chunk::<9>) else { return false };
    let [scheme @ .., host] = *head;
    (scheme == *b"https://") & (len > 8) & begins_host(host)
}

/// Returns `true` if `string` is a token, provided that its characters are base64url.
fn is_token_if_characters_are(string: &[u8]) -> bool {
    is_token_if_base64url(string) && has_canonical_end(string)
}
