//! Registers the functions in a session and queries a CSV file: for a program that already uses DataFusion. To query
//! files from the command line, use the program `google-news-link-sql` in the folder `sql` of the repository.
//!
//!     cargo run --example query

use datafusion::error::Result;
use datafusion::prelude::{CsvReadOptions, SessionContext};

const LINKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/links.csv");

#[tokio::main]
async fn main() -> Result<()> {
    let mut ctx = SessionContext::new();
    google_news_link_datafusion::register_all(&mut ctx)?;
    ctx.register_csv("links", LINKS, CsvReadOptions::new()).await?;
    let articles = ctx
        .sql(
            "SELECT published, google_news_url(link) AS url FROM links
             WHERE google_news_kind(link) = 'article' ORDER BY published",
        )
        .await?;
    articles.show().await
}
