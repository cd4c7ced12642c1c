//! Reads the publishers' URLs of the links in a page of Google News.
//!
//! The web pages of `news.google.com` (search, home, topics, stories) contain the publisher's URL next to each encrypted ID, 100 of
//! them in one search page. So a saved page resolves its links offline, and one request takes the place of a hundred.
//! RSS feeds and the pages of single articles do not contain these URLs.
//!
//! [`links`] reads a page, [`Pairs`] collects its links, and [`Resolution::learn`](crate::Resolution::learn) uses them.
//!
//! Each URL is checked against the ID next to it: the token of an opaque article determines the length of the URL
//! (which was right for all 129 known pairs of ID and URL), a plain article contains the URL, a video its YouTube ID. A
//! URL that contradicts the ID is refuted and never returned as the URL of the link.
//!
//! Google does not document these pages and can change them at any time. Two forms are known:
//!
//! - elements with the attributes `href` (the link) and `jslog` (the URL, in JSON in base64; up to 2022 as plain text);
//! - records in scripts, arrays that begin with `[13,[13,"ID"],"title",…` and contain the URL.
//!
//! The same records occur in answers of `batchexecute`, which the button "show more" requests. They can be read as
//! well, even if they are truncated or damaged.

pub use link::{Check, Form, PageLink, Refutation};
pub use links::{MAX_LINKS, links};
pub use pairs::{PairCounts, Pairs};

mod jslog;
mod link;
mod links;
mod pairs;
mod record;
mod rows;
