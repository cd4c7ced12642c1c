//! Which requests are sent, in which order, and for what.

use google_news_link::{OpaqueArticle, decode};
use google_news_link_loopback::{articles, read_post};
use google_news_link_resolve::{Error, ErrorKind, Exchange, Failure, Locale, Next, Options, Resolution};

use crate::service::{Service, assert_resolved, kinds, redirect, resolution_of, response};

#[test]
fn a_thousand_articles_take_a_thousand_pages_and_twenty_posts() {
    let articles = articles(1000);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (1000, 20));
    assert_eq!((resolution.pages(), resolution.posts(), resolution.remaining()), (1000, 20, 0));
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
        let amp = (n >= 700).then(|| article.token.clone().into());
        resolution.push(&OpaqueArticle::new(article.token.as_str(), amp).unwrap());
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
    for (token, url) in known {
        again.insert_known(&OpaqueArticle::new(token, None).unwrap(), url).unwrap();
    }
    articles[5..].iter().for_each(|article| assert!(again.push(&article.opaque()) >= 5));
    assert!(again.is_done() && again.next_request().is_none());
    assert_eq!((again.answers().count(), again.remaining()), (0, 0));
    assert_resolved(&again, &articles);
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
    let outcomes: Vec<_> = resolution.outcomes().collect();
    assert_eq!(outcomes[0], Ok("https://amu.tv/111931/"));
    assert_eq!(outcomes[1], Ok("https://www.youtube.com/watch?v=bR0VcOCTohY"));
    let error = outcomes[2].unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAnArticle);
    assert_eq!(error.to_string(), "a publication, for which there is nothing to ask");
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
    assert!(!exchange.is_page());
    resolution.on_failure(exchange, Failure::Broken("connection reset".into()));
    assert!(resolution.is_done());
    let messages: Vec<_> = resolution.outcomes().map(|outcome| outcome.unwrap_err().to_string()).collect();
    assert_eq!(
        messages,
        ["timed out", "the connection failed: connection reset", "the connection failed: connection reset"]
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
    // It comes too late, and is not what is waited for.
    for (_, exchange) in dropped {
        resolution.on_response(exchange, &response(429, ""));
    }
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);

    // A POST, too.
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
        assert_eq!(resolution.outcome(0), Some(Ok(articles[0].url.as_str())));
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

#[test]
fn resolutions_are_send() {
    fn is_send<T: Send>() {}
    is_send::<Resolution>();
    is_send::<Exchange>();
    is_send::<Error>();
}
