//! Runs the tasks that the scheduler assigns to it.
//!
//! ```console
//! $ cargo run --release -p google-news-link-cluster --bin executor
//! ```

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use clap::Parser;
use datafusion::prelude::SessionConfig;
use google_news_link_cluster::{Outcome, run, session_state};

/// Runs the tasks that the scheduler assigns to it. It must find the files under the same paths as the client.
#[derive(Parser)]
struct Args {
    /// The host of the scheduler
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    scheduler_host: String,

    /// The port of the scheduler
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    scheduler_port: u16,

    /// The address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind_host: IpAddr,

    /// The host name under which the scheduler, clients and other executors reach this machine [default: the address
    /// that its connections come from]
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,

    /// The port for data
    #[arg(long, default_value_t = 50051, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// The port for tasks
    #[arg(long, value_name = "PORT", default_value_t = 50052, value_parser = clap::value_parser!(u16).range(1..))]
    task_port: u16,

    /// The number of tasks to run at once [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    cores: Option<u16>,

    /// The folder for the data that one stage of a query leaves for the next [default: a temporary folder,
    /// deleted at the end]
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,

    /// The interval between heartbeats to the scheduler
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    heartbeat: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    run("warn", start(args))
}

async fn start(args: Args) -> Outcome {
    // Without a folder, Ballista creates a temporary one and deletes it before the first use.
    let temporary;
    let work_dir = match args.work_dir {
        Some(folder) => folder,
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path().to_owned()
        }
    };
    let work_dir =
        work_dir.into_os_string().into_string().map_err(|_| "a work folder whose path is not UTF-8")?;
    // `BallistaFunctionRegistry::default()` would also lack the functions for arrays and structs.
    let functions = BallistaFunctionRegistry::from(&session_state(SessionConfig::new_with_ballista())?);
    let defaults = ExecutorProcessConfig::default();
    let config = ExecutorProcessConfig {
        scheduler_host: args.scheduler_host,
        scheduler_port: args.scheduler_port,
        scheduler_connect_timeout_seconds: 10,
        bind_host: args.bind_host.to_string(),
        external_host: args.external_host,
        port: args.port,
        grpc_port: args.task_port,
        vcores: args.cores.map_or(defaults.vcores, usize::from),
        work_dir: Some(work_dir),
        executor_heartbeat_interval_seconds: args.heartbeat,
        override_function_registry: Some(Arc::new(functions)),
        ..defaults
    };
    start_executor_process(Arc::new(config)).await?;
    Ok(())
}
