//! Tests of encrypted redirects: one HEAD each, and the URL in `Location`.

use google_news_link::decode;
use google_news_link_loopback::{Article, article, redirect_of_url};
use google_news_link_resolve::{Error, ErrorKind, Options, RequestKind, Resolution, Verification};
use http::{Method, Request, Response};

use crate::service::{Service, assert_resolved, kinds, response};

fn redirects(count: usize) -> Vec<Article> {
    (0..count)
        .map(|n| redirect_of_url(&format!("https://publisher.example/{}", "x".repeat(20 * n)), n as u64))
        .collect()
}

fn resolution_of(links: &[Article]) -> Resolution {
    let mut resolution = Resolution::new(Options::new());
    for link in links {
        resolution.push_target(&decode(&link.id).unwrap());
    }
    resolution
}

fn location(status: u16, location: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).header("location", location).body(Vec::new()).unwrap()
}

fn token_of(request: &Request<Vec<u8>>) -> Option<&str> {
    request.uri().query()?.strip_prefix("url=")
}

/// Answers redirects with this status.
fn respond(status: u16) -> impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>> {
    move |service, request| match token_of(request).and_then(|token| service.articles.get(token)) {
        Some(link) => location(status, &link.url),
        None => service.respond(request),
    }
}

/// Returns the outcome of one redirect whose requests are answered by `respond`.
fn outcome_of(link: &Article, respond: impl Fn(&Method) -> Response<Vec<u8>>) -> Result<String, Error> {
    let links = std::slice::from_ref(link);
    let mut resolution = resolution_of(links);
    Service::new(links).run(&mut resolution, |_, request| respond(request.method()));
    Ok(resolution.outcome(0).unwrap()?.url().to_owned())
}

#[test]
fn each_redirect_takes_one_head() {
    // Lengths below and above 128, from which on the length takes a second byte.
    let links = redirects(8);
    assert!(links[7].url.len() > 128);
    for status in [301, 302, 303, 307, 308, 402] {
        let mut service = Service::new(&links);
        let mut resolution = resolution_of(&[&links[..], &links[..3]].concat());
        service.run(&mut resolution, respond(status));
        assert_resolved(&resolution, &[&links[..], &links[..3]].concat());
        assert_eq!(
            (service.requests.len(), resolution.requests(RequestKind::Redirect)),
            (8, 8),
            "equal tokens are requested once"
        );
        assert_eq!(
            (
                resolution.requests(RequestKind::ArticlePage),
                resolution.requests(RequestKind::Post),
                resolution.remaining()
            ),
            (0, 0, 0)
        );
        for (request, link) in service.requests.iter().zip(&links) {
            assert_eq!(request.method(), Method::HEAD);
            assert_eq!(request.uri().to_string(), format!("https://www.google.com/goto?url={}", link.token));
            assert!(request.headers().is_empty());
        }
        assert_eq!(resolution.outcome(0).unwrap().unwrap().verification(), Verification::Length);
        assert_eq!(resolution.answers().count(), 0, "tokens do not occur twice");
    }
}

#[test]
fn recorded_pairs_are_accepted() {
    let table = include_str!("../../../tests/data/pages/goto_pairs.tsv");
    let links: Vec<_> = table
        .lines()
        .skip(1)
        .map(|row| {
            let [token, url, _source] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
            // The token in a request is without padding.
            let token = token.trim_end_matches('=').to_owned();
            Article { id: token.clone(), token, url: url.into() }
        })
        .collect();
    assert!(!links.is_empty());
    let mut resolution = resolution_of(&links);
    Service::new(&links).run(&mut resolution, respond(302));
    assert_resolved(&resolution, &links);
}

#[test]
fn a_server_that_refuses_head_gets_a_get() {
    let links = redirects(2);
    let mut service = Service::new(&links);
    let mut resolution = resolution_of(&links);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::HEAD => response(405, ""),
        _ => respond(302)(service, request),
    });
    assert_resolved(&resolution, &links);
    let methods: Vec<_> = service.requests.iter().map(Request::method).collect();
    assert_eq!(methods, [Method::HEAD, Method::GET, Method::HEAD, Method::GET]);
    let error = outcome_of(&links[0], |_| response(405, "")).unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(405)));
}

