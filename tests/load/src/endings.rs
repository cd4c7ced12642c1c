//! Full disks, closed pipes and read errors in the middle of a large dump.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use google_news_link_benches::corpus;

use crate::{Outcome, Program};

const LINES: usize = 200_000;
const SEED: u64 = 18;
/// The exit status after a usage or I/O error.
const IO_ERROR: i32 = 2;

pub(crate) fn run(program: &Program) -> Outcome {
    let lines = corpus::lines(LINES, SEED);
    for threads in ["1", "2"] {
        full_device(program, &lines, threads)?;
        full_disk(program, &lines, threads)?;
        closed_pipe(program, &lines, threads)?;
        read_error(program, &lines, threads)?;
    }
    Ok(())
}

fn table(program: &Program, threads: &str) -> Command {
    let mut command = program.command();
    command.args(["table", "--threads", threads]).stdin(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Writes the lines to the program, which may end before it has read all of them, and returns its status and its messages.
fn feed(mut command: Command, lines: &[u8]) -> io::Result<(ExitStatus, String)> {
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or_else(|| io::Error::other("no standard input"))?;
    // An error means that the program has closed its input.
    let _ = input.write_all(lines);
    drop(input);
    let output = child.wait_with_output()?;
    Ok((output.status, String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn expect_error(name: &str, threads: &str, status: ExitStatus, messages: &str, part: &str) -> Outcome {
    println!("{name}, {threads} threads: {status}, {}", messages.trim_end());
    if status.code() != Some(IO_ERROR) || !messages.contains(part) {
        return Err(
            format!("{name}: exit status {IO_ERROR} and a message with {part:?} were expected").into()
        );
    }
    Ok(())
}

fn full_device(program: &Program, lines: &[u8], threads: &str) -> Outcome {
    let mut command = table(program, threads);
    command.stdout(OpenOptions::new().write(true).open("/dev/full")?);
    let (status, messages) = feed(command, lines)?;
    expect_error("full device", threads, status, &messages, "No space left")
}

/// Fills a disk after 4 MB. The output must be a prefix of the rows.
fn full_disk(program: &Program, lines: &[u8], threads: &str) -> Outcome {
    let folder = tempfile::tempdir()?;
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("NOT RUN: full disk, {threads} threads: a file system can only be mounted by root");
        return Ok(());
    }
    let result = full_disk_at(program, lines, threads, folder.path());
    let unmounted = Command::new("umount").arg(folder.path()).status()?;
    result?;
    if unmounted.success() { Ok(()) } else { Err("umount failed".into()) }
}

fn full_disk_at(program: &Program, lines: &[u8], threads: &str, folder: &Path) -> Outcome {
    let path = folder.join("rows.tsv");
    let mut command = table(program, threads);
    command.stdout(File::create(&path)?);
    let (status, messages) = feed(command, lines)?;
    expect_error("full disk", threads, status, &messages, "No space left")?;
    let mut command = table(program, threads);
    command.stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    let rows = thread::scope(|scope| {
        scope.spawn(move || input.write_all(lines));
        let mut rows = Vec::new();
        child.stdout.take().ok_or_else(|| io::Error::other("no output"))?.read_to_end(&mut rows)?;
        io::Result::Ok(rows)
    })?;
    child.wait()?;
    let written = fs::read(&path)?;
    if written.is_empty() || !rows.starts_with(&written) {
        return Err(format!("{} bytes on the full disk are not the first rows", written.len()).into());
    }
    println!("  {} of {} bytes were written, and are the first rows", written.len(), rows.len());
    // With `--output`, a file that could not be written to its end does not appear under its name.
    fs::remove_file(&path)?;
    let mut command = table(program, threads);
    command.arg("--output").arg(&path).stdout(Stdio::null());
    let (status, messages) = feed(command, lines)?;
    expect_error("full disk, --output", threads, status, &messages, "No space left")?;
    if path.exists() {
        return Err("a truncated file has the name of the output".into());
    }
    Ok(())
}

/// Closes the output after the first rows, as `head` does. The program must end without a message.
fn closed_pipe(program: &Program, lines: &[u8], threads: &str) -> Outcome {
    let mut command = table(program, threads);
    command.stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    let output = child.stdout.take().ok_or("no standard output")?;
    let output = thread::scope(|scope| {
        scope.spawn(move || input.write_all(lines));
        let mut first_rows = BufReader::new(output).lines();
        (0..100).try_for_each(|_| first_rows.next().transpose().map(drop))?;
        drop(first_rows);
        child.wait_with_output()
    })?;
    let messages = String::from_utf8_lossy(&output.stderr);
    println!("closed pipe, {threads} threads: {}, {messages:?}", output.status);
    if !output.status.success() || !messages.is_empty() {
        return Err("after a closed pipe, success without a message was expected".into());
    }
    Ok(())
}

/// Uses a connection as standard input, which breaks in the middle of the lines.
fn read_error(program: &Program, lines: &[u8], threads: &str) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut peer = TcpStream::connect(listener.local_addr()?)?;
    let (input, _) = listener.accept()?;
    // Bytes that the peer has not read make its end reset the connection.
    (&input).write_all(b"unread")?;
    let mut command = table(program, threads);
    command.stdin(Stdio::from(OwnedFd::from(input))).stdout(Stdio::null());
    let child = command.spawn()?;
    // The command has a copy of the connection.
    drop(command);
    peer.write_all(&lines[..lines.len() / 2])?;
    drop(peer);
    let output = child.wait_with_output()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    expect_error("read error", threads, output.status, &messages, "reset")
}
