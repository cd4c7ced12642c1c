//! The text of an element without its escapes, with the offsets of its parts in the feed.

use std::ops::Range;

/// The text between two tags, unescaped.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A part of the text with one kind of escaping.
struct Piece {
    /// Its offset in the text.
    start: usize,
    /// Its bytes in the feed.
    source: Range<usize>,
    written: Written,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// As it is.
    Plain,
    /// As it is, in a CDATA section.
    Cdata,
    /// As a reference to a character or an entity: `&amp;`.
    Reference,
}

impl Text {
    pub(crate) fn push(&mut self, bytes: &[u8], source: Range<usize>, written: Written) {
        if !bytes.is_empty() {
            self.pieces.push(Piece { start: self.bytes.len(), source, written });
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes of the feed that contain the part `range` of the text, and whether they are in a CDATA section.
    /// Returns `None` if they contain other markup: a comment, or the border of a CDATA section.
    pub(crate) fn source(&self, range: Range<usize>) -> Option<(Range<usize>, bool)> {
        let piece_at = |at: usize| self.pieces.partition_point(|piece| piece.start <= at).checked_sub(1);
        let last_byte = range.end.checked_sub(1)?;
        let pieces = self.pieces.get(piece_at(range.start)?..=piece_at(last_byte)?)?;
        let (first, last) = (pieces.first()?, pieces.last()?);
        if pieces.windows(2).any(|pair| pair[0].source.end != pair[1].source.start) {
            return None;
        }
        let start = match first.written {
            Written::Reference => first.source.start,
            Written::Plain | Written::Cdata => first.source.start + (range.start - first.start),
        };
        let end = match last.written {
            Written::Reference => last.source.end,
            Written::Plain | Written::Cdata => last.source.start + (range.end - last.start),
        };
        Some((start..end, first.written == Written::Cdata))
    }
}
