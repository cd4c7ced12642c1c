//! The bulk way: lines of one block, in vector registers from the newline to the column.

use std::ops::Range;

use fearless_simd::{Simd, prelude::*, u8x64};

use super::{Batch, SLACK, Texts, columns};
use crate::article::{is_token_if_base64url, is_url_if_printable};
use crate::base64url::kernel;
use crate::link;
use crate::message::Shape;
use crate::target::Kind;

/// So much of a block is looked through for marks before its lines are decoded: while it is decoded, it is
/// still in the cache.
const SEGMENT: usize = 64 * 1024;

impl Batch {
    /// Decodes each line of `block` into a row.
    #[inline(always)]
    pub(super) fn lines<S: Simd>(&mut self, simd: S, block: &[u8]) {
        let mut line = 0;
        let mut question = None;
        let mut marks = std::mem::take(&mut self.scratch.marks);
        for (segment, at) in block.chunks(SEGMENT).zip((0..).step_by(SEGMENT)) {
            // A line that began in an earlier segment ends here, so there may be more to a row than a segment.
            self.make_room(at + segment.len() - line);
            self.kinds.reserve(segment.len() / 8);
            let count = find_marks(simd, segment, &mut marks);
            for &mark in &marks[..count] {
                let mark = at + mark as usize;
                if block[mark] != b'\n' {
                    question.get_or_insert(mark);
                    continue;
                }
                self.row(simd, block, line..mark, question.take().unwrap_or(mark));
                line = mark + 1;
            }
        }
        if line < block.len() {
            self.make_room(block.len() - line);
            self.row(simd, block, line..block.len(), question.unwrap_or(block.len()));
        }
        self.scratch.marks = marks;
    }

    /// Decodes the link in `line` of `text`, whose first `?` or end is at `mark`.
    #[inline(always)]
    pub(super) fn row<S: Simd>(&mut self, simd: S, text: &[u8], mut line: Range<usize>, mark: usize) {
        if line.end > line.start && text[line.end - 1] == b'\r' {
            line.end -= 1;
        }
        if self.accept_row(simd, text, line.clone(), mark.min(line.end)).is_none() {
            self.slow_row(&text[line]);
        }
    }

    #[inline(always)]
    fn accept_row<S: Simd>(&mut self, simd: S, text: &[u8], line: Range<usize>, mark: usize) -> Option<()> {
        let start = line.start + link::id_start(&text[line])?;
        let len = mark.checked_sub(start).filter(|&len| len > 0)?;
        let scratch = &mut self.scratch;
        let foreign = kernel::decode(simd, &text[start..], len, &mut scratch.message)?;
        let end = len * 3 / 4;
        let shape = Shape::of(&scratch.message[..end], foreign)?;
        let amp = shape.amp.unwrap_or_default();
        let kind = if is_url_if_printable(shape.key) {
            // An article always has the field of its AMP URL, which may be empty.
            if shape.amp.is_none() || !(amp.is_empty() || is_url_if_printable(amp)) {
                return None;
            }
            Kind::Article
        } else {
            let token = &mut scratch.token;
            let mut is_token = |text: &[u8]| {
                is_token_if_base64url(text) && kernel::decode(simd, text, text.len(), token).is_some()
            };
            if !is_token(shape.key) || !shape.amp.is_none_or(is_token) {
                return None;
            }
            Kind::OpaqueArticle
        };
        if self.main.len() + shape.key.len() > self.limit || self.amp.len() + amp.len() > self.limit {
            return None;
        }
        let at = |part: &[u8]| part.as_ptr() as usize - scratch.message.as_ptr() as usize;
        let (key_at, key_len, amp_at, amp_len) = (at(shape.key), shape.key.len(), at(amp), amp.len());
        self.main.push_from(&scratch.message, key_at, key_len);
        if amp_len == 0 {
            self.amp.push_nothing();
        } else {
            self.amp.push_from(&scratch.message, amp_at, amp_len);
        }
        self.kinds.push(columns::code(kind));
        Some(())
    }
}

impl Texts {
    /// Pushes the `len` bytes of `message` from `at` on, for which there is room, a vector more than is needed
    /// included. 128 bytes are copied whatever the length: four of five URLs need no more, and a loop whose
    /// length is another one each time costs more than the copy.
    #[inline(always)]
    fn push_from(&mut self, message: &[u8], at: usize, len: usize) {
        let start = self.len();
        if self.bytes.len() < start + len + SLACK {
            self.make_room(len);
        }
        self.bytes[start..start + 128].copy_from_slice(&message[at..at + 128]);
        let mut done = 128;
        while done < len {
            let (from, to) = (at + done, start + done);
            self.bytes[to..to + 64].copy_from_slice(&message[from..from + 64]);
            done += 64;
        }
        self.offsets.push((start + len) as i32);
    }

    #[inline(always)]
    fn push_nothing(&mut self) {
        self.offsets.push(self.len() as i32);
    }
}

/// Writes where in `segment` each `\n` and each `?` is to the front of `marks`, and says how many those are.
#[inline(always)]
fn find_marks<S: Simd>(simd: S, segment: &[u8], marks: &mut Vec<u32>) -> usize {
    // As many as there can be, so that they can be written without a look at the length.
    if marks.len() < segment.len() {
        marks.resize(segment.len(), 0);
    }
    let mut count = 0;
    let mut found = |mut bits: u64, at: usize| {
        while bits != 0 {
            marks[count] = at as u32 + bits.trailing_zeros();
            count += 1;
            bits &= bits - 1;
        }
    };
    let chunks = segment.chunks_exact(64);
    let rest = chunks.remainder();
    let mut at = 0;
    for chunk in chunks {
        let bytes = u8x64::from_slice(simd, chunk);
        found((bytes.simd_eq(b'\n') | bytes.simd_eq(b'?')).to_bitmask(), at);
        at += 64;
    }
    for &byte in rest {
        found(u64::from(byte == b'\n' || byte == b'?'), at);
        at += 1;
    }
    count
}
