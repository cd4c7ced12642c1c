//! Reads the links of `decode` and `resolve`.

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, StdinLock};
use std::slice::Iter;

use crate::failure::{Failure, STANDARD_INPUT, cannot_read};
use crate::terminal::announce_stdin;

/// Links from the arguments or, without any, from the lines of standard input.
pub(crate) enum LinkReader<'a> {
    Arguments(Iter<'a, OsString>),
    Lines(StdinLock<'static>),
}

impl<'a> LinkReader<'a> {
    pub(crate) fn new(arguments: &'a [OsString]) -> Self {
        if !arguments.is_empty() {
            return LinkReader::Arguments(arguments.iter());
        }
        announce_stdin("links, one per line,");
        LinkReader::Lines(io::stdin().lock())
    }

    /// Reads the next link into `link`, without its line end. Returns `false` at the end.
    pub(crate) fn read(&mut self, link: &mut Vec<u8>) -> Result<bool, Failure> {
        link.clear();
        match self {
            LinkReader::Arguments(arguments) => {
                let Some(argument) = arguments.next() else { return Ok(false) };
                link.extend_from_slice(argument.as_encoded_bytes());
            }
            LinkReader::Lines(input) => {
                if input.read_until(b'\n', link).map_err(cannot_read(STANDARD_INPUT))? == 0 {
                    return Ok(false);
                }
                let line = link.strip_suffix(b"\n").unwrap_or(link);
                let len = line.strip_suffix(b"\r").unwrap_or(line).len();
                link.truncate(len);
            }
        }
        Ok(true)
    }

    /// Returns `true` if there is another link. At a terminal it always returns `true`, because a user would have to
    /// type the next line before the previous one is answered.
    pub(crate) fn has_more(&mut self) -> Result<bool, Failure> {
        match self {
            LinkReader::Arguments(arguments) => Ok(arguments.len() > 0),
            LinkReader::Lines(input) if input.is_terminal() => Ok(true),
            LinkReader::Lines(input) => {
                let more = input.fill_buf().map_err(cannot_read(STANDARD_INPUT))?;
                Ok(!more.is_empty())
            }
        }
    }
}
