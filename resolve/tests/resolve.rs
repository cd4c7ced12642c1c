//! The protocol without a socket: what is asked for, in which order, and what is made of each response.

use std::collections::BTreeMap;

use google_news_link::{OpaqueArticle, decode};
use google_news_link_loopback::{Article, Asked, answer, article, article_of_url, articles, read_post, row};
use google_news_link_resolve::{Error, ErrorKind, Exchange, Failure, Next, Options, PagePath, Resolution};
use http::{Method, Request, Response};
use proptest::prelude::*;
use serde_json::Value;

fn response(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn redirect(location: &str) -> Response<Vec<u8>> {
    let builder = Response::builder().status(302).header("location", location);
    builder.header("set-cookie", "SOCS=CAAaBgiA").body(Vec::new()).unwrap()
}

/// A service that knows some articles.
struct Service {
    articles: BTreeMap<String, Article>,
    requests: Vec<Request<Vec<u8>>>,
}

impl Service {
    fn new(articles: &[Article]) -> Self {
        let articles = articles.iter().map(|article| (article.id.clone(), article.clone())).collect();
        Service { articles, requests: Vec::new() }
    }

    fn pages(&self) -> usize {
        self.requests.iter().filter(|request| request.method() == Method::GET).count()
    }

    fn posts(&self) -> usize {
        self.requests.len() - self.pages()
    }

    fn article_of(&self, request: &Request<Vec<u8>>) -> &Article {
        &self.articles[request.uri().path().rsplit_once('/').unwrap().1]
    }

    fn url_of(&self, asked: &Asked) -> Result<&str, u16> {
        let article = self.articles.get(&asked.id).ok_or(5u16)?;
        let is_signed = (asked.timestamp, &asked.signature) == (article.timestamp(), &article.signature());
        if is_signed { Ok(&article.url) } else { Err(3) }
    }

    /// The response as it should be.
    fn respond(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        if request.method() == Method::GET {
            return response(200, self.article_of(request).page());
        }
        let rows = read_post(request.body()).unwrap();
        response(200, answer(rows.iter().map(|asked| row(&asked.tag, self.url_of(asked))).collect()))
    }

    /// Runs the resolution, one request after the other.
    fn run(
        &mut self,
        resolution: &mut Resolution,
        respond: impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>>,
    ) {
        while let Some((request, exchange)) = resolution.poll() {
            let response = respond(self, &request);
            self.requests.push(request);
            resolution.receive(exchange, &response);
        }
        assert!(resolution.is_done());
    }
}

fn resolution_of(articles: &[Article]) -> Resolution {
    let mut resolution = Resolution::new(Options::new());
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < resolution.len()));
    resolution
}

fn kinds(resolution: &Resolution) -> Vec<Option<ErrorKind>> {
    resolution.outcomes().map(|outcome| outcome.err().map(Error::kind)).collect()
}

fn assert_resolved(resolution: &Resolution, articles: &[Article]) {
    let urls: Vec<_> = resolution.outcomes().collect();
    let expected: Vec<_> = articles.iter().map(|article| Ok(article.url.as_str())).collect();
    assert_eq!(urls, expected);
}

/// The error of an article whose page and answer are given.
fn error_of(page: Response<Vec<u8>>, post: Option<Response<Vec<u8>>>) -> Error {
    let articles = articles(1);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |_, request| match request.method() {
        &Method::GET => page.clone(),
        _ => post.clone().unwrap(),
    });
    resolution.outcome(0).unwrap().unwrap_err().clone()
}

