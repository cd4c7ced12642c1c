//! Makes the functions of google-news-link-datafusion available in a Ballista cluster. Each of its three programs must
//! register them:
//!
//! 1. `scheduler` plans queries with a [`session_state`] that has the functions.
//! 2. `executor` runs their tasks with a function registry built from such a state.
//! 3. `client` connects with such a state and then registers the functions again: see [`connect`].
//!
//! If a program has not registered them, queries fail: on the scheduler with "LogicalExtensionCodec is not provided",
//! on an executor with a message that appears only in its log.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

use ballista::prelude::SessionContextExt;
use ballista_core::extension::SessionConfigExt;
use ballista_core::utils::default_session_builder;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::prelude::{SessionConfig, SessionContext};
use google_news_link_datafusion::register_all;

/// Creates a session state of Ballista that has the functions.
///
/// # Errors
///
/// Returns DataFusion's error if it can't create a session.
pub fn session_state(config: SessionConfig) -> Result<SessionState> {
    let mut state = default_session_builder(config)?;
    register_all(&mut state)?;
    Ok(state)
}

/// Creates a session whose queries run on the cluster of `scheduler`, `df://HOST:PORT`.
///
/// # Errors
///
/// Returns an error if `scheduler` has another form. An unreachable scheduler is an error of the first query.
pub async fn connect(scheduler: &str) -> Result<SessionContext> {
    let config = SessionConfig::new_with_ballista().with_information_schema(true);
    let mut ctx = SessionContext::remote_with_state(scheduler, session_state(config)?).await?;
    // Must follow the connection, which replaces all scalar functions with Ballista's.
    register_all(&mut ctx)?;
    Ok(ctx)
}

/// The result of a program or of one of its steps.
pub type Outcome<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Runs a program. Its log level is `RUST_LOG`, or `log` if that variable is not set.
pub fn run(log: &str, program: impl Future<Output = Outcome>) -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(log)).init();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // The stack size of Ballista's own programs: plans are traversed recursively.
        .thread_stack_size(32 << 20)
        .build()
        .map_err(Into::into)
        .and_then(|runtime| {
            let outcome = runtime.block_on(program);
            // Does not wait for what a failed query has left running.
            runtime.shutdown_background();
            outcome
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
