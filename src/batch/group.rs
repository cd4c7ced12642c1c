//! Rows that take each step together.

use fearless_simd::{Simd, prelude::*, u8x64};

use super::columns;
use super::steps::Steps;
use crate::base64url::is_base64url;
use crate::base64url::kernel::{self, Kernel};
use crate::link;
use crate::target::Kind;
use crate::target::article::is_token_if_base64url;
use crate::url_policy::{CheckedUrl, PrintableAscii, begins_host, host_may_be_google};

/// So many rows take each step together. The steps of one row wait for one another; those of several do not.
pub(super) const ROWS: usize = 16;

/// The longest ID that takes the fast way. Longer ones are one in 5,000.
const MAX_ID: usize = 1000;

/// What has to stand behind an ID, so that whole vectors can be read.
const BEHIND: usize = 128;

/// Rows on their way from the line to the column, and what is known of each.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Where the ID begins, counted from the first line of the group, and how long it is.
    id: [u32; ROWS],
    id_len: [u32; ROWS],
    /// The four characters behind `CBMi`: they hold the length of the canonical URL or token.
    heads: [u8; 4 * ROWS],
    /// How long the texts are, and how many bytes stand before each of them in its first group of four characters.
    key_len: [u32; ROWS],
    key_skip: [u32; ROWS],
    amp_len: [u32; ROWS],
    amp_skip: [u32; ROWS],
    /// Where the characters of the AMP URL begin, counted as `id` is.
    amp_from: [u32; ROWS],
    has_amp: [u32; ROWS],
    /// The last four characters.
    lasts: [u8; 4 * ROWS],
    key_steps: Steps,
    key_steps_len: usize,
    amp_steps: Steps,
    amp_steps_len: usize,
    /// A bit for each row that was found and is not of the usual shape.
    unusual: u32,
    pub(super) kinds: [u8; ROWS],
    pub(super) key_ends: [i32; ROWS],
    pub(super) amp_ends: [i32; ROWS],
}

impl Default for Group {
    fn default() -> Self {
        Group {
            id: [0; ROWS],
            id_len: [0; ROWS],
            heads: [0; 4 * ROWS],
            key_len: [0; ROWS],
            key_skip: [0; ROWS],
            amp_len: [0; ROWS],
            amp_skip: [0; ROWS],
            amp_from: [0; ROWS],
            has_amp: [0; ROWS],
            lasts: [0; 4 * ROWS],
            key_steps: Steps::new(),
            key_steps_len: 0,
            amp_steps: Steps::new(),
            amp_steps_len: 0,
            unusual: 0,
            kinds: [0; ROWS],
            key_ends: [0; ROWS],
            amp_ends: [0; ROWS],
        }
    }
}

impl Group {
    /// Finds the IDs in the lines of `text`, the first of which begins at `line` and which end at `ends`. Gives how many there are
    /// before the first line that has none where it is looked for.
    #[inline(never)]
    pub(super) fn find<S: Simd>(&mut self, simd: S, text: &[u8], line: usize, ends: &[usize]) -> usize {
        simd.vectorize(
            #[inline(always)]
            || self.find_inlined(simd, text, line, ends),
        )
    }

    #[inline(always)]
    fn find_inlined<S: Simd>(&mut self, simd: S, text: &[u8], line: usize, ends: &[usize]) -> usize {
        let mut start = line;
        let mut rows = 0;
        let (heads, _) = self.heads.as_chunks_mut::<4>();
        let (lasts, _) = self.lasts.as_chunks_mut::<4>();
        let fields = heads.iter_mut().zip(lasts).zip(self.id.iter_mut().zip(&mut self.id_len));
        for (&newline, ((head, last), (id, id_len))) in ends.iter().zip(fields) {
            if newline + BEHIND > text.len() {
                break;
            }
            let Some((place, len)) = find_id(simd, &text[start..newline]) else { break };
            let place = start + place;
            let Some(&[_, _, _, _, a, b, c, d]) = text[place..].first_chunk() else { break };
            let Some(&end) = text[..place + len].last_chunk() else { break };
            *id = (place - line) as u32;
            *id_len = len as u32;
            *head = [a, b, c, d];
            *last = end;
            start = newline + 1;
            rows += 1;
        }
        rows
    }

