//! What has to hold for any input, whichever fuzz target makes it.

use google_news_link::batch::VectorLevel;
use google_news_link::{Batch, BatchReader, Decoder, Error, ErrorKind, Link, Target, check_url, decode};
use google_news_link_resolve::page::{self, Check, Pairs};
use google_news_link_resolve::{Next, Options, Resolution};
use http::Response;

/// The longest text that the crate looks at.
const MAX_LEN: usize = 65_536;

/// A link whose decoding fills both of a decoder's buffers.
const KEYED: &str = "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY\
                     ?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA&hl=ja";

/// Decodes `link` in every way there is, checks that all of them agree, and checks what they say.
pub fn check_decode(link: &[u8]) -> Result<Target<'static>, Error> {
    let found = decode(link);
    let mut decoder = Decoder::new();
    assert_eq!(decoder.decode_bytes(link).map(Target::into_owned), found, "by a new decoder");
    // What the decoder has seen before must not show.
    let _ = decoder.decode(KEYED);
    assert_eq!(decoder.decode_bytes(link).map(Target::into_owned), found, "by a used decoder");
    check_behind_a_space(link, &found);
    match &found {
        Ok(target) => check_target(link, target),
        Err(error) => {
            assert!(error.offset().is_none_or(|offset| offset <= link.len()), "{error}");
            let _ = error.to_string();
        }
    }
    found
}

/// A space before a link keeps it off the fast path, and changes nothing but the places of errors.
fn check_behind_a_space(link: &[u8], found: &Result<Target<'static>, Error>) {
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

    // The ID is the one that the link held, and leads to the same target again.
    let parsed = Link::parse_bytes(link);
    let held = parsed.as_ref().map(Link::id);
    let id = target.to_id();
    assert_eq!(held, Ok(id.as_deref()));
    if let Some(id) = id {
        let again = decode(&id);
        assert_eq!(again.as_ref().map(Target::kind), Ok(target.kind()));
        assert_eq!(again.map(|again| again.to_id()), Ok(Some(id)));
    }
}

/// Parses `link` and looks at all that the parts have to say.
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
        // Looking up each of thousands of names would take all day.
        if count == 100 {
            break;
        }
    }
    assert!(parsed.params().count() <= link.len());
}

/// Decodes the lines of `block` in every way there is for many, and checks each row against [`decode`].
pub fn check_batch(block: &[u8]) {
    let mut links: Vec<_> = block.split(|&byte| byte == b'\n').collect();
    // Behind the last line end there is a line only if there is something.
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
    for level in VectorLevel::available() {
        // The batch has held other rows before, which must not show.
        batch.clear();
        assert_eq!(batch.push_lines_on(level, block), Ok(()), "{level}");
        check_rows(&batch, &found);
    }
    let mut reader = BatchReader::new(block);
    let mut rest = &found[..];
    while reader.read_batch(&mut batch).is_ok_and(|is_more| is_more) {
        let (rows, behind) = rest.split_at(batch.len());
        check_rows(&batch, rows);
        rest = behind;
    }
    assert!(rest.is_empty(), "{} rows were not read", rest.len());
}

fn check_rows(batch: &Batch, found: &[Result<Target<'static>, Error>]) {
    assert_eq!(batch.len(), found.len());
    let (urls, amp_urls, tokens) = (batch.canonical_urls(), batch.amp_urls(), batch.tokens());
    for (row, (in_batch, found)) in batch.iter().zip(found).enumerate() {
        assert_eq!(in_batch, *found, "row {row}");
        let target = found.as_ref().ok();
        assert_eq!(batch.kinds().get(row), target.map(Target::kind), "row {row}");
        assert_eq!(urls.get(row), target.and_then(Target::canonical_url), "row {row}");
        assert_eq!(amp_urls.get(row), target.and_then(Target::amp_url), "row {row}");
        assert_eq!(tokens.get(row), target.and_then(Target::token), "row {row}");
    }
    let errors =
        found.iter().enumerate().filter_map(|(row, found)| Some((row, found.as_ref().err().copied()?)));
    assert!(batch.errors().eq(errors));
}

/// The ID that the seeds' page is about, and a page with its signature.
const OPAQUE: &str = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
const SIGNED: &str = "<div data-n-a-id=CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw \
                      data-n-a-ts=1790181872 data-n-a-sg=Ae5Wzi-zTr7BmTsy16W2E8ubaTXt>";

/// Takes `bytes` for the page of an article, whole and in pieces, and for the answer to its POST.
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

/// What a page, in pieces, leads to: a POST, or an outcome.
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

/// Answers the request for an encrypted redirect with a status, which is the first two bytes, and a location, the others.
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
