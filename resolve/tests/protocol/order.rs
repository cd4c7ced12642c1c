//! Tests of the requests that are sent, and of their order.

use google_news_link::{OpaqueArticle, decode};
use google_news_link_loopback::{article, article_of_id, articles, read_post};
use google_news_link_resolve::{
    AnswerKey, Error, ErrorKind, Failure, Locale, Next, Options, RequestKind, Resolution, Resolved, Source,
    Verification,
};

use crate::service::{Service, assert_resolved, kinds, redirect, resolution_of, response, url_of};

#[test]
fn a_thousand_articles_take_a_thousand_pages_and_twenty_posts() {
    let articles = articles(1000);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (1000, 20));
    assert_eq!(
        (
            resolution.requests(RequestKind::ArticlePage),
            resolution.requests(RequestKind::Post),
            resolution.remaining()
        ),
        (1000, 20, 0)
    );
    assert_resolved(&resolution, &articles);
}

#[test]
fn equal_tokens_are_requested_once() {
    // The duplicates have an AMP token as well: another ID, the same token.
    let mut all = articles(700);
    all.extend(articles(300));
    let mut service = Service::new(&all[..700]);
    let mut resolution = Resolution::new(Options::new());
    for (n, article) in all.iter().enumerate() {
        let amp = (n >= 700).then_some(&*article.token);
        resolution.push(&OpaqueArticle::new(&article.token, amp).unwrap());
    }
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (700, 14));
    assert_resolved(&resolution, &all);
}

#[test]
fn known_answers_are_not_requested() {
    let articles = articles(10);
    let mut first = resolution_of(&articles);
    Service::new(&articles).run(&mut first, Service::respond);
    let known: Vec<_> = first.answers().collect();
    assert_eq!(known.len(), 10);

    let mut again = resolution_of(&articles[..5]);
    for (key, found) in known {
        assert!(matches!(key, AnswerKey::Token(_)));
        assert_eq!((found.source(), found.verification()), (Source::Online, Verification::Length));
        again.insert_known(key, found.url()).unwrap();
    }
    articles[5..].iter().for_each(|article| assert!(again.push(&article.opaque()) >= 5));
    assert!(again.is_done() && again.next_request().is_none());
    assert_eq!((again.answers().count(), again.remaining()), (0, 0));
    assert_resolved(&again, &articles);
}

#[test]
fn the_key_of_an_answer_is_known_before_the_answer() {
    let article = article(0);
    let mut resolution = Resolution::new(Options::new());
    resolution.push(&article.opaque());
    resolution.push(&OpaqueArticle::new(&article.token, Some(&article.token)).unwrap());
    resolution.push_id("CE0iBGFiY2Q");
    // A plain article, and a string that is not an ID.
    resolution.push_id("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    resolution.push_id("?");
    let token = Some(AnswerKey::Token(&article.token));
    let keys: Vec<_> = (0..6).map(|number| resolution.answer_key(number)).collect();
    assert_eq!(keys, [token, token, Some(AnswerKey::Id("CE0iBGFiY2Q")), None, None, None]);
}

#[test]
fn the_known_answer_of_an_id_that_contains_its_url_is_ignored() {
    let id = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
    for url in ["https://other.example/", "javascript:alert(1)"] {
        let mut resolution = Resolution::new(Options::new());
        assert_eq!(resolution.insert_known(AnswerKey::Id(id), url), Ok(()));
        let number = resolution.push_id(id);
        assert_eq!(resolution.outcome(number).unwrap().unwrap().url(), "https://amu.tv/111931/");
    }
}

#[test]
fn known_answers_of_the_wrong_length_are_errors() {
    let articles = articles(2);
    let mut resolution = Resolution::new(Options::new());
    let kind = |result: Result<(), Error>| result.unwrap_err().kind();
    assert_eq!(
        kind(resolution.insert_known(&articles[0].opaque(), &articles[1].url)),
        ErrorKind::WrongLength
    );
    assert_eq!(
        kind(resolution.insert_known(&articles[0].opaque(), "ftp://publisher.example/")),
        ErrorKind::InvalidUrl
    );
    resolution.push(&articles[0].opaque());
    assert!(!resolution.is_done());
}

#[test]
fn other_targets_are_not_requested() {
    let mut resolution = Resolution::new(Options::new());
    for id in ["CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA", "CCAiC2JSMFZjT0NUb2hZmAEB", "CAAqBwgKMI7rigMwlq88"]
    {
        resolution.push_target(&decode(id).unwrap());
    }
    assert!(resolution.is_done());
    assert_eq!(url_of(&resolution, 0), Some("https://amu.tv/111931/"));
    assert_eq!(url_of(&resolution, 1), Some("https://www.youtube.com/watch?v=bR0VcOCTohY"));
    let found = resolution.outcome(0).unwrap().unwrap();
    assert_eq!((found.source(), found.verification()), (Source::Link, Verification::Contained));
    let error = resolution.outcome(2).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAnArticle);
    assert_eq!(error.to_string(), "not an article: publication");
}

