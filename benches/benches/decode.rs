//! Measures decoding one link at a time: `cargo bench -p google-news-link-benches --bench decode`.
//!
//! Compares `decode` and `Decoder` with `base64`, which decodes only the ID, and with the obvious program: it parses
//! the link with `url`, the ID with `base64`, the message with `prost`, and the URLs with `url` again.

use std::hint::black_box;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use criterion::{Criterion, criterion_group, criterion_main};
use google_news_link::{Decoder, ErrorKind, Kind, decode};
use google_news_link_benches::obvious::article_id;
use url::Url;

const GUARDIAN: &str = "CBMifmh0dHBzOi8vd3d3LnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydNIBfmh0dHBzOi8vYW1wLnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydA";
const KSL: &str = "CBMicmh0dHBzOi8vd3d3LmtzbC5jb20vYXJ0aWNsZS80NjczMDk1OS9mZWQtcmF0ZS1jdXQtY291bGQtaGVscC1zbWFsbC1idXNpbmVzc2VzLXN1cnZpdmUtY292aWQtMTktdXRhaC1lY29ub21pc3Qtc2F5c9IBAA";
const OPAQUE: &str = "CBMiswFBVV95cUxPWjBhV01rbEcwcTJwZjdTbjF1ekxtTnZiRzc2b3p3d1NRVjZZWEUyM0gtQlFPeXBWX0hRdlVpMS11d01GVHpiQmdVY1FlN3dIZUQ4eDRTcTZBRFJxYjRMeVp3eWg5M0Q1YWw5a2N3cEhOUHlhOWRxNmZQTjVLenl2MjRrSENSaUYyTkFhc0ZNdnNoNnN0VXZOM2NhRGRLOWcyUEtXUk9wbThsdXBzc1ZYQW5iRQ";

fn obvious(link: &str) -> Option<(Url, Option<Url>)> {
    let article = article_id(&Url::parse(link).ok()?)?;
    Some((Url::parse(&article.url).ok()?, Url::parse(&article.amp).ok()))
}

struct Case {
    name: &'static str,
    link: String,
    /// The kind, and whether there are a canonical and an AMP URL.
    expected: Result<(Kind, bool, bool), ErrorKind>,
    /// Whether the obvious program can decode the link.
    obvious: bool,
}

fn cases() -> Vec<Case> {
    let rss = |id: &str| format!("https://news.google.com/rss/articles/{id}?oc=5");
    let case = |name, link, expected, obvious| Case { name, link, expected, obvious };
    vec![
        case("article", rss(KSL), Ok((Kind::Article, true, false)), true),
        case("article with AMP", rss(GUARDIAN), Ok((Kind::Article, true, true)), true),
        case("opaque article", rss(OPAQUE), Ok((Kind::OpaqueArticle, false, false)), false),
        case(
            "article, relative with parameters",
            format!("./articles/{KSL}?hl=en-IN&gl=IN&ceid=IN%3Aen"),
            Ok((Kind::Article, true, false)),
            false,
        ),
        case(
            "article, in a consent page",
            format!(
                "https://consent.google.com/m?continue=https%3A%2F%2Fnews.google.com%2Frss%2Farticles%2F{KSL}%3Foc%3D5&gl=FR"
            ),
            Ok((Kind::Article, true, false)),
            false,
        ),
        case("cut article", rss(&KSL[..100]), Err(ErrorKind::Truncated), false),
        case("no link", "https://example.com/".into(), Err(ErrorKind::NotGoogleNews), false),
    ]
}

fn bench(criterion: &mut Criterion) {
    let mut decoder = Decoder::new();
    for Case { name, link, expected, obvious: has_obvious } in cases() {
        let found = decode(&link)
            .map(|target| (target.kind(), target.canonical_url().is_some(), target.amp_url().is_some()))
            .map_err(|error| error.kind());
        assert_eq!(found, expected, "{name}");
        assert_eq!(decoder.decode(&link).map(|target| target.into_owned()), decode(&link), "{name}");

        let mut group = criterion.benchmark_group(name);
        if has_obvious {
            let (url, amp) = obvious(&link).unwrap();
            let target = decode(&link).unwrap();
            assert_eq!(target.canonical_url(), Some(url.as_str()), "{name}");
            assert_eq!(target.amp_url(), amp.as_ref().map(Url::as_str), "{name}");
            group.bench_function("obvious program", |bencher| bencher.iter(|| obvious(black_box(&link))));
            let id = link.rsplit('/').next().unwrap().strip_suffix("?oc=5").unwrap();
            let mut message = vec![0; id.len()];
            group.bench_function("base64 alone", |bencher| {
                bencher.iter(|| BASE64_URL_SAFE_NO_PAD.decode_slice(black_box(id), &mut message).unwrap());
            });
        }
        group.bench_function("decode", |bencher| bencher.iter(|| decode(black_box(&link))));
        group.bench_function("Decoder", |bencher| {
            bencher.iter(|| {
                let decoded = decoder.decode(black_box(&link));
                decoded.is_ok_and(|target| black_box(target).canonical_url().is_some())
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = bench
}
criterion_main!(benches);
