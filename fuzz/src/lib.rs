//! Checks that must succeed for any input of the fuzz targets.

use std::borrow::Cow;
use std::fmt::Debug;
use std::io::Read;
use std::ops::Range;

use google_news_link::batch::VectorLevel;
use google_news_link::{
    Batch, BatchReader, Decoder, Error, ErrorKind, Link, Match, Rewriter, Target, check_url, decode, find,
    rewrite,
};
use google_news_link_resolve::page::{self, Check, Pairs};
use google_news_link_resolve::{Next, Options, Resolution};
use http::Response;
use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

mod mutation;

pub use mutation::mutate_parts;

/// The length of the longest text that the crate parses.
const MAX_LEN: usize = 65_536;

/// Returns a number that differs for most texts.
fn hash(text: &[u8]) -> usize {
    text.iter().fold(text.len(), |hash, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// A link whose decoding fills both of a decoder's buffers.
const KEYED: &str = "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY\
                     ?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA&hl=ja";

/// Decodes `link` with every function of the crate, checks that the results are equal, and checks the target.
pub fn check_decode(link: &[u8]) -> Result<Target<'static>, Error> {
    let found = decode(link);
    let mut decoder = Decoder::new();
    assert_eq!(decoder.decode_bytes(link).map(Target::into_owned), found, "by a new decoder");
    // An earlier link must not change the result of the decoder.
    let _ = decoder.decode(KEYED);
    assert_eq!(decoder.decode_bytes(link).map(Target::into_owned), found, "by a used decoder");
    check_after_a_space(link, &found);
    assert_eq!(Link::parse_bytes(link).and_then(|link| link.decode()), found, "by the parser");
    match &found {
        Ok(target) => check_target(link, target),
        Err(error) => {
            assert!(error.offset().is_none_or(|offset| offset <= link.len()), "{error}");
            let _ = error.to_string();
        }
    }
    found
}

/// Checks that a space before a link, which the fast path does not accept, changes only the offset of an error.
fn check_after_a_space(link: &[u8], found: &Result<Target<'static>, Error>) {
    if link.len() >= MAX_LEN {
        return;
    }
    let spaced = [b" ", link].concat();
    match (decode(&spaced), found) {
        (Err(spaced), Err(error)) => {
            assert_eq!(spaced.kind(), error.kind());
            assert_eq!(spaced.offset(), error.offset().map(|offset| offset + 1), "{spaced}");
        }
        (spaced, found) => assert_eq!(spaced, *found),
    }
}

fn check_target(link: &[u8], target: &Target<'_>) {
    for url in [target.canonical_url(), target.amp_url()].into_iter().flatten() {
        assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
        assert!(!url.bytes().any(|byte| byte <= b' ' || byte == 0x7f), "{url:?}");
    }
    let _ = target.to_url();
    assert!(!target.to_string().bytes().any(|byte| byte.is_ascii_control()), "{target:?}");

    // The ID is that of the link, and decodes to the same target.
    let parsed = Link::parse_bytes(link);
    let held = parsed.as_ref().map(Link::id);
    let id = target.to_id();
    assert_eq!(held, Ok(id.as_deref()));
    if let Some(written) = target.to_link().filter(|written| written.len() <= MAX_LEN) {
        assert_eq!(decode(&written).as_ref(), Ok(target), "{written}");
    }
    if let Some(id) = id {
        let again = decode(&id);
        assert_eq!(again.as_ref().map(Target::kind), Ok(target.kind()));
        assert_eq!(again.map(|again| again.to_id()), Ok(Some(id)));
    }
}

/// Parses `link` and checks all of its parts.
pub fn check_link(link: &[u8]) {
    let parsed = match Link::parse_bytes(link) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.offset().is_none_or(|offset| offset <= link.len()), "{error}");
            assert_eq!(error.kind() == ErrorKind::TooLong, link.len() > MAX_LEN);
            return;
        }
    };
    assert!(parsed.path().is_empty() || parsed.path().starts_with('/'), "{}", parsed.path());
    assert!(parsed.id().is_none_or(|id| !id.is_empty()));
    assert!(parsed.edition_id().is_none() || parsed.id().is_some());
    let mut count = 0;
    for (name, _) in parsed.params() {
        assert!(parsed.param(&name).is_some(), "{name}");
        count += 1;
        // Looking up each of thousands of names would take too long.
        if count == 100 {
            break;
        }
    }
    assert!(parsed.params().count() <= link.len());
}