#[test]
fn options_are_respected() {
    let articles = articles(10);
    let options = Options::new()
        .base_url("http://127.0.0.1:1/google")
        .unwrap()
        .locale(Locale::new("de", "DE", "DE:de").unwrap())
        .ids_per_post(3)
        .pages_in_flight(7)
        .max_body_len(10);
    let mut resolution = Resolution::new(options);
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < 10));
    let mut exchanges: Vec<_> = std::iter::from_fn(|| resolution.next_request()).collect();
    assert_eq!(exchanges.len(), 7);
    let uri = exchanges[0].0.uri().to_string();
    assert_eq!(
        uri,
        format!("http://127.0.0.1:1/google/rss/articles/{}?hl=de&gl=DE&ceid=DE:de", articles[0].id)
    );
    let (_, mut exchange) = exchanges.pop().unwrap();
    assert_eq!(exchange.on_head(&response(200, "")), Next::Read);
    assert_eq!(exchange.on_body(b"0123456789"), Next::Read);
    assert_eq!(exchange.on_body(b"x"), Next::Stop);
    resolution.finish(exchange);
    assert_eq!(resolution.outcome(6).unwrap().unwrap_err().kind(), ErrorKind::TooLarge);

    for base in
        ["", "news.google.com", "ftp://127.0.0.1", "http://127.0.0.1/?a=b", "http://127.0.0.1/#a", "data:x"]
    {
        assert!(Options::new().base_url(base).is_err(), "{base}");
    }
    let mut service = Service::new(&articles);
    let mut resolution = Resolution::new(Options::new().ids_per_post(0).pages_in_flight(0));
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < 10));
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (10, 10));
}

#[test]
fn a_failed_exchange_is_an_error_of_its_articles() {
    let articles = articles(3);
    let service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let (_, exchange) = resolution.next_request().unwrap();
    resolution.on_failure(exchange, Failure::TimedOut);
    for _ in 0..2 {
        let (request, exchange) = resolution.next_request().unwrap();
        resolution.on_response(exchange, &service.respond(&request));
    }
    let (_, exchange) = resolution.next_request().unwrap();
    assert_eq!(exchange.kind(), RequestKind::Post);
    resolution.on_failure(exchange, Failure::ConnectionFailed("connection reset".into()));
    assert!(resolution.is_done());
    let messages: Vec<_> = resolution.outcomes().map(|outcome| outcome.unwrap_err().to_string()).collect();
    assert_eq!(
        messages,
        ["timed out", "connection failed: connection reset", "connection failed: connection reset"]
    );
    assert!(resolution.outcomes().all(|outcome| outcome.unwrap_err().is_retryable()));
}