/// The error of an article with a sound page and this answer.
fn answer_error(post: Response<Vec<u8>>) -> Error {
    error_of(response(200, article(0).page()), Some(post))
}

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
fn equal_tokens_are_asked_for_once() {
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
fn what_is_known_is_not_asked_for() {
    let articles = articles(10);
    let mut first = resolution_of(&articles);
    Service::new(&articles).run(&mut first, Service::respond);
    let known: Vec<_> = first.answers().collect();
    assert_eq!(known.len(), 10);

    let mut again = resolution_of(&articles[..5]);
    for (token, url) in known {
        again.seed(&OpaqueArticle::new(token, None).unwrap(), url).unwrap();
    }
    articles[5..].iter().for_each(|article| assert!(again.push(&article.opaque()) >= 5));
    assert!(again.is_done() && again.poll().is_none());
    assert_eq!((again.answers().count(), again.remaining()), (0, 0));
    assert_resolved(&again, &articles);
}

#[test]
fn a_seed_of_the_wrong_length_is_refused() {
    let articles = articles(2);
    let mut resolution = Resolution::new(Options::new());
    let kind = |result: Result<(), Error>| result.unwrap_err().kind();
    assert_eq!(kind(resolution.seed(&articles[0].opaque(), &articles[1].url)), ErrorKind::WrongLength);
    assert_eq!(
        kind(resolution.seed(&articles[0].opaque(), "ftp://publisher.example/")),
        ErrorKind::InvalidUrl
    );
    resolution.push(&articles[0].opaque());
    assert!(!resolution.is_done());
}

#[test]
fn other_targets_cost_nothing() {
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
fn the_recorded_page_and_answer_are_understood() {
    let link = include_str!("../../tests/data/pages/source_url.txt").trim();
    let mut resolution = Resolution::new(Options::new());
    resolution.push_target(&decode(link).unwrap());
    let (request, exchange) = resolution.poll().unwrap();
    let id =
        link.strip_prefix("https://news.google.com/rss/articles/").unwrap().strip_suffix("?oc=5").unwrap();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(
        request.uri().to_string(),
        format!("https://news.google.com/rss/articles/{id}?hl=en-US&gl=US&ceid=US:en")
    );
    assert!(request.headers().is_empty() && request.body().is_empty());
    resolution.receive(exchange, &response(200, include_str!("../../tests/data/pages/article_page.html")));

    let (request, exchange) = resolution.poll().unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri().to_string(),
        "https://news.google.com/_/DotsSplashUi/data/batchexecute?rpcids=Fbv4je"
    );
    assert_eq!(request.headers().len(), 1);
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
    let asked = read_post(request.body()).unwrap();
    let signature = "Ae5Wzi-zTr7BmTsy16W2E8ubaTXt".into();
    assert_eq!(asked, [Asked { tag: "1".into(), id: id.into(), timestamp: 1_790_181_872, signature }]);
    // The recording was made with the tag `generic`.
    let answer = include_str!("../../tests/data/pages/batchexecute.txt").replace("\"generic\"", "\"1\"");
    resolution.receive(exchange, &response(200, answer));
    assert_eq!(
        resolution.outcome(0),
        Some(Ok(
            "https://www.reuters.com/world/middle-east/hope-progress-after-us-iran-hold-first-shuttle-talks-months-2026-09-23/"
        ))
    );
}

#[test]
fn every_recorded_answer_is_understood() {
    type Outcome = Result<&'static str, ErrorKind>;
    const EXPECTED: &[(&str, &[Outcome])] = &[
        (
            "ok_no_tag_sent",
            &[Ok(
                "https://www.canberratimes.com.au/story/9186379/israel-strikes-iran-again-after-killing-supreme-leader/",
            )],
        ),
        ("ok_no_tag_sent_2", &[Ok("https://example.com/real-article")]),
        (
            "ok_cbsnews",
            &[Ok(
                "https://www.cbsnews.com/news/artificial-intelligence-trained-to-help-with-careers-60-minutes/",
            )],
        ),
        ("ok_faroutmagazine", &[Ok("https://faroutmagazine.co.uk/2016-movie/")]),
        ("ok_http_not_https", &[Ok("http://finance.ce.cn/stock/gsgdbd/202302/16/t20230216_38395893.shtml")]),
        ("ok_escaped_query", &[Ok("https://www.ekdotis.gr/article.php?id=123&cat=4")]),
        ("ok_batch_reordered", &[Ok("https://a.com/1"), Ok("https://b.com/2")]),
        ("err_3_no_signature", &[Err(ErrorKind::InvalidArgument)]),
        ("err_5", &[Err(ErrorKind::NotFound)]),
        ("rt_c_chunked_error_other_rpc", &[Err(ErrorKind::MissingRow)]),
        ("rt_c_transport_error_400_other_app", &[Err(ErrorKind::BadRequest), Err(ErrorKind::BadRequest)]),
        ("rt_c_chunked_ok", &[Ok("https://example.com/a?b=1")]),
    ];
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/data/pages/responses.json")).unwrap();
    let recorded: Vec<_> = recorded.iter().filter(|case| case["body"].is_string()).collect();
    assert_eq!(recorded.len(), EXPECTED.len());
    for (case, (name, expected)) in recorded.into_iter().zip(EXPECTED) {
        assert_eq!(case["name"], *name);
        // They were recorded with the tag `generic`, or with none; the first row that is asked for has 1.
        let body = case["body"].as_str().unwrap();
        let body =
            body.replace("\"generic\"", "\"1\"").replace("null,null,null,\"\"", "null,null,null,\"1\"");
        let status = case["http"].as_u64().unwrap_or(200) as u16;
        let articles: Vec<_> = expected
            .iter()
            .zip(0..)
            .map(|(outcome, n)| outcome.map_or_else(|_| article(n), article_of_url))
            .collect();
        let mut resolution = resolution_of(&articles);
        Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
            Method::GET => service.respond(request),
            _ => response(status, body.as_str()),
        });
        let outcomes: Vec<_> = resolution.outcomes().map(|outcome| outcome.map_err(Error::kind)).collect();
        assert_eq!(outcomes, *expected, "{name}");
    }
}

#[test]
fn rows_come_in_any_order() {
    let articles = articles(120);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let mut rows = read_post(request.body()).unwrap();
            fastrand::Rng::with_seed(7).shuffle(&mut rows);
            let rows = rows.iter().map(|asked| row(&asked.tag, service.url_of(asked))).collect();
            response(200, answer(rows))
        }
    });
    assert_resolved(&resolution, &articles);
}

