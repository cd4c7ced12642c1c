//! The command `completions`.

use std::io::{self, Write};

use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use crate::failure::{Failure, Success, cannot_print};
use crate::help;

/// Prints the completion script of a shell.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, help::EXIT_STATUS_OF_PRINTING))]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str =
    "  google-news-link completions bash > ~/.local/share/bash-completion/completions/google-news-link
  google-news-link completions zsh > ~/.zfunc/_google-news-link
  google-news-link completions fish > ~/.config/fish/completions/google-news-link.fish";

pub(crate) fn run(args: &Args, mut command: Command) -> Result<Success, Failure> {
    let name = command.get_name().to_owned();
    // `generate` panics if it can't write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let mut output = io::stdout().lock();
    output.write_all(&script).and_then(|()| output.flush()).map_err(cannot_print)?;
    Ok(Success::Complete)
}