/// Decodes the lines of `block` with every method of a batch, and compares each row with the result of [`decode`].
pub fn check_batch(block: &[u8]) {
    let mut links: Vec<_> = block.split(|&byte| byte == b'\n').collect();
    // Bytes after the last line end are a line.
    links.pop_if(|link| link.is_empty());
    for link in &mut links {
        *link = link.strip_suffix(b"\r").unwrap_or(link);
    }
    let found: Vec<_> = links.iter().map(decode).collect();

    let mut batch = Batch::new();
    for link in &links {
        batch.push(link).expect("a batch has room for any input of a fuzzer");
    }
    check_rows(&batch, &found);
    // The same links as strings of one buffer.
    let ranges = links.iter().map(|link| {
        let start = link.as_ptr().addr() - block.as_ptr().addr();
        start..start + link.len()
    });
    batch.clear();
    assert_eq!(batch.push_strings(block, ranges), Ok(()));
    check_rows(&batch, &found);
    // Each input is decoded on one level, because the fuzzer makes many similar inputs.
    let levels = VectorLevel::available();
    let level = levels[hash(block) % levels.len()];
    // Earlier rows must not change the result of a reused batch.
    batch.clear();
    assert_eq!(batch.push_lines_on(level, block), Ok(()), "{level}");
    check_rows(&batch, &found);
    if !hash(block).is_multiple_of(8) {
        return;
    }
    let mut reader = BatchReader::new(block);
    let mut rest = &found[..];
    while reader.read_batch(&mut batch).is_ok_and(|is_more| is_more) {
        let (rows, remaining) = rest.split_at(batch.len());
        check_rows(&batch, rows);
        rest = remaining;
    }
    assert!(rest.is_empty(), "{} rows were not read", rest.len());
}

fn check_rows(batch: &Batch, found: &[Result<Target<'static>, Error>]) {
    assert_eq!(batch.len(), found.len());
    let (urls, amp_urls, tokens) = (batch.canonical_urls(), batch.amp_urls(), batch.tokens());
    let (amp_tokens, url_lens) = (batch.amp_tokens(), batch.url_lens());
    for (row, (in_batch, found)) in batch.iter().zip(found).enumerate() {
        assert_eq!(in_batch, *found, "row {row}");
        let target = found.as_ref().ok();
        assert_eq!(batch.kinds().get(row), target.map(Target::kind), "row {row}");
        assert_eq!(urls.get(row), target.and_then(Target::canonical_url), "row {row}");
        assert_eq!(amp_urls.get(row), target.and_then(Target::amp_url), "row {row}");
        assert_eq!(tokens.get(row), target.and_then(Target::token), "row {row}");
        let amp_token = target.and_then(Target::as_opaque_article).and_then(|article| article.amp_token());
        assert_eq!(amp_tokens.get(row), amp_token, "row {row}");
        assert_eq!(url_lens.get(row), target.and_then(Target::url_len), "row {row}");
    }
    let errors =
        found.iter().enumerate().filter_map(|(row, found)| Some((row, found.as_ref().err().copied()?)));
    assert!(batch.errors().eq(errors));
}

/// Decodes `bytes` as a link and writes the result as JSON, which must be read as the same again. Then reads `bytes` as JSON.
pub fn check_record(bytes: &[u8]) {
    match decode(bytes) {
        Ok(target) => check_json(&target),
        Err(error) => check_json(&error),
    }
    if let Ok(target) = serde_json::from_slice::<Target<'_>>(bytes) {
        check_json(&target);
    }
    if let Ok(error) = serde_json::from_slice::<Error>(bytes) {
        check_json(&error);
    }
}