#[test]
fn swapped_rows_are_never_returned_where_lengths_differ() {
    // 50 at a time, of 61 lengths.
    let articles = articles(500);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let rows = read_post(request.body()).unwrap();
            let urls = rows.iter().cycle().skip(1).map(|asked| service.url_of(asked));
            let rows = rows.iter().zip(urls).map(|(asked, url)| row(&asked.tag, url)).collect();
            response(200, answer(rows))
        }
    });
    for (n, outcome) in resolution.outcomes().enumerate() {
        let error = outcome.unwrap_err();
        // The one behind it, or the first one of the 50.
        let other = if n % 50 == 49 { &articles[n - 49] } else { &articles[n + 1] };
        assert_eq!(error.kind(), ErrorKind::WrongLength);
        assert_eq!(error.unverified_url(), Some(other.url.as_str()));
        assert_eq!(error.expected_len(), Some(articles[n].url.len()));
        assert!(error.is_retryable());
    }
    assert_eq!(resolution.answers().count(), 0);
}

#[test]
fn a_row_that_fails_or_is_missing_is_an_error_for_its_article_alone() {
    let articles = articles(9);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let rows = read_post(request.body()).unwrap();
            let codes = [Some(3), Some(5), Some(7), Some(8), Some(13), Some(12)];
            let codes = codes.into_iter().chain(std::iter::repeat(None));
            let rows = rows.iter().zip(codes).filter(|(asked, _)| asked.tag != "8");
            let rows =
                rows.map(|(asked, code)| row(&asked.tag, code.map_or(service.url_of(asked), Err))).collect();
            response(200, answer(rows))
        }
    });
    let errors: Vec<_> = resolution
        .outcomes()
        .map(|outcome| outcome.err().map(|error| (error.kind(), error.row_error(), error.is_retryable())))
        .collect();
    assert_eq!(
        errors,
        [
            Some((ErrorKind::InvalidArgument, Some(3), true)),
            Some((ErrorKind::NotFound, Some(5), false)),
            Some((ErrorKind::PermissionDenied, Some(7), false)),
            Some((ErrorKind::ResourceExhausted, Some(8), true)),
            Some((ErrorKind::OtherRowError, Some(13), true)),
            Some((ErrorKind::OtherRowError, Some(12), false)),
            None,
            Some((ErrorKind::MissingRow, None, true)),
            None,
        ]
    );
}

#[test]
fn after_a_block_only_what_was_signed_is_asked_for() {
    for (status, location, kind) in [
        (429, "", ErrorKind::TooManyRequests),
        (302, "https://www.google.com/sorry/index?continue=x", ErrorKind::Captcha),
        (302, "/sorry/index", ErrorKind::Captcha),
    ] {
        let articles = articles(200);
        let mut service = Service::new(&articles);
        let mut resolution = resolution_of(&articles);
        let blocked = articles[70].id.as_str();
        service.run(&mut resolution, |service, request| match request.uri().path().ends_with(blocked) {
            true => Response::builder().status(status).header("location", location).body(Vec::new()).unwrap(),
            false => service.respond(request),
        });
        assert_eq!((service.pages(), service.posts()), (71, 2), "{location}");
        let kinds = kinds(&resolution);
        assert_eq!(kinds[..70], vec![None; 70]);
        assert_eq!(kinds[70], Some(kind));
        assert_eq!(kinds[71..], vec![Some(ErrorKind::NotTried); 129]);
        assert!(resolution.outcomes().skip(70).all(|outcome| outcome.unwrap_err().is_retryable()));
        assert_eq!(resolution.remaining(), 129);
    }
}

#[test]
fn a_blocked_post_ends_all_asking() {
    let articles = articles(120);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => response(429, ""),
    });
    assert_eq!((service.pages(), service.posts()), (50, 1));
    let kinds = kinds(&resolution);
    assert_eq!(kinds[..50], vec![Some(ErrorKind::TooManyRequests); 50]);
    assert_eq!(kinds[50..], vec![Some(ErrorKind::NotTried); 70]);
}

/// Refuses the page of an article, and answers everything else.
fn refuse_page<'a>(id: &'a str) -> impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>> + 'a {
    move |service, request| match request.uri().path().ends_with(id) {
        true => response(429, ""),
        false => service.respond(request),
    }
}

#[test]
fn a_lifted_block_leads_to_requests_for_what_is_left() {
    let articles = articles(200);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    assert!(!resolution.is_blocked());
    service.run(&mut resolution, refuse_page(&articles[70].id));
    assert!(resolution.is_blocked());

    resolution.resume();
    assert!(!resolution.is_blocked() && !resolution.is_done());
    assert_eq!(resolution.remaining(), 130);
    assert_eq!(kinds(&resolution)[70], Some(ErrorKind::NotTried));
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (130, 3));
    let first = service.requests[0].uri().path();
    assert!(first.ends_with(&articles[70].id), "the order is that of the articles");
    assert_resolved(&resolution, &articles);
    assert_eq!((resolution.remaining(), resolution.answers().count()), (0, 200));
}

#[test]
fn a_block_can_be_lifted_many_times() {
    let articles = articles(5);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    // One page, then a block.
    for article in &articles[1..] {
        service.run(&mut resolution, refuse_page(&article.id));
        assert!(resolution.is_blocked());
        resolution.resume();
    }
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (9, 5));
}

