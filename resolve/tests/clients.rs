//! Tests of the two drivers with a real HTTP server on loopback.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::Either;
use google_news_link::decode;
use google_news_link_loopback::{
    Article, Block, Goto, Page, Pair, Play, Rows, Server, articles, redirect_of_url,
};
use google_news_link_resolve::{self as resolve, ErrorKind, Options, RequestKind, Resolution};
use reqwest::redirect::Policy;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// The names of this crate and those of the clients can be used together.
mod glob_import {
    use google_news_link_resolve::*;

    pub(super) fn drivers<'a>(
        agent: &'a ureq::Agent,
        client: &'a reqwest::Client,
    ) -> (UreqDriver<'a>, ReqwestDriver<'a>) {
        (UreqDriver::new(agent), ReqwestDriver::new(client))
    }
}

#[test]
fn a_glob_import_hides_no_client() {
    let _ = glob_import::drivers(&agent(), &client());
}

fn resolution_of(articles: &[Article], options: Options) -> Resolution {
    let mut resolution = Resolution::new(options);
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < resolution.len()));
    resolution
}

fn options(server: &Server) -> Options {
    Options::new().base_url(&server.base).unwrap()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(60))).build().into()
}

fn client() -> reqwest::Client {
    client_with(Duration::from_secs(60))
}

fn client_with(timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).timeout(timeout).build().unwrap()
}

fn run_ureq(resolution: &mut Resolution) {
    resolve::UreqDriver::new(&agent()).run(resolution);
}

fn run_reqwest(resolution: &mut Resolution) {
    Runtime::new().unwrap().block_on(resolve::ReqwestDriver::new(&client()).run(resolution));
}

type Run = fn(&mut Resolution);

/// Both drivers.
const DRIVERS: [(&str, Run); 2] = [("ureq", run_ureq), ("reqwest", run_reqwest)];

/// Resolves the articles with each driver against such a server.
fn with_each_driver(articles: &[Article], play: Play, check: impl Fn(&str, &Server, &Resolution)) {
    for (name, run) in DRIVERS {
        let server = Server::start(articles, play);
        let mut resolution = resolution_of(articles, options(&server));
        run(&mut resolution);
        check(name, &server, &resolution);
    }
}

fn assert_resolved(resolution: &Resolution, articles: &[Article]) {
    let urls: Vec<_> = resolution.outcomes().map(|outcome| outcome.map(|found| found.url())).collect();
    let expected: Vec<_> = articles.iter().map(|article| Ok(article.url.as_str())).collect();
    assert_eq!(urls, expected);
}

fn kinds(resolution: &Resolution) -> Vec<Option<ErrorKind>> {
    resolution.outcomes().map(|outcome| outcome.err().map(|error| error.kind())).collect()
}

#[test]
fn a_thousand_articles_take_a_thousand_pages_and_twenty_posts() {
    let articles = articles(1000);
    with_each_driver(&articles, Play::default(), |name, server, resolution| {
        assert_eq!(server.requests(), (1000, 20), "{name}");
        assert_resolved(resolution, &articles);
    });
}

#[test]
fn duplicates_are_not_requested() {
    let distinct = articles(700);
    for (name, run) in DRIVERS {
        let server = Server::start(&distinct, Play::default());
        let all: Vec<_> = distinct.iter().chain(&distinct[..300]).cloned().collect();
        let mut resolution = resolution_of(&all, options(&server));
        run(&mut resolution);
        assert_eq!(server.requests(), (700, 14), "{name}");
        assert_resolved(&resolution, &all);
    }
}

#[test]
fn thousands_of_articles_are_resolved() {
    let articles = articles(4000);
    let server = Server::start(&articles, Play { rows: Rows::Reversed, ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server).pages_in_flight(20));
    run_reqwest(&mut resolution);
    assert_eq!(server.requests(), (4000, 80));
    assert_eq!(*server.seen.rows.lock().unwrap(), [50; 80]);
    assert_resolved(&resolution, &articles);
}

#[test]
fn rows_are_matched_by_tag_and_chunks_are_read() {
    let articles = articles(70);
    for rows in [Rows::Reversed, Rows::Chunked] {
        with_each_driver(&articles, Play { rows, ..Play::default() }, |_, _, resolution| {
            assert_resolved(resolution, &articles);
        });
    }
}