fn check_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).expect("strings and numbers can be written");
    let read = serde_json::from_str::<T>(&json).expect("what was written can be read");
    assert_eq!(read, *value, "{json}");
}

/// The ID of the page in the seeds, and a page with its signature.
const OPAQUE: &str = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
const SIGNED: &str = "<div data-n-a-id=CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw \
                      data-n-a-ts=1790181872 data-n-a-sg=Ae5Wzi-zTr7BmTsy16W2E8ubaTXt>";

/// Handles `bytes` as the page of an article, whole and in pieces, and as the answer to its POST.
pub fn check_resolution(bytes: &[u8]) {
    let whole = page_outcome(std::iter::once(bytes));
    let piece = usize::from(bytes.first().copied().unwrap_or_default()) + 1;
    assert_eq!(page_outcome(bytes.chunks(piece)), whole, "{piece} bytes at a time");

    let mut resolution = resolution();
    while let Some((request, exchange)) = resolution.next_request() {
        let body = if request.method() == http::Method::GET { SIGNED.as_bytes() } else { bytes };
        resolution.on_response(exchange, &Response::new(body));
    }
    assert!(resolution.is_done());
    check_outcome(&resolution);
}

fn resolution() -> Resolution {
    let mut resolution = Resolution::new(Options::new());
    resolution.push_target(&decode(OPAQUE).expect("the ID is sound"));
    resolution
}

/// Returns the result of a page that arrives in pieces: a POST, or an outcome.
fn page_outcome<'a>(mut pieces: impl Iterator<Item = &'a [u8]>) -> (Option<Vec<u8>>, String) {
    let mut resolution = resolution();
    let Some((_, mut exchange)) = resolution.next_request() else { panic!("nothing is asked for") };
    let mut next = exchange.on_head(&Response::new(()));
    while let (Next::Read, Some(piece)) = (next, pieces.next()) {
        next = exchange.on_body(piece);
    }
    resolution.finish(exchange);
    check_outcome(&resolution);
    let outcome = format!("{:?}", resolution.outcome(0));
    (resolution.next_request().map(|(request, _)| request.into_body()), outcome)
}

fn check_outcome(resolution: &Resolution) {
    match resolution.outcome(0).expect("it was added") {
        Ok(found) => assert_eq!(found.url().len(), 19, "{found}"),
        Err(error) => assert!(!error.to_string().bytes().any(|byte| byte.is_ascii_control())),
    }
}

/// Reads `bytes` as a page with several links, and checks every link in it.
pub fn check_page(bytes: &[u8]) {
    let mut found = 0;
    for link in page::links(bytes) {
        found += 1;
        assert_eq!(link.url().is_none(), matches!(link.check(), Check::Refuted(_)));
        let Some(url) = link.url() else { continue };
        assert_eq!(check_url(url), Ok(()));
        if let Some(article) = link.target().and_then(Target::as_opaque_article) {
            assert_eq!(link.check(), Check::Confirmed);
            assert!(article.accepts_url(url), "{url}");
            assert!(link.amp_url().is_none_or(|url| article.accepts_amp_url(url)));
        }
    }
    let pairs = Pairs::read(bytes);
    let counts = pairs.counts();
    assert!(counts.found <= found);
    assert_eq!(counts.found, counts.confirmed + counts.unverified + counts.refuted);

    let mut resolution = Resolution::new(Options::new());
    for link in &pairs {
        resolution.push_id(link.id());
    }
    assert_eq!(resolution.learn(bytes), counts);
    for (outcome, link) in resolution.outcomes().zip(&pairs) {
        // A plain article contains its own URL.
        let own = link.target().and_then(Target::canonical_url);
        assert!(outcome.is_ok() || link.url().is_none(), "{link:?}");
        let found = outcome.ok().map(|found| found.url());
        assert!(found.is_none() || own.is_some() || found == link.url(), "{link:?}");
    }
}

