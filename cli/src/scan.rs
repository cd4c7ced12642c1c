//! Visits the links in a text of any length.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};

use google_news_link::{Match, Rewriter};

use crate::failure::{Failure, cannot_read};

/// Calls `visit` with each link in a text and the link's offset, in order.
///
/// `name` names the text in messages. The offset has 64 bits on every machine, unlike the range of a match.
pub(crate) fn for_each_link(
    text: impl Read,
    name: &str,
    is_relative: bool,
    mut visit: impl FnMut(u64, &Match<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // The offsets are counted by a rewriter that keeps every link: when it asks for the URL of a link, it has written
    // all bytes before the link.
    let written = Cell::new(0);
    let failure = RefCell::new(None);
    let result = Rewriter::new(text).relative(is_relative).write_to(
        Counter { written: &written, failure: &failure },
        |found| {
            if let Err(error) = visit(written.get(), found) {
                failure.replace(Some(error));
            }
            None
        },
    );
    match failure.into_inner() {
        Some(failure) => Err(failure),
        None => result.map_err(cannot_read(name)),
    }
}

/// Counts the bytes that are written, up to a failure.
struct Counter<'a> {
    written: &'a Cell<u64>,
    failure: &'a RefCell<Option<Failure>>,
}

impl Write for Counter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failure.borrow().is_some() {
            return Err(io::Error::other("stopped"));
        }
        self.written.update(|written| written + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
