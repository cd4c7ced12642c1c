//! The two drivers and the `resolve` program, against a real HTTP server on loopback.

#[path = "service/server.rs"]
mod server;
mod service;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::Either;
use google_news_link::resolve::{self, Error, ErrorKind, Options, Resolution};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use server::{Block, Page, Play, Rows, Server};
use service::{Article, articles};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

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
    resolve::ureq::Driver::new(&agent()).run(resolution);
}

fn run_reqwest(resolution: &mut Resolution) {
    Runtime::new().unwrap().block_on(resolve::reqwest::Driver::new(&client()).run(resolution));
}

type Run = fn(&mut Resolution);

/// Both drivers.
const DRIVERS: [(&str, Run); 2] = [("ureq", run_ureq), ("reqwest", run_reqwest)];

/// Resolves the articles by each driver, against a server that plays so.
fn with_each_driver(articles: &[Article], play: Play, check: impl Fn(&str, &Server, &Resolution)) {
    for (name, run) in DRIVERS {
        let server = Server::start(articles, play);
        let mut resolution = resolution_of(articles, options(&server));
        run(&mut resolution);
        check(name, &server, &resolution);
    }
}

fn assert_resolved(resolution: &Resolution, articles: &[Article]) {
    let urls: Vec<_> = resolution.outcomes().collect();
    let expected: Vec<_> = articles.iter().map(|article| Ok(article.url.as_str())).collect();
    assert_eq!(urls, expected);
}

fn kinds(resolution: &Resolution) -> Vec<Option<ErrorKind>> {
    resolution.outcomes().map(|outcome| outcome.err().map(Error::kind)).collect()
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
fn duplicates_are_not_asked_for() {
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
fn ten_thousand_articles_are_resolved() {
    let articles = articles(10_000);
    let server = Server::start(&articles, Play { rows: Rows::Reversed, ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server).pages_in_flight(20));
    run_reqwest(&mut resolution);
    assert_eq!(server.requests(), (10_000, 200));
    assert_eq!(*server.seen.rows.lock().unwrap(), [50; 200]);
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
        // 17 of 50 and 4 of 10. Pages in flight end in any order, and so their rows stand.
        let missing = kinds(resolution).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(missing, [ErrorKind::MissingRow; 21], "{name}");
        for (outcome, article) in resolution.outcomes().zip(&articles) {
            assert!(outcome.map_or(true, |url| url == article.url), "{name}");
        }
    });
    with_each_driver(&articles, Play { rows: Rows::Swapped, ..Play::default() }, |name, _, resolution| {
        assert_eq!(kinds(resolution), vec![Some(ErrorKind::WrongLength); 60], "{name}");
    });
}

#[test]
fn a_block_ends_asking_for_pages() {
    let articles = articles(100);
    for (block, kind) in
        [(Block::TooManyRequests, ErrorKind::TooManyRequests), (Block::Sorry, ErrorKind::Captcha)]
    {
        let play = Play { budget: 60, block, ..Play::default() };
        with_each_driver(&articles, play, |name, server, resolution| {
            let (pages, posts) = server.requests();
            let kinds = kinds(resolution);
            let count = |wanted: Option<ErrorKind>| kinds.iter().filter(|&&kind| kind == wanted).count();
            // Those that were in flight at the block are known only when they come back.
            assert!((61..=64).contains(&pages), "{name} {pages}");
            assert_eq!((count(None), posts), (60, 2), "{name}");
            assert_eq!(count(Some(kind)), pages - 60, "{name}");
            assert_eq!(count(Some(ErrorKind::NotTried)), 100 - pages, "{name}");
        });
    }
}

#[test]
fn cookies_are_not_kept_and_consent_leads_on() {
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
fn a_client_that_follows_redirects_is_found_out() {
    let articles = articles(1);
    let server = Server::start(&articles, Play { page: Page::Consent, ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server));
    let client = reqwest::Client::new();
    Runtime::new().unwrap().block_on(resolve::reqwest::Driver::new(&client).run(&mut resolution));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::FollowedRedirect)]);
    // An agent is told not to.
    let mut resolution = resolution_of(&articles, options(&server));
    resolve::ureq::Driver::new(&ureq::Agent::new_with_defaults()).run(&mut resolution);
    assert_eq!(resolution.pages(), 3);
    assert_resolved(&resolution, &articles);
}

