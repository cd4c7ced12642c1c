//! The command `man`.

use std::io::{self, Write};

use clap::{Args as ClapArgs, Command};
use clap_mangen::Man;

use crate::failure::{Failure, Success, cannot_print};
use crate::help;

/// Prints the manual page of the program or of one of its commands.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, help::EXIT_STATUS_OF_PRINTING))]
pub(crate) struct Args {
    /// The command that the page is about; without it, the page is about the program
    #[arg(value_name = "COMMAND", value_parser = ["decode", "table", "find", "rewrite", "feed", "resolve", "harvest", "completions", "man"])]
    command: Option<String>,
}

const EXAMPLES: &str = "  google-news-link man resolve | man -l -
  google-news-link man > /usr/local/share/man/man1/google-news-link.1
  google-news-link man table > /usr/local/share/man/man1/google-news-link-table.1";

pub(crate) fn run(args: &Args, program: Command) -> Result<Success, Failure> {
    let mut program = program.disable_help_subcommand(true);
    // Gives each command its full name.
    program.build();
    let command = match &args.command {
        Some(name) => program.find_subcommand(name).unwrap_or(&program),
        None => &program,
    };
    let mut output = io::stdout().lock();
    output.write_all(&page(command)?).and_then(|()| output.flush()).map_err(cannot_print)?;
    Ok(Success::Complete)
}

/// Returns the page. The sections after the options are written as in the help text, because `clap_mangen` would join their lines.
fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    let sections = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    for section in sections {
        section(&man, &mut page).map_err(cannot_print)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page).map_err(cannot_print)?;
    }
    if let Some(text) = command.get_after_help() {
        write_preformatted(&mut page, &text.to_string());
    }
    man.render_version_section(&mut page).map_err(cannot_print)?;
    Ok(page)
}

/// Writes the sections after the options: lines without indentation as headings, all others unchanged.
fn write_preformatted(page: &mut Vec<u8>, text: &str) {
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            Some(heading) => {
                page.extend_from_slice(format!(".SH \"{}\"\n.nf\n", heading.to_uppercase()).as_bytes());
            }
            None => {
                let escaped =
                    line.trim_start().replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
                page.extend_from_slice(format!("\\&{escaped}\n").as_bytes());
            }
        }
    }
    page.extend_from_slice(b".fi\n");
}
