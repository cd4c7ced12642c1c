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
    let links: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split('\t').next())
        .filter(|link| {
            ["https://news.google.com/", "./articles/", "./read/", "CBMi"]
                .iter()
                .any(|start| link.starts_with(start))
                && !link.contains("%3F")
                && !link.contains("\\u")
        })
        .collect();
    let mut decoder = Decoder::new();
    for link in &links {
        let _ = decoder.decode(link);
    }
    let mut seen = [0; 4];
    for link in &links {
        let (count, kind) = allocations(|| decoder.decode(link).map(|target| target.kind()));
        let place = match kind {
            Ok(Kind::Article) => 0,
            Ok(Kind::OpaqueArticle) => 1,
            Ok(Kind::KeyedArticle) => 2,
            Ok(Kind::Video) => 3,
            _ => continue,
        };
        assert_eq!(count, 0, "{link}");
        seen[place] += 1;

        let (count, target) = allocations(|| decode(link));
        // One for each text that the target has.
        let target = target.unwrap();
        let texts = [target.canonical_url(), target.amp_url(), target.token()].iter().flatten().count();
        assert!(count <= 2 && (count <= texts || place != 0), "{count} allocations: {link}");
    }
    assert_eq!(seen, [56, 17, 9, 4], "so many of each kind were counted");

    let is_of_first_four = |link: &&&str| decode(link).is_ok_and(|target| target.kind() <= Kind::Video);
    let lines: Vec<_> = links.iter().filter(is_of_first_four).copied().collect();
    let lines = (lines.join("\n") + "\n").repeat(100);
    let mut batch = Batch::new();
    batch.push_lines(lines.as_bytes()).unwrap();
    batch.clear();
    let (count, result) = allocations(|| batch.push_lines(lines.as_bytes()));
    assert_eq!(result, Ok(()));
    assert_eq!((count, batch.len()), (0, 100 * seen.iter().sum::<usize>()), "a warm batch allocates nothing");
}
