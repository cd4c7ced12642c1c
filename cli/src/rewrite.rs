//! The command `rewrite`.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::PathBuf;

use clap::Args as ClapArgs;
use google_news_link::{Match, Rewriter, decode};
use google_news_link_resolve::Resolution;

use crate::failure::{Failure, STANDARD_OUTPUT, Success, cannot_read, cannot_write};
use crate::help;
use crate::input::{Input, file_of};
use crate::online::{End, OnlineArgs, Requests, is_opaque, request_all};
use crate::replacement::Replacement;
use crate::scan::for_each_link;
use crate::terminal::{Quantity, say};

/// Copies any text and replaces the Google News links in it by the publishers' URLs.
///
/// It replaces the links that the command `find` finds. Each URL is escaped as its link was: for HTML, for JSON and
/// scripts, or percent-encoded. Every other byte stays as it is. Memory use is constant, however large the text is. A
/// summary goes to standard error.
///
/// Links without a URL are kept: links to topics, stories and publications, links that cannot be decoded, and encrypted
/// ones. Encrypted links are replaced only with --resolve, which requests their URLs from Google. For RSS and Atom
/// feeds there is the command `feed`.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
#[command(mut_group("OnlineArgs", |group| group.requires("resolve")))]
pub(crate) struct Args {
    /// Also replace links without a host
    ///
    /// These are ./articles/CBMi..., /goto?url=CAES... and IDs alone, as they occur in the pages of Google News and of
    /// Google's search results.
    #[arg(long)]
    relative: bool,

    /// Write to a file instead of standard output (`-`)
    ///
    /// The file is written whole or not at all, and keeps its permissions. It may be the input.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Resolve encrypted links online
    ///
    /// The text is read twice. Standard input is copied to a temporary file for that. Each article takes one request, and
    /// every 50 of them another one. Google blocks IP addresses that send many requests; links that are not resolved
    /// are kept.
    #[arg(long)]
    resolve: bool,

    #[command(flatten)]
    online: OnlineArgs,

    /// The text; without it, or for `-`, standard input
    file: Option<PathBuf>,
}

const EXAMPLES: &str = "  google-news-link rewrite page.html > clean.html
  google-news-link rewrite notes.md --output notes.md
  zcat dump.json.gz | google-news-link rewrite | gzip > clean.json.gz
  google-news-link rewrite --resolve --cache answers.jsonl notes.md --output notes.md";

const EXIT_STATUS: &str =
    "  0  success, even if links were kept; also if the reader of the output closes the pipe
  1  with --resolve, no URL for some of the encrypted links, or an interrupted run
  2  wrong usage, unreadable input, unwritable output";

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let input = Input::open(args.file.as_deref(), "a text")?;
    let name = input.name().to_owned();
    let mut file = file_of(args.output.as_deref()).map(Replacement::create).transpose()?;
    let mut output = match &mut file {
        Some(file) => {
            Output { name: file.name().to_owned(), writer: BufWriter::with_capacity(BUFFER, Box::new(file)) }
        }
        None => {
            input.refuse_output(None)?;
            let stdout = io::stdout().lock();
            Output {
                name: STANDARD_OUTPUT.to_owned(),
                writer: BufWriter::with_capacity(BUFFER, Box::new(stdout)),
            }
        }
    };
    let mut resolved = None;
    let counts = if args.resolve {
        let mut text = input.into_seekable()?;
        let (resolution, _) = resolved.insert(resolve(&mut text, &name, args)?);
        text.rewind().map_err(cannot_read(name.as_str()))?;
        rewrite(text, &name, args.relative, &mut output, Some(resolution))?
    } else {
        rewrite(input, &name, args.relative, &mut output, None)?
    };
    drop(output);
    if let Some(file) = file {
        file.finish()?;
    }
    match resolved {
        Some((resolution, end)) => {
            say(format_args!("{counts}; requested {}", Requests(&resolution)));
            Ok(end.status(counts.encrypted))
        }
        None => {
            say(format_args!("{counts}"));
            Ok(Success::Complete)
        }
    }
}

/// The number of bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// The destination of the text.
struct Output<'a> {
    /// Its name in messages.
    name: String,
    writer: BufWriter<Box<dyn Write + 'a>>,
}

/// Resolves the encrypted links of a text, and reports the errors of those that have no URL.
fn resolve(text: &mut File, name: &str, args: &Args) -> Result<(Resolution, End), Failure> {
    let mut session = args.online.begin()?;
    for_each_link(text, name, args.relative, |_, found| {
        if let Ok(target) = decode(found.as_bytes())
            && is_opaque(&target)
        {
            session.resolution.push_target(&target);
        }
        Ok(())
    })?;
    let end = request_all(&args.online, &mut session, &[], "encrypted link")?;
    Ok((session.resolution, end))
}

/// Copies a text, and replaces each link that contains a URL or whose URL the resolution has found.
fn rewrite(
    text: impl Read,
    name: &str,
    is_relative: bool,
    output: &mut Output<'_>,
    mut resolution: Option<&mut Resolution>,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut writer = Watched { writer: &mut output.writer, has_failed: false };
    let result = Rewriter::new(text)
        .relative(is_relative)
        .write_to(&mut writer, |found| counts.replace(found, resolution.as_deref_mut()));
    match (result, writer.has_failed) {
        (Ok(()), _) => Ok(counts),
        (Err(error), false) => Err(cannot_read(name)(error)),
        (Err(error), true) => Err(cannot_write(output.name.as_str())(error)),
    }
}

/// The numbers of links that were replaced or kept.
#[derive(Default)]
struct Counts {
    replaced: usize,
    encrypted: usize,
    without_url: usize,
    invalid: usize,
}

impl Counts {
    /// Returns the URL that replaces a link.
    fn replace(
        &mut self,
        found: &Match<'_>,
        resolution: Option<&mut Resolution>,
    ) -> Option<Cow<'static, str>> {
        let Ok(target) = decode(found.as_bytes()) else {
            self.invalid += 1;
            return None;
        };
        let resolved = |resolution: &mut Resolution| {
            // A link that was added before is not requested again: this returns its outcome.
            let number = resolution.push_target(&target);
            Some(resolution.outcome(number)?.ok()?.url().to_owned())
        };
        let url = match target.canonical_url() {
            Some(url) => Some(url.to_owned()),
            None if is_opaque(&target) => resolution.and_then(resolved),
            None => None,
        };
        match &url {
            Some(_) => self.replaced += 1,
            None if is_opaque(&target) => self.encrypted += 1,
            None => self.without_url += 1,
        }
        url.map(Cow::Owned)
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let &Counts { replaced, encrypted, without_url, invalid } = self;
        let kept = encrypted + without_url + invalid;
        write!(f, "{} replaced, {kept} kept", Quantity(replaced, "link"))?;
        let parts = [(encrypted, "encrypted"), (without_url, "without a URL"), (invalid, "invalid")];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

/// Distinguishes errors of a writer from those of a reader.
struct Watched<W> {
    writer: W,
    has_failed: bool,
}

impl<W: Write> Watched<W> {
    fn watch<T>(&mut self, operation: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        operation(&mut self.writer).inspect_err(|_| self.has_failed = true)
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.watch(|writer| writer.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.watch(|writer| writer.flush())
    }
}
