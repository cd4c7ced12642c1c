//! Tests that the rows of a batch are what `decode` returns for their lines, on every vector level and with every reader.

use std::io::{self, Read};
use std::sync::LazyLock;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use google_news_link::batch::BlockReader;
#[cfg(feature = "vector-levels")]
use google_news_link::batch::VectorLevel;
use google_news_link::{Article, Batch, BatchReader, Error, ErrorKind, Kind, OpaqueArticle, Target, decode};
use quickcheck::{Arbitrary, Gen};

use crate::generators::{Bytes, below, check_cases, choose};

mod generators;

const GOOD: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";

/// The links of the vectors, valid and hostile.
static VECTORS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let tables = [
        include_str!("data/vectors/links.tsv"),
        include_str!("data/vectors/field.tsv"),
        include_str!("data/vectors/hostile.tsv"),
    ];
    let links =
        tables.map(|table| table.lines().skip(1).map(|row| row.split('\t').next().unwrap()).collect());
    assert!(links.iter().all(|links: &Vec<_>| !links.is_empty()), "a table is empty");
    links.concat()
});

type Row = Result<Target<'static>, Error>;

fn rows(batch: &Batch) -> Vec<Row> {
    batch.iter().map(|row| row.map(Target::into_owned)).collect()
}

fn batch_of<T: AsRef<[u8]>>(links: impl IntoIterator<Item = T>) -> Batch {
    let mut batch = Batch::new();
    for link in links {
        batch.push(link).unwrap();
    }
    batch
}

/// Returns the expected row of each line of `block`.
fn expected(block: &[u8]) -> Vec<Row> {
    let mut lines: Vec<&[u8]> = block.split(|&byte| byte == b'\n').collect();
    // Bytes after the last line end are a line.
    lines.pop_if(|line| line.is_empty());
    lines.into_iter().map(|line| decode(line.strip_suffix(b"\r").unwrap_or(line))).collect()
}

/// Returns a few bytes per read.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.0 = later;
        Ok(len)
    }
}

fn read_all(reader: impl Read) -> Vec<Row> {
    let mut reader = BatchReader::new(reader);
    let mut batch = Batch::new();
    let mut all = Vec::new();
    while reader.read_batch(&mut batch).unwrap() {
        assert!(!batch.is_empty());
        all.extend(rows(&batch));
    }
    assert!(batch.is_empty());
    all
}

/// Checks that a batch and every reader return the same rows for `block`, one for each line.
fn check(block: &[u8]) {
    check_levels(block);
    assert_eq!(read_all(block), expected(block));
    assert_eq!(read_all(Trickle(block, 7)), expected(block));
}

/// Checks that a batch returns the rows of `block` on every vector level.
fn check_levels(block: &[u8]) {
    let expected = expected(block);
    let mut batch = Batch::new();
    // The rows are added to existing ones.
    let levels =
        push_on_each_level(block, &mut batch, |batch, level| assert_ends_with(batch, &expected, level));
    assert_eq!(batch.len(), levels * expected.len());
    let consistent =
        batch.kinds().iter().zip(&batch).all(|(kind, row)| kind == row.ok().map(|row| row.kind()));
    assert!(consistent);
}

/// Pushes `block` by `push_lines` and, with the feature `vector-levels`, on each level. Returns the number of levels.
fn push_on_each_level(block: &[u8], batch: &mut Batch, check: impl Fn(&mut Batch, &str)) -> usize {
    batch.push_lines(block).unwrap();
    check(batch, "push_lines");
    #[cfg_attr(not(feature = "vector-levels"), expect(unused_mut, reason = "there is one level"))]
    let mut count = 1;
    #[cfg(feature = "vector-levels")]
    for level in VectorLevel::available() {
        batch.push_lines_on(level, block).unwrap();
        check(batch, &level.to_string());
        count += 1;
    }
    count
}

#[cfg(feature = "vector-levels")]
#[test]
fn levels_are_equal_to_themselves_alone() {
    let levels = VectorLevel::available();
    let distinct: std::collections::HashSet<_> =
        levels.iter().copied().chain(VectorLevel::available()).collect();
    assert_eq!(distinct.len(), levels.len());
}

