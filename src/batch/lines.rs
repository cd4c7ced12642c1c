//! The bulk way: lines of one block, in vector registers from the newline to the column.

use std::ops::Range;

use fearless_simd::{Simd, prelude::*, u8x64};

use super::{Batch, SLACK, columns};
use crate::article::is_token_if_base64url;
use crate::base64url::kernel;
use crate::link;
use crate::message::Shape;
use crate::target::Kind;
use crate::web_url::is_url_if_printable;

/// So much of a block is looked through for line ends before its lines are decoded: while they are decoded, they
/// are still in the cache.
const SEGMENT: usize = 64 * 1024;

/// So many rows take each step together. The steps of one row wait for one another; those of several do not.
const ROWS: usize = 8;

/// The room that a message has there. Longer ones, of IDs of more than 1,024 characters, are one in 5,000.
const STRIDE: usize = 1024;

/// The room for the messages of all rows that take each step together.
pub(super) const ROOM: usize = ROWS * STRIDE;

/// The longest ID whose message has room there.
const MAX_ID: usize = (STRIDE - SLACK) / 3 * 4;

/// A row on its way.
#[derive(Clone, Copy, Default)]
struct Job {
    /// Of the line.
    start: usize,
    end: usize,
    /// Of the ID; no characters if it takes a closer look to find it.
    id: usize,
    id_len: usize,
    /// How many bytes of the message no URL holds, if it could be decoded.
    foreign: Option<u32>,
}

impl Batch {
    /// Decodes each line of `block` into a row.
    #[inline(always)]
    pub(super) fn lines<S: Simd>(&mut self, simd: S, block: &[u8]) {
        let mut line = 0;
        let mut newlines = std::mem::take(&mut self.scratch.newlines);
        for (segment, at) in block.chunks(SEGMENT).zip((0..).step_by(SEGMENT)) {
            // A line that began in an earlier segment ends here, so there may be more to a row than a segment.
            self.make_room(at + segment.len() - line);
            let count = find_newlines(simd, segment, &mut newlines);
            for newlines in newlines[..count].chunks(ROWS) {
                line = self.rows(simd, block, at, line, newlines);
            }
        }
        if line < block.len() {
            self.make_room(block.len() - line);
            self.rows(simd, block, block.len(), line, &[0]);
        }
        self.scratch.newlines = newlines;
    }

    /// Decodes the links in lines of `text`, the first of which begins at `line` and which end at `ends`, counted
    /// from `at`. Gives the beginning of the next line.
    #[inline(always)]
    pub(super) fn rows<S: Simd>(
        &mut self,
        simd: S,
        text: &[u8],
        at: usize,
        mut line: usize,
        ends: &[u32],
    ) -> usize {
        let mut jobs = [Job::default(); ROWS];
        let jobs = &mut jobs[..ends.len()];
        for (job, &end) in jobs.iter_mut().zip(ends) {
            let newline = at + end as usize;
            job.start = line;
            job.end = newline - usize::from(newline > line && text[newline - 1] == b'\r');
            line = newline + 1;
            find_id(simd, text, job);
        }
        let (messages, _) = self.scratch.messages.as_chunks_mut::<STRIDE>();
        for (job, message) in jobs.iter_mut().zip(messages) {
            if job.id_len <= MAX_ID {
                job.foreign = kernel::decode(simd, &text[job.id..], job.id_len, message);
            }
        }
        // The ends of the rows' texts are kept here until there is a row for the slow way, or no more row.
        let mut ready = Ready::default();
        self.make_room(ROWS * STRIDE);
        let (mut main_end, mut amp_end) = (self.main.len(), self.amp.len());
        for (row, job) in jobs.iter().enumerate() {
            let (messages, _) = self.scratch.messages.as_chunks::<STRIDE>();
            if let Some(message) = messages.get(row)
                && let Some((kind, shape)) = accept(simd, message, job, &mut self.scratch.token)
                && main_end + shape.key.len() <= self.limit
                && amp_end + shape.amp.len() <= self.limit
            {
                copy(&mut self.main.bytes, main_end, message, &shape.key);
                if !shape.amp.is_empty() {
                    copy(&mut self.amp.bytes, amp_end, message, &shape.amp);
                }
                main_end += shape.key.len();
                amp_end += shape.amp.len();
                ready.push(kind, main_end as i32, amp_end as i32);
            } else {
                self.push_ready(&mut ready);
                self.slow_row(&text[job.start..job.end]);
                self.make_room(ROWS * STRIDE);
                (main_end, amp_end) = (self.main.len(), self.amp.len());
            }
        }
        self.push_ready(&mut ready);
        line
    }

