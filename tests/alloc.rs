//! Tests of the number of allocations and their sizes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use google_news_link::{Batch, Decoder, Kind, decode};

struct Counter;

thread_local! {
    /// The number of allocations of this thread, and of the bytes that it has asked for.
    static ALLOCATED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

fn count(bytes: usize) {
    let (allocations, total) = ALLOCATED.get();
    ALLOCATED.set((allocations + 1, total + bytes));
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(memory, layout, new_size) }
    }
}

#[global_allocator]
static COUNTER: Counter = Counter;

fn allocations<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATED.get();
    let result = run();
    (ALLOCATED.get().0 - before.0, result)
}

fn allocated_bytes(run: impl FnOnce()) -> usize {
    let before = ALLOCATED.get();
    run();
    ALLOCATED.get().1 - before.1
}

#[test]
fn a_used_decoder_or_batch_allocates_nothing_and_decode_at_most_twice() {
    let table = include_str!("data/vectors/links.tsv");
    // Only links in the forms that Google writes, not links without a scheme or in a wrapper.
    let links: Vec<(&str, Kind)> = table
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, columns.next()?.parse().ok()?))
        })
        .filter(|(link, _)| {
            ["https://news.google.com/", "./articles/", "./read/", "CBMi"]
                .iter()
                .any(|start| link.starts_with(start))
                && !link.contains("%3F")
                && !link.contains("\\u")
        })
        .collect();
    let mut decoder = Decoder::new();
    for (link, _) in &links {
        let _ = decoder.decode(link);
    }
    let kinds = [Kind::Article, Kind::OpaqueArticle, Kind::KeyedArticle, Kind::Video];
    for kind in kinds {
        assert!(links.iter().any(|link| link.1 == kind), "no link of the kind {kind}");
    }
    let mut lines = String::new();
    for &(link, kind) in links.iter().filter(|(_, kind)| kinds.contains(kind)) {
        let (count, found) = allocations(|| decoder.decode(link).map(|target| target.kind()));
        assert_eq!((count, found), (0, Ok(kind)), "{link}");

        let (count, target) = allocations(|| decode(link));
        // At most one allocation for each string of the target.
        let target = target.unwrap();
        let texts = [target.canonical_url(), target.amp_url(), target.token()].iter().flatten().count();
        assert!(count <= 2 && (count <= texts || kind != Kind::Article), "{count} allocations: {link}");
        lines = lines + link + "\n";
    }

    let lines = lines.repeat(100);
    let mut batch = Batch::new();
    batch.push_lines(lines.as_bytes()).unwrap();
    batch.clear();
    let (count, result) = allocations(|| batch.push_lines(lines.as_bytes()));
    assert_eq!(result, Ok(()));
    assert_eq!((count, batch.len()), (0, lines.lines().count()), "a warm batch allocates nothing");
}

#[test]
fn a_batch_needs_memory_in_proportion_to_the_lines() {
    const LINE: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5\n";
    // The memory of the stages, which does not depend on the lines.
    const FIXED: usize = 32 * 1024;
    for count in [1, 10, 100, 1_000, 10_000] {
        let block = LINE.repeat(count);
        let bytes = allocated_bytes(|| Batch::new().push_lines(block.as_bytes()).unwrap());
        assert!(bytes <= FIXED + 5 * block.len(), "{count} lines, {} bytes: {bytes} bytes", block.len());
    }
    let bytes = allocated_bytes(|| Batch::new().push(LINE).unwrap());
    assert!(bytes <= 4 * 1024, "{bytes} bytes");
}