#[test]
fn compressed_pages_are_read() {
    let articles = articles(3);
    with_each_driver(&articles, Play { page: Page::Gzip, ..Play::default() }, |_, _, resolution| {
        assert_resolved(resolution, &articles);
    });
}

#[test]
fn a_page_is_not_read_to_its_end() {
    let articles = articles(1);
    with_each_driver(&articles, Play { page: Page::Long, ..Play::default() }, |name, server, resolution| {
        assert_resolved(resolution, &articles);
        // A piece or two may be on their way.
        let sent = server.seen.sent.load(Ordering::SeqCst);
        assert!(sent < 200 << 10, "{name}: {sent} bytes of 1 MB");
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
            assert_eq!(kinds(resolution), vec![Some(ErrorKind::Broken); 2], "{name} {page:?}");
            assert_eq!(server.requests(), (2, 0), "{name} {page:?}");
        });
    }
    with_each_driver(&articles, Play { rows: Rows::Truncated, ..Play::default() }, |name, _, resolution| {
        assert_eq!(kinds(resolution), vec![Some(ErrorKind::Broken); 2], "{name}");
    });
    // Nobody listens.
    let base = Server::start(&articles, Play::default()).base.replace("127.0.0.1:", "127.0.0.1:1");
    let base = format!("{}:1", base.rsplit_once(':').unwrap().0);
    for (name, run) in DRIVERS {
        let mut resolution = resolution_of(&articles, Options::new().base_url(&base).unwrap());
        run(&mut resolution);
        assert_eq!(kinds(&resolution), vec![Some(ErrorKind::Broken); 2], "{name}");
        let message = resolution.outcome(0).unwrap().unwrap_err().to_string();
        assert!(
            message.starts_with("the connection failed: ") && message.contains("refused"),
            "{name}: {message}"
        );
    }
}

#[test]
fn a_deadline_ends_a_slow_page_and_leaves_the_rest() {
    let articles = articles(8);
    let (agent, client, runtime) = (agent(), client(), Runtime::new().unwrap());
    let deadline = || Instant::now() + Duration::from_millis(400);
    let server = Server::start(&articles, Play { page: Page::Slow, ..Play::default() });
    let expected = |in_flight: usize| {
        let (timed_out, not_tried) = (Some(ErrorKind::TimedOut), Some(ErrorKind::NotTried));
        [vec![timed_out; in_flight], vec![not_tried; 8 - in_flight]].concat()
    };
    let mut resolution = resolution_of(&articles, options(&server));
    resolve::ureq::Driver::new(&agent).deadline(deadline()).run(&mut resolution);
    assert_eq!(kinds(&resolution), expected(1));

    let mut resolution = resolution_of(&articles, options(&server));
    let driver = resolve::reqwest::Driver::new(&client).deadline(deadline());
    runtime.block_on(driver.run(&mut resolution));
    assert_eq!(kinds(&resolution), expected(4));
}

#[test]
fn a_timeout_of_the_clients_own_holds_before_the_deadline() {
    let articles = articles(2);
    let server = Server::start(&articles, Play { page: Page::Slow, ..Play::default() });
    let (limit, deadline) = (Duration::from_millis(200), Instant::now() + Duration::from_secs(600));
    let agent = ureq::Agent::config_builder().timeout_global(Some(limit)).build().into();
    let mut resolution = resolution_of(&articles, options(&server));
    resolve::ureq::Driver::new(&agent).deadline(deadline).run(&mut resolution);
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TimedOut); 2]);

    let client = client_with(limit);
    let mut resolution = resolution_of(&articles, options(&server));
    let driver = resolve::reqwest::Driver::new(&client).deadline(deadline);
    Runtime::new().unwrap().block_on(driver.run(&mut resolution));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TimedOut); 2]);
}

