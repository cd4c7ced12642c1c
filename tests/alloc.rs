//! How often memory is asked for. One test, because the counter is one for the whole program.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use google_news_link::{Batch, Decoder, Kind, decode};

struct Counter;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(memory, layout, new_size) }
    }
}

#[global_allocator]
static COUNTER: Counter = Counter;

fn allocations<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let result = run();
    (ALLOCATIONS.load(Ordering::Relaxed) - before, result)
}

#[test]
fn a_warm_decoder_and_batch_allocate_nothing_and_decode_at_most_twice() {
    let table = include_str!("data/vectors/links.tsv");
    // In the shapes that Google writes: not those of other programs, with a scheme missing or a wrapper.
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
        // One for each text that the target has.
        let target = target.unwrap();
        let texts = [target.canonical_url(), target.amp_url(), target.token()].iter().flatten().count();
        assert!(count <= 2 && (count <= texts || kind != Kind::Article), "{count} allocations: {link}");
        lines = lines + link + "\n";
    }

    let lines = lines.repeat(100);
    let mut batch = Batch::new();
    batch.push_lines(lines.as_bytes());
    batch.clear();
    let (count, ()) = allocations(|| batch.push_lines(lines.as_bytes()));
    assert_eq!((count, batch.len()), (0, lines.lines().count()), "a warm batch allocates nothing");
}