    /// Reads the lengths of the texts in the messages of the first rows. Gives how many of them are of the usual shape:
    /// `08 13 | 22 len key [| d2 01 len amp]`.
    #[inline(never)]
    pub(super) fn read<S: Simd>(&mut self, simd: S, text: &[u8], rows: usize) -> usize {
        simd.vectorize(
            #[inline(always)]
            || self.read_inlined(simd, text, rows),
        )
    }

    #[inline(always)]
    fn read_inlined<S: Simd>(&mut self, simd: S, text: &[u8], rows: usize) -> usize {
        self.unusual = 0;
        if rows == 0 {
            return 0;
        }
        let kernel = Kernel::new(simd);
        let heads = kernel.groups(&self.heads);
        let lasts = kernel.groups(&self.lasts);
        let (ids, id_lens) = (self.id, self.id_len);
        let mut is_sound = [0_u32; ROWS];
        let mut tag_at = [0; ROWS];
        let mut tag_skip = [0; ROWS];
        let mut tag_left = [0; ROWS];
        let (mut key_lens, mut key_skips) = ([0; ROWS], [0; ROWS]);
        let (mut amp_lens, mut amp_skips, mut amp_from) = ([0; ROWS], [0; ROWS], [0; ROWS]);
        let mut has_amps = [0_u32; ROWS];
        // All rows alike and without a branch, so that the compiler takes as many at once as it has lanes.
        for row in 0..ROWS {
            let (head, id, id_len) = (heads[row], ids[row], id_lens[row]);
            let (low, high) = (head >> 16 & 0xff, head >> 8 & 0xff);
            let two = low >> 7;
            let key_len = (low & 0x7f) | (high << 7 & two.wrapping_neg());
            let is_short = (two == 0) | (high.wrapping_sub(1) < 0x7f);
            let len = id_len * 3 / 4;
            let key_end = 4 + two + key_len;
            // What is left for tag, length and AMP URL: its length takes a second byte from 128 on, so that the three
            // never have 131 bytes, nor less than 3.
            let rest = len.wrapping_sub(key_end);
            let has_amp = u32::from(rest != 0);
            let two_amp = u32::from(rest > 130);
            // Two characters behind whole groups leave four bits over, three leave two.
            let over = id_len % 4;
            let free = (0x03_0f_00_00 >> (over * 8)) & 0xff;
            let is_whole = (over != 1) & (lasts[row] & free == 0);
            let is_amp = (rest == 0) | ((rest >= 3) & (rest != 131));
            is_sound[row] = u32::from(is_whole & is_short & (key_end <= len) & is_amp);
            key_lens[row] = key_len;
            key_skips[row] = 1 + two;
            has_amps[row] = has_amp;
            let amp_len = rest.wrapping_sub(3 + two_amp) & has_amp.wrapping_neg();
            let has_text = u32::from(amp_len != 0).wrapping_neg();
            amp_lens[row] = amp_len;
            let amp = key_end + 3 + two_amp;
            amp_from[row] = id + amp / 3 * 4;
            amp_skips[row] = (amp % 3) & has_text;
            let tag = (key_end / 3 * 4).min(id_len);
            tag_at[row] = id + tag;
            tag_left[row] = (id_len - tag).clamp(4, 8) - 4;
            tag_skip[row] = key_end % 3;
        }
        // The eight characters behind the key, the first four of each row and the second four.
        let mut tags = [[0; 4 * ROWS]; 2];
        let [firsts, seconds] = &mut tags;
        let places = firsts.as_chunks_mut().0.iter_mut().zip(seconds.as_chunks_mut().0);
        for (&at, (first, second)) in tag_at[..rows.min(ROWS)].iter().zip(places) {
            let Some(&[a, b, c, d, e, f, g, h]) = text[at as usize..].first_chunk() else { return 0 };
            *first = [a, b, c, d];
            *second = [e, f, g, h];
        }
        let first = kernel.groups(&tags[0]);
        let second = kernel.groups(&tags[1]);
        let invalid = [kernel.invalid(&tags[0]), kernel.invalid(&tags[1])];
        for row in 0..ROWS {
            let amp_len = amp_lens[row];
            let two_amp = u32::from(amp_len > 127);
            let skip = tag_skip[row] * 8;
            let found = first[row] << (8 + skip) | second[row] >> (16 - skip);
            let expected = 0xd201_0000 | ((amp_len & 0x7f) | two_amp << 7) << 8 | (amp_len >> 7);
            let mask = u32::MAX << 8 | (0xff & two_amp.wrapping_neg());
            // Of the second four, those that are still the ID's; the first four all are.
            let of_id = !(0xf << tag_left[row]);
            let invalid =
                (invalid[0] >> (row * 4) & 0xf) as u32 | ((invalid[1] >> (row * 4)) as u32 & 0xf & of_id);
            let is_tag = ((found ^ expected) & mask == 0) & (invalid == 0);
            is_sound[row] &= u32::from((has_amps[row] == 0) | is_tag);
        }
        self.key_len = key_lens;
        self.key_skip = key_skips;
        self.amp_len = amp_lens;
        self.amp_skip = amp_skips;
        self.amp_from = amp_from;
        self.has_amp = has_amps;
        let mut sound = 0;
        for (row, &is_sound) in is_sound.iter().enumerate() {
            sound |= is_sound << row;
        }
        self.unusual = !sound & !(u32::MAX << rows);
        rows.min(self.unusual.trailing_zeros() as usize)
    }

