//! Stage 3: reads the lengths of the strings in each message, and finds the end of the ID.
//!
//! An article's message has the form
//!
//! ```text
//! 08 13 | 22 LL [LL] url…               | d2 01 AA [AA] amp-url…
//! type    canonical URL or token           AMP URL or token; an opaque article may lack this field
//!
//! characters  CBMi | ????  …………………………………… ????  ????  …………………… ???? | ?
//!                    LL LL                 d2 01 AA AA            last  after
//!                    heads                 tags                   ends
//! ```
//!
//! `CBMi` is `08 13 22`, so the next four characters contain the length of the first string. They tell where the tag of the second one
//! must be; the eight characters there contain the tag and the length, which tell where the ID must end. There, a `?` or the
//! line end must follow. So the end of the ID is known without a search.
//!
//! Only these 17 characters per row are read, for 16 rows in one vector each. A branch would be mispredicted often: one URL in five
//! has a second length byte, one article in three has an AMP URL.
//!
//! For `https://amu.tv/111931/`, the ID is `CBMi FmhP … MS_SAQA`: the head `Fmh0` is `16 68 74`, so the URL has 0x16 = 22 bytes and
//! the field of the AMP URL follows at byte 4 + 22 = 26. It is the third byte of the group 26 / 3 = 8, at character 32: `MS_SAQA` is
//! `31 2f d2 01 00`, tag and length 0. So the ID ends after 29 bytes, which are 39 characters.

use fearless_simd::{Simd, prelude::*, u32x16, u64x2};

use super::find_ids::Ids;
use super::rows::{LANES, MAX_ID, ROWS, RowSet};
use crate::base64url::kernel::Kernel;
use crate::limits::MAX_INPUT_LEN;

/// The position of a string in each of 32 encoded messages. Positions count from the start of `lines`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StringParts {
    /// The position of the first of the characters that contain the string: a multiple of four characters after the
    /// start of the ID.
    pub(super) start: [u32; ROWS],
    /// The number of bytes that these characters contain before the string, 0 to 2.
    pub(super) skip: [u32; ROWS],
    /// The number of characters.
    pub(super) chars: [u32; ROWS],
    /// The length of the string.
    pub(super) len: [u32; ROWS],
}

/// The strings of 32 rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strings {
    /// The canonical URL or token.
    pub(super) url: StringParts,
    /// The AMP URL or AMP token.
    pub(super) amp_url: StringParts,
    /// The rows that have the field of the AMP URL, which may be empty.
    pub(super) has_amp_url: RowSet,
    /// The rows in which it is not empty.
    pub(super) has_amp_url_text: RowSet,
    /// The length of the ID.
    pub(super) id_len: [u32; ROWS],
    /// The rows whose ID has the form of an article's, as far as its lengths tell.
    pub(super) accepted: RowSet,
}

/// The maximum length of what follows an ID in its line, so that no accepted line is longer than [`MAX_INPUT_LEN`].
const MAX_TAIL: u32 = 4096;
/// The maximum length of a prefix.
const MAX_PREFIX: usize = 64;
const _: () = assert!(MAX_PREFIX + MAX_ID + MAX_TAIL as usize <= MAX_INPUT_LEN);

/// The tag of the AMP URL's field.
const AMP_URL_TAG: u32 = 0xd201;

impl Strings {
    /// Reads the lengths of the strings in the IDs of `lines`.
    #[inline(never)]
    pub(super) fn read<S: Simd>(&mut self, simd: S, lines: &[u8], ids: &Ids) {
        simd.vectorize(
            #[inline(always)]
            || {
                if read_lengths(simd, lines, ids, self).is_none() {
                    debug_assert!(ids.found.is_empty(), "IDs that were found are within the lines");
                    self.accepted = RowSet::default();
                }
            },
        )
    }
}