#[test]
fn dropped_exchanges_are_requeued() {
    let articles = articles(6);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let dropped: Vec<_> = std::iter::from_fn(|| resolution.next_request()).collect();
    assert_eq!(dropped.len(), 4);
    let interrupted = Some(ErrorKind::Interrupted);
    let not_tried = Some(ErrorKind::NotTried);
    assert_eq!(
        kinds(&resolution),
        [interrupted, interrupted, interrupted, interrupted, not_tried, not_tried]
    );
    assert!(!resolution.is_done() && resolution.next_request().is_none());
    resolution.requeue_in_flight();
    // The old exchange comes too late, and is ignored.
    for (_, exchange) in dropped {
        resolution.on_response(exchange, &response(429, ""));
    }
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);

    // The same for a POST.
    let mut resolution = resolution_of(&articles);
    for _ in 0..6 {
        let (request, exchange) = resolution.next_request().unwrap();
        resolution.on_response(exchange, &service.respond(&request));
    }
    drop(resolution.next_request());
    resolution.requeue_in_flight();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (0, 1));
    assert_resolved(&resolution, &articles);
}

#[test]
fn an_exchange_of_another_resolution_is_ignored() {
    let articles = articles(2);
    let (mut one, mut other) = (resolution_of(&articles[..1]), resolution_of(&articles[1..]));
    let (_, exchange) = one.next_request().unwrap();
    let (_, waiting) = other.next_request().unwrap();
    other.on_response(exchange, &response(200, articles[0].page()));
    assert!(other.next_request().is_none());
    other.on_response(waiting, &response(200, articles[1].page()));
    let (request, _) = other.next_request().unwrap();
    assert_eq!(read_post(request.body()).unwrap()[0].id, articles[1].id);
}

#[test]
fn answers_inserted_during_a_request_are_kept() {
    let articles = articles(2);
    let responses = [
        response(200, articles[0].page()),
        response(200, "nothing"),
        redirect("/articles/elsewhere"),
        response(404, ""),
        response(500, ""),
    ];
    for page in responses {
        let mut service = Service::new(&articles);
        let mut resolution = resolution_of(&articles);
        let (_, exchange) = resolution.next_request().unwrap();
        for article in &articles {
            resolution.insert_known(&article.opaque(), &article.url).unwrap();
        }
        resolution.on_response(exchange, &page);
        service.run(&mut resolution, Service::respond);
        assert_resolved(&resolution, &articles);
        assert_eq!((service.pages(), service.posts(), resolution.remaining()), (0, 0, 0));
    }
}

#[test]
fn inserted_answers_survive_blocks_and_requeueing() {
    let articles = articles(3);
    for page in [redirect("/articles/elsewhere"), response(200, articles[0].page()), response(429, "")] {
        let mut resolution = resolution_of(&articles);
        let [first, second] = std::array::from_fn(|_| resolution.next_request().unwrap().1);
        resolution.insert_known(&articles[0].opaque(), &articles[0].url).unwrap();
        resolution.on_response(second, &response(429, ""));
        resolution.on_response(first, &page);
        assert!(resolution.is_done() && resolution.next_request().is_none());
        assert_eq!(url_of(&resolution, 0), Some(articles[0].url.as_str()));
        let (blocked, not_tried) = (Some(ErrorKind::TooManyRequests), Some(ErrorKind::NotTried));
        assert_eq!(kinds(&resolution)[1..], [blocked, not_tried]);
        assert_eq!(resolution.remaining(), 1);
    }
    // A page, and a row of a POST.
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    drop(resolution.next_request());
    resolution.insert_known(&articles[0].opaque(), &articles[0].url).unwrap();
    resolution.requeue_in_flight();
    for _ in 0..2 {
        let (request, exchange) = resolution.next_request().unwrap();
        resolution.on_response(exchange, &service.respond(&request));
    }
    drop(resolution.next_request());
    resolution.insert_known(&articles[1].opaque(), &articles[1].url).unwrap();
    resolution.requeue_in_flight();
    service.run(&mut resolution, Service::respond);
    assert_eq!(read_post(service.requests[0].body()).unwrap().len(), 1);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.requests.len(), resolution.remaining()), (1, 0));
}

