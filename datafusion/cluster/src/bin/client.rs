//! Runs a SQL query over files of Google News links on a cluster.
//!
//! ```console
//! $ cargo run --release -p google-news-link-cluster --bin client -- \
//!     "SELECT google_news_url(link) FROM links" links=/shared/links
//! ```
//!
//! The arguments are those of the program `google-news-link-sql`, whose README has more queries.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use google_news_link_cluster::{Outcome, connect, run};
use google_news_link_sql::Query;
use tokio::net::TcpStream;

/// Runs a SQL query over files of Google News links on a cluster. Every machine of the cluster must find the files
/// under the same paths.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    query: Query,

    /// The scheduler of the cluster
    #[arg(long, value_name = "df://HOST:PORT", default_value = "df://localhost:50050")]
    scheduler: Scheduler,

    /// How long to wait for the answer. Some queries never end after an executor is lost
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
}

/// `HOST:PORT`
#[derive(Clone)]
struct Scheduler(String);

impl FromStr for Scheduler {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let address = url.strip_prefix("df://").filter(|address| {
            address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        });
        address.map(|address| Scheduler(address.to_owned())).ok_or("not df://HOST:PORT")
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}", self.0)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    // Errors are returned to the client, so they need no log.
    run("off", ask(args))
}

async fn ask(Args { query, scheduler, timeout }: Args) -> Outcome {
    if let Some(table) = query.compressed_table() {
        // Ballista 55 would read the compressed bytes as text (apache/datafusion#24180).
        return Err(format!("{table}: a cluster can't read .gz and .zst; unpack it, or write Parquet").into());
    }
    let answer = async { query.run(&connect(&scheduler.to_string()).await?).await };
    let answer = tokio::time::timeout(Duration::from_secs(timeout), answer).await;
    let answer =
        answer.map_err(|_| format!("no answer within {timeout} s; the cluster may still be at it"))?;
    let Err(error) = answer else { return Ok(()) };
    // A scheduler that dies closes its sockets one after the other, and the listening one may be the last.
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Ballista's own error names only a socket operation in that case.
    match TcpStream::connect(&scheduler.0).await {
        Ok(_) => Err(error),
        Err(gone) => Err(format!("no scheduler at {scheduler}: {gone}\n{error}").into()),
    }
}