/// Reads the lengths, as [`Strings::read`] does. Returns `None` if an ID is not within `lines`, which [`Ids::find`]
/// rules out.
///
/// Each of the three steps waits for loads at positions that the one before has computed. So each is done for all rows, and the
/// processor computes several vectors of rows at the same time.
#[inline(always)]
fn read_lengths<S: Simd>(simd: S, lines: &[u8], ids: &Ids, strings: &mut Strings) -> Option<()> {
    let input = Input { simd, kernel: Kernel::new(simd), lines, ids };
    let mut rows = Rows::default();
    input.read_heads(&mut rows, strings)?;
    input.read_tags(&mut rows, strings)?;
    input.read_ends(&mut rows, strings)?;
    strings.has_amp_url = RowSet::from_lanes(simd, &rows.has_amp_url);
    strings.has_amp_url_text = RowSet::from_lanes(simd, &strings.amp_url.len);
    strings.accepted = RowSet::from_lanes(simd, &rows.accepted) & ids.found;
    Some(())
}

/// What the steps find out about each row; 1 means `true`.
#[derive(Default)]
struct Rows {
    /// The offset in the message at which the first string ends.
    url_ends: [u32; ROWS],
    /// The position in `lines` of the characters that the next step reads.
    positions: [u32; ROWS],
    has_amp_url: [u32; ROWS],
    accepted: [u32; ROWS],
}

/// What the steps read from.
struct Input<'a, S: Simd> {
    simd: S,
    kernel: Kernel<S>,
    lines: &'a [u8],
    ids: &'a Ids,
}