    #[inline(always)]
    fn push_ready(&mut self, ready: &mut Ready) {
        self.kinds.extend_from_slice(&ready.kinds[..ready.len]);
        self.main.offsets.extend_from_slice(&ready.main_ends[..ready.len]);
        self.amp.offsets.extend_from_slice(&ready.amp_ends[..ready.len]);
        ready.len = 0;
    }
}

/// Rows whose texts are in their columns already.
#[derive(Default)]
struct Ready {
    len: usize,
    kinds: [u8; ROWS],
    main_ends: [i32; ROWS],
    amp_ends: [i32; ROWS],
}

impl Ready {
    #[inline(always)]
    fn push(&mut self, kind: Kind, main_end: i32, amp_end: i32) {
        let place = self.len % ROWS;
        self.kinds[place] = columns::code(kind);
        self.main_ends[place] = main_end;
        self.amp_ends[place] = amp_end;
        self.len += 1;
    }
}

/// The kind of the job's message and where its texts are, if it is an article of the usual shape and sound, as
/// [`Target::accept`](crate::Target::accept) says.
#[inline(always)]
fn accept<S: Simd>(simd: S, message: &[u8; STRIDE], job: &Job, scratch: &mut [u8]) -> Option<(Kind, Shape)> {
    let shape = Shape::of(message, job.id_len * 3 / 4, job.foreign?)?;
    let key = message.get(shape.key.clone())?;
    let amp = message.get(shape.amp.clone())?;
    let kind = if is_url_if_printable(key) {
        // The field of the AMP URL is always there, and may be empty.
        if !shape.has_amp || !(amp.is_empty() || is_url_if_printable(amp)) {
            return None;
        }
        Kind::Article
    } else {
        if !is_token(simd, key, scratch) || (shape.has_amp && !is_token(simd, amp, scratch)) {
            return None;
        }
        Kind::OpaqueArticle
    };
    Some((kind, shape))
}

/// Not a closure, for those are not compiled for the vectors of whoever calls them.
#[inline(always)]
fn is_token<S: Simd>(simd: S, text: &[u8], scratch: &mut [u8]) -> bool {
    is_token_if_base64url(text) && kernel::decode(simd, text, text.len(), scratch).is_some()
}

/// Copies `range` of `message` to `out` from `to` on; there is room for more than is needed behind both. 192 bytes are
/// copied whatever the length: 98 of 100 URLs need no more, and a loop whose length is another one each time costs
/// more than the copy.
#[inline(always)]
fn copy(out: &mut [u8], to: usize, message: &[u8; STRIDE], range: &Range<usize>) {
    const AT_ONCE: usize = 192;
    out[to..to + AT_ONCE].copy_from_slice(&message[range.start..range.start + AT_ONCE]);
    let mut done = AT_ONCE;
    while done < range.len() {
        let (from, to) = (range.start + done, to + done);
        out[to..to + 64].copy_from_slice(&message[from..from + 64]);
        done += 64;
    }
}