#[test]
fn redirects_are_requested_from_the_base_url() {
    let link = redirect_of_url("https://publisher.example/", 1);
    let mut resolution = Resolution::new(Options::new().base_url("http://127.0.0.1:1/google").unwrap());
    resolution.push_target(&decode(&link.id).unwrap());
    let (request, exchange) = resolution.next_request().unwrap();
    assert_eq!(request.uri().to_string(), format!("http://127.0.0.1:1/google/goto?url={}", link.token));
    assert_eq!(exchange.kind(), RequestKind::Redirect);
}

#[test]
fn targets_are_checked() {
    let link = redirect_of_url("https://publisher.example/", 1);
    let len = link.url.len();
    let padded = |begin: &str| format!("{begin}{}", "x".repeat(len - begin.len()));
    for (status, target, kind) in [
        (302, "https://publisher.example".into(), ErrorKind::WrongLength),
        (302, "https://publisher.example/a".into(), ErrorKind::WrongLength),
        (302, padded("https://news.google.com/"), ErrorKind::InvalidUrl),
        (302, padded("javascript:"), ErrorKind::InvalidUrl),
        (302, padded("/relative/"), ErrorKind::InvalidUrl),
        (302, "https://www.google.com/url?q=https://publisher.example/".into(), ErrorKind::InvalidUrl),
        (302, "https://consent.google.com/ml?continue=x".into(), ErrorKind::Consent),
        (302, "https://www.google.com/sorry/index".into(), ErrorKind::Captcha),
        (302, "/sorry/index".into(), ErrorKind::Captcha),
        (200, link.url.clone(), ErrorKind::UnexpectedStatus),
        (404, link.url.clone(), ErrorKind::UnexpectedStatus),
        (429, link.url.clone(), ErrorKind::TooManyRequests),
        (400, link.url.clone(), ErrorKind::BadRequest),
        (500, link.url.clone(), ErrorKind::UnexpectedStatus),
    ] {
        let error = outcome_of(&link, |_| location(status, &target)).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {target}");
    }
    for status in [302, 402] {
        let error = outcome_of(&link, |_| response(status, "")).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(status)));
    }
    let not_utf8 = Response::builder().status(302).header("location", &b"https://\xff"[..]).body(Vec::new());
    let not_utf8 = not_utf8.unwrap();
    assert_eq!(outcome_of(&link, |_| not_utf8.clone()).unwrap_err().kind(), ErrorKind::InvalidUrl);
}

#[test]
fn pages_are_not_requested_for_redirects_alone() {
    let links = redirects(2);
    let mut service = Service::new(&links);
    let mut resolution = resolution_of(&links);
    resolution.push_page("https://news.google.com/home").unwrap();
    service.run(&mut resolution, respond(302));
    assert_resolved(&resolution, &links);
    assert_eq!(resolution.requests(RequestKind::NewsPage), 0);
    assert_eq!(resolution.page_outcome(0), None);
}

#[test]
fn blocks_apply_to_redirects() {
    let mut links = redirects(6);
    links.insert(3, article(0));
    for (blocked, kind, requests) in [
        (response(429, ""), ErrorKind::TooManyRequests, 2),
        (location(302, "https://www.google.com/sorry/index"), ErrorKind::Captcha, 2),
        (response(503, ""), ErrorKind::Unavailable, 4),
    ] {
        let mut service = Service::new(&links);
        let mut resolution = resolution_of(&links);
        service.run(&mut resolution, |service, request| match service.requests.len() {
            0 => respond(302)(service, request),
            _ => blocked.clone(),
        });
        assert_eq!(service.requests.len(), requests, "{kind:?}");
        assert!(resolution.is_blocked());
        assert_eq!(kinds(&resolution)[0], None);
        assert_eq!(kinds(&resolution)[1..requests], vec![Some(kind); requests - 1]);
        assert_eq!(kinds(&resolution)[requests..], vec![Some(ErrorKind::NotTried); 7 - requests]);
        resolution.resume();
        service.run(&mut resolution, respond(302));
        assert_resolved(&resolution, &links);
    }
}