fn assert_ends_with(batch: &Batch, expected: &[Row], level: &str) {
    assert!(batch.len() >= expected.len(), "{level}: {} rows", batch.len());
    for (row, expected) in (batch.len() - expected.len()..).zip(expected) {
        assert_eq!(batch.get(row).as_ref(), Some(expected), "{level}: row {row}");
    }
}

#[test]
fn every_vector_is_a_row_as_decode_returns_it() {
    let links = &*VECTORS;
    let block = links.join("\n");
    check(block.as_bytes());
    check(links.join("\r\n").as_bytes());
    // One link at a time; the columns must agree with the rows.
    let batch = batch_of(links);
    let decoded: Vec<Row> = links.iter().map(decode).collect();
    assert_eq!(rows(&batch), decoded);
    for (row, decoded) in decoded.iter().enumerate() {
        let target = decoded.as_ref().ok();
        assert_eq!(batch.canonical_urls().get(row), target.and_then(|target| target.canonical_url()));
        assert_eq!(batch.amp_urls().get(row), target.and_then(|target| target.amp_url()));
        assert_eq!(batch.tokens().get(row), target.and_then(|target| target.token()));
        let amp_token = match target {
            Some(Target::OpaqueArticle(article)) => article.amp_token(),
            _ => None,
        };
        assert_eq!(batch.amp_tokens().get(row), amp_token);
    }
    let errors: Vec<_> =
        decoded.iter().enumerate().filter_map(|(row, it)| Some((row, it.clone().err()?))).collect();
    assert_eq!(batch.errors().collect::<Vec<_>>(), errors);
    assert!(!errors.is_empty());
    assert_eq!(batch.counts().errors(), errors.len());
    for &kind in Kind::ALL {
        let count = decoded.iter().filter(|it| it.as_ref().is_ok_and(|target| target.kind() == kind)).count();
        assert!(count > 0, "no link of the kind {kind}");
        assert_eq!(batch.counts().get(kind), count, "{kind}");
    }
}

#[test]
fn every_line_adds_a_row_even_if_it_is_not_a_link() {
    let long = format!("{GOOD}{}", "x".repeat(65_536 - GOOD.len()));
    let too_long = format!("{long}x");
    for (block, count) in [
        ("".to_owned(), 0),
        ("\n".into(), 1),
        ("\r\n".into(), 1),
        ("\r".into(), 1),
        ("\n\n\n".into(), 3),
        (GOOD.into(), 1),
        (format!("{GOOD}\n"), 1),
        (format!("{GOOD}\r\n{GOOD}\r"), 2),
        (format!("\0\n{GOOD}\0\n"), 2),
        (format!("{long}\n{GOOD}"), 2),
        (format!("{GOOD}\n{too_long}\n{GOOD}\n"), 3),
        (format!("{too_long}{too_long}\n{GOOD}"), 2),
        (too_long.repeat(40), 1),
        (format!("{long}\r{}\n{GOOD}", "b".repeat(3_000_000)), 2),
        (format!("{}\n{GOOD}\n{}", too_long.repeat(40), too_long.repeat(20)), 3),
    ] {
        assert_eq!(expected(block.as_bytes()).len(), count);
        check(block.as_bytes());
    }
    check(b"\xff\xfe\n\xff");
}

#[test]
fn lines_may_begin_and_end_anywhere_in_a_vector_or_segment() {
    let links = &*VECTORS;
    // The shifts move the lines to all positions in a vector and in a segment.
    for shift in [0, 1, 31, 32, 63, 64, 65, 300] {
        let filler = "x".repeat(shift);
        let block = format!("{filler}\n{}\n", links.join("\n")).repeat(2);
        check(block.as_bytes());
    }
    let mut block = Vec::new();
    for len in 0..600 {
        let url = format!("https://example.com/{}", "a".repeat(len));
        let amp = (len % 3 == 0).then_some(&*url);
        let id = Article::new(&url, amp).unwrap().to_id();
        block.extend_from_slice(
            format!("https://news.google.com/rss/articles/{id}?oc=5\n./read/{id}\n").as_bytes(),
        );
    }
    check(&block);
}

