//! Prints the outcomes of a run.

use std::fmt::{Arguments, Display};
use std::io::{self, StdoutLock, Write};

use google_news_link::decode;
use google_news_link_resolve::{Resolution, Source};
use serde::Serialize;

use super::links::{Link, Links};
use crate::failure::{Failure, cannot_print};
use crate::online::{Progress, Watch, is_left};
use crate::record::Record;
use crate::terminal::{printable, printable_bytes, say_error};

pub(super) struct Printer {
    output: StdoutLock<'static>,
    json: bool,
    /// Whether articles that a block refused are requested again.
    resumes: bool,
    links: Links,
    progress: Progress,
    counts: Counts,
}

/// The numbers of printed links.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) links: usize,
    /// Links without a URL.
    pub(super) failed: usize,
    /// Links whose URL could not be verified.
    pub(super) unverified: usize,
    /// Links without a URL that were not requested, or not answered.
    pub(super) left: usize,
}

/// A record with the keys that only `resolve` writes.
#[derive(Serialize)]
struct ResolvedRecord<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    retry: bool,
    source: Option<&'static str>,
    verified: Option<bool>,
}

impl Printer {
    /// Creates a printer of links, of which `remaining` different articles have to be requested.
    pub(super) fn new(json: bool, resumes: bool, links: Links, remaining: usize) -> Self {
        Printer {
            output: io::stdout().lock(),
            json,
            resumes,
            counts: Counts { links: links.len(), ..Counts::default() },
            links,
            progress: Progress::new(remaining),
        }
    }

    /// Prints all other links.
    pub(super) fn finish(&mut self, resolution: &Resolution) -> Result<Counts, Failure> {
        self.progress.finish();
        while let Some(link) = self.links.pop() {
            self.print(&link, resolution)?;
        }
        self.output.flush().map_err(cannot_print)?;
        Ok(self.counts)
    }

    fn print(&mut self, link: &Link, resolution: &Resolution) -> Result<(), Failure> {
        let (found, error) = match link.outcome(resolution) {
            Some(Ok(found)) => (Some(found), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let is_unverified = found.is_some_and(|found| !found.is_verified());
        self.counts.failed += usize::from(found.is_none());
        self.counts.unverified += usize::from(is_unverified);
        self.counts.left += usize::from(error.as_ref().is_some_and(is_left));
        if self.json {
            return self.print_record(link, resolution).map_err(cannot_print);
        }
        match error {
            // These are counted: after a block or an interruption, they may be most of the links.
            Some(error) if is_left(&error) => {}
            Some(error) => self.say_error(link, &error, error.is_retryable()),
            None if found.is_some() => {}
            None => {
                if let Err(error) = decode(&link.text) {
                    self.say_error(link, error, false);
                }
            }
        }
        let url = found.map(|found| found.url()).unwrap_or_default();
        let mark = if is_unverified { "\tunverified" } else { "" };
        writeln!(self.output, "{url}{mark}").map_err(cannot_print)
    }

    fn say_error(&self, link: &Link, error: impl Display, is_retryable: bool) {
        let error = printable(&error.to_string());
        let hint = if is_retryable { " (another run may succeed)" } else { "" };
        let link = printable_bytes(&link.text);
        self.progress.suspend(|| say_error(format_args!("{error}{hint}\n  {link}")));
    }

    fn print_record(&mut self, link: &Link, resolution: &Resolution) -> io::Result<()> {
        let text = String::from_utf8_lossy(&link.text);
        // Decoded again: a target would need more memory while the link waits.
        let target = decode(&link.text);
        let mut record = match &target {
            Ok(target) => Record::of_target(Some(&text), target),
            Err(error) => Record::of_error(Some(&text), error),
        };
        if target.is_err() {
            record.id = link.undecoded_id(resolution).map(str::to_owned);
        }
        let (mut retry, mut source, mut verified) = (false, None, None);
        match link.outcome(resolution) {
            Some(Ok(found)) => {
                record.canonical_url = Some(found.url());
                record.amp_url = found.amp_url();
                record.error = None;
                (source, verified) = (Some(source_name(found.source())), Some(found.is_verified()));
            }
            Some(Err(error)) => {
                record.error = Some(error.to_string());
                retry = error.is_retryable();
            }
            None => {}
        }
        serde_json::to_writer(&mut self.output, &ResolvedRecord { record, retry, source, verified })?;
        writeln!(self.output)
    }
}

impl Watch for Printer {
    /// Prints links in order, up to the first one that still waits for its answer.
    fn settled(&mut self, resolution: &Resolution) -> Result<(), Failure> {
        self.progress.settled(resolution)?;
        while let Some(link) = self.links.pop_settled(resolution, self.resumes) {
            self.print(&link, resolution)?;
        }
        self.output.flush().map_err(cannot_print)
    }

    fn say(&self, message: Arguments<'_>) {
        self.progress.say(message);
    }
}

/// Returns the value of the key `source`.
fn source_name(source: Source) -> &'static str {
    match source {
        Source::Link => "offline",
        Source::Known => "cache",
        Source::Page => "page",
        _ => "online",
    }
}