/// Writes where in `segment` each `\n` is to the front of `newlines`, and says how many those are.
#[inline(always)]
fn find_newlines<S: Simd>(simd: S, segment: &[u8], newlines: &mut Vec<u32>) -> usize {
    // As many as there can be, and one that is written whether there is one or not.
    if newlines.len() <= segment.len() {
        newlines.resize(segment.len() + 1, 0);
    }
    let mut count = 0;
    let chunks = segment.chunks_exact(64);
    let rest = chunks.remainder();
    let mut at = 0;
    for chunk in chunks {
        let mut bits = u8x64::from_slice(simd, chunk).simd_eq(b'\n').to_bitmask();
        // Most lines are longer than a vector, so there is one or none, and no guess is right often enough.
        newlines[count] = at + bits.trailing_zeros();
        count += usize::from(bits != 0);
        bits &= bits.wrapping_sub(1);
        while bits != 0 {
            newlines[count] = at + bits.trailing_zeros();
            count += 1;
            bits &= bits - 1;
        }
        at += 64;
    }
    for &byte in rest {
        newlines[count] = at;
        count += usize::from(byte == b'\n');
        at += 1;
    }
    count
}

/// Finds the ID in the job's line, if the line has a frequent beginning and the ID's characters are all
/// base64url's: as [`link::common`] does.
///
/// Beginnings are told apart by two bytes, and then the whole of one is compared: a mix of shapes is guessed wrong
/// as often as it is guessed right. The end is at the `?` in the last 64 bytes, or at the end of the line: nearly
/// all that stands behind an ID is shorter, and an ID that holds a `?` or a `#` is refused by the kernel.
#[inline(always)]
fn find_id<S: Simd>(simd: S, text: &[u8], job: &mut Job) {
    let (Some(begin), Some(end)) =
        (text.get(job.start..job.start + 64), text.get(job.end.wrapping_sub(64)..job.end))
    else {
        return find_short_id(text, job);
    };
    if job.end - job.start < 64 || job.end - job.start > link::MAX_LEN {
        return find_short_id(text, job);
    }
    let path = if begin[0] == b'.' { begin[2] } else { begin[24] ^ begin[25] };
    let (beginning, len) = BEGINNINGS[usize::from(path & 0x7f)];
    let equal = u8x64::from_slice(simd, begin).simd_eq(u8x64::from_slice(simd, beginning)).to_bitmask();
    if len == 0 || equal | (u64::MAX << len) != u64::MAX {
        return find_short_id(text, job);
    }
    let questions = u8x64::from_slice(simd, end).simd_eq(b'?').to_bitmask();
    job.id = job.start + len as usize;
    job.id_len = (job.end - 64 + questions.trailing_zeros() as usize).saturating_sub(job.id);
}

/// The same for any line.
#[cold]
#[inline(never)]
fn find_short_id(text: &[u8], job: &mut Job) {
    if let Some(common) = link::common(&text[job.start..job.end]) {
        job.id = job.start + common.start;
        job.id_len = common.id.len();
    }
}

/// A beginning, filled up to a vector, and its length, by the byte that tells it from the others.
const BEGINNINGS: [(&[u8; 64], u32); 128] = {
    let mut beginnings: [(&[u8; 64], u32); 128] = [(&[0; 64], 0); 128];
    beginnings[(b'r' ^ b's') as usize] =
        (b"https://news.google.com/rss/articles/                           ", 37);
    beginnings[(b'a' ^ b'r') as usize] =
        (b"https://news.google.com/articles/                               ", 33);
    beginnings[(b'r' ^ b'e') as usize] =
        (b"https://news.google.com/read/                                   ", 29);
    // `__`
    beginnings[0] = (b"https://news.google.com/__i/rss/rd/articles/                    ", 44);
    beginnings[(b'e' ^ b's') as usize] =
        (b"news.google.com/./articles/                                     ", 27);
    beginnings[b'a' as usize] = (b"./articles/                                                     ", 11);
    beginnings[b'r' as usize] = (b"./read/                                                         ", 7);
    beginnings
};