#[test]
fn asking_can_be_ended_and_goes_on_later() {
    let articles = articles(120);
    let server = Server::start(&articles, Play::default());
    let mut resolution = resolution_of(&articles, options(&server));
    let enough = |resolution: &mut Resolution| match resolution.remaining() {
        70 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    resolve::ureq::Driver::new(&agent()).run_with(&mut resolution, enough);
    assert_eq!((resolution.answers().count(), server.requests()), (50, (50, 1)));
    run_ureq(&mut resolution);
    assert_eq!(server.requests(), (120, 3));
    assert_resolved(&resolution, &articles);

    let server = Server::start(&articles, Play { delay: Duration::from_millis(1), ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server));
    let client = client();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(resolve::reqwest::Driver::new(&client).run_with(&mut resolution, enough));
    assert_eq!(resolution.answers().count(), 50);
    runtime.block_on(resolve::reqwest::Driver::new(&client).run(&mut resolution));
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_dropped_future_loses_only_what_was_under_way() {
    let articles = articles(30);
    let server = Server::start(&articles, Play { delay: Duration::from_millis(20), ..Play::default() });
    let mut resolution = resolution_of(&articles, options(&server).ids_per_post(2));
    let client = client();
    let driver = resolve::reqwest::Driver::new(&client);
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
        assert!(matches!(first, Either::Right(_)), "the rest was under way");
        drop(first);
        let answered = resolution.answers().count();
        assert!((4..30).contains(&answered), "{answered}");
        let (not_tried, interrupted) = (Some(ErrorKind::NotTried), Some(ErrorKind::Interrupted));
        let left =
            kinds(&resolution).iter().filter(|&&kind| kind == not_tried || kind == interrupted).count();
        assert_eq!(left, 30 - answered);
        driver.run(&mut resolution).await;
    });
    assert_resolved(&resolution, &articles);
}

#[test]
fn pages_in_flight_are_what_the_options_say() {
    let articles = articles(40);
    for pages in [2, 20] {
        // The server waits for so many, and would wait for ever.
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
        resolve::reqwest::Driver::new(&client).run(&mut resolution).await;
        resolution
    }));
    assert_resolved(&resolution.unwrap(), &articles);
}