// The loops over all rows have no branches, so that the compiler vectorizes them.
impl<S: Simd> Input<'_, S> {
    /// Reads the length of the first string.
    #[inline(always)]
    fn read_heads(&self, rows: &mut Rows, strings: &mut Strings) -> Option<()> {
        let mut heads = [0; ROWS];
        for (starts, heads) in lanes(&self.ids.start).iter().zip(lanes_mut(&mut heads)) {
            (*heads, _) = self.kernel.groups(gather(self.simd, self.lines, starts)?.1);
        }
        let url = &mut strings.url;
        for (row, &head) in heads.iter().enumerate() {
            let length = Length::read(head >> 8);
            let skip = 1 + length.has_two_bytes;
            let url_end = 3 + skip + length.value;
            (url.start[row], url.skip[row]) = (self.ids.start[row].wrapping_add(4), skip);
            (url.chars[row], url.len[row]) = (chars(skip + length.value), length.value);
            rows.url_ends[row] = url_end;
            rows.accepted[row] = length.is_shortest_form & u32::from(length.value <= MAX_ID as u32);
            // Positions after the line are replaced by its end. An ID that reaches beyond the line is not accepted later.
            rows.positions[row] =
                self.ids.start[row].wrapping_add(third(url_end) * 4).min(self.ids.line_end[row]);
        }
        Some(())
    }

    /// Reads the tag and the length of the second string, and computes where the ID must end.
    #[inline(always)]
    fn read_tags(&self, rows: &mut Rows, strings: &mut Strings) -> Option<()> {
        let [mut tags, mut after_tags, mut tags_invalid, mut after_tags_invalid] = [[0; ROWS]; 4];
        for (i, positions) in lanes(&rows.positions).iter().enumerate() {
            let (first, second) = gather(self.simd, self.lines, positions)?;
            (lanes_mut(&mut tags)[i], lanes_mut(&mut tags_invalid)[i]) = self.kernel.groups(first);
            (lanes_mut(&mut after_tags)[i], lanes_mut(&mut after_tags_invalid)[i]) =
                self.kernel.groups(second);
        }
        let amp_url = &mut strings.amp_url;
        for row in 0..ROWS {
            let url_end = rows.url_ends[row];
            let skip = url_end - third(url_end) * 3;
            let found = tags[row] << (8 + skip * 8) | after_tags[row] >> (16 - skip * 8);
            let length = Length::read(found & 0xffff);
            let header = 3 + length.has_two_bytes;
            // The number of characters in `after_tags` that contain the tag and the length, 0 to 4.
            let of_header = chars(skip + header) - 4;
            let invalid = tags_invalid[row]
                | after_tags_invalid[row] & !(u32::MAX << (4 * of_header) << (4 * of_header));
            let has_amp_url = u32::from((found >> 16 == AMP_URL_TAG) & (invalid == 0));
            let of_amp_url = has_amp_url.wrapping_neg();
            let len = length.value & of_amp_url;
            let is_nonempty = u32::from(len != 0).wrapping_neg();
            let amp_url_start = url_end + header;
            let group = third(amp_url_start);
            let skip = (amp_url_start - group * 3) & is_nonempty;
            (amp_url.start[row], amp_url.skip[row]) = (self.ids.start[row].wrapping_add(group * 4), skip);
            (amp_url.chars[row], amp_url.len[row]) = (chars(skip + len), len);
            let id_len = chars(url_end + ((header + len) & of_amp_url));
            strings.id_len[row] = id_len;
            rows.has_amp_url[row] = has_amp_url;
            rows.accepted[row] &= (length.is_shortest_form | (has_amp_url ^ 1))
                & u32::from((len <= MAX_ID as u32) & (id_len <= MAX_ID as u32));
            let last = self.ids.start[row].wrapping_add(id_len.wrapping_sub(4));
            rows.positions[row] = last.min(self.ids.line_end[row]);
        }
        Some(())
    }

    /// Checks that the ID ends where it must.
    #[inline(always)]
    fn read_ends(&self, rows: &mut Rows, strings: &Strings) -> Option<()> {
        let [mut last, mut after] = [[0; ROWS]; 2];
        for (i, positions) in lanes(&rows.positions).iter().enumerate() {
            let (groups, after_ids) = gather(self.simd, self.lines, positions)?;
            (lanes_mut(&mut last)[i], _) = self.kernel.groups(groups);
            (after_ids & 0xff).store_slice(&mut lanes_mut(&mut after)[i]);
        }
        for row in 0..ROWS {
            // If two characters follow the last whole group, the second has four unused bits; if three, the third has two.
            const FREE: u32 = 0x03_0f_00_00;
            let id_len = strings.id_len[row];
            let free = (FREE >> (id_len % 4 * 8)) & 0xff;
            // If the line ends before the ID does, the difference wraps around and is too large.
            let tail = self.ids.line_end[row].wrapping_sub(self.ids.start[row].wrapping_add(id_len));
            // A `\r` before `\n` belongs to the line end; at the end of a string, it is white space that is ignored.
            let is_end = (tail == 0)
                | (after[row] == u32::from(b'?'))
                | ((tail == 1) & (after[row] == u32::from(b'\r')));
            rows.accepted[row] &= u32::from((last[row] & free == 0) & is_end & (tail <= MAX_TAIL));
        }
        Some(())
    }
}

/// Splits numbers, one per row, into groups that fill a vector.
#[inline(always)]
fn lanes(rows: &[u32; ROWS]) -> &[[u32; LANES]] {
    rows.as_chunks().0
}

#[inline(always)]
fn lanes_mut(rows: &mut [u32; ROWS]) -> &mut [[u32; LANES]] {
    rows.as_chunks_mut().0
}

/// A length of one or two bytes.
struct Length {
    value: u32,
    /// 1 if the length has two bytes.
    has_two_bytes: u32,
    /// 1 if the length is encoded in its shortest form and has no third byte.
    is_shortest_form: u32,
}

impl Length {
    /// Reads a length from two bytes, of which the upper one is the first.
    #[inline(always)]
    fn read(bytes: u32) -> Self {
        let (low, high) = (bytes >> 8 & 0xff, bytes & 0xff);
        let has_two_bytes = low >> 7;
        Length {
            value: (low & 0x7f) | (high << 7 & has_two_bytes.wrapping_neg()),
            has_two_bytes,
            is_shortest_form: u32::from((has_two_bytes == 0) | (high.wrapping_sub(1) < 0x7f)),
        }
    }
}