#[test]
fn a_lifted_block_changes_no_other_outcome() {
    let articles = articles(4);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| {
        let path = request.uri().path();
        let statuses = [(0, 500), (2, 429)];
        match statuses.iter().find(|&&(n, _): &&(usize, u16)| path.ends_with(&articles[n].id)) {
            Some(&(_, status)) => response(status, ""),
            None => service.respond(request),
        }
    });
    resolution.resume();
    let (failed, not_tried) = (Some(ErrorKind::UnexpectedStatus), Some(ErrorKind::NotTried));
    assert_eq!(kinds(&resolution), [failed, None, not_tried, not_tried]);
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!(kinds(&resolution), [failed, None, None, None]);
    assert_eq!((service.pages(), service.posts()), (2, 1));
    // Without a block, nothing is requested again.
    resolution.resume();
    assert!(resolution.is_done() && resolution.poll().is_none());
}

#[test]
fn a_blocked_post_is_lifted_with_new_pages() {
    let articles = articles(60);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => response(429, ""),
    });
    resolution.resume();
    assert_eq!(resolution.remaining(), 60);
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    // Signatures grow old, so the 50 pages are requested again.
    assert_eq!((service.pages(), service.posts()), (60, 2));
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_block_is_lifted_while_exchanges_are_in_flight() {
    let articles = articles(6);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let [(_, first), second, dropped, _] = std::array::from_fn(|_| resolution.poll().unwrap());
    resolution.receive(first, &response(429, ""));
    resolution.resume();
    // It is waited for, and not requested a second time.
    resolution.receive(second.1, &service.respond(&second.0));
    drop(dropped);
    let pages: Vec<_> = std::iter::from_fn(|| resolution.poll()).map(|(request, _)| request).collect();
    let ids: Vec<_> = pages.iter().map(|page| service.article_of(page).id.as_str()).collect();
    assert_eq!(ids, [articles[0].id.as_str(), articles[4].id.as_str()]);

    // What was interrupted is requested again after a recall, in either order.
    for recall_first in [true, false] {
        let mut resolution = resolution_of(&articles);
        let [(_, first), _, _, _] = std::array::from_fn(|_| resolution.poll().unwrap());
        resolution.receive(first, &response(429, ""));
        if recall_first {
            resolution.recall();
            resolution.resume();
        } else {
            resolution.resume();
            resolution.recall();
        }
        service.requests.clear();
        service.run(&mut resolution, Service::respond);
        assert_eq!((service.pages(), service.posts()), (6, 1), "{recall_first}");
        assert_resolved(&resolution, &articles);
    }
}

#[test]
fn articles_of_a_block_are_requested_once_after_it() {
    let articles = articles(4);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles[..2]);
    service.run(&mut resolution, refuse_page(&articles[0].id));
    // During the block, one is added and one becomes known.
    resolution.push(&articles[2].opaque());
    resolution.seed(&articles[1].opaque(), &articles[1].url).unwrap();
    resolution.push(&articles[3].opaque());
    assert!(resolution.is_done() && resolution.poll().is_none());
    resolution.resume();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (3, 1));
    assert_resolved(&resolution, &articles);
}

#[test]
fn what_is_in_flight_at_a_block_is_used_but_leads_to_no_other_page() {
    let articles = articles(8);
    let service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let [(_, first), second, (_, third), (_, fourth)] = std::array::from_fn(|_| resolution.poll().unwrap());
    assert!(resolution.poll().is_none(), "four pages are in flight");
    resolution.receive(first, &response(429, ""));
    resolution.receive(second.1, &service.respond(&second.0));
    resolution.receive(third, &redirect("/elsewhere"));
    resolution.receive(fourth, &response(200, "nothing"));
    let (request, exchange) = resolution.poll().unwrap();
    assert_eq!(request.method(), Method::POST);
    resolution.receive(exchange, &service.respond(&request));
    assert!(resolution.poll().is_none() && resolution.is_done());
    let (not_tried, blocked) = (Some(ErrorKind::NotTried), Some(ErrorKind::TooManyRequests));
    // The other path of the fourth was not asked.
    assert_eq!(
        kinds(&resolution),
        [blocked, None, not_tried, not_tried, not_tried, not_tried, not_tried, not_tried]
    );
}

#[test]
fn redirects_are_followed_by_hand_and_without_cookies() {
    let articles = articles(1);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let id = articles[0].id.as_str();
    let seen =
        |service: &Service| service.requests.iter().filter(|request| request.method() == Method::GET).count();
    service.run(&mut resolution, |service, request| match (seen(service), request.method()) {
        (0, _) => {
            redirect(&format!("https://consent.google.com/ml?continue=https://news.google.com/articles/{id}"))
        }
        (1, _) => redirect(&format!("https://news.google.com/rss/articles/{id}?hl=de&gl=DE&ceid=DE:de")),
        (2, _) => redirect(&format!("/articles/{id}?hl=de")),
        _ => service.respond(request),
    });
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (4, 1));
    let uris: Vec<_> = service.requests.iter().map(|request| request.uri().to_string()).collect();
    assert!(uris[1].starts_with("https://consent.google.com/ml?"));
    assert_eq!(uris[3], format!("https://news.google.com/articles/{id}?hl=de"));
    assert!(service.requests.iter().all(|request| !request.headers().contains_key("cookie")));
}