    /// How many rows from `row` on are known not to be of the usual shape.
    pub(super) fn slow(&self, row: usize) -> usize {
        (self.unusual >> row).trailing_ones() as usize
    }

    /// Puts the texts of the rows into a list, for columns of which so many bytes are in use. Gives where they will end.
    #[inline(never)]
    pub(super) fn place<S: Simd>(&mut self, simd: S, rows: usize, key: usize, amp: usize) -> (usize, usize) {
        simd.vectorize(
            #[inline(always)]
            || self.place_inlined(simd, rows, key, amp),
        )
    }

    #[inline(always)]
    fn place_inlined<S: Simd>(&mut self, simd: S, rows: usize, key: usize, amp: usize) -> (usize, usize) {
        let (mut key_end, mut amp_end) = (key as u32, amp as u32);
        let (mut key_steps, mut amp_steps) = (0, 0);
        for row in 0..rows.min(ROWS) {
            let (key_len, amp_len) = (self.key_len[row], self.amp_len[row]);
            let (key_skip, amp_skip) = (self.key_skip[row], self.amp_skip[row]);
            key_steps = self.key_steps.push(simd, key_steps, self.id[row] + 4, key_skip, key_len, key_end);
            amp_steps = self.amp_steps.push(simd, amp_steps, self.amp_from[row], amp_skip, amp_len, amp_end);
            key_end += key_len;
            amp_end += amp_len;
            self.key_ends[row] = key_end as i32;
            self.amp_ends[row] = amp_end as i32;
        }
        (self.key_steps_len, self.amp_steps_len) = (key_steps, amp_steps);
        (key_end as usize, amp_end as usize)
    }

    /// Decodes the texts of the rows to their columns. Gives how many rows there are before the first with a character that is
    /// none of base64url, or a byte that no URL holds.
    #[inline(always)]
    pub(super) fn decode<S: Simd>(
        &mut self,
        simd: S,
        text: &[u8],
        rows: usize,
        main: &mut [u8],
        amp: &mut [u8],
    ) -> usize {
        let keys = self.key_steps.run(simd, self.key_steps_len, text, main);
        let amps = self.amp_steps.run(simd, self.amp_steps_len, text, amp);
        match keys.zip(amps) {
            Some((keys, amps)) if keys.invalid | keys.foreign | amps.invalid | amps.foreign == 0 => rows,
            Some(_) => self.sound_rows(text, rows, main, amp),
            None => 0,
        }
    }

    /// Says of the rows which kind they are. Gives how many there are before the first that is none of articles.
    #[inline(never)]
    pub(super) fn judge<S: Simd>(
        &mut self,
        simd: S,
        rows: usize,
        main: &[u8],
        amp: &[u8],
        scratch: &mut [u8],
    ) -> usize {
        let (rows, any_token) = simd.vectorize(
            #[inline(always)]
            || self.judge_begins(simd, rows, main, amp),
        );
        if !any_token {
            return rows;
        }
        let keys = self.key_steps.run(simd, self.key_steps_len, main, scratch);
        let amps = self.amp_steps.run(simd, self.amp_steps_len, amp, scratch);
        match keys.zip(amps) {
            Some((keys, amps)) if keys.invalid | amps.invalid == 0 => rows,
            Some(_) => self.sound_tokens(rows, main, amp),
            None => 0,
        }
    }