#[test]
fn a_long_row_does_not_change_the_rows_next_to_it() {
    // The ID is too long for the fast path.
    let url = format!("https://example.com/{}", "long/".repeat(1000));
    let id = Article::new(&url, Some(&url)).unwrap().to_id();
    let block =
        format!("{GOOD}\n{GOOD}\nnews.google.com/articles/{id}\n{GOOD}\n{id}\n{GOOD}\n{GOOD}\n{GOOD}\n");
    check(block.as_bytes());
    let mut batch = Batch::new();
    batch.push_lines(block.as_bytes()).unwrap();
    assert_eq!(batch.counts().get(Kind::Article), 8);
}

#[test]
fn parts_contain_the_columns() {
    let links = &*VECTORS;
    for mut batch in [Batch::new(), Batch::with_capacity(1, 0), Batch::with_capacity(links.len(), 1 << 20)] {
        assert!(batch.is_empty());
        links.iter().for_each(|link| batch.push(link).unwrap());
        assert_eq!(rows(&batch), links.iter().map(decode).collect::<Vec<_>>());
        let borrowed = batch.clone();
        let parts = batch.into_parts();
        let validity = &parts.validity;
        for (buffers, column, bitmap) in [
            (&parts.urls, borrowed.canonical_urls(), &validity.canonical_urls),
            (&parts.urls, borrowed.tokens(), &validity.tokens),
            (&parts.amp_urls, borrowed.amp_urls(), &validity.amp_urls),
            (&parts.amp_urls, borrowed.amp_tokens(), &validity.amp_tokens),
        ] {
            assert_eq!((&buffers.data[..], &buffers.offsets[..]), (column.data(), column.offsets()));
            assert_eq!(bits(bitmap, links.len()), column.iter().map(|it| it.is_some()).collect::<Vec<_>>());
        }
        let valid = bits(&validity.kinds, links.len()).into_iter().zip(&parts.kinds);
        let kinds = valid.map(|(is_valid, &key)| is_valid.then_some(Kind::ALL[usize::from(key)]));
        assert!(borrowed.kinds().into_iter().eq(kinds));
        assert!(borrowed.errors().eq(parts.errors));
    }
    let empty = Batch::new().into_parts();
    assert_eq!((empty.urls.data, empty.urls.offsets), (vec![], vec![0]));
}

/// Returns the first `len` bits, least significant first.
fn bits(bitmap: &[u8], len: usize) -> Vec<bool> {
    assert_eq!(bitmap.len(), len.div_ceil(8));
    (0..len).map(|row| bitmap[row / 8] >> (row % 8) & 1 == 1).collect()
}

#[test]
fn lengths_and_bytes_are_those_of_the_rows() {
    let links = &*VECTORS;
    let batch = batch_of(links);
    for (row, (target, len)) in batch.iter().zip(batch.url_lens()).enumerate() {
        let expected = match target {
            Ok(Target::OpaqueArticle(article)) => Some(article.url_len()),
            Ok(Target::OpaqueRedirect(redirect)) => Some(redirect.url_len()),
            target => target.ok().and_then(|target| target.canonical_url().map(str::len)),
        };
        assert_eq!((len, batch.url_lens().get(row)), (expected, expected), "{}", links[row]);
        let urls = batch.canonical_urls();
        assert_eq!(urls.get_bytes(row), urls.get(row).map(str::as_bytes));
    }
    assert_eq!(batch.canonical_urls().get_bytes(links.len()), None);
    assert_eq!(batch.url_lens().get(links.len()), None);
    assert_eq!((batch.url_lens().len(), batch.url_lens().is_empty()), (links.len(), false));
    let mut backwards: Vec<_> = batch.canonical_urls().iter().rev().collect();
    backwards.reverse();
    assert!(batch.canonical_urls().into_iter().eq(backwards));
}