#[test]
fn redirects_end() {
    let mut service = Service::new(&[]);
    let mut resolution = resolution_of(&articles(1));
    service.run(&mut resolution, |_, _| redirect("/articles/again"));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TooManyRedirects)]);
    assert_eq!(service.pages(), 6);
    // Both paths together have five.
    let mut service = Service::new(&[]);
    let mut resolution = resolution_of(&articles(1));
    service.run(&mut resolution, |service, _| match service.requests.len() {
        3 => response(404, ""),
        _ => redirect("/articles/again"),
    });
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TooManyRedirects)]);
    assert_eq!(service.pages(), 7);
    for location in ["https://evil.example/", "http://news.google.com/", "ftp://news.google.com/", ""] {
        let page = Response::builder().status(302).header("location", location).body(Vec::new()).unwrap();
        let error = match location {
            // To itself, again and again.
            "" => ErrorKind::TooManyRedirects,
            _ => ErrorKind::RefusedRedirect,
        };
        assert_eq!(error_of(page, None).kind(), error, "{location}");
    }
    assert_eq!(error_of(response(302, ""), None).kind(), ErrorKind::RefusedRedirect);
}

#[test]
fn every_failure_of_a_page_has_its_kind() {
    let consent = r#"<form action="https://consent.google.com/save" method="POST"><input name="bl">"#;
    let cases = [
        (response(200, ""), ErrorKind::NoSignature, false),
        (response(200, "<html>changed</html>"), ErrorKind::NoSignature, false),
        (response(200, article(1).page()), ErrorKind::NoSignature, false),
        (response(200, consent), ErrorKind::Consent, false),
        (response(200, vec![b' '; (4 << 20) + 1]), ErrorKind::TooLarge, false),
        (response(400, ""), ErrorKind::BadRequest, false),
        (response(403, ""), ErrorKind::UnexpectedStatus, false),
        (response(404, ""), ErrorKind::UnexpectedStatus, false),
        (response(408, ""), ErrorKind::UnexpectedStatus, true),
        (response(429, ""), ErrorKind::TooManyRequests, true),
        (response(500, ""), ErrorKind::UnexpectedStatus, true),
        (response(503, ""), ErrorKind::UnexpectedStatus, true),
        (response(204, ""), ErrorKind::UnexpectedStatus, false),
    ];
    for (page, kind, is_retryable) in cases {
        let error = error_of(page.clone(), None);
        let status = page.status().as_u16();
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "{status}");
        assert_eq!(error.status(), (kind == ErrorKind::UnexpectedStatus).then_some(status));
    }
    // The page for consent, reached by a redirect.
    let articles = articles(1);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |_, request| match request.uri().host() {
        Some("consent.google.com") => response(200, "Before you continue"),
        _ => redirect("https://consent.google.com/m?continue=x"),
    });
    assert_eq!(kinds(&resolution), [Some(ErrorKind::Consent)]);
}

#[test]
fn every_failure_of_an_answer_has_its_kind() {
    let url = |url: &str| response(200, answer(vec![row("1", Ok(url))]));
    let cases = [
        (response(200, ""), ErrorKind::InvalidAnswer, true),
        (response(200, "<html>"), ErrorKind::InvalidAnswer, true),
        (response(200, ")]}'\n\n[[\"wrb.fr\","), ErrorKind::InvalidAnswer, true),
        (response(200, ")]}'\n\n[]"), ErrorKind::MissingRow, true),
        (response(200, answer(vec![row("2", Ok(&article(0).url))])), ErrorKind::MissingRow, true),
        (response(200, answer(vec![row("1", Err(3))])), ErrorKind::InvalidArgument, true),
        (response(200, vec![b' '; (4 << 20) + 1]), ErrorKind::TooLarge, false),
        (response(400, answer(vec![])), ErrorKind::BadRequest, false),
        (response(429, ""), ErrorKind::TooManyRequests, true),
        (response(500, ""), ErrorKind::UnexpectedStatus, true),
        (redirect("https://www.google.com/sorry/index"), ErrorKind::Captcha, true),
        (redirect("https://consent.google.com/ml?continue=x"), ErrorKind::Consent, false),
        (redirect("/elsewhere"), ErrorKind::RefusedRedirect, false),
        (url(&article(0).url[1..]), ErrorKind::InvalidUrl, false),
        (url(&article(0).url.replace("https://", "javascript")), ErrorKind::InvalidUrl, false),
        (url(&article(0).url.replace('?', "\n")), ErrorKind::InvalidUrl, false),
        (url(&article(0).link()), ErrorKind::InvalidUrl, false),
        (url(article(0).url.strip_suffix('=').unwrap()), ErrorKind::WrongLength, true),
        (url(&article(1).url), ErrorKind::WrongLength, true),
    ];
    for (n, (post, kind, is_retryable)) in cases.into_iter().enumerate() {
        let error = answer_error(post);
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "case {n}");
    }
}

