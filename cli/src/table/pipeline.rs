//! Blocks of lines in, rows out, in order: on this thread or on several.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use google_news_link::Batch;

use super::rows::{Rows, Style};
use super::{Lines, Sink};
use crate::failure::Failure;

/// Rows are handed on in parts of about this size: those of a block of empty lines are 50 times as long as the block.
const ROWS_AT_ONCE: usize = 1 << 20;

/// The length of the part of a block that becomes a batch: 32 KiB of empty lines are 32,768 rows.
const LINES_AT_ONCE: usize = 1 << 15;

pub(super) fn run(threads: usize, style: Style, lines: Lines, sink: &mut Sink) -> Result<(), Failure> {
    match threads {
        1 => run_here(style, lines, sink),
        _ => run_on(threads, style, lines, sink),
    }
}

/// Makes rows of a block and hands them on, a part at a time; `hand_on` returns memory for the next part.
fn decode(
    style: Style,
    block: &[u8],
    batch: &mut Batch,
    memory: Vec<u8>,
    mut hand_on: impl FnMut(Rows) -> Result<Vec<u8>, Failure>,
) -> Result<Vec<u8>, Failure> {
    let mut rows = Rows::reuse(memory);
    let mut rest = block;
    while !rest.is_empty() {
        let (lines, after) = rest.split_at(batch_len(rest));
        rest = after;
        style.write(&mut rows, batch, lines);
        if rows.as_bytes().len() >= ROWS_AT_ONCE && !rest.is_empty() {
            rows = Rows::reuse(hand_on(rows)?);
        }
    }
    hand_on(rows)
}

/// The length of the next lines that become a batch. It ends with a line, also where that is longer than usual.
fn batch_len(lines: &[u8]) -> usize {
    let Some(part) = lines.get(..LINES_AT_ONCE) else { return lines.len() };
    memchr::memrchr(b'\n', part)
        .or_else(|| memchr::memchr(b'\n', lines))
        .map_or(lines.len(), |newline| newline + 1)
}

fn run_here(style: Style, mut lines: Lines, sink: &mut Sink) -> Result<(), Failure> {
    let mut batch = Batch::new();
    let mut block = Vec::new();
    let mut memory = Vec::new();
    while lines.read_block(&mut block)? {
        memory = decode(style, &block, &mut batch, memory, |rows| {
            sink.take(&rows)?;
            Ok(rows.into_memory())
        })?;
    }
    Ok(())
}

/// What a thread hands back.
enum Done {
    Rows(Rows),
    /// All rows of the block were handed on. Its memory can be used again.
    Block(Vec<u8>),
}

/// A thread that decodes blocks, as the reading thread sees it.
struct Worker {
    blocks: SyncSender<Vec<u8>>,
    done: Receiver<Done>,
    /// The memory of rows that were written.
    memory: SyncSender<Vec<u8>>,
}

impl Worker {
    /// Writes the rows of the oldest block and returns the block's memory.
    fn finish_block(&self, sink: &mut Sink) -> Result<Vec<u8>, Failure> {
        loop {
            match self.done.recv().map_err(|_| Failure::LostThread)? {
                Done::Rows(rows) => {
                    sink.take(&rows)?;
                    // A thread that has enough memory already takes no more.
                    let _ = self.memory.try_send(rows.into_memory());
                }
                Done::Block(block) => return Ok(block),
            }
        }
    }
}

/// Runs in a thread until the channel of blocks or that of rows is closed.
fn work(
    style: Style,
    blocks: Receiver<Vec<u8>>,
    done: SyncSender<Done>,
    memory: Receiver<Vec<u8>>,
) -> Result<(), Failure> {
    let mut batch = Batch::new();
    let mut spare = Vec::new();
    for block in blocks {
        spare = decode(style, &block, &mut batch, spare, |rows| {
            done.send(Done::Rows(rows)).map_err(|_| Failure::LostThread)?;
            Ok(memory.try_recv().unwrap_or_default())
        })?;
        done.send(Done::Block(block)).map_err(|_| Failure::LostThread)?;
    }
    Ok(())
}

/// This thread reads and writes. The others take the blocks in turn, so that the rows come back in order.
fn run_on(threads: usize, style: Style, mut lines: Lines, sink: &mut Sink) -> Result<(), Failure> {
    /// While a thread decodes a block, the next one waits.
    const WAITING: usize = 2;
    thread::scope(|scope| {
        let workers: Vec<Worker> = (0..threads)
            .map(|_| {
                let (blocks, to_decode) = sync_channel(WAITING);
                let (finished, done) = sync_channel(2 * WAITING);
                let (memory, to_use) = sync_channel(WAITING);
                // It fails if this thread has failed, which reports why.
                scope.spawn(move || work(style, to_decode, finished, to_use));
                Worker { blocks, done, memory }
            })
            .collect();
        let (mut given, mut taken) = (0, 0);
        let mut read = Ok(true);
        while matches!(read, Ok(true)) {
            let mut block = Vec::new();
            if given - taken == threads * WAITING {
                block = workers[taken % threads].finish_block(sink)?;
                taken += 1;
            }
            read = lines.read_block(&mut block);
            if matches!(read, Ok(true)) {
                workers[given % threads].blocks.send(block).map_err(|_| Failure::LostThread)?;
                given += 1;
            }
        }
        // What was read before an error is written, too.
        while taken < given {
            workers[taken % threads].finish_block(sink)?;
            taken += 1;
        }
        read.map(drop)
    })
}
