//! Where the opaque links of a feed lead: Google is asked.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use google_news_link::{Article, Target};
use google_news_link_resolve::{Options, Resolution, ureq::Driver};

use super::links::Found;
use crate::program::{Failure, failed, say};

/// Puts an article with its URL in place of each opaque one to which there is an answer. Of the others is said why.
pub(crate) fn resolve(found: &mut Found, base: &str) -> Result<(), Failure> {
    let invalid = |error| failed(base)(Error::new(ErrorKind::InvalidInput, error));
    let mut resolution = Resolution::new(Options::new().base_url(base).map_err(invalid)?);
    let mut opaque = Vec::new();
    for link in &mut found.links {
        if let Target::OpaqueArticle(article) = &link.target {
            resolution.push(article);
            opaque.push(link);
        }
    }
    let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into();
    Driver::new(&agent).run(&mut resolution);

    let mut problems = BTreeMap::<String, usize>::new();
    for (link, outcome) in opaque.into_iter().zip(resolution.outcomes()) {
        match outcome {
            Ok(url) => {
                let article = Article::new(url.to_owned(), None);
                link.target = Target::Article(article.map_err(|error| failed(url)(Error::other(error)))?);
            }
            Err(error) => *problems.entry(error.to_string()).or_default() += 1,
        }
    }
    for (problem, links) in problems {
        say(format_args!("{links} opaque links: {problem}"));
    }
    Ok(())
}
