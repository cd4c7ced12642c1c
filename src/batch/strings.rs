//! The strings of a column while rows are added.

use std::ops::Range;

use super::parts::StringBuffers;
use crate::limits::PADDING;

/// The strings of all rows, in Arrow's layout, and padding:
///
/// ```text
/// bytes    https://a.example/AU_yqL…https://b.example/............   at least PADDING bytes
/// offsets  0                 18     54                  72
/// ```
///
/// All of them are UTF-8, because every writer is known to write UTF-8: [`push`](Self::push) takes a `str`,
/// [`push_ascii`](Self::push_ascii) and the pipeline write bytes that were checked to be printable ASCII.
#[derive(Debug)]
pub(super) struct Strings {
    pub(super) bytes: Vec<u8>,
    pub(super) offsets: Vec<i32>,
    /// The largest offset. It is smaller in tests only.
    pub(super) max_len: usize,
}

impl Strings {
    pub(super) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        let bytes = if bytes == 0 { Vec::new() } else { vec![0; bytes.saturating_add(PADDING)] };
        Strings { bytes, offsets, max_len: i32::MAX as usize }
    }

    /// Returns the number of bytes of all strings.
    pub(super) fn len(&self) -> usize {
        self.offsets.last().map_or(0, |&end| end as usize)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    pub(super) fn clear(&mut self) {
        self.offsets.truncate(1);
    }

    /// Returns the bytes of the string in `row`, which must exist.
    pub(super) fn get_bytes(&self, row: usize) -> &[u8] {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// Returns the string in `row`, which must exist.
    pub(super) fn get(&self, row: usize) -> &str {
        match std::str::from_utf8(self.get_bytes(row)) {
            Ok(string) => string,
            Err(error) => unreachable!("strings are UTF-8 when they are pushed: {error}"),
        }
    }

    /// Returns `true` if a string of `len` bytes can be added.
    pub(super) fn has_room_for(&self, len: usize) -> bool {
        self.len() + len <= self.max_len
    }

    /// Grows the buffer so that strings of `len` bytes can be added; to at least twice its size if it has to grow at all.
    pub(super) fn reserve(&mut self, len: usize) {
        let needed = self.len() + len + PADDING;
        if self.bytes.len() < needed {
            let doubled = (self.bytes.len() * 2).max(needed);
            self.bytes.resize(doubled, 0);
        }
    }

    /// Allocates the buffer with room for strings of `expected` bytes, unless it has been allocated before.
    ///
    /// Growing a buffer means to fill it with zeros, and often to copy it. The operating system returns a large new
    /// buffer already zeroed, so that a batch that is not reused costs only the page faults.
    pub(super) fn reserve_first(&mut self, expected: usize) {
        if self.bytes.is_empty() {
            let room = expected.min(self.max_len).saturating_add(PADDING);
            self.bytes = vec![0; room];
        }
    }

    /// Grows the buffer so that strings can be added up to the offset `end`.
    #[inline(always)]
    pub(super) fn reserve_until(&mut self, end: usize) {
        if self.bytes.len() < end + PADDING {
            self.reserve(end - self.len());
        }
    }

    pub(super) fn push(&mut self, string: &str) {
        let start = self.len();
        self.reserve(string.len());
        self.bytes[start..start + string.len()].copy_from_slice(string.as_bytes());
        self.offsets.push((start + string.len()) as i32);
    }

    /// Adds a part of `buffer`, which must be ASCII. There must be room for it, and [`PADDING`] bytes after it in both
    /// buffers: 128 bytes are copied at once, which are enough for more than 9 of 10 strings.
    #[inline(always)]
    pub(super) fn push_ascii(&mut self, buffer: &[u8], part: &Range<usize>) {
        const AT_ONCE: usize = 128;
        const _: () = assert!(AT_ONCE <= PADDING);
        let (start, len) = (self.len(), part.len());
        debug_assert!(buffer[part.clone()].is_ascii());
        let chunks = (buffer[part.start..].first_chunk::<AT_ONCE>(), self.bytes[start..].first_chunk_mut());
        match chunks {
            (Some(from), Some(to)) if len <= AT_ONCE => *to = *from,
            _ => self.bytes[start..start + len].copy_from_slice(&buffer[part.clone()]),
        }
        self.offsets.push((start + len) as i32);
    }

    pub(super) fn into_buffers(mut self) -> StringBuffers {
        self.bytes.truncate(self.len());
        StringBuffers { data: self.bytes, offsets: self.offsets }
    }
}

impl Default for Strings {
    fn default() -> Self {
        Strings::with_capacity(0, 0)
    }
}

/// Clones the strings without their spare capacity.
impl Clone for Strings {
    fn clone(&self) -> Self {
        Strings { bytes: self.as_bytes().to_vec(), offsets: self.offsets.clone(), max_len: self.max_len }
    }
}