#[test]
fn columns_are_in_the_layout_of_arrow() {
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    let opaque = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    let both = Article::new("https://a.example/", Some("https://b.example/amp")).unwrap().to_id();
    let batch = batch_of([GOOD, "hello", opaque, &both, "CAAqBwgKMI7rigMwlq88"]);
    let urls = batch.canonical_urls();
    let text = format!("https://amu.tv/111931/{token}https://a.example/");
    assert_eq!(urls.data(), text.as_bytes());
    assert_eq!(urls.offsets(), [0, 22, 22, 76, 94, 94]);
    assert_eq!(urls.validity(), [0b01001]);
    // The same strings and offsets, but other valid rows.
    let tokens = batch.tokens();
    assert_eq!((tokens.data(), tokens.offsets()), (urls.data(), urls.offsets()));
    assert_eq!(tokens.iter().collect::<Vec<_>>(), [None, None, Some(token), None, None]);
    let amp_urls = batch.amp_urls();
    assert_eq!(amp_urls.data(), b"https://b.example/amp");
    assert_eq!(amp_urls.offsets(), [0, 0, 0, 0, 21, 21]);
    assert_eq!((amp_urls.len(), amp_urls.is_empty(), amp_urls.get(5)), (5, false, None));
    assert_eq!(batch.kinds().get(1), None);
    assert_eq!((batch.kinds().len(), batch.kinds().is_empty()), (5, false));
    assert_eq!(batch.get(4).unwrap().unwrap().kind(), Kind::Publication);
    assert_eq!(batch.get(5), None);
    assert_eq!(Batch::new().canonical_urls().offsets(), [0]);
}

