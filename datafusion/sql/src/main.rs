//! Runs a SQL query over Parquet, CSV and JSON files of Google News links.
//!
//!     cargo run --release -p google-news-link-sql -- \
//!         "SELECT google_news_url(link) FROM links" links=links.parquet
//!
//! The README of this package has more queries.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use datafusion::prelude::{SessionConfig, SessionContext};
use google_news_link_sql::{Query, Result};

/// Runs a SQL query over Parquet, CSV and JSON files of Google News links.
///
/// SHOW FUNCTIONS LIKE 'google_news%' lists the functions that decode links.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    query: Query,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<()> {
    let mut ctx = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
    google_news_link_datafusion::register_all(&mut ctx)?;
    args.query.run(&ctx).await
}
