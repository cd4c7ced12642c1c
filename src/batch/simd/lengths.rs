//! Stage 3: how long the strings in each message are.
//!
//! An article's message has the form
//!
//! ```text
//! 08 13 | 22 LL [LL] url…               | d2 01 AA [AA] amp-url…
//! type    canonical URL or token           AMP URL or token; an opaque article may lack this field
//!
//! characters  CBMi | ????  …………………………………… ????  ????  …………………… ????
//!                    LL LL                 d2 01 AA AA            last
//!                    heads                 around the tag         tails
//! ```
//!
//! `CBMi` is `08 13 22`, so the next four characters contain the length of the first string. The length of the second one
//! follows from the length of the whole message; the tag and length that must be there are then compared. All of that is
//! read from twelve characters per row, which are decoded for 16 rows in one vector each. A branch would be mispredicted
//! often: one URL in five has a second length byte, one article in three has an AMP URL.

use fearless_simd::Simd;

use super::{Pipeline, ROWS};
use crate::base64url::kernel::{CHARS, Kernel};

/// Where a string is in each of 16 encoded messages.
#[derive(Debug, Default)]
pub(super) struct StringParts {
    /// Where the characters start that contain the string, counted from the start of the first line: a multiple of four
    /// after the start of the ID.
    pub(super) start: [u32; ROWS],
    /// The number of bytes between there and the string, 0 to 2.
    pub(super) skip: [u32; ROWS],
    /// The length of the string.
    pub(super) len: [u32; ROWS],
}

impl Pipeline {
    /// Reads the lengths of the strings in the first `rows` IDs. Returns the number of rows before the first one whose message
    /// does not have the form of an article's.
    #[inline(never)]
    pub(super) fn read_lengths<S: Simd>(&mut self, simd: S, lines: &[u8], rows: usize) -> usize {
        simd.vectorize(
            #[inline(always)]
            || self.read_lengths_inlined(simd, lines, rows),
        )
    }

    #[inline(always)]
    fn read_lengths_inlined<S: Simd>(&mut self, simd: S, lines: &[u8], rows: usize) -> usize {
        self.rejected = 0;
        if rows == 0 {
            return 0;
        }
        let kernel = Kernel::new(simd);
        let (heads, _) = groups(&kernel, &self.ids.heads);
        let (tails, _) = groups(&kernel, &self.ids.tails);
        let (ids, id_lens) = (self.ids.start, self.ids.len);
        let (mut url, mut amp_url) = (StringParts::default(), StringParts::default());
        let mut has_amp_urls = [0_u32; ROWS];
        let mut is_accepted = [0_u32; ROWS];
        // The four characters that contain the first byte after the URL, the position of that byte in them, and the number
        // of the ID's characters among the next four.
        let mut tag_starts = [0; ROWS];
        let mut tag_skips = [0; ROWS];
        let mut tag_rests = [0; ROWS];
        // The same for all rows and without a branch, so that the compiler vectorizes it.
        for row in 0..ROWS {
            let (head, id, id_len) = (heads[row], ids[row], id_lens[row]);
            let (low, high) = (head >> 16 & 0xff, head >> 8 & 0xff);
            // 1 if the length has a second byte.
            let two = low >> 7;
            let url_len = (low & 0x7f) | (high << 7 & two.wrapping_neg());
            let is_shortest_form = (two == 0) | (high.wrapping_sub(1) < 0x7f);
            let len = id_len * 3 / 4;
            let url_end = 4 + two + url_len;
            // What is left for tag, length and AMP URL. The length takes a second byte from 128 on, so that the three never
            // have 131 bytes, nor fewer than 3.
            let left = len.wrapping_sub(url_end);
            let has_amp_url = u32::from(left != 0);
            let two_amp = u32::from(left > 130);
            // The last of two characters after whole groups contains four free bits, the last of three two.
            let over = id_len % 4;
            let free = (0x03_0f_00_00 >> (over * 8)) & 0xff;
            let is_canonical = (over != 1) & (tails[row] & free == 0);
            let is_possible = (left == 0) | ((left >= 3) & (left != 131));
            is_accepted[row] = u32::from(is_canonical & is_shortest_form & (url_end <= len) & is_possible);
            url.start[row] = id + 4;
            url.skip[row] = 1 + two;
            url.len[row] = url_len;
            has_amp_urls[row] = has_amp_url;
            let amp_url_len = left.wrapping_sub(3 + two_amp) & has_amp_url.wrapping_neg();
            let is_nonempty = u32::from(amp_url_len != 0).wrapping_neg();
            let amp_url_start = url_end + 3 + two_amp;
            amp_url.start[row] = id + amp_url_start / 3 * 4;
            amp_url.skip[row] = (amp_url_start % 3) & is_nonempty;
            amp_url.len[row] = amp_url_len;
            let tag_start = (url_end / 3 * 4).min(id_len);
            tag_starts[row] = id + tag_start;
            tag_rests[row] = (id_len - tag_start).clamp(4, 8) - 4;
            tag_skips[row] = url_end % 3;
        }
        let (mut tags, mut after_tags) = ([[0; 4]; ROWS], [[0; 4]; ROWS]);
        let chars = tags.iter_mut().zip(&mut after_tags);
        for (&start, (tag, after_tag)) in tag_starts[..rows.min(ROWS)].iter().zip(chars) {
            let Some(&[a, b, c, d, e, f, g, h]) = lines[start as usize..].first_chunk() else { return 0 };
            *tag = [a, b, c, d];
            *after_tag = [e, f, g, h];
        }
        let (tags, tags_invalid) = groups(&kernel, &tags);
        let (after_tags, after_tags_invalid) = groups(&kernel, &after_tags);
        for row in 0..ROWS {
            let amp_url_len = amp_url.len[row];
            let two_amp = u32::from(amp_url_len > 127);
            let skip = tag_skips[row] * 8;
            let found = tags[row] << (8 + skip) | after_tags[row] >> (16 - skip);
            let expected = 0xd201_0000 | ((amp_url_len & 0x7f) | two_amp << 7) << 8 | (amp_url_len >> 7);
            let mask = u32::MAX << 8 | (0xff & two_amp.wrapping_neg());
            // Of the second four characters, only those of the ID must be valid.
            let of_id = !(0xf << tag_rests[row]);
            let invalid = (tags_invalid >> (row * 4) & 0xf) as u32
                | ((after_tags_invalid >> (row * 4)) as u32 & 0xf & of_id);
            let is_tag = ((found ^ expected) & mask == 0) & (invalid == 0);
            is_accepted[row] &= u32::from((has_amp_urls[row] == 0) | is_tag);
        }
        self.url = url;
        self.amp_url = amp_url;
        self.has_amp_url = has_amp_urls;
        let mut accepted = 0;
        for (row, &is_accepted) in is_accepted.iter().enumerate() {
            accepted |= is_accepted << row;
        }
        self.rejected = !accepted & !(u32::MAX << rows);
        rows.min(self.rejected.trailing_zeros() as usize)
    }
}

/// Decodes four characters of each row to a number, and returns a bit for each invalid character.
#[inline(always)]
fn groups<S: Simd>(kernel: &Kernel<S>, chars: &[[u8; 4]; ROWS]) -> ([u32; ROWS], u64) {
    const _: () = assert!(4 * ROWS == CHARS);
    match chars.as_flattened().first_chunk() {
        Some(chars) => kernel.groups(chars),
        None => ([0; ROWS], u64::MAX),
    }
}
