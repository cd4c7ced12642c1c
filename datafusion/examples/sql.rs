//! Asks Parquet, CSV and JSON files about their Google News links, in SQL.
//!
//!     cargo run --release --example sql -- \
//!         "SELECT google_news_url(link) FROM links" links=links.parquet
//!
//! The README has more queries.

#[path = "sql/query.rs"]
mod query;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use datafusion::prelude::{SessionConfig, SessionContext};

use query::{Query, Result};

/// Asks Parquet, CSV and JSON files about their Google News links, in SQL.
///
/// SHOW FUNCTIONS LIKE 'google_news%' lists the functions for them.
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