/// The token of a redirect whose URL has 40 bytes.
const REDIRECT: &str = "CAESYAHrOzAV0vJwbVJZzVV6aaFVNZKBV-Y7lXbvtJOkwoc51wMfliIKa47Rf8h4yGfhfHovmaSqrNC1YVg_nH9eEK9J1coJPwIXGfGmYWfGwr1mN_NAZ8t3aZBaBVmTlRJRVg";

/// Checks the outcome of an encrypted redirect whose response has the first two bytes as its status and the others as its location.
pub fn check_redirect(bytes: &[u8]) {
    let [high, low, location @ ..] = bytes else { return };
    let status = 200 + u16::from_be_bytes([*high, *low]) % 400;
    let mut resolution = Resolution::new(Options::new());
    resolution.push_target(&decode(REDIRECT).expect("the token is valid"));
    let Ok(response) = Response::builder().status(status).header("location", location).body("") else {
        return;
    };
    let mut requests = 0;
    while let Some((_, exchange)) = resolution.next_request() {
        resolution.on_response(exchange, &response);
        requests += 1;
    }
    assert!(requests <= 2 && resolution.is_done());
    match resolution.outcome(0).expect("it was added") {
        Ok(found) => {
            assert_eq!((found.url().len(), found.url().as_bytes()), (40, location));
            assert_eq!(check_url(found.url()), Ok(()));
        }
        Err(error) => assert!(!error.to_string().bytes().any(|byte| byte.is_ascii_control())),
    }
}

/// Searches `text` for links, with and without those that have no host, and checks each of them.
pub fn check_find(text: &[u8]) {
    for is_relative in [false, true] {
        let mut ranges = Vec::new();
        let mut targets = Vec::new();
        let mut end = 0;
        for found in find(text).relative(is_relative) {
            let range = found.range();
            assert!(end <= range.start && range.start < range.end && range.end <= text.len(), "{found:?}");
            end = range.end;
            assert_eq!(found.as_bytes(), &text[range.clone()]);
            assert!(Link::parse_bytes(found.as_bytes()).is_ok(), "{found:?}");
            targets.push(check_match(&found));
            ranges.push(range);
        }
        assert_eq!(ranges_by_line(text, is_relative), ranges, "line by line");

        let mut batch = Batch::new();
        let mut places = Vec::new();
        assert_eq!(batch.push_matches(find(text).relative(is_relative), &mut places), Ok(()));
        assert_eq!(places, ranges);
        check_rows(&batch, &targets);
    }
    for line in text.split(|&byte| byte == b'\n') {
        check_line(line);
        check_other_case(line);
    }
}

/// Decodes a link that was found, as [`decode`] does for the link alone.
fn check_match(found: &Match<'_>) -> Result<Target<'static>, Error> {
    let decoded = found.decode();
    assert_eq!(decoded, decode(found.as_bytes()), "{found:?}");
    decoded
}

/// Returns the ranges of the links in each line. No link contains a line end, and no line changes the links that are found in another.
fn ranges_by_line(text: &[u8], is_relative: bool) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut ranges = Vec::new();
    // The line end is included, because it may show that a link was broken there.
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let found = find(line).relative(is_relative).map(|found| found.range());
        ranges.extend(found.map(|range| start + range.start..start + range.end));
        start += line.len();
    }
    ranges
}

/// Checks that a line that consists of a link without escapes is found, and is decoded as by [`decode`].
fn check_line(line: &[u8]) {
    let is_plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-_/?=:".contains(&byte);
    let Some(rest) = line.strip_prefix(b"https://news.google.com/") else { return };
    if !rest.iter().all(is_plain) || !rest.last().is_some_and(u8::is_ascii_alphanumeric) {
        return;
    }
    if let Ok(target) = decode(line) {
        let found = find(line).next().expect("a link that can be decoded is found");
        assert_eq!(found.range().start, 0);
        assert_eq!(found.decode(), Ok(target), "{found:?}");
    }
}