#[test]
fn dropped_rows_are_missing_and_swapped_ones_wrong() {
    let articles = articles(60);
    with_each_driver(&articles, Play { rows: Rows::Dropped, ..Play::default() }, |name, _, resolution| {
        // 17 of 50 and 4 of 10 rows are missing. The order of the rows is that in which the pages in flight ended.
        let missing = kinds(resolution).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(missing, [ErrorKind::MissingRow; 21], "{name}");
        for (outcome, article) in resolution.outcomes().zip(&articles) {
            assert!(outcome.map_or(true, |found| found.url() == article.url), "{name}");
        }
    });
    with_each_driver(&articles, Play { rows: Rows::Swapped, ..Play::default() }, |name, _, resolution| {
        assert_eq!(kinds(resolution), vec![Some(ErrorKind::WrongLength); 60], "{name}");
    });
}

#[test]
fn a_block_ends_all_page_requests() {
    let articles = articles(100);
    for (block, kind) in
        [(Block::TooManyRequests, ErrorKind::TooManyRequests), (Block::Sorry, ErrorKind::Captcha)]
    {
        let play = Play { budget: 60, block, ..Play::default() };
        with_each_driver(&articles, play, |name, server, resolution| {
            let (pages, posts) = server.requests();
            let kinds = kinds(resolution);
            let count = |wanted: Option<ErrorKind>| kinds.iter().filter(|&&kind| kind == wanted).count();
            // Pages that were in flight at the block are answered as well.
            assert!((61..=64).contains(&pages), "{name} {pages}");
            assert_eq!((count(None), posts), (60, 2), "{name}");
            assert_eq!(count(Some(kind)), pages - 60, "{name}");
            assert_eq!(count(Some(ErrorKind::NotTried)), 100 - pages, "{name}");
        });
    }
}

#[test]
fn redirects_to_consent_pages_are_followed_and_cookies_are_not_sent() {
    let articles = articles(3);
    for (name, run) in DRIVERS {
        let server = Server::start(&articles, Play { page: Page::Consent, ..Play::default() });
        let mut resolution = resolution_of(&articles, options(&server).pages_in_flight(1));
        run(&mut resolution);
        assert_resolved(&resolution, &articles);
        assert_eq!(server.requests(), (6, 1), "{name}");
        assert_eq!(server.seen.consents.load(Ordering::SeqCst), 3, "{name}");
        assert_eq!(server.seen.cookies.load(Ordering::SeqCst), 0, "{name}");
    }
}

#[test]
fn a_client_that_follows_redirects_is_detected() {
    let articles = articles(1);
    let server = Server::start(&articles, Play { page: Page::Consent, ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server));
    let client = reqwest::Client::new();
    Runtime::new().unwrap().block_on(resolve::ReqwestDriver::new(&client).run(&mut resolution));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::FollowedRedirect)]);
    // The driver configures ureq so that it follows none.
    let mut resolution = resolution_of(&articles, options(&server));
    resolve::UreqDriver::new(&ureq::Agent::new_with_defaults()).run(&mut resolution);
    assert_eq!(resolution.requests(RequestKind::ArticlePage), 3);
    assert_resolved(&resolution, &articles);
}

#[test]
fn compressed_pages_are_read() {
    let articles = articles(3);
    with_each_driver(&articles, Play { page: Page::Gzip, ..Play::default() }, |name, server, resolution| {
        assert_resolved(resolution, &articles);
        assert_eq!(server.seen.compressed.load(Ordering::SeqCst), 3, "{name}");
    });
}

#[test]
fn a_page_is_not_read_to_its_end() {
    let articles = articles(1);
    // A driver that reads the page to its end waits until it times out.
    with_each_driver(&articles, Play { page: Page::Begun, ..Play::default() }, |_, _, resolution| {
        assert_resolved(resolution, &articles);
    });
}

#[test]
fn an_endless_page_is_too_large() {
    with_each_driver(&articles(1), Play { page: Page::Endless, ..Play::default() }, |name, _, resolution| {
        assert_eq!(kinds(resolution), [Some(ErrorKind::TooLarge)], "{name}");
    });
}

