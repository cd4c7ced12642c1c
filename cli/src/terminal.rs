//! Writes messages to standard error, and progress if it is a terminal.

use std::borrow::Cow;
use std::fmt::{self, Arguments, Display, Formatter};
use std::io::{self, IsTerminal, Write};

use clap::builder::Styles;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Writes a line to standard error, if there is one.
pub(crate) fn say(message: Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{message}");
}

/// Writes an error, with the label that clap writes before its own.
pub(crate) fn say_error(message: Arguments<'_>) {
    let styles = Styles::styled();
    let style = styles.get_error();
    say(format_args!("{style}error:{style:#} {message}"));
}

/// Reports what the program waits for, if standard input is a terminal.
pub(crate) fn announce_stdin(what: &str) {
    if io::stdin().is_terminal() {
        say(format_args!("reading {what} from the terminal; Ctrl-D ends the input"));
    }
}

/// Returns the text with U+FFFD in place of each character that would move a terminal's cursor. The number of characters stays the same.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// Returns any bytes as [`printable`] text.
pub(crate) fn printable_bytes(bytes: &[u8]) -> String {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => printable(text),
        Cow::Owned(text) => printable(&text),
    }
}

/// Creates a bar for `len` steps, or a spinner for an unknown number of them; invisible unless standard error is a terminal.
pub(crate) fn progress_bar(len: Option<u64>, template: &str) -> ProgressBar {
    let is_visible = io::stderr().is_terminal();
    let target = if is_visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(len, target);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A count with its noun, which gets an `s` unless the count is 1.
pub(crate) struct Quantity(pub(crate) usize, pub(crate) &'static str);

impl Display for Quantity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Quantity(number, noun) = self;
        write!(f, "{number} {noun}{}", if *number == 1 { "" } else { "s" })
    }
}
