//! Sections that the help texts of all commands share.

use std::fmt::Write;

use clap::builder::{StyledStr, Styles};

/// The exit statuses of the whole program. Most commands have only some of these.
pub(crate) const EXIT_STATUS: &str = "  0  success; also if the reader of the output closes the pipe
  1  no URL for some of the links (resolve, rewrite --resolve, feed --resolve, harvest), some of
     them cannot be decoded (decode, find), or a run was interrupted
  2  wrong usage, unreadable input, unwritable output, a feed that is not well-formed";

/// The exit statuses of the commands that read no links.
pub(crate) const EXIT_STATUS_OF_PRINTING: &str =
    "  0  success; also if the reader of the output closes the pipe
  2  wrong usage, unwritable output";

/// Returns the sections of a help text after the options.
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