#[test]
fn google_pages_of_the_right_length_are_not_answers() {
    let len = article(0).url.len();
    for begin in [
        "https://news.google.com/read/",
        "https://news.google.co.jp/",
        "https://news.google.com./",
        "https://NEWS.google.com/",
        "https://u@news.google.com/",
        "https://news.google.com:443/",
        "https://n%65ws.google.com/",
        "https://www.google.com/url?q=",
        "https://www.google.de/goto?url=",
        "https://www.google.com/sorry/index?",
        "https://consent.google.com/m?",
        "https://accounts.google.com/v3/signin/",
    ] {
        let url = format!("{begin}{}", "x".repeat(len - begin.len()));
        let error = answer_error(response(200, answer(vec![row("1", Ok(&url))])));
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}");
        let seeded = Resolution::new(Options::new()).seed(&article(0).opaque(), &url);
        assert_eq!(seeded.map_err(|error| error.kind()), Err(ErrorKind::InvalidUrl), "{url}");
    }
}

#[test]
fn messages_are_for_people_and_hold_no_part_of_a_page() {
    let messages = [
        error_of(response(200, "<p>secret</p>"), None).to_string(),
        error_of(response(418, "secret"), None).to_string(),
        answer_error(response(200, answer(vec![row("1", Ok(&article(1).url))]))).to_string(),
        answer_error(response(200, answer(vec![row("1", Err(3))]))).to_string(),
        answer_error(response(400, "secret")).to_string(),
        error_of(response(429, "secret"), None).to_string(),
    ];
    assert_eq!(
        messages,
        [
            "the page holds no signature for this ID",
            "unexpected status 418",
            "the answer has 42 bytes, but the token says 41: cut, or another article's",
            "the signature is wrong or has grown old (row error 3)",
            "the service could not read the request (status 400)",
            "too many requests: the service wants to be left alone for a while (status 429)",
        ]
    );
}