    #[inline(always)]
    fn judge_begins<S: Simd>(&mut self, simd: S, rows: usize, main: &[u8], amp: &[u8]) -> (usize, bool) {
        let mut any_token = false;
        (self.key_steps_len, self.amp_steps_len) = (0, 0);
        for row in 0..rows.min(ROWS) {
            let (key_end, amp_end) = (self.key_ends[row] as usize, self.amp_ends[row] as usize);
            let (key_len, amp_len) = (self.key_len[row] as usize, self.amp_len[row] as usize);
            let (key, at) = (key_end.wrapping_sub(key_len), amp_end.wrapping_sub(amp_len));
            let is_usual = (self.has_amp[row] == 1)
                & begins_https(main, key, key_len)
                & ((amp_len == 0) | begins_https(amp, at, amp_len))
                && !may_be_google(simd, main, key)
                && (amp_len == 0 || !may_be_google(simd, amp, at));
            if is_usual {
                self.kinds[row] = columns::code(Kind::Article);
                continue;
            }
            let (key_text, amp_text) = (&main[key..key_end], &amp[at..amp_end]);
            if is_url(key_text) {
                // The field of the AMP URL is always there, and may be empty.
                if self.has_amp[row] == 0 || !(amp_text.is_empty() || is_url(amp_text)) {
                    return (row, any_token);
                }
                self.kinds[row] = columns::code(Kind::Article);
                continue;
            }
            if !may_be_token(key_text) || (self.has_amp[row] == 1 && !may_be_token(amp_text)) {
                return (row, any_token);
            }
            any_token = true;
            let key_bytes = (key_len * 3 / 4) as u32;
            let amp_bytes = (amp_len * 3 / 4) as u32;
            self.key_steps_len = self.key_steps.push(simd, self.key_steps_len, key as u32, 0, key_bytes, 0);
            self.amp_steps_len = self.amp_steps.push(simd, self.amp_steps_len, at as u32, 0, amp_bytes, 0);
            self.kinds[row] = columns::code(Kind::OpaqueArticle);
        }
        (rows, any_token)
    }

    /// How many rows there are before the first that [`decode`](Self::decode) found a fault in.
    #[cold]
    #[inline(never)]
    fn sound_rows(&self, text: &[u8], rows: usize, main: &[u8], amp: &[u8]) -> usize {
        let is_sound = |row: &usize| {
            let id = self.id[*row] as usize;
            let (key, amp) = self.texts(*row, main, amp);
            text[id..id + self.id_len[*row] as usize].iter().all(|&byte| is_base64url(byte))
                && key.iter().chain(amp).all(u8::is_ascii_graphic)
        };
        (0..rows).take_while(is_sound).count()
    }

    /// How many rows there are before the first with a token that is not base64url.
    #[cold]
    #[inline(never)]
    fn sound_tokens(&self, rows: usize, main: &[u8], amp: &[u8]) -> usize {
        let is_sound = |row: &usize| {
            let (key, amp) = self.texts(*row, main, amp);
            self.kinds[*row] == columns::code(Kind::Article)
                || key.iter().chain(amp).all(|&byte| is_base64url(byte))
        };
        (0..rows).take_while(is_sound).count()
    }

    /// The texts of a row, which were decoded.
    fn texts<'a>(&self, row: usize, main: &'a [u8], amp: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (key_end, amp_end) = (self.key_ends[row] as usize, self.amp_ends[row] as usize);
        let (key_len, amp_len) = (self.key_len[row] as usize, self.amp_len[row] as usize);
        (&main[key_end - key_len..key_end], &amp[amp_end - amp_len..amp_end])
    }
}