/// Returns the number of characters that encode `bytes` bytes.
#[inline(always)]
fn chars(bytes: u32) -> u32 {
    third(bytes * 4 + 2)
}

/// Divides a number below 2^16 by three, with a multiplication and a shift, because SIMD has no integer division.
#[inline(always)]
fn third(number: u32) -> u32 {
    number.wrapping_mul(43_691) >> 17
}

/// Loads four bytes from each of 16 positions, and the four bytes after them. Returns `None` if any of these bytes is
/// not within `lines`.
///
/// ```text
/// lines       ….................ABCDabcd....EFGHefgh....
/// positions   [18, 30, …]
/// loaded      [ABCD abcd EFGH efgh …]     vectors of eight pairs
/// unzipped    [ABCD EFGH …] [abcd efgh …]
/// ```
///
/// The vectors are assembled in registers. Storing the bytes one after the other and loading them as a vector would be
/// slow, because the processor cannot forward several stores to one load.
#[inline(always)]
fn gather<S: Simd>(simd: S, lines: &[u8], positions: &[u32; LANES]) -> Option<(u32x16<S>, u32x16<S>)> {
    let (first, second) = positions.split_at(LANES / 2);
    let first = gather_pairs(simd, lines, first.first_chunk()?)?;
    let second = gather_pairs(simd, lines, second.first_chunk()?)?;
    Some((simd.unzip_low_u32x16(first, second), simd.unzip_high_u32x16(first, second)))
}

#[inline(always)]
fn gather_pairs<S: Simd>(simd: S, lines: &[u8], positions: &[u32; LANES / 2]) -> Option<u32x16<S>> {
    let [a, b, c, d, e, f, g, h] = *positions;
    let load = |position: u32| {
        let bytes = lines.get(position as usize..position as usize + 8)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    };
    let two = |first, second| Some(u64x2::simd_from(simd, [load(first)?, load(second)?]));
    let first = simd.combine_u64x2(two(a, b)?, two(c, d)?);
    let second = simd.combine_u64x2(two(e, f)?, two(g, h)?);
    Some(simd.combine_u64x4(first, second).bitcast())
}

