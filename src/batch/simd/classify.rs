//! Stage 6: which rows are articles, and which are opaque articles.

use fearless_simd::Simd;

use super::{Pipeline, ROWS};
use crate::base64url::is_base64url;
use crate::base64url::kernel::has_canonical_end;
use crate::batch::strings::PADDING;
use crate::target::Kind;
use crate::target::token::has_token_form;
use crate::url_policy::{CheckedUrl, PrintableAscii, WINDOW, begins_host, google_suspects};

impl Pipeline {
    /// Classifies the first `rows` rows, whose strings are printable ASCII. Returns the number of rows before the first one that
    /// is neither an article nor an opaque article.
    ///
    /// Tokens are base64url within base64url. They are decoded a second time, by a second pair of copy plans, only to validate
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
        let rows = rows.min(ROWS);
        // Nearly all rows are articles with usual URLs: a bit for each that is not.
        let mut unusual = 0_u32;
        for row in 0..rows {
            let (url_len, amp_url_len) = (self.url.len[row], self.amp_url.len[row]);
            let url_start = (self.url_ends[row] as u32).wrapping_sub(url_len);
            let amp_url_start = (self.amp_url_ends[row] as u32).wrapping_sub(amp_url_len);
            let has_amp_url_text = u64::from(amp_url_len != 0).wrapping_neg();
            let faults = u64::from(self.has_amp_url[row] ^ 1)
                | url_faults(simd, urls, url_start, url_len)
                | (url_faults(simd, amp_urls, amp_url_start, amp_url_len) & has_amp_url_text);
            unusual |= u32::from(faults != 0) << row;
        }
        self.kinds = [Some(Kind::Article); ROWS];
        (self.url_plan.len, self.amp_url_plan.len) = (0, 0);
        let mut has_tokens = false;
        while unusual != 0 {
            let row = unusual.trailing_zeros() as usize;
            unusual &= unusual - 1;
            let (url, amp_url) = self.strings(row, urls, amp_urls);
            let has_amp_url = self.has_amp_url[row] == 1;
            if is_token_if_characters_are(url) {
                if has_amp_url && !is_token_if_characters_are(amp_url) {
                    return (row, has_tokens);
                }
                has_tokens = true;
                self.kinds[row] = Some(Kind::OpaqueArticle);
                let (url_end, amp_url_end) = (self.url_ends[row] as u32, self.amp_url_ends[row] as u32);
                let (url_len, amp_url_len) = (self.url.len[row], self.amp_url.len[row]);
                let (plan, start) = (&mut self.url_plan, url_end - url_len);
                plan.len = plan.add(simd, plan.len, start, 0, url_len * 3 / 4, 0);
                let (plan, start) = (&mut self.amp_url_plan, amp_url_end - amp_url_len);
                plan.len = plan.add(simd, plan.len, start, 0, amp_url_len * 3 / 4, 0);
            } else if !(has_amp_url && is_url(url) && (amp_url.is_empty() || is_url(amp_url))) {
                // An article always has the field of the AMP URL, which may be empty.
                return (row, has_tokens);
            }
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

/// Returns 0 if the `len` bytes of `strings` from `start` on are an https URL that cannot be Google's, provided that they are
/// printable ASCII. Of real URLs 2 % are not; [`is_url`] has to validate them.
///
/// All tests are done and their results combined in one number, so that there is one branch for 16 rows.
#[inline(always)]
fn url_faults<S: Simd>(simd: S, strings: &[u8], start: u32, len: u32) -> u64 {
    const HTTPS: [u8; 8] = *b"https://";
    const _: () = assert!(HTTPS.len() + WINDOW <= PADDING);
    let start = start as usize;
    let Some(head) = strings.get(start..start + HTTPS.len() + WINDOW) else { return 1 };
    let Some((&scheme, host)) = head.split_first_chunk() else { return 1 };
    let Some(window) = host.first_chunk() else { return 1 };
    (u64::from_le_bytes(scheme) ^ u64::from_le_bytes(HTTPS))
        | u64::from(len as usize <= HTTPS.len())
        | u64::from(!begins_host(window[0]))
        | google_suspects(simd, window)
}

/// Returns `true` if `string` is a URL that may be returned, provided that it is printable ASCII.
#[inline(never)]
fn is_url(string: &[u8]) -> bool {
    CheckedUrl::from_printable(PrintableAscii::from_counted(string)).is_some()
}

/// Returns `true` if `string` is a token, provided that its characters are base64url.
fn is_token_if_characters_are(string: &[u8]) -> bool {
    has_token_form(string) && has_canonical_end(string)
}
