//! Load and crash tests of the program `google-news-link`.
//!
//! ```console
//! $ cargo build --release -p google-news-link-cli -p google-news-link-load
//! $ target/release/load table --lines 50000000
//! $ target/release/load resolve --articles 100000 --kills 50
//! $ target/release/load endings
//! ```
//!
//! Each command prints its measurements and ends with an error if a promise was broken. `docs/testing.md` has results.
#![forbid(unsafe_code)]

mod endings;
mod resolve;
mod server;
mod table;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

/// The outcome of a test, with the promise that was broken.
type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
#[command(about = "Load and crash tests of the program google-news-link")]
struct Args {
    /// The program to test; by default the one in the same folder as this program
    #[arg(long, global = true)]
    program: Option<PathBuf>,

    #[command(subcommand)]
    test: Test,
}

#[derive(Subcommand)]
enum Test {
    Table(table::Args),
    Resolve(resolve::Args),
    Endings,
}

/// The program under test.
struct Program(PathBuf);

impl Program {
    fn command(&self) -> Command {
        Command::new(&self.0)
    }
}

/// Returns the peak memory of a running process, in bytes.
fn peak_memory(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? << 10)
}

fn run(args: Args) -> Outcome {
    let program = match args.program {
        Some(path) => path,
        None => std::env::current_exe()?.with_file_name("google-news-link"),
    };
    if !program.is_file() {
        return Err(format!("{} does not exist: build google-news-link-cli first", program.display()).into());
    }
    let program = Program(program);
    match args.test {
        Test::Table(args) => table::run(&program, &args),
        Test::Resolve(args) => resolve::run(&program, &args),
        Test::Endings => endings::run(&program),
    }
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}