#[test]
fn broken_connections_are_errors_of_their_articles() {
    let articles = articles(2);
    for page in [Page::Truncated, Page::Closed] {
        with_each_driver(&articles, Play { page, ..Play::default() }, |name, server, resolution| {
            assert_eq!(kinds(resolution), vec![Some(ErrorKind::ConnectionFailed); 2], "{name} {page:?}");
            assert_eq!(server.requests(), (2, 0), "{name} {page:?}");
        });
    }
    with_each_driver(&articles, Play { rows: Rows::Truncated, ..Play::default() }, |name, _, resolution| {
        assert_eq!(kinds(resolution), vec![Some(ErrorKind::ConnectionFailed); 2], "{name}");
    });
    // A port without a server.
    let base = Server::start(&articles, Play::default()).base.replace("127.0.0.1:", "127.0.0.1:1");
    let base = format!("{}:1", base.rsplit_once(':').unwrap().0);
    for (name, run) in DRIVERS {
        let mut resolution = resolution_of(&articles, Options::new().base_url(&base).unwrap());
        run(&mut resolution);
        assert_eq!(kinds(&resolution), vec![Some(ErrorKind::ConnectionFailed); 2], "{name}");
        let message = resolution.outcome(0).unwrap().unwrap_err().to_string();
        assert!(
            message.starts_with("connection failed: ") && message.contains("refused"),
            "{name}: {message}"
        );
    }
}

/// Returns the expected errors: one article timed out for each page in flight, and the others were not tried.
fn expected_after_deadline(articles: usize, in_flight: usize) -> Vec<Option<ErrorKind>> {
    let (timed_out, not_tried) = (Some(ErrorKind::TimedOut), Some(ErrorKind::NotTried));
    [vec![timed_out; in_flight], vec![not_tried; articles - in_flight]].concat()
}

#[test]
fn a_deadline_ends_a_slow_page_and_leaves_the_rest() {
    let articles = articles(8);
    let agent = agent();
    // A deadline can pass before the first request if the machine has other work.
    for milliseconds in (0..).map(|n| 100 << n) {
        let server = Server::start(&articles, Play { page: Page::Slow, ..Play::default() });
        let mut resolution = resolution_of(&articles, options(&server));
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        resolve::UreqDriver::new(&agent).deadline(deadline).run(&mut resolution);
        let requested = server.requests();
        if requested != (0, 0) {
            assert_eq!(requested, (1, 0));
            assert_eq!(kinds(&resolution), expected_after_deadline(articles.len(), 1));
            break;
        }
    }
}

#[test]
fn a_deadline_ends_all_pages_in_flight_and_leaves_the_rest() {
    let articles = articles(8);
    let server = Server::start(&articles, Play { page: Page::Slow, ..Play::default() });
    let (client, mut resolution) = (client(), resolution_of(&articles, options(&server)));
    // With this clock, the time is the deadline as soon as all tasks wait.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let deadline = tokio::time::Instant::now().into_std() + Duration::from_secs(30);
        resolve::ReqwestDriver::new(&client).deadline(deadline).run(&mut resolution).await;
    });
    assert_eq!(kinds(&resolution), expected_after_deadline(articles.len(), 4));
}

#[test]
fn a_timeout_of_the_client_applies_before_the_deadline() {
    let articles = articles(2);
    let server = Server::start(&articles, Play { page: Page::Slow, ..Play::default() });
    let (limit, deadline) = (Duration::from_millis(200), Instant::now() + Duration::from_secs(600));
    let agent = ureq::Agent::config_builder().timeout_global(Some(limit)).build().into();
    let mut resolution = resolution_of(&articles, options(&server));
    resolve::UreqDriver::new(&agent).deadline(deadline).run(&mut resolution);
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TimedOut); 2]);

    let client = client_with(limit);
    let mut resolution = resolution_of(&articles, options(&server));
    let driver = resolve::ReqwestDriver::new(&client).deadline(deadline);
    Runtime::new().unwrap().block_on(driver.run(&mut resolution));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TimedOut); 2]);
}