/// IDs that the decoder rejects: one of an unknown type, and one with a damaged length.
const UNREADABLE: [&str; 2] = ["CE0iBGFiY2Q", "CBMiYmh0dHBzOi8vdGhhbmhuaWVuLnZu"];

/// A keyed article without a URL.
const KEYED: &str = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";

#[test]
fn articles_without_a_length_are_resolved_as_unverified() {
    let ids = [UNREADABLE[0], UNREADABLE[1], KEYED];
    assert!(ids.map(|id| decode(id).ok().and_then(|target| target.url_len())) == [None; 3]);
    let mut articles: Vec<_> = ids.iter().map(|id| article_of_id(id, "https://publisher.example/")).collect();
    articles.push(article(0));
    let mut service = Service::new(&articles);
    let mut resolution = Resolution::new(Options::new());
    for article in articles.iter().chain(&articles) {
        resolution.push_id(&article.id);
    }
    resolution.push_target(&decode(KEYED).unwrap());
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (4, 1));
    let found: Vec<_> = resolution.outcomes().map(Result::unwrap).collect();
    let verifications: Vec<_> = found.iter().map(Resolved::verification).collect();
    let (length, unverified) = (Verification::Length, Verification::Unverified);
    assert_eq!(verifications[..4], [unverified, unverified, unverified, length]);
    assert_eq!(verifications[4..], [unverified, unverified, unverified, length, unverified]);
    assert!(!found[0].is_verified() && found[3].is_verified());
    let keys: Vec<_> = resolution.answers().map(|(key, _)| key).collect();
    let token = AnswerKey::Token(&articles[3].token);
    assert_eq!(keys, [AnswerKey::Id(ids[0]), AnswerKey::Id(ids[1]), AnswerKey::Id(ids[2]), token]);

    // They can be known from an earlier run.
    let mut again = Resolution::new(Options::new());
    for article in &articles {
        again.insert_known(AnswerKey::Id(&article.id), &article.url).unwrap();
        again.push_id(&article.id);
    }
    assert!(again.is_done());
    assert_resolved(&again, &articles);
    assert_eq!(again.outcome(0).unwrap().unwrap().verification(), unverified);
    assert_eq!(
        again.insert_known(AnswerKey::Id(&articles[3].id), "https://a.example/").unwrap_err().kind(),
        ErrorKind::WrongLength
    );
}

#[test]
fn unverified_answers_are_checked_as_far_as_possible() {
    for (url, is_accepted) in [
        ("https://publisher.example/", true),
        ("http://a", true),
        ("https://news.google.com/read/CBMi", false),
        ("javascript:alert(1)", false),
        ("https://publisher.example/a b", false),
    ] {
        let articles = [article_of_id(UNREADABLE[0], url)];
        let mut resolution = Resolution::new(Options::new());
        resolution.push_id(UNREADABLE[0]);
        Service::new(&articles).run(&mut resolution, Service::respond);
        assert_eq!(kinds(&resolution)[0], (!is_accepted).then_some(ErrorKind::InvalidUrl), "{url}");
    }
    // A plain URL in a page is accepted only from an element with the ID.
    for (page, is_accepted) in [
        (format!(r#"<a data-n-a-id="{}" data-n-au="https://publisher.example/">"#, UNREADABLE[0]), true),
        (r#"<a data-n-au="https://publisher.example/">"#.into(), false),
    ] {
        let mut resolution = Resolution::new(Options::new());
        resolution.push_id(UNREADABLE[0]);
        Service::new(&[]).run(&mut resolution, |_, _| response(200, page.as_str()));
        assert_eq!(resolution.outcome(0).unwrap().is_ok(), is_accepted, "{page}");
    }
}

#[test]
fn other_strings_are_not_ids() {
    let long = "C".repeat(16_385);
    for id in ["", "CBMi.", "CBMi/../x", "CBMi%2F", "é", &long] {
        let mut resolution = Resolution::new(Options::new());
        resolution.push_id(id);
        assert!(resolution.is_done());
        let error = resolution.outcome(0).unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidId, false), "{id}");
        assert_eq!(error.to_string(), "invalid ID: not 1 to 16384 base64url characters");
        assert!(resolution.insert_known(AnswerKey::Id(id), "https://a.example/").is_err());
        let error = resolution.insert_known(AnswerKey::Token(id), "https://a.example/").unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidId, false), "{id}");
        assert_eq!(error.to_string(), "invalid token");
    }
    let mut resolution = Resolution::new(Options::new());
    resolution.push_id(&long[1..]);
    resolution.push_id("CAAqBwgKMI7rigMwlq88");
    resolution.push_id("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    assert_eq!(kinds(&resolution), [Some(ErrorKind::NotTried), Some(ErrorKind::NotAnArticle), None]);
    assert_eq!(url_of(&resolution, 2), Some("https://amu.tv/111931/"));
}

