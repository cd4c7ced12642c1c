//! Plans queries and assigns their tasks to the executors.
//!
//! ```console
//! $ cargo run --release -p google-news-link-cluster --bin scheduler
//! ```

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use clap::Parser;
use google_news_link_cluster::{Outcome, run, session_state};

/// Plans queries and assigns their tasks to the executors. GET /readyz on its port returns 200 when enough executors
/// have connected.
#[derive(Parser)]
struct Args {
    /// The address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind_host: IpAddr,

    /// The port to listen on
    #[arg(long, default_value_t = 50050, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// The host name under which executors reach this machine
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    external_host: String,

    /// The number of executors that make the cluster ready
    #[arg(long, value_name = "N", default_value_t = 1)]
    executors: usize,

    /// How long to wait for an executor's heartbeat before its tasks are given to others. Three of its intervals
    /// allow for a late one
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..))]
    executor_timeout: u64,

    /// The interval between checks for lost executors
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    check_interval: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    run("warn", start(args))
}

async fn start(args: Args) -> Outcome {
    let config = SchedulerConfig {
        external_host: args.external_host,
        bind_host: args.bind_host.to_string(),
        bind_port: args.port,
        min_ready_executors: args.executors,
        executor_timeout_seconds: args.executor_timeout,
        no_executors_grace_period_seconds: args.executor_timeout,
        expire_dead_executor_interval_seconds: args.check_interval,
        ..SchedulerConfig::default()
    }
    .with_override_session_builder(Arc::new(session_state));
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, SocketAddr::new(args.bind_host, args.port), Arc::new(config)).await?;
    Ok(())
}