/// Runs an example program.
fn program(name: &str, args: &[&str], input: &str) -> Output {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let path: PathBuf = path.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut child = Command::new(path)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}; cargo build --examples builds it"));
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn resolve_prints_a_line_for_each_link_in_order() {
    let articles = articles(3);
    let server = Server::start(&articles[..2], Play { rows: Rows::Reversed, ..Play::default() });
    let plain = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
    let [one, two, unknown] = [&articles[0], &articles[1], &articles[2]].map(Article::link);
    let links = [one.as_str(), plain, "hello", two.as_str(), unknown.as_str(), one.as_str()];
    let output = program("resolve", &[&["--base", server.base.as_str()], &links[..]].concat(), "");
    let (first, second) = (&articles[0].url, &articles[1].url);
    assert_eq!(utf8(&output.stdout), format!("{first}\nhttps://amu.tv/111931/\n\n{second}\n\n{first}\n"));
    assert_eq!(
        utf8(&output.stderr),
        format!(
            "error: not a Google News link or ID, at byte 0\n  hello\n\
             error: unexpected status 404\n  {unknown}\n\
             6 links, 4 with a URL, 2 without; 4 page requests, 1 POSTs\n"
        )
    );
    assert_eq!(output.status.code(), Some(1));

    let output = program("resolve", &["--json", "--base", &server.base], &links.join("\r\n"));
    let objects: Vec<Value> =
        utf8(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = |link: &str, url: &str| json!({"link": link, "url": url, "error": null, "retry": false});
    let failed = |link: &str, error: &str| json!({"link": link, "url": null, "error": error, "retry": false});
    assert_eq!(
        objects,
        [
            found(&one, first),
            found(plain, "https://amu.tv/111931/"),
            failed("hello", "not a Google News link or ID, at byte 0"),
            found(&two, second),
            failed(&unknown, "unexpected status 404"),
            found(&one, first),
        ]
    );
}

#[test]
fn resolve_asks_nothing_twice() {
    let articles = articles(120);
    let file = std::env::temp_dir().join(format!("google-news-link-cache-{}.jsonl", std::process::id()));
    // A line that was cut, and one that can't be right.
    let wrong = json!({"token": articles[0].token, "url": articles[1].url});
    std::fs::write(&file, format!("{wrong}\n{{\"token\":\"AU_")).unwrap();
    let links: String = articles.iter().map(|article| article.link() + "\n").collect();
    let server = Server::start(&articles, Play { budget: 100, ..Play::default() });
    let args = ["--base", &server.base, "--cache", file.to_str().unwrap()];
    let output = program("resolve", &[&args[..], &["--json"]].concat(), &links);
    let objects: Vec<Value> =
        utf8(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.iter().filter(|object| object["url"].is_string()).count(), 100);
    assert_eq!(objects[100]["retry"], true);
    assert_eq!(
        objects[119],
        json!({"link": articles[119].link(), "url": null, "error": "not tried: asking had ended before", "retry": true})
    );
    let name = file.display();
    let said = utf8(&output.stderr);
    for number in [1, 2] {
        assert!(said.contains(&format!("{name}: line {number} is not an answer, and is not used")), "{said}");
    }

    // The rest of them, and then nothing at all.
    let server = Server::start(&articles, Play::default());
    let args = ["--base", &server.base, "--cache", file.to_str().unwrap()];
    let urls: String = articles.iter().map(|article| format!("{}\n", article.url)).collect();
    for requests in [(20, 1), (20, 1)] {
        let output = program("resolve", &args, &links);
        assert_eq!(utf8(&output.stdout), urls);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(server.requests(), requests);
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn resolve_says_what_is_wrong_before_it_asks() {
    let output = program("resolve", &["--base", "news.google.com", "hello"], "");
    assert_eq!(
        utf8(&output.stderr),
        "error: news.google.com: not a base URL: it begins with http:// or https:// and a host, and has no query and no fragment\n"
    );
    assert_eq!(output.status.code(), Some(1));
    let output = program("resolve", &["--cache", "/no/such/folder/answers.jsonl", "hello"], "");
    assert!(utf8(&output.stderr).starts_with("error: /no/such/folder/answers.jsonl: "), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    if cfg!(unix) {
        let output = program("resolve", &["--cache", "/dev/full", "hello"], "");
        assert_eq!(utf8(&output.stderr), "error: /dev/full: is not a file\n");
    }
}

#[test]
fn feed_puts_in_what_google_answers() {
    let articles = articles(3);
    let server = Server::start(&articles[..2], Play::default());
    let feed = |link: &dyn Fn(&Article) -> String,
                guid: &dyn Fn(&Article) -> String,
                href: &dyn Fn(&Article) -> String| {
        let item = |article: &Article| {
            format!(
                "<item><title>a &amp; b</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><description>\
                 &lt;a href=\"{}\"&gt;x&lt;/a&gt;</description><source url=\"https://publisher.example\"/></item>",
                link(article),
                guid(article),
                href(article)
            )
        };
        format!("<rss><channel>{}</channel></rss>\n", articles.iter().map(item).collect::<String>())
    };
    let is_known = |article: &Article| article.url != articles[2].url;
    let url_or = |article: &Article, other: String, and: &str| {
        if is_known(article) { article.url.replace('&', and) } else { other }
    };
    let output = program(
        "feed",
        &["--resolve", "--base", &server.base],
        &feed(&Article::link, &|article| article.id.clone(), &Article::link),
    );
    assert_eq!(
        utf8(&output.stdout),
        feed(
            &|article| url_or(article, article.link(), "&amp;"),
            &|article| url_or(article, article.id.clone(), "&amp;"),
            &|article| url_or(article, article.link(), "&amp;amp;"),
        )
    );
    assert_eq!(
        utf8(&output.stderr),
        "3 opaque links: unexpected status 404\n6 links replaced; 3 opaque and 0 others stay\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(server.requests(), (4, 1));
}
