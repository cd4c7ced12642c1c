//! What the programs of a Ballista cluster need so that queries can call the functions of
//! google-news-link-datafusion. There are three places, one in each program:
//!
//! 1. `scheduler` plans queries with a [`session_state`] that knows the functions.
//! 2. `executor` runs their tasks with a function registry made of one.
//! 3. `client` connects with one, and registers the functions again: [`connect`].
//!
//! Where they are missing, a query fails: on the scheduler with "LogicalExtensionCodec is not provided", on an executor
//! with a message that only stands in its log.
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

/// A session of Ballista that knows the functions.
///
/// # Errors
///
/// What DataFusion says if there can be no session.
pub fn session_state(config: SessionConfig) -> Result<SessionState> {
    let mut state = default_session_builder(config)?;
    register_all(&mut state)?;
    Ok(state)
}

/// A session whose queries are run by the cluster of `scheduler`, `df://HOST:PORT`.
///
/// # Errors
///
/// A text that is no such address. Whether anybody listens there shows in the first query.
pub async fn connect(scheduler: &str) -> Result<SessionContext> {
    let config = SessionConfig::new_with_ballista().with_information_schema(true);
    let mut ctx = SessionContext::remote_with_state(scheduler, session_state(config)?).await?;
    // Not before: connecting replaces the functions by those that Ballista knows.
    register_all(&mut ctx)?;
    Ok(ctx)
}

/// What the programs' functions return.
pub type Outcome<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Runs a program, which logs what `RUST_LOG` asks for, `info` or `warn`, or without it `log`.
pub fn run(log: &str, program: impl Future<Output = Outcome>) -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(log)).init();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // As Ballista's own programs have it: plans are walked through recursively.
        .thread_stack_size(32 << 20)
        .build()
        .map_err(Into::into)
        .and_then(|runtime| {
            let outcome = runtime.block_on(program);
            // What a query that came to nothing has left running is not waited for.
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