/// The scalar twin, for one line whose ID starts at `id_start`: the canonical URL or token and the AMP URL or token, if the ID has the
/// form of an article's.
#[cfg(test)]
fn read_strings_scalar(line: &[u8], id_start: usize) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let line = crate::batch::row_store::without_carriage_return(line);
    let id = line[id_start..].split(|&byte| byte == b'?').next()?;
    let message = crate::base64url::decode_to_vec(id).ok().filter(|_| id.len() <= MAX_ID)?;
    let read_string = |message: &[u8]| {
        let (low, high) = (*message.first()?, message.get(1).copied().unwrap_or_default());
        let (len, rest) = match (low, high) {
            (..0x80, _) => (usize::from(low), &message[1..]),
            (_, 1..0x80) => (usize::from(low & 0x7f) | usize::from(high) << 7, &message[2..]),
            _ => return None,
        };
        rest.split_at_checked(len).map(|(string, rest)| (string.to_vec(), rest.to_vec()))
    };
    let (url, rest) = read_string(message.strip_prefix(&[0x08, 0x13, 0x22])?)?;
    if rest.is_empty() {
        return Some((url, None));
    }
    let (amp_url, rest) = read_string(rest.strip_prefix(&[0xd2, 0x01])?)?;
    rest.is_empty().then_some((url, Some(amp_url)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, decode_to_vec, dispatch, encode, is_base64url};
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// A line with the ID of a message that is nearly that of an article.
    #[derive(Clone, Debug)]
    struct Line {
        bytes: Vec<u8>,
        id_start: usize,
    }

    impl Arbitrary for Line {
        fn arbitrary(g: &mut Gen) -> Self {
            let mut string = |message: &mut Vec<u8>| {
                let len =
                    *g.choose(&[0, 1, 2, 3, 5, 20, 100, 126, 127, 128, 129, 130, 131, 300, 700]).unwrap();
                if len > 127 || u8::arbitrary(g) % 32 == 0 {
                    message.extend([len as u8 | 0x80, (len >> 7) as u8]);
                } else {
                    message.push(len as u8);
                }
                message.extend((0..len).map(|_| u8::arbitrary(g)));
            };
            let mut message = vec![0x08, 0x13, 0x22];
            string(&mut message);
            let mut with_amp_url = message.clone();
            with_amp_url.extend([0xd2, 0x01]);
            string(&mut with_amp_url);
            if bool::arbitrary(g) {
                message = with_amp_url;
            }
            if u8::arbitrary(g) % 8 == 0 {
                message.push(u8::arbitrary(g));
            }
            let mut id = encode(&message).into_bytes();
            if u8::arbitrary(g) % 4 == 0 {
                // Not in `CBMi`, which the stage before has found.
                let at = 4 + usize::arbitrary(g) % (id.len() - 4);
                id[at] = *g.choose(b"?\r_-AQgw.\xff").unwrap();
            }
            if u8::arbitrary(g) % 8 == 0 {
                id.truncate(4 + usize::arbitrary(g) % (id.len() - 4));
            }
            let prefix = *g.choose(&["", "./articles/", "https://news.google.com/rss/articles/"]).unwrap();
            let tail = *g.choose(&["", "\r", "?oc=5", "?oc=5\r", "?", "#", "&x"]).unwrap();
            let bytes = [prefix.as_bytes(), &id, tail.as_bytes()].concat();
            Line { bytes, id_start: prefix.len() }
        }
    }

    #[test]
    fn strings_are_found_where_the_scalar_code_finds_them() {
        fn property(lines: Vec<Line>) {
            let lines = &lines[..lines.len().min(ROWS)];
            let (mut block, mut ids) = (Vec::new(), Ids::default());
            for (row, line) in lines.iter().enumerate() {
                ids.start[row] = (block.len() + line.id_start) as u32;
                block.extend(&line.bytes);
                ids.line_end[row] = block.len() as u32;
                ids.found.insert_if(row, true);
                block.push(b'\n');
            }
            block.extend([b'\n'; crate::limits::PADDING]);
            for level in Level::available() {
                let mut strings = Strings::default();
                let read =
                    dispatch!(level, simd => Some(read_lengths(simd, &block, &ids, &mut strings)), else None);
                let Some(is_within) = read else { continue };
                assert_eq!(is_within, Some(()), "{level:?}");
                for (row, line) in lines.iter().enumerate() {
                    let expected = read_strings_scalar(&line.bytes, line.id_start);
                    let start = ids.start[row] as usize;
                    let id = block.get(start..start + strings.id_len[row] as usize).unwrap_or(b"?");
                    let is_accepted =
                        strings.accepted.contains(row) && id.iter().all(|&byte| is_base64url(byte));
                    let decode = |parts: &StringParts| {
                        let chars = &block[parts.start[row] as usize..][..parts.chars[row] as usize];
                        // The last character may have bits of the next byte.
                        let whole =
                            [chars, &b"AAAA"[..chars.len().next_multiple_of(4) - chars.len()]].concat();
                        let bytes = decode_to_vec(&whole).unwrap();
                        bytes[parts.skip[row] as usize..][..parts.len[row] as usize].to_vec()
                    };
                    let found = is_accepted.then(|| {
                        let amp_url = strings.has_amp_url.contains(row).then(|| decode(&strings.amp_url));
                        assert_eq!(
                            strings.has_amp_url_text.contains(row),
                            amp_url.as_ref().is_some_and(|amp_url| !amp_url.is_empty())
                        );
                        (decode(&strings.url), amp_url)
                    });
                    assert_eq!(found, expected, "{level:?}: {}", line.bytes.escape_ascii());
                }
            }
        }
        QuickCheck::new().tests(500).quickcheck(property as fn(_));
    }
}