#[test]
fn signatures_are_of_one_element_and_of_the_id_asked_for() {
    let article = article(3);
    let (id, sg, ts) = (&article.id, article.signature(), article.timestamp());
    let resolves = |page: String| {
        let mut resolution = resolution_of(std::slice::from_ref(&article));
        let mut service = Service::new(std::slice::from_ref(&article));
        service.run(&mut resolution, |service, request| match *request.method() {
            Method::GET => response(200, page.as_str()),
            _ => service.respond(request),
        });
        resolution.outcome(0).unwrap().is_ok()
    };
    for page in [
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!("<DIV data-n-a-sg={sg}\n\tDATA-N-A-TS='{ts}' x data-n-a-id={id}>"),
        format!(r#"<div data-n-a-id="&#67;{}" data-n-a-ts="{ts}" data-n-a-sg="{sg}"/>"#, &id[1..]),
        format!(r#"<div title="a > b" data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}"><div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!("\u{0}<br <p data-n-a-id={id} data-n-a-ts={ts} data-n-a-sg={sg}>"),
        // Attributes that come twice: the first one counts.
        format!(r#"<div data-n-a-id="{id}" data-n-a-id="x" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
    ] {
        assert!(resolves(page.clone()), "{page}");
    }
    for page in [
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}"><div data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}x" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="+{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="a b">"#),
        format!(r#"<!-- <div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}"> -->"#),
        format!(r#"<script>'<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">'</script>"#),
        format!(r#"<textarea><div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}""#),
    ] {
        assert!(!resolves(page.clone()), "{page}");
    }
}

#[test]
fn the_url_of_an_older_page_needs_no_post() {
    let article = article(20);
    let page = |attributes: &str| {
        format!("<c-wiz {attributes} data-n-au=\"{}\">", article.url.replace('&', "&amp;"))
    };
    let id = format!("data-n-a-id={}", article.id);
    for (attributes, is_right) in [("", true), (id.as_str(), true), ("data-n-a-id=CBMiother", false)] {
        let articles = std::slice::from_ref(&article);
        let mut service = Service::new(articles);
        let mut resolution = resolution_of(articles);
        service.run(&mut resolution, |_, _| response(200, page(attributes)));
        assert_eq!(resolution.outcome(0).unwrap().is_ok(), is_right, "{attributes}");
        assert_eq!((service.pages(), service.posts()), (if is_right { 1 } else { 2 }, 0), "{attributes}");
    }
    // Of several that fit, the one with the ID is the article's; without one, none is.
    let other = article.url.replace("00000020", "00000021");
    let both = |own: &str| format!("<a data-n-au=\"{other}\"><a {own} data-n-au=\"{}\">", article.url);
    for (own, is_right) in [(id.as_str(), true), ("", false)] {
        let articles = std::slice::from_ref(&article);
        let mut resolution = resolution_of(articles);
        Service::new(articles).run(&mut resolution, |_, _| response(200, both(own)));
        match is_right {
            true => assert_resolved(&resolution, articles),
            false => assert_eq!(kinds(&resolution), [Some(ErrorKind::NoSignature)]),
        }
    }
    // The token's length is the judge here, too.
    let error = error_of(response(200, page("")), None);
    assert_eq!(error.kind(), ErrorKind::WrongLength);
}

#[test]
fn the_other_path_is_asked_where_the_first_has_no_signature() {
    for (first_path, prefixes) in
        [(PagePath::Rss, ["/rss/articles/", "/articles/"]), (PagePath::Web, ["/articles/", "/rss/articles/"])]
    {
        for status in [200, 404] {
            let articles = articles(1);
            let mut service = Service::new(&articles);
            let mut resolution = Resolution::new(Options::new().first_path(first_path));
            resolution.push(&articles[0].opaque());
            service.run(&mut resolution, |service, request| match service.requests.len() {
                0 => response(status, "nothing"),
                _ => service.respond(request),
            });
            assert_resolved(&resolution, &articles);
            for (request, prefix) in service.requests.iter().zip(prefixes) {
                assert_eq!(request.uri().path(), format!("{prefix}{}", articles[0].id));
            }
            assert_eq!((service.pages(), service.posts()), (2, 1));
        }
    }
}

#[test]
fn options_are_kept_to() {
    let articles = articles(10);
    let options = Options::new()
        .base_url("http://127.0.0.1:1/google")
        .unwrap()
        .edition("de", "D&E", "DE:de")
        .ids_per_post(3)
        .pages_in_flight(7)
        .max_len(10);
    let mut resolution = Resolution::new(options);
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < 10));
    let mut exchanges: Vec<_> = std::iter::from_fn(|| resolution.poll()).collect();
    assert_eq!(exchanges.len(), 7);
    let uri = exchanges[0].0.uri().to_string();
    assert_eq!(
        uri,
        format!("http://127.0.0.1:1/google/rss/articles/{}?hl=de&gl=D%26E&ceid=DE:de", articles[0].id)
    );
    let (_, mut exchange) = exchanges.pop().unwrap();
    assert_eq!(exchange.head(&response(200, "")), Next::Read);
    assert_eq!(exchange.data(b"0123456789"), Next::Read);
    assert_eq!(exchange.data(b"x"), Next::Stop);
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
fn reading_stops_at_the_signature() {
    let mut page = article(0).page().into_bytes();
    let signed = page.len();
    page.resize(1 << 20, b' ');
    for size in [1, 7, 100, 1000, 16 << 10] {
        let mut resolution = resolution_of(&articles(1));
        let (_, mut exchange) = resolution.poll().unwrap();
        assert_eq!(exchange.head(&response(200, "")), Next::Read);
        let mut read = 0;
        for chunk in page.chunks(size) {
            read += chunk.len();
            if exchange.data(chunk) == Next::Stop {
                break;
            }
        }
        // The signature of another ID comes before it, and is looked at once.
        assert!(read <= signed.max(size) * 3 / 2 + size, "{read} of {signed}, {size} at a time");
        resolution.finish(exchange);
        assert_eq!(resolution.poll().unwrap().0.method(), Method::POST);
    }
}

#[test]
fn the_limit_is_one_wherever_pieces_end() {
    let (one, other) = (article(0), article(1));
    let page = [" ".repeat(3000), other.page(), " ".repeat(100), one.page(), " ".repeat(5000)].concat();
    for size in [1, 16, 100, 1000, 9000] {
        let mut resolution = Resolution::new(Options::new().max_len(5000));
        resolution.push(&one.opaque());
        let (_, mut exchange) = resolution.poll().unwrap();
        let mut next = exchange.head(&response(200, ""));
        for piece in page.as_bytes().chunks(size) {
            if next == Next::Read {
                next = exchange.data(piece);
            }
        }
        resolution.finish(exchange);
        assert_eq!(resolution.poll().unwrap().0.method(), Method::POST, "{size}");
    }
}

#[test]
fn a_failed_exchange_is_an_error_for_what_it_asked() {
    let articles = articles(3);
    let service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let (_, exchange) = resolution.poll().unwrap();
    resolution.fail(exchange, Failure::TimedOut);
    for _ in 0..2 {
        let (request, exchange) = resolution.poll().unwrap();
        resolution.receive(exchange, &service.respond(&request));
    }
    let (_, exchange) = resolution.poll().unwrap();
    assert!(!exchange.is_page());
    resolution.fail(exchange, Failure::Broken("connection reset".into()));
    assert!(resolution.is_done());
    let messages: Vec<_> = resolution.outcomes().map(|outcome| outcome.unwrap_err().to_string()).collect();
    assert_eq!(
        messages,
        ["timed out", "the connection failed: connection reset", "the connection failed: connection reset"]
    );
    assert!(resolution.outcomes().all(|outcome| outcome.unwrap_err().is_retryable()));
}

#[test]
fn what_was_dropped_is_recalled() {
    let articles = articles(6);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let dropped: Vec<_> = std::iter::from_fn(|| resolution.poll()).collect();
    assert_eq!(dropped.len(), 4);
    let interrupted = Some(ErrorKind::Interrupted);
    let not_tried = Some(ErrorKind::NotTried);
    assert_eq!(
        kinds(&resolution),
        [interrupted, interrupted, interrupted, interrupted, not_tried, not_tried]
    );
    assert!(!resolution.is_done() && resolution.poll().is_none());
    resolution.recall();
    // It comes too late, and is not what is waited for.
    for (_, exchange) in dropped {
        resolution.receive(exchange, &response(429, ""));
    }
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);

    // A POST, too.
    let mut resolution = resolution_of(&articles);
    for _ in 0..6 {
        let (request, exchange) = resolution.poll().unwrap();
        resolution.receive(exchange, &service.respond(&request));
    }
    drop(resolution.poll());
    resolution.recall();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (0, 1));
    assert_resolved(&resolution, &articles);
}

#[test]
fn an_exchange_of_another_resolution_is_let_go() {
    let articles = articles(2);
    let (mut one, mut other) = (resolution_of(&articles[..1]), resolution_of(&articles[1..]));
    let (_, exchange) = one.poll().unwrap();
    let (_, waiting) = other.poll().unwrap();
    other.receive(exchange, &response(200, articles[0].page()));
    assert!(other.poll().is_none());
    other.receive(waiting, &response(200, articles[1].page()));
    let (request, _) = other.poll().unwrap();
    assert_eq!(read_post(request.body()).unwrap()[0].id, articles[1].id);
}

#[test]
fn what_is_seeded_while_it_is_asked_for_stays_as_seeded() {
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
        let (_, exchange) = resolution.poll().unwrap();
        for article in &articles {
            resolution.seed(&article.opaque(), &article.url).unwrap();
        }
        resolution.receive(exchange, &page);
        service.run(&mut resolution, Service::respond);
        assert_resolved(&resolution, &articles);
        assert_eq!((service.pages(), service.posts(), resolution.remaining()), (0, 0, 0));
    }
}

#[test]
fn what_is_seeded_is_not_lost_to_a_block_or_a_recall() {
    let articles = articles(3);
    for page in [redirect("/articles/elsewhere"), response(200, articles[0].page()), response(429, "")] {
        let mut resolution = resolution_of(&articles);
        let [first, second] = std::array::from_fn(|_| resolution.poll().unwrap().1);
        resolution.seed(&articles[0].opaque(), &articles[0].url).unwrap();
        resolution.receive(second, &response(429, ""));
        resolution.receive(first, &page);
        assert!(resolution.is_done() && resolution.poll().is_none());
        assert_eq!(resolution.outcome(0), Some(Ok(articles[0].url.as_str())));
        let (blocked, not_tried) = (Some(ErrorKind::TooManyRequests), Some(ErrorKind::NotTried));
        assert_eq!(kinds(&resolution)[1..], [blocked, not_tried]);
        assert_eq!(resolution.remaining(), 1);
    }
    // A page, and a row of a POST.
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    drop(resolution.poll());
    resolution.seed(&articles[0].opaque(), &articles[0].url).unwrap();
    resolution.recall();
    for _ in 0..2 {
        let (request, exchange) = resolution.poll().unwrap();
        resolution.receive(exchange, &service.respond(&request));
    }
    drop(resolution.poll());
    resolution.seed(&articles[1].opaque(), &articles[1].url).unwrap();
    resolution.recall();
    service.run(&mut resolution, Service::respond);
    assert_eq!(read_post(service.requests[0].body()).unwrap().len(), 1);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.requests.len(), resolution.remaining()), (1, 0));
}

