//! Resolves the opaque links of a feed online.

use google_news_link::{Article, Target};

use super::links::Found;
use crate::failure::Failure;
use crate::online::{End, OnlineArgs, is_opaque, request_all};
use crate::terminal::{printable, say_error};

/// Replaces each opaque article that was resolved by an article with its URL, and reports the errors of the others.
pub(super) fn resolve(found: &mut Found, args: &OnlineArgs) -> Result<End, Failure> {
    let mut session = args.begin()?;
    let mut opaque = Vec::new();
    for link in &mut found.links {
        if is_opaque(&link.target) {
            opaque.push((session.resolution.push_target(&link.target), link));
        }
    }
    // One page may contain most of the articles.
    let end = request_all(args, &mut session, found.page.as_slice(), "opaque link")?;
    for (number, link) in opaque {
        if let Some(Ok(resolved)) = session.resolution.outcome(number) {
            match Article::new(resolved.url(), None) {
                Ok(article) => link.target = Target::Article(article.into_owned()),
                Err(error) => say_error(format_args!("{}", printable(&error.to_string()))),
            }
        }
    }
    Ok(end)
}