/// Checks that the first link of a line is the same if its scheme has capital letters, which no fast path accepts.
fn check_other_case(line: &[u8]) {
    let Some(found) = find(line).next() else { return };
    let start = found.range().start;
    let mut changed = line.to_vec();
    let scheme = &mut changed[start..(start + 5).min(line.len())];
    if scheme == b"https" {
        scheme.make_ascii_uppercase();
        let again = find(&changed).next().expect("the case of a scheme changes nothing");
        assert_eq!(again.range(), found.range(), "{found:?}");
        assert_eq!(again.decode(), found.decode(), "{found:?}");
    }
}

/// A URL with all characters that may have to be escaped.
const UNUSUAL: &str = "https://example.com/a_(b)[c]?d='e'&f=\"g\",h;i|j\\k<l>{m}`n^o*p~q!r";

/// Returns the replacement of a link: its URL, [`UNUSUAL`], or `None`.
fn replacement(found: &Match<'_>) -> Option<Cow<'static, str>> {
    match found.decode() {
        Ok(target) => target.canonical_url().map(|url| url.to_owned().into()),
        Err(_) => Some(UNUSUAL.into()),
    }
}

/// Replaces the links of `text`, and checks that nothing else is changed.
pub fn check_rewrite(text: &[u8]) {
    assert!(matches!(rewrite(text, |_| None), Cow::Borrowed(same) if same == text));
    for is_relative in [false, true] {
        assert_eq!(rewrite_stream(text, is_relative, |_| None), text, "nothing is replaced");
        let expected = rewrite_by_hand(text, is_relative);
        if !is_relative {
            assert_eq!(*rewrite(text, replacement), *expected);
        }
        assert_eq!(rewrite_stream(text, is_relative, replacement), expected);
    }
    check_window(text);
}

/// Replaces the links that [`find`] finds: the expected result of [`rewrite`].
fn rewrite_by_hand(text: &[u8], is_relative: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut copied = 0;
    for found in find(text).relative(is_relative) {
        let Some(url) = replacement(&found) else { continue };
        let escaped = found.escape(&url);
        // Characters that end an attribute, an element or a word.
        let breaks = |&byte: &u8| byte <= b' ' || b"\"<>".contains(&byte);
        assert!(!escaped.iter().any(breaks), "{found:?}: {}", escaped.escape_ascii());
        out.extend_from_slice(&text[copied..found.range().start]);
        out.extend_from_slice(&escaped);
        copied = found.range().end;
    }
    out.extend_from_slice(&text[copied..]);
    out
}

fn rewrite_stream(
    text: impl Read,
    is_relative: bool,
    replace: impl FnMut(&Match<'_>) -> Option<Cow<'static, str>>,
) -> Vec<u8> {
    let mut out = Vec::new();
    Rewriter::new(text)
        .relative(is_relative)
        .write_to(&mut out, replace)
        .expect("memory can be read and written");
    out
}

/// Rewrites `text` at the end of the rewriter's window. The number of its bytes that are in the window depends on the text.
fn check_window(text: &[u8]) {
    /// The size of the window without the end that is searched again.
    const SAFE: usize = (1 << 20) - MAX_LEN - 1024 - 16;
    // Searching a megabyte takes as long as a thousand usual inputs, so not every text is checked.
    let hash = hash(text);
    if text.is_empty() || text.len() > MAX_LEN || !hash.is_multiple_of(16) {
        return;
    }
    let before = SAFE - hash / 16 % (text.len() + 1);
    let mut padded = vec![b' '; (1 << 20) + 2 * MAX_LEN];
    padded[before..before + text.len()].copy_from_slice(text);
    let is_relative = (hash / 16).is_multiple_of(2);
    let whole = rewrite_by_hand(&padded, is_relative);
    assert!(
        rewrite_stream(&*padded, is_relative, replacement) == whole,
        "{} bytes in the window",
        SAFE - before
    );
}