#[test]
fn a_run_can_be_stopped_and_continued() {
    let articles = articles(120);
    let server = Server::start(&articles, Play::default());
    let mut resolution = resolution_of(&articles, options(&server));
    let enough = |resolution: &mut Resolution| match resolution.remaining() {
        70 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    resolve::UreqDriver::new(&agent()).run_with(&mut resolution, enough);
    assert_eq!((resolution.answers().count(), server.requests()), (50, (50, 1)));
    run_ureq(&mut resolution);
    assert_eq!(server.requests(), (120, 3));
    assert_resolved(&resolution, &articles);

    let server = Server::start(&articles, Play::default());
    let mut resolution = resolution_of(&articles, options(&server));
    let client = client();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(resolve::ReqwestDriver::new(&client).run_with(&mut resolution, enough));
    assert_eq!(resolution.answers().count(), 50);
    runtime.block_on(resolve::ReqwestDriver::new(&client).run(&mut resolution));
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_dropped_future_loses_only_requests_in_flight() {
    let articles = articles(30);
    // The last pages are not answered before the future has been dropped.
    let server = Server::start(&articles, Play { answered: 20, ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server).ids_per_post(2));
    let client = client();
    let driver = resolve::ReqwestDriver::new(&client);
    Runtime::new().unwrap().block_on(async {
        let some = Notify::new();
        let enough = some.notified();
        let run = driver.run_with(&mut resolution, |resolution| {
            if resolution.answers().count() >= 4 {
                some.notify_one();
            }
            ControlFlow::Continue(())
        });
        let first = futures_util::future::select(Box::pin(run), Box::pin(enough)).await;
        assert!(matches!(first, Either::Right(_)), "the rest was in flight");
        drop(first);
        let answered = resolution.answers().count();
        assert!((4..30).contains(&answered), "{answered}");
        let (not_tried, interrupted) = (Some(ErrorKind::NotTried), Some(ErrorKind::Interrupted));
        let left =
            kinds(&resolution).iter().filter(|&&kind| kind == not_tried || kind == interrupted).count();
        assert_eq!(left, 30 - answered);
        server.answer_all();
        driver.run(&mut resolution).await;
    });
    assert_resolved(&resolution, &articles);
}

#[test]
fn the_number_of_pages_in_flight_is_that_of_the_options() {
    let articles = articles(40);
    for pages in [2, 20] {
        // The server waits until this number of pages is in flight.
        let server = Server::start(&articles, Play { wait_for: pages, ..Play::default() });
        let mut resolution = resolution_of(&articles, options(&server).pages_in_flight(pages));
        run_reqwest(&mut resolution);
        assert_eq!(server.seen.most_in_flight.load(Ordering::SeqCst), pages);
        assert_resolved(&resolution, &articles);
    }
}

#[test]
fn the_future_can_be_spawned() {
    let articles = articles(3);
    let server = Server::start(&articles, Play::default());
    let mut resolution = resolution_of(&articles, options(&server));
    let client = client();
    let runtime = Runtime::new().unwrap();
    let resolution = runtime.block_on(runtime.spawn(async move {
        resolve::ReqwestDriver::new(&client).run(&mut resolution).await;
        resolution
    }));
    assert_resolved(&resolution.unwrap(), &articles);
}

#[test]
fn encrypted_redirects_take_one_request_each() {
    let links: Vec<_> = (0..10)
        .map(|n| redirect_of_url(&format!("https://publisher.example/{}", "x".repeat(n * 15)), n as u64))
        .collect();
    for (name, run) in DRIVERS {
        for (goto, requests) in [(Goto::Found, 10), (Goto::PaymentRequired, 10), (Goto::GetOnly, 20)] {
            let server = Server::start(&links, Play { goto, ..Play::default() });
            let mut resolution = Resolution::new(options(&server));
            links.iter().for_each(|link| _ = resolution.push_target(&decode(&link.id).unwrap()));
            run(&mut resolution);
            assert_resolved(&resolution, &links);
            assert_eq!(server.seen.redirects.load(Ordering::SeqCst), requests, "{name} {goto:?}");
            assert_eq!(
                (server.requests(), server.seen.cookies.load(Ordering::SeqCst)),
                ((0, 0), 0),
                "{name}"
            );
        }
        let server = Server::start(&links, Play { goto: Goto::Truncated, ..Play::default() });
        let mut resolution = Resolution::new(options(&server));
        links.iter().for_each(|link| _ = resolution.push_target(&decode(&link.id).unwrap()));
        run(&mut resolution);
        assert_eq!(kinds(&resolution), [Some(ErrorKind::WrongLength); 10], "{name}");
    }
}

#[test]
fn a_page_takes_the_place_of_its_articles() {
    let articles = articles(100);
    let pairs: Vec<_> = articles[..90].iter().map(Pair::from).collect();
    for (name, run) in DRIVERS {
        let server = Server::start_with_page(&articles, &pairs, Play::default());
        let mut resolution = resolution_of(&articles, options(&server));
        resolution.push_page("https://news.google.com/rss/search?q=x").unwrap();
        run(&mut resolution);
        assert_resolved(&resolution, &articles);
        assert_eq!(
            (server.seen.news_pages.load(Ordering::SeqCst), server.requests()),
            (1, (10, 1)),
            "{name}"
        );
        assert_eq!(server.seen.cookies.load(Ordering::SeqCst), 0, "{name}");
    }
}