#[test]
fn links_that_cannot_be_decoded_are_requested_with_their_ids() {
    let mut resolution = Resolution::new(Options::new());
    for (link, path) in [
        ("https://news.google.com/rss/articles/CE0iBGFiY2Q?oc=5", "/rss/articles/CE0iBGFiY2Q"),
        // An article with a damaged second token.
        (
            "./read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZ9IBBkFVX3lxTA",
            "/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZ9IBBkFVX3lxTA",
        ),
        ("CBMiF2h0dHBzOi8vYW11", "/rss/articles/CBMiF2h0dHBzOi8vYW11"),
        // A redirect with a token of another form.
        ("https://www.google.com/goto?url=CAESBGFiY2Q", "/goto"),
    ] {
        assert!(decode(link).is_err(), "{link}");
        let number = resolution.push_link(link).unwrap();
        let (request, exchange) = resolution.next_request().unwrap();
        assert_eq!(request.uri().path(), path);
        let is_redirect = path == "/goto";
        assert_eq!(exchange.kind() == RequestKind::Redirect, is_redirect);
        if is_redirect {
            let found =
                http::Response::builder().status(302).header("location", "https://example.com/").body("");
            resolution.on_response(exchange, &found.unwrap());
            let found = resolution.outcome(number).unwrap().unwrap();
            assert_eq!((found.url(), found.is_verified()), ("https://example.com/", false));
        }
    }
    let count = resolution.len();
    for link in ["", "hello", "https://news.google.com/topics/CE0iBGFiY2Q", "https://www.google.com/url?q=x"]
    {
        assert_eq!(resolution.push_link(link), Err(decode(link).unwrap_err()), "{link}");
    }
    assert_eq!(resolution.len(), count);
    assert_eq!(resolution.push_link("./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA"), Ok(count));
    assert_eq!(resolution.outcome(count).unwrap().unwrap().url(), "https://amu.tv/111931/");
}

#[test]
fn the_other_path_is_requested_without_the_redirects_of_the_first() {
    let articles = articles(1);
    let mut service = Service::new(&articles);
    let mut resolution = Resolution::new(Options::new());
    assert!(resolution.is_empty());
    resolution.push(&articles[0].opaque());
    assert!(!resolution.is_empty());
    service.run(&mut resolution, |service, request| match request.uri().path() {
        path if path.starts_with("/rss/articles/") => redirect("https://news.google.com/elsewhere"),
        "/elsewhere" => response(200, "no signature"),
        _ => service.respond(request),
    });
    assert_resolved(&resolution, &articles);
    let paths: Vec<_> = service.requests.iter().map(|request| request.uri().path()).collect();
    let id = &articles[0].id;
    assert_eq!(paths[..3], [&*format!("/rss/articles/{id}"), "/elsewhere", &*format!("/articles/{id}")]);
}
