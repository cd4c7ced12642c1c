//! What the help texts of all commands have in common.

use std::fmt::Write;

use clap::builder::{StyledStr, Styles};

pub(crate) const EXIT_STATUS: &str = "  0  success; also if the reader of the output closes the pipe
  1  no URL for some links (resolve), invalid links (decode, find), or an interrupted run
  2  wrong usage, unreadable input, unwritable output, a feed that is not well-formed";

/// The sections after the options.
pub(crate) fn after(examples: &str, exit_status: &str) -> StyledStr {
    let styles = Styles::styled();
    let header = styles.get_header();
    let mut text = StyledStr::new();
    // Writing to memory does not fail.
    let _ = write!(
        text,
        "{header}Examples:{header:#}\n{examples}\n\n{header}Exit status:{header:#}\n{exit_status}"
    );
    text
}
