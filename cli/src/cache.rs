//! A file that contains the answers of earlier runs.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use google_news_link::batch::BlockReader;
use google_news_link_resolve::{AnswerKey, Resolution};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, cannot_read, cannot_write, name_of};
use crate::terminal::say;

/// A file of answers, to which new answers are appended as they arrive.
///
/// New answers are appended with one write, but not flushed to the disk. The operating system has them then, so that no
/// signal to the program can lose one; answers that a power failure loses are requested again. If a power failure or a
/// full disk truncates a line, the next run reports and ignores that line.
pub(crate) struct Cache {
    name: String,
    file: File,
    /// The number of the resolution's answers that are in the file.
    kept: usize,
}

/// A line of the file: the URL of a token, or of an ID without a token.
#[derive(Serialize, Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    token: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Cow<'a, str>,
}

impl Cache {
    /// Opens the file and inserts its answers into the resolution. It is created if it does not exist.
    pub(crate) fn open(path: &Path, resolution: &mut Resolution) -> Result<Self, Failure> {
        let name = name_of(path);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(cannot_read(name.as_str()))?;
        // A device may have no end.
        if !file.metadata().map_err(cannot_read(name.as_str()))?.is_file() {
            return Err(Failure::NotAFile { name });
        }
        let mut blocks = BlockReader::new(&file);
        let mut block = Vec::new();
        let mut number = 0;
        while blocks.read_block(&mut block).map_err(cannot_read(name.as_str()))? {
            for line in block.split_inclusive(|&byte| byte == b'\n') {
                number += 1;
                if !line.trim_ascii().is_empty() && !insert(line, resolution) {
                    say(format_args!("{name}: line {number} is not an answer and is ignored"));
                }
            }
        }
        if !ends_with_newline(&mut file).map_err(cannot_read(name.as_str()))? {
            file.write_all(b"\n").map_err(cannot_write(name.as_str()))?;
        }
        Ok(Cache { name, file, kept: 0 })
    }

    /// Appends the answers that have arrived since the last call.
    pub(crate) fn keep_new(&mut self, resolution: &Resolution) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for (key, found) in resolution.answers_from(self.kept) {
            let (token, id) = match key {
                AnswerKey::Token(token) => (Some(token.into()), None),
                AnswerKey::Id(id) => (None, Some(id.into())),
                _ => continue,
            };
            let answer = Answer { token, id, url: found.url().into() };
            serde_json::to_writer(&mut lines, &answer)
                .map_err(|error| cannot_write(self.name.as_str())(error.into()))?;
            lines.push(b'\n');
        }
        self.kept = resolution.answered();
        self.file.write_all(&lines).map_err(cannot_write(self.name.as_str()))
    }
}

/// Inserts the answer of a line. Returns `false` if the line is not an answer, or if the answer cannot be right.
fn insert(line: &[u8], resolution: &mut Resolution) -> bool {
    let Ok(Answer { token, id, url }) = serde_json::from_slice(line) else { return false };
    let key = match (&token, &id) {
        (Some(token), None) => AnswerKey::Token(token),
        (None, Some(id)) => AnswerKey::Id(id),
        _ => return false,
    };
    resolution.insert_known(key, &url).is_ok()
}

/// Returns `true` for an empty file as well.
fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