#[test]
fn a_batch_is_a_collection() {
    let mut batch = batch_of([GOOD, "hello"]);
    batch.push(GOOD.as_bytes()).unwrap();
    assert_eq!(batch.len(), 3);
    assert_eq!((&batch).into_iter().rev().map(|row| row.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(batch.iter().len(), 3);
    let copy = batch.clone();
    assert_eq!(copy, batch);
    assert!(format!("{copy:?}").starts_with("[Ok(Article"), "{copy:?}");
    batch.clear();
    assert!(batch.is_empty() && batch != copy && batch.errors().next().is_none());
    batch.push("hello").unwrap();
    assert_eq!(
        batch.errors().map(|(row, error)| (row, error.kind())).next(),
        Some((0, ErrorKind::NotGoogleNews))
    );
}

#[test]
fn counts_add_up() {
    let batch = batch_of([GOOD, "hello", GOOD]);
    let mut counts = batch.counts();
    counts += batch.counts();
    assert_eq!((counts.rows(), counts.errors(), counts.get(Kind::Article)), (6, 2, 4));
}

/// A reader that fails twice before it returns bytes.
struct Faulty(Vec<io::ErrorKind>, &'static [u8]);

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop() {
            Some(kind) => Err(kind.into()),
            None => self.1.read(&mut buffer[..3]),
        }
    }
}

#[test]
fn reading_can_be_continued_after_an_error() {
    let mut reader =
        BatchReader::new(Faulty(vec![io::ErrorKind::TimedOut, io::ErrorKind::Interrupted], b"a\nbc"));
    let mut batch = batch_of([GOOD]);
    assert_eq!(reader.read_batch(&mut batch).unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(batch.is_empty());
    assert!(reader.read_batch(&mut batch).unwrap());
    assert_eq!((batch.len(), reader.block()), (1, &b"a\n"[..]));
    assert!(reader.read_batch(&mut batch).unwrap());
    assert_eq!((batch.len(), reader.block()), (1, &b"bc"[..]));
    assert!(!reader.read_batch(&mut batch).unwrap());
}

#[test]
fn a_reader_stays_at_its_end() {
    let mut reader = BatchReader::new(GOOD.as_bytes());
    let mut batch = Batch::new();
    assert!(reader.read_batch(&mut batch).unwrap() && batch.len() == 1);
    for _ in 0..3 {
        assert!(!reader.read_batch(&mut batch).unwrap() && batch.is_empty());
    }
}

#[test]
fn whole_lines_before_an_error_are_returned_first() {
    let mut reader = BlockReader::new(b"a\nb\nc".chain(Faulty(vec![io::ErrorKind::ConnectionReset], b"d\n")));
    let mut block = Vec::new();
    assert!(reader.read_block(&mut block).unwrap());
    assert_eq!(block, b"a\nb\n");
    assert_eq!(reader.read_block(&mut block).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert!(block.is_empty());
    assert!(reader.read_block(&mut block).unwrap());
    assert_eq!(block, b"cd\n");
    assert!(!reader.read_block(&mut block).unwrap());
}

#[test]
fn blocks_consist_of_whole_lines() {
    const SIZE: usize = 256 * 1024;
    let dump = format!("{GOOD}\n").repeat(30_000);
    let mut reader = BlockReader::new(Trickle(dump.as_bytes(), 100_000));
    let mut block = Vec::new();
    let mut together = Vec::new();
    let mut blocks = 0;
    while reader.read_block(&mut block).unwrap() {
        assert!(block.ends_with(b"\n") && block.len() <= SIZE);
        together.extend_from_slice(&block);
        blocks += 1;
    }
    assert_eq!(together, dump.as_bytes());
    let fewest = dump.len().div_ceil(SIZE);
    assert!((fewest..=fewest + 1).contains(&blocks), "{blocks}");
}

/// A line with its end. Shrinking removes lines, but does not change them.
#[derive(Clone, Debug)]
struct Line {
    text: Bytes,
    end: &'static str,
}

impl Line {
    /// One of these is called for each line.
    const GENERATORS: [fn(&mut Gen) -> Bytes; 6] =
        [vector, vector, vector, vector, damaged_vector, |g| Bytes::random(g, 100)];
}

fn vector(g: &mut Gen) -> Bytes {
    Bytes(choose(g, &VECTORS).as_bytes().to_vec())
}

fn damaged_vector(g: &mut Gen) -> Bytes {
    let mut link = vector(g);
    let at = below(g, link.0.len());
    link.0[at] = u8::arbitrary(g);
    link
}

impl Arbitrary for Line {
    fn arbitrary(g: &mut Gen) -> Self {
        let text = choose(g, &Line::GENERATORS)(g);
        Line { text, end: choose(g, &["\n", "\r\n", "\n\n"]) }
    }
}

#[derive(Clone, Debug)]
struct Block(Vec<Line>);

impl Block {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|line| [&line.text.0, line.end.as_bytes()]).flatten().copied().collect()
    }
}

impl Arbitrary for Block {
    fn arbitrary(g: &mut Gen) -> Self {
        Block((0..below(g, 40)).map(|_| Line::arbitrary(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Block))
    }
}

#[test]
fn rows_are_what_decode_returns() {
    fn property(block: Block, cut: usize) {
        let mut block = block.to_bytes();
        check_levels(&block);
        if !block.is_empty() {
            block.truncate(cut % block.len());
            check_levels(&block);
        }
    }
    check_cases(256, property as fn(_, _));
}

#[test]
fn the_rows_do_not_depend_on_how_a_reader_splits_the_block() {
    fn property(block: Block, cut: Option<usize>, at_once: usize) {
        let mut block = block.to_bytes();
        block.truncate(cut.map_or(block.len(), |cut| cut % (block.len() + 1)));
        // Few bytes at a time, or up to all of them.
        let limit = if at_once.is_multiple_of(2) { 10 } else { block.len() + 1 };
        assert_eq!(read_all(Trickle(&block, 1 + at_once / 2 % limit)), expected(&block));
    }
    check_cases(256, property as fn(_, _, _));
}

#[test]
fn each_link_adds_one_row() {
    fn property(bytes: Bytes, line: Line) {
        for link in [&bytes.0, &line.text.0] {
            let batch = batch_of([link]);
            assert_eq!(rows(&batch), [decode(link)]);
        }
    }
    check_cases(256, property as fn(_, _));
}

#[test]
fn a_change_of_any_byte_has_the_result_of_decode() {
    // Lengths of one and of two bytes, and each place in a group of three bytes for the bytes between the strings.
    let mut links = Vec::new();
    for len in [20, 21, 22, 107, 108, 109] {
        for amp in [None, Some(20), Some(108)] {
            let url = |len: usize| format!("https://example.com/{}", "a".repeat(len));
            links.push(Article::new(&url(len), amp.map(url).as_deref()).unwrap().to_id());
        }
    }
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    links.push(OpaqueArticle::new(token, None).unwrap().to_id());
    links.push(OpaqueArticle::new(token, Some(token)).unwrap().to_id());
    // In most blocks, several of the rows that are decoded together are damaged.
    let mut batch = Batch::new();
    for id in links {
        for at in 0..id.len() {
            let bytes = [b'!', b'A', b'_', 0xc3];
            // Positions in the middle of a long run of `a`, which is encoded as `YWFh`, are skipped, because they are all alike.
            let mut near = id[at.saturating_sub(4)..].bytes().take(9);
            let is_in_run = near.all(|byte| b"YWFh".contains(&byte));
            let bytes = if is_in_run { &bytes[at / 4 % 4..][..1] } else { &bytes };
            let mut block = Vec::new();
            for &byte in bytes {
                let mut id = id.clone().into_bytes();
                id[at] = byte;
                block.extend_from_slice(b"https://news.google.com/rss/articles/");
                block.extend_from_slice(&id);
                block.extend_from_slice(b"?oc=5\n");
            }
            block.extend_from_slice(&[b' '; AFTER]);
            let expected = expected(&block);
            push_on_each_level(&block, &mut batch, |batch, level| {
                assert_eq!(batch.len(), expected.len(), "{level}");
                assert_ends_with(batch, &expected, level);
                batch.clear();
            });
        }
    }
}

#[test]
fn readers_return_their_inner_reader() {
    let mut reader = BatchReader::new("CBIwkdv6lUE\nhello".as_bytes());
    assert_eq!(reader.get_ref().len(), 17);
    *reader.get_mut() = &reader.get_ref()[..12];
    let batches: Vec<Batch> = reader.batches().map(Result::unwrap).collect();
    assert_eq!(batches, [batch_of(["CBIwkdv6lUE"])]);
    assert_eq!(reader.into_inner(), b"");
    let mut reader = BlockReader::new("a\nb".as_bytes());
    *reader.get_mut() = &reader.get_ref()[..2];
    assert_eq!(reader.into_inner(), b"a\n");
}

#[test]
fn batches_continue_after_an_error() {
    let mut reader = BatchReader::new(b"a\n".chain(Faulty(vec![io::ErrorKind::ConnectionReset], b"b\n")));
    let batches: Vec<Option<usize>> =
        reader.batches().map(|batch| batch.ok().map(|batch| batch.len())).collect();
    assert_eq!(batches, [Some(1), None, Some(1)]);
}

/// The number of bytes after the lines of a block, more than the vector code loads: lines that are closer to the end of
/// their block take the complete path.
const AFTER: usize = 512;

/// Returns the ID of an article with these URLs, which [`Article::new`] may refuse.
fn id_of(url: &str, amp_url: &str) -> String {
    let message = [
        &[0x08, 0x13, 0x22, url.len() as u8][..],
        url.as_bytes(),
        &[0xd2, 0x01, amp_url.len() as u8],
        amp_url.as_bytes(),
    ];
    BASE64_URL_SAFE_NO_PAD.encode(message.concat())
}

#[test]
fn urls_of_google_pages_are_errors_on_each_level() {
    let google = [
        "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5",
        "https://news.google.com",
        "https://NEWS.Google.com/",
        "http://news.google.co.jp/",
        "https://a-name-of-more-than-thirty-two-bytes@news.google.com/",
        "https://n%65ws.google.com/",
        "https://www.google.com/url?q=https://example.com/",
        "https://consent.google.com/ml?continue=https://example.com/",
    ];
    let publishers = [
        "https://example.com/",
        "https://example.com/https://news.google.com/",
        "https://blog.google/",
        "https://cloud.google.com/blog/",
        "https://googol.example/google.com/url",
        "https://a-host-of-more-than-thirty-two-bytes.news.google.example/",
        "http://a",
        "https://example.com/%D9%82%D8%B5",
    ];
    let mut block = String::new();
    let mut add = |url: &str, amp_url: &str, is_publisher: bool| {
        let id = id_of(url, amp_url);
        let kind = decode(&id).map(|target| target.kind());
        let expected = if is_publisher { Ok(Kind::Article) } else { Err(ErrorKind::GoogleUrl) };
        assert_eq!(kind.map_err(|error| error.kind()), expected, "{url} {amp_url}");
        block += &format!("https://news.google.com/rss/articles/{id}?oc=5\n");
    };
    for publisher in publishers {
        add(publisher, "", true);
        for google in google {
            add(google, "", false);
            add(publisher, google, false);
            add(google, publisher, false);
            publishers.iter().for_each(|other| add(publisher, other, true));
        }
    }
    block += &"\n".repeat(AFTER);
    check_levels(block.as_bytes());
}
