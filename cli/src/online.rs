//! Code that all commands which send requests share.

use std::collections::BTreeMap;
use std::fmt::{self, Arguments, Display, Formatter};

use google_news_link::Target;
use google_news_link_resolve::page::PairCounts;
use google_news_link_resolve::{ErrorKind, RequestKind, Resolution};
use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::terminal::{Quantity, printable, progress_bar, say};
pub(crate) use args::{OnlineArgs, Session};
pub(crate) use pages::read_page;
pub(crate) use run::{End, Watch};

mod args;
mod client;
mod pages;
mod run;
mod signals;

/// Requests the pages of the arguments and `pages`, and then the articles that the session still lacks. Reports the
/// number of links in the pages and the errors of the links; `noun` names the links in these messages.
pub(crate) fn request_all(
    args: &OnlineArgs,
    session: &mut Session,
    pages: &[String],
    noun: &'static str,
) -> Result<End, Failure> {
    let mut progress = Progress::new(session.resolution.remaining());
    let (end, pages) = args.request_all(session, pages, &mut progress)?;
    progress.finish();
    let resolution = &session.resolution;
    say_page_errors(&pages, resolution);
    say_pair_counts(resolution.pair_counts());
    let mut problems: BTreeMap<String, usize> = BTreeMap::new();
    let mut left = 0;
    for error in resolution.outcomes().filter_map(Result::err) {
        if is_left(&error) {
            left += 1;
        } else {
            *problems.entry(error.to_string()).or_default() += 1;
        }
    }
    for (problem, &links) in &problems {
        say(format_args!("{}: {}", Quantity(links, noun), printable(problem)));
    }
    end.say(left);
    Ok(end)
}

/// The progress of a run.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Creates the progress of requests for `remaining` articles.
    pub(crate) fn new(remaining: usize) -> Self {
        let bar = match remaining {
            0 => ProgressBar::hidden(),
            _ => progress_bar(Some(remaining as u64), "{bar:40} {pos} of {len} articles  {eta} left"),
        };
        Progress { bar }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs `write`, which writes to standard error, and draws the progress below its output.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }
}

impl Watch for Progress {
    fn settled(&mut self, resolution: &Resolution) -> Result<(), Failure> {
        let remaining = resolution.remaining() as u64;
        self.bar.set_position(self.bar.length().unwrap_or(0).saturating_sub(remaining));
        Ok(())
    }

    fn say(&self, message: Arguments<'_>) {
        self.suspend(|| say(message));
    }
}

/// Returns `true` if a link still waits for its answer.
pub(crate) fn is_left(error: &google_news_link_resolve::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotTried | ErrorKind::Interrupted)
}

/// Returns `true` if the URL is encrypted.
pub(crate) fn is_opaque(target: &Target<'_>) -> bool {
    matches!(target, Target::OpaqueArticle(_) | Target::OpaqueRedirect(_))
}

/// Reports the pages that could not be read. Their articles were requested one by one.
pub(crate) fn say_page_errors(pages: &[(&str, usize)], resolution: &Resolution) {
    for &(url, number) in pages {
        if let Some(Err(error)) = resolution.page_outcome(number) {
            say(format_args!("{}: {}", printable(url), printable(&error.to_string())));
        }
    }
}

/// Reports how many links pages contained, if any.
pub(crate) fn say_pair_counts(counts: PairCounts) {
    let PairCounts { found, confirmed, unverified, refuted, .. } = counts;
    if found > 0 {
        let found = Quantity(found, "link");
        say(format_args!(
            "{found} with a URL in pages: {confirmed} confirmed, {unverified} unverified, {refuted} refuted"
        ));
    }
}

/// The numbers of requests of each kind. Those of redirects and of pages with several links are left out if they are 0.
pub(crate) struct Requests<'a>(pub(crate) &'a Resolution);

impl Display for Requests<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Requests(resolution) = self;
        let [link_pages, pages, redirects, posts] =
            [RequestKind::NewsPage, RequestKind::ArticlePage, RequestKind::Redirect, RequestKind::Post]
                .map(|kind| resolution.requests(kind));
        if link_pages > 0 {
            write!(f, "{} with several links, ", Quantity(link_pages, "page"))?;
        }
        Quantity(pages, "page").fmt(f)?;
        if redirects > 0 {
            write!(f, ", {}", Quantity(redirects, "redirect"))?;
        }
        write!(f, " and {}", Quantity(posts, "POST"))
    }
}
