//! What the larger programs have in common: how they fail, and how they say so.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// What could not be done, and why.
pub(crate) struct Failure {
    what: String,
    error: io::Error,
}

pub(crate) fn failed(what: impl ToString) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure { what: what.to_string(), error }
}

/// Says it to whoever is at the terminal, or to nobody.
pub(crate) fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// How a program ends.
pub(crate) fn exit_code(result: Result<ExitCode, Failure>) -> ExitCode {
    match result {
        Ok(code) => code,
        // Whoever reads this has read enough.
        Err(Failure { error, .. }) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure { what, error }) => {
            say(format_args!("error: {what}: {error}"));
            ExitCode::FAILURE
        }
    }
}
