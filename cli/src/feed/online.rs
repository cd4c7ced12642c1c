//! Resolves the opaque links of a feed online.

use google_news_link::{Article, Target};
use google_news_link_resolve::{Options, Resolution};

use super::links::Found;
use crate::failure::Failure;
use crate::online::{Problems, is_opaque, request_all};

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
    // One page may contain most of the articles.
    request_all(&mut resolution, found.page.as_slice(), None)?;
    let mut problems = Problems::default();
    for (link, outcome) in opaque.into_iter().zip(resolution.outcomes()) {
        match outcome {
            Ok(found) => match Article::new(found.url(), None) {
                Ok(article) => link.target = Target::Article(article.into_owned()),
                Err(error) => problems.add(&error),
            },
            Err(error) => problems.add(error),
        }
    }
    problems.say("opaque link");
    Ok(())
}
