//! Resolves the opaque links of a feed online.

use std::collections::BTreeMap;

use google_news_link::{Article, Target};
use google_news_link_resolve::ReqwestDriver;
use google_news_link_resolve::{Options, Resolution};
use reqwest::header::HeaderValue;

use super::links::{Found, is_opaque};
use crate::failure::Failure;
use crate::online::{USER_AGENT, block_on, client, push_pages, say_page_errors, say_pair_counts};
use crate::terminal::{Quantity, printable, say};

/// Replaces each opaque article that was resolved by an article with its URL, and reports the errors of the others.
pub(super) fn resolve(found: &mut Found, options: &Options) -> Result<(), Failure> {
    let mut resolution = Resolution::new(options.clone());
    let mut opaque = Vec::new();
    for link in &mut found.links {
        if is_opaque(&link.target) {
            resolution.push_target(&link.target);
            opaque.push(link);
        }
    }
    if opaque.is_empty() {
        return Ok(());
    }
    // One page may contain most of the articles.
    let pages: Vec<String> = found.page.iter().cloned().collect();
    let pages = push_pages(&pages, &mut resolution)?;
    let client = client(HeaderValue::from_static(USER_AGENT))?;
    block_on(ReqwestDriver::new(&client).run(&mut resolution))?;

    let mut problems = BTreeMap::<String, usize>::new();
    for (link, outcome) in opaque.into_iter().zip(resolution.outcomes()) {
        let article = match outcome {
            Ok(found) => Article::new(found.url().to_owned(), None).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match article {
            Ok(article) => link.target = Target::Article(article),
            Err(problem) => *problems.entry(problem).or_default() += 1,
        }
    }
    say_page_errors(&pages, &resolution);
    say_pair_counts(resolution.pair_counts());
    for (problem, links) in problems {
        say(format_args!("{}: {}", Quantity(links, "opaque link"), printable(&problem)));
    }
    Ok(())
}