/// True for the URL of `len` bytes in `texts` from `at` on, if it is printable ASCII: https, as all but 1 in 150 are.
#[inline(always)]
fn begins_https(texts: &[u8], at: usize, len: usize) -> bool {
    let Some(head) = texts.get(at..).and_then(<[u8]>::first_chunk::<9>) else { return false };
    let [begin @ .., host] = *head;
    (begin == *b"https://") & (len > 8) & begins_host(host)
}

/// True for a URL in `texts` from `at` on that may be Google's, if it begins with `https://`.
#[inline(always)]
fn may_be_google<S: Simd>(simd: S, texts: &[u8], at: usize) -> bool {
    texts.get(at + 8..).and_then(<[u8]>::first_chunk).is_none_or(|host| host_may_be_google(simd, host))
}

/// True for a URL that may be returned, if it is printable ASCII.
fn is_url(text: &[u8]) -> bool {
    CheckedUrl::from_printable(PrintableAscii::from_counted(text)).is_some()
}

/// True for what is a token, if it is base64url.
fn may_be_token(text: &[u8]) -> bool {
    is_token_if_base64url(text) && kernel::ends_whole(text)
}

/// Finds the ID in the line, if the line has a frequent beginning and the ID's characters are all
/// base64url's: as [`link::scan_common`] does.
///
/// Beginnings are told apart by two bytes, and then the whole of one is compared: a mix of shapes is guessed wrong
/// as often as it is guessed right. The end is at the `?` in the last 64 bytes, or at the end of the line: nearly
/// all that stands behind an ID is shorter, and an ID that holds a `?` or a `#` is refused by the kernel.
#[inline(always)]
fn find_id<S: Simd>(simd: S, line: &[u8]) -> Option<(usize, usize)> {
    let (Some(begin), Some(end)) = (line.first_chunk::<64>(), line.last_chunk::<65>()) else {
        return find_short_id(line);
    };
    // Not a branch, for the same reason.
    let is_relative = u8::from(begin[0] == b'.').wrapping_neg();
    let path = (begin[2] & is_relative) | ((begin[24] ^ begin[25]) & !is_relative);
    let (beginning, len) = BEGINNINGS[usize::from(path & 0x7f)];
    let equal = u8x64::from_slice(simd, begin).simd_eq(u8x64::from_slice(simd, beginning)).to_bitmask();
    if len == 0 || equal | (u64::MAX << len) != u64::MAX {
        return find_short_id(line);
    }
    // A `\r` is not part of the line: as if the ID ended there.
    let cut = usize::from(end[64] == b'\r');
    let questions = u8x64::from_slice(simd, &end[1..]).simd_eq(b'?').to_bitmask();
    let id = len as usize - 4;
    let end = line.len() - 64 + (questions.trailing_zeros() as usize).min(64 - cut);
    let id_len = end.checked_sub(id)?;
    (8..=MAX_ID).contains(&id_len).then_some((id, id_len))
}

/// The same for any line.
#[cold]
#[inline(never)]
fn find_short_id(line: &[u8]) -> Option<(usize, usize)> {
    let common = link::scan_common(line.strip_suffix(b"\r").unwrap_or(line))?;
    let is_article = common.id.starts_with(b"CBMi") && (8..=MAX_ID).contains(&common.id.len());
    is_article.then_some((common.id_start, common.id.len()))
}

/// A beginning, filled up to a vector, and its length, by the byte that tells it from the others.
const BEGINNINGS: [(&[u8; 64], u32); 128] = {
    let mut beginnings: [(&[u8; 64], u32); 128] = [(&[0; 64], 0); 128];
    beginnings[(b'r' ^ b's') as usize] =
        (b"https://news.google.com/rss/articles/CBMi                       ", 41);
    beginnings[(b'a' ^ b'r') as usize] =
        (b"https://news.google.com/articles/CBMi                           ", 37);
    beginnings[(b'r' ^ b'e') as usize] =
        (b"https://news.google.com/read/CBMi                               ", 33);
    // `__`
    beginnings[0] = (b"https://news.google.com/__i/rss/rd/articles/CBMi                ", 48);
    beginnings[(b'e' ^ b's') as usize] =
        (b"news.google.com/./articles/CBMi                                 ", 31);
    beginnings[b'a' as usize] = (b"./articles/CBMi                                                 ", 15);
    beginnings[b'r' as usize] = (b"./read/CBMi                                                     ", 11);
    beginnings
};
