//! Turns blocks of lines into rows, in order, on one thread or on several.
//!
//! Several threads form a ring, in which the input is passed from one thread to the next, and so is the output. The
//! thread that has the input reads one block, passes the input on and decodes the block; when it gets the output, it
//! writes the rows of the block and passes the output on. So blocks are read and written one after the other, in the
//! same order, and each is decoded by the thread that has just read it, in whose cache it is.
//!
//! ```text
//! thread 0   | read 0 | decode 0 ......| write 0 | read 2 | decode 2 ......| write 2 |
//! thread 1            | read 1 | decode 1 ......| write 1 | read 3 | decode 3 ......| write 3 |
//! ```

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use google_news_link::Batch;

use super::rows::{HandOn, Rows, Style};
use super::{Lines, Sink};
use crate::failure::Failure;

/// The length of the part of a block that becomes a batch: 128 KiB of empty lines are 131,072 rows, which take 6 MB.
const LINES_AT_ONCE: usize = 1 << 17;

/// Decodes all lines, and returns the sink after the last row was written.
pub(super) fn run(threads: usize, style: Style, lines: Lines, sink: Sink) -> Result<Sink, Failure> {
    match threads {
        1 => run_here(style, lines, sink),
        _ => run_in_ring(threads, style, lines, sink),
    }
}

/// Memory that is used again for each block.
#[derive(Default)]
struct Decoder {
    batch: Batch,
    rows: Rows,
}

impl Decoder {
    /// Decodes a block into rows. `hand_on` must write and remove them.
    fn decode(&mut self, style: Style, block: &[u8], mut hand_on: impl HandOn) -> Result<(), Failure> {
        let mut rest = block;
        while !rest.is_empty() {
            let (lines, after) = rest.split_at(batch_len(rest));
            rest = after;
            style.write(&mut self.rows, &mut self.batch, lines, &mut hand_on)?;
        }
        hand_on(&mut self.rows)
    }
}

/// Returns the length of the next whole lines that become a batch: at most [`LINES_AT_ONCE`] bytes, or one longer line.
fn batch_len(lines: &[u8]) -> usize {
    let Some(part) = lines.get(..LINES_AT_ONCE) else { return lines.len() };
    memchr::memrchr(b'\n', part)
        .or_else(|| memchr::memchr(b'\n', lines))
        .map_or(lines.len(), |newline| newline + 1)
}

fn run_here(style: Style, mut lines: Lines, mut sink: Sink) -> Result<Sink, Failure> {
    let mut decoder = Decoder::default();
    let mut block = Vec::new();
    while lines.read_block(&mut block)? {
        decoder.decode(style, &block, |rows| sink.take(rows))?;
    }
    Ok(sink)
}

/// A thread's place in the ring. If a thread ends, its neighbors find their channels closed, and end as well.
struct Place {
    lines: Receiver<Lines>,
    sink: Receiver<Sink>,
    next_lines: SyncSender<Lines>,
    next_sink: SyncSender<Sink>,
}

impl Place {
    /// Decodes blocks until the input ends. Returns the sink if this thread has found the end, and otherwise nothing.
    fn work(self, style: Style) -> Result<Option<Sink>, Failure> {
        let mut decoder = Decoder::default();
        let mut block = Vec::new();
        while let Ok(mut lines) = self.lines.recv() {
            match lines.read_block(&mut block) {
                Ok(true) => {}
                end => {
                    // No other thread reads on. Blocks that were read before the end or the error are written.
                    drop((lines, self.next_lines));
                    let sink = self.sink.recv().ok();
                    return end.map(|_| sink);
                }
            }
            if self.next_lines.send(lines).is_err() {
                break;
            }
            let mut sink = None;
            decoder.decode(style, &block, |rows| {
                if sink.is_none() {
                    sink = self.sink.recv().ok();
                }
                sink.as_mut().ok_or(Failure::LostThread)?.take(rows)
            })?;
            if sink.is_none_or(|sink| self.next_sink.send(sink).is_err()) {
                break;
            }
        }
        Ok(None)
    }
}

fn run_in_ring(threads: usize, style: Style, lines: Lines, sink: Sink) -> Result<Sink, Failure> {
    let (lines_to, lines_of): (Vec<_>, Vec<_>) = (0..threads).map(|_| sync_channel(1)).unzip();
    let (sink_to, sink_of): (Vec<_>, Vec<_>) = (0..threads).map(|_| sync_channel(1)).unzip();
    // There is room in a new channel.
    let _ = (lines_to[0].send(lines), sink_to[0].send(sink));
    let (mut lines_to, mut sink_to) = (lines_to, sink_to);
    lines_to.rotate_left(1);
    sink_to.rotate_left(1);
    let mut places = lines_of
        .into_iter()
        .zip(sink_of)
        .zip(lines_to.into_iter().zip(sink_to))
        .map(|((lines, sink), (next_lines, next_sink))| Place { lines, sink, next_lines, next_sink });
    let here = places.next();
    let results: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = places.map(|place| scope.spawn(move || place.work(style))).collect();
        let result = here.map_or(Ok(None), |place| place.work(style));
        let others = others.into_iter().map(|thread| thread.join().unwrap_or(Err(Failure::LostThread)));
        [result].into_iter().chain(others).collect()
    });
    let mut last = Err(Failure::LostThread);
    for result in results {
        match result {
            Ok(Some(sink)) => last = Ok(sink),
            // A lost thread is reported only if no thread has another failure: its neighbors report it as well.
            Ok(None) | Err(Failure::LostThread) => {}
            Err(failure) => return Err(failure),
        }
    }
    last
}