#[test]
fn a_resolution_can_be_carried_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Resolution>();
    is_send::<Exchange>();
    is_send::<Error>();
}

/// HTML of the kind that matters here, with bytes of any kind.
fn hostile_page() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::sample::select(vec![
            "<div ",
            "data-n-a-id=",
            "data-n-a-ts=",
            "data-n-a-sg=",
            "data-n-au=",
            "\"",
            "'",
            ">",
            "/>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<textarea>",
            "&quot;",
            "&#x41;",
            "&amp",
            "1790000000",
            "<![CDATA[",
            "\0",
            "https://publisher.example/",
            "=",
            " ",
            "<form action=https://consent.google.com/>",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(article(0).id.into_bytes()),
        Just(article(0).signature().into_bytes()),
        Just(article(0).page().into_bytes()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_page_panics_and_pieces_change_nothing(page in hostile_page(), size in 1..100_usize) {
        let outcome = |chunks: &mut dyn Iterator<Item = &[u8]>| {
            let mut resolution = resolution_of(&articles(1));
            let (_, mut exchange) = resolution.poll().unwrap();
            let mut next = exchange.head(&response(200, ""));
            while let (Next::Read, Some(chunk)) = (next, chunks.next()) {
                next = exchange.data(chunk);
            }
            resolution.finish(exchange);
            let (request, _) = resolution.poll().map(|(request, exchange)| (Some(request), Some(exchange))).unwrap_or_default();
            (request.map(|request| (request.uri().clone(), request.into_body())), kinds(&resolution))
        };
        prop_assert_eq!(outcome(&mut page.chunks(size)), outcome(&mut std::iter::once(&page[..])));
    }

    #[test]
    fn no_answer_panics_or_gives_a_wrong_length(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "\\)\\]\\}'[\\[\\]{}\",0-9a-z\\\\ \n]{0,100}".prop_map(String::into_bytes),
            prop::collection::vec(("[0-4]", prop::option::of("https?://[a-z]{1,50}")), 0..6).prop_map(|rows| {
                let row = |(tag, url): &(String, Option<String>)| row(tag, url.as_deref().ok_or(3));
                answer(rows.iter().map(row).collect()).into_bytes()
            }),
        ],
        cut in any::<prop::sample::Index>(),
    ) {
        for body in [&body[..], &body[..cut.index(body.len() + 1)]] {
            let articles = articles(3);
            let mut resolution = resolution_of(&articles);
            Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
                Method::GET => service.respond(request),
                _ => response(200, body),
            });
            for (outcome, article) in resolution.outcomes().zip(&articles) {
                prop_assert!(outcome.map_or(true, |url| url.len() == article.url.len()));
            }
        }
    }
}
