//! The command `resolve`, against a real HTTP server on loopback.

use std::sync::atomic::Ordering;

use google_news_link_loopback::{
    Article, Block, Play, Rows, Server, article_of_id, articles, redirect_of_url,
};
use serde_json::{Value, json};

use crate::program::{AMU, AMU_URL, OPAQUE, finish, objects, program, run, text};

fn lines(articles: &[Article]) -> String {
    articles.iter().map(|article| article.link() + "\n").collect()
}

fn urls(articles: &[Article]) -> String {
    articles.iter().map(|article| format!("{}\n", article.url)).collect()
}

#[test]
fn resolve_prints_a_line_for_each_link_in_order() {
    let articles = articles(3);
    let server = Server::start(&articles[..2], Play { rows: Rows::Reversed, ..Play::default() });
    let [one, two, unknown] = [&articles[0], &articles[1], &articles[2]].map(Article::link);
    let links =
        [one.as_str(), AMU, "hello", two.as_str(), "CAAqBwgKMI7rigMwlq88", unknown.as_str(), one.as_str()];
    let output = run(&[&["resolve", "--base", server.base.as_str()], &links[..]].concat(), "");
    let (first, second) = (&articles[0].url, &articles[1].url);
    assert_eq!(text(&output.stdout), format!("{first}\n{AMU_URL}\n\n{second}\n\n\n{first}\n"));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: not a Google News link or ID\n  hello\n\
             error: not an article: publication\n  CAAqBwgKMI7rigMwlq88\n\
             error: unexpected status 404\n  {unknown}\n\
             7 links: 4 with a URL, 3 without; requested 4 pages and 1 POST\n"
        )
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn resolve_prints_an_object_for_each_link() {
    let articles = articles(2);
    let server = Server::start(&articles[..1], Play::default());
    let (known, unknown) = (&articles[0], &articles[1]);
    let input = [&known.link(), AMU, "hello", &unknown.link(), &known.id].join("\r\n");
    let output = run(&["resolve", "--json", "--base", &server.base], input);
    let opaque = |link: &str, article: &Article, url: Option<&str>, error: Option<&str>| {
        json!({"link": link, "kind": "opaque-article", "id": article.id, "canonical_url": url, "amp_url": null,
               "token": article.token, "url_len": article.url.len(), "error": error, "retry": false,
               "source": url.map(|_| "online"), "verified": url.map(|_| true)})
    };
    assert_eq!(
        objects(&output.stdout),
        [
            opaque(&known.link(), known, Some(&known.url), None),
            json!({"link": AMU, "kind": "article", "id": AMU, "canonical_url": AMU_URL, "amp_url": null,
                   "token": null, "url_len": AMU_URL.len(), "error": null, "retry": false,
                   "source": "offline", "verified": true}),
            json!({"link": "hello", "kind": null, "id": null, "canonical_url": null, "amp_url": null,
                   "token": null, "url_len": null, "error": "not a Google News link or ID",
                   "retry": false, "source": null, "verified": null}),
            opaque(&unknown.link(), unknown, None, Some("unexpected status 404")),
            opaque(&known.id, known, Some(&known.url), None),
        ]
    );
    assert_eq!(
        text(&output.stderr),
        "5 links: 3 with a URL, 2 without; requested 3 pages and 1 POST\n",
        "errors are in the objects"
    );
}

#[test]
fn resolve_requests_nothing_that_is_in_the_cache() {
    let articles = articles(120);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("answers.jsonl");
    // An answer that cannot be right, and a truncated line.
    let wrong = json!({"token": articles[0].token, "url": articles[1].url});
    std::fs::write(&file, format!("{wrong}\n{{\"token\":\"AU_")).unwrap();
    let server = Server::start(&articles, Play { budget: 100, ..Play::default() });
    let cache = ["--cache", file.to_str().unwrap()];
    let args = [&["resolve", "--json", "--in-flight", "1", "--base", &server.base], &cache[..]].concat();
    let output = run(&args, lines(&articles));
    let records = objects(&output.stdout);
    assert_eq!(records.iter().filter(|record| record["source"] == "online").count(), 100);
    assert_eq!(records[100]["retry"], true);
    let is_not_tried = |record: &&Value| {
        record["error"] == "not requested: run blocked or stopped" && record["retry"] == true
    };
    let left = records.iter().filter(is_not_tried).count();
    let name = file.display();
    let messages = text(&output.stderr);
    for number in [1, 2] {
        assert!(messages.contains(&format!("{name}: line {number} is not an answer and is ignored\n")));
    }
    assert!(
        messages.contains(&format!("\nblocked by the service: {left} links left\n120 links: ")),
        "{messages}"
    );

    // The second run requests the other articles, the third one nothing.
    let server = Server::start(&articles, Play::default());
    let args = [&["resolve", "--base", &server.base], &cache[..]].concat();
    for _ in 0..2 {
        let output = run(&args, lines(&articles));
        assert_eq!(text(&output.stdout), urls(&articles));
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(server.requests(), (20, 1));
    }
    let args = [&args[..], &["--json", &articles[7].id, AMU]].concat();
    let sources: Vec<_> =
        objects(&run(&args, "").stdout).iter().map(|record| record["source"].clone()).collect();
    assert_eq!(sources, ["cache", "offline"]);
    assert_eq!(server.requests(), (20, 1));
}

#[test]
fn a_cache_that_cannot_be_used_is_an_error() {
    let output = run(&["resolve", "--cache", "/no/such/folder/answers.jsonl", AMU], "");
    assert!(text(&output.stderr).starts_with("error: /no/such/folder/answers.jsonl: "), "{output:?}");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
    if cfg!(unix) {
        let output = run(&["resolve", "--cache", "/dev/full", AMU], "");
        assert_eq!(text(&output.stderr), "error: /dev/full: not a regular file\n");
        assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
    }
}

#[test]
fn a_block_ends_the_run() {
    let articles = articles(6);
    for (block, error) in [
        (Block::TooManyRequests, "rate limited by Google (HTTP 429)"),
        (Block::Sorry, "blocked by Google (captcha)"),
    ] {
        let server = Server::start(&articles, Play { budget: 2, block, ..Play::default() });
        let args = ["resolve", "--in-flight", "1", "--base", &server.base];
        let output = run(&args, lines(&articles));
        assert_eq!(text(&output.stdout), urls(&articles[..2]) + "\n\n\n\n");
        assert_eq!(
            text(&output.stderr),
            format!(
                "error: {error} (another run may succeed)\n  {}\n\
                 blocked by the service: 3 links left\n\
                 6 links: 2 with a URL, 4 without; requested 3 pages and 1 POST\n",
                articles[2].link()
            )
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn wait_pauses_after_a_block() {
    let articles = articles(5);
    let play = Play { budget: 2, refusals: 1, ..Play::default() };
    let server = Server::start(&articles, play);
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("answers.jsonl");
    let args = ["resolve", "--wait", "1", "--in-flight", "1", "--base", &server.base];
    let args = [&args[..], &["--cache", cache.to_str().unwrap()]].concat();
    let output = run(&args, lines(&articles));
    assert_eq!(text(&output.stdout), urls(&articles));
    assert_eq!(
        text(&output.stderr),
        "blocked by the service: continuing in 1 second with 3 articles\n\
         blocked by the service: continuing in 1 second with 1 article\n\
         5 links: 5 with a URL, 0 without; requested 7 pages and 3 POSTs\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(cache).unwrap().lines().count(), 5);
}

#[test]
fn resolve_does_not_wait_past_the_deadline() {
    let articles = articles(3);
    let server = Server::start(&articles, Play { budget: 1, ..Play::default() });
    let args = ["resolve", "--wait", "3600", "--deadline", "600", "--in-flight", "1", "--base", &server.base];
    let output = run(&args, lines(&articles));
    assert_eq!(text(&output.stdout), urls(&articles[..1]) + "\n\n");
    assert!(text(&output.stderr).contains("\nblocked by the service: 1 link left\n3 links: "), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn resolve_ends_at_the_deadline() {
    let articles = articles(60);
    // A deadline can pass before the first POST if the machine has other work.
    for deadline in (1..).map(|n| 1 << n) {
        // The first POST is answered, and nothing after it.
        let server = Server::start(&articles, Play { answered: 50, ..Play::default() });
        let deadline = deadline.to_string();
        let args = ["resolve", "--deadline", &deadline, "--in-flight", "1", "--base", &server.base];
        let output = run(&args, lines(&articles));
        if server.requests() != (51, 1) {
            continue;
        }
        assert_eq!(text(&output.stdout), urls(&articles[..50]) + &"\n".repeat(10));
        let messages = text(&output.stderr);
        assert_eq!(messages.matches("error: timed out (another run may succeed)\n").count(), 1, "{messages}");
        assert!(messages.ends_with(
            "deadline reached: 9 links left\n60 links: 50 with a URL, 10 without; requested 51 pages and 1 POST\n"
        ));
        assert_eq!(output.status.code(), Some(1));
        break;
    }
}

#[test]
fn resolve_gives_up_a_request_after_the_timeout() {
    let articles = articles(1);
    let server = Server::start(&articles, Play { answered: 0, ..Play::default() });
    let args = ["resolve", "--timeout", "1", "--deadline", "60", "--base", &server.base];
    let output = run(&args, lines(&articles));
    assert_eq!((text(&output.stdout), output.status.code()), ("\n", Some(1)));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: timed out (another run may succeed)\n  {}\n\
             1 link: 0 with a URL, 1 without; requested 1 page and 0 POSTs\n",
            articles[0].link()
        )
    );
}

#[test]
fn in_flight_sets_the_number_of_pages_at_the_same_time() {
    let articles = articles(40);
    for (option, pages) in [(&[][..], 4), (&["--in-flight", "1"], 1), (&["--in-flight", "20"], 20)] {
        // The server answers only when that number is in flight.
        let server = Server::start(&articles, Play { wait_for: pages, ..Play::default() });
        let output = run(&[&["resolve", "--base", &server.base], option].concat(), lines(&articles));
        assert_eq!(text(&output.stdout), urls(&articles));
        assert_eq!(server.seen.most_in_flight.load(Ordering::SeqCst), pages);
    }
}

#[test]
fn requests_carry_the_user_agent() {
    let articles = articles(1);
    let default = concat!("google-news-link/", env!("CARGO_PKG_VERSION"));
    for (option, expected) in [(&[][..], default), (&["--user-agent", "me/1 (x)"], "me/1 (x)")] {
        let server = Server::start(&articles, Play::default());
        let args = [&["resolve", "--base", &server.base], option, &[&articles[0].id]].concat();
        assert_eq!(text(&run(&args, "").stdout), urls(&articles));
        let seen = server.seen.user_agents.lock().unwrap();
        assert_eq!(seen.iter().collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn links_without_requests_need_no_server() {
    let output = run(&["resolve", "--base", "http://127.0.0.1:1"], format!("{AMU}\n"));
    assert_eq!(text(&output.stdout), format!("{AMU_URL}\n"));
    let summary = "1 link: 1 with a URL, 0 without; requested 0 pages and 0 POSTs\n";
    assert_eq!((text(&output.stderr), output.status.code()), (summary, Some(0)));
    let output = run(&["resolve"], "");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(0)));
}

#[test]
fn unverified_urls_are_marked() {
    // A keyed article, an ID of an unknown type, and one with a damaged length.
    let keyed = "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
    let links = [keyed, "./read/CE0iBGFiY2Q?hl=en", "CBMiYmh0dHBzOi8vdGhhbmhuaWVuLnZu"];
    let ids = [&keyed[11..], "CE0iBGFiY2Q", links[2]];
    let mut known: Vec<_> =
        ids.iter().map(|id| article_of_id(id, &format!("https://publisher.example/{}", id.len()))).collect();
    known.extend(articles(1));
    let server = Server::start(&known, Play::default());
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("answers.jsonl");
    let args = ["resolve", "--base", &server.base, "--cache", cache.to_str().unwrap()];
    let input =
        [&links[..], &[known[3].id.as_str(), "./topics/CE0iBGFiY2Q", "./read/CBMi.x"]].concat().join("\n");
    // The second run takes them from the cache.
    for _ in 0..2 {
        let output = run(&args, &input);
        let urls: String =
            known[..3].iter().map(|article| format!("{}\tunverified\n", article.url)).collect();
        assert_eq!(text(&output.stdout), format!("{urls}{}\n\n\n", known[3].url), "{output:?}");
        assert!(
            text(&output.stderr).contains("6 links: 4 with a URL (3 unverified), 2 without; "),
            "{output:?}"
        );
        assert_eq!(server.requests(), (4, 1));
    }
    let records = objects(&run(&[&args[..], &["--json"]].concat(), &input).stdout);
    let verified: Vec<_> = records.iter().map(|record| record["verified"].as_bool()).collect();
    assert_eq!(verified, [Some(false), Some(false), Some(false), Some(true), None, None]);
    assert_eq!((&records[1]["id"], &records[1]["kind"]), (&json!("CE0iBGFiY2Q"), &Value::Null));
    assert_eq!((&records[1]["error"], &records[1]["source"]), (&Value::Null, &json!("cache")));
    assert_eq!(records[1]["canonical_url"], known[1].url);
    let lines = std::fs::read_to_string(cache).unwrap();
    assert!(lines.contains(r#"{"id":"CE0iBGFiY2Q","url":"https://publisher.example/11"}"#), "{lines}");
}

#[test]
fn encrypted_redirects_are_resolved_and_not_cached() {
    let mut links = vec![redirect_of_url("https://publisher.example/redirect", 1)];
    links.extend(articles(1));
    let server = Server::start(&links, Play::default());
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("answers.jsonl");
    let link = format!("https://www.google.com/goto?url={}%3D%3D", links[0].token);
    let args = ["resolve", "--base", &server.base, "--cache", cache.to_str().unwrap(), &link, &links[1].id];
    for run_number in 1..=2 {
        let output = run(&args, "");
        assert_eq!(text(&output.stdout), urls(&links), "{output:?}");
        // The article is in the cache, the redirect is requested again.
        let requests = ["1 page, 1 redirect and 1 POST", "0 pages, 1 redirect and 0 POSTs"][run_number - 1];
        assert!(text(&output.stderr).ends_with(&format!("0 without; requested {requests}\n")), "{output:?}");
        assert_eq!(server.seen.redirects.load(Ordering::SeqCst), run_number);
    }
    let lines = std::fs::read_to_string(&cache).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let output = run(&["resolve", "--json", "--base", &server.base, &link], "");
    let record = &objects(&output.stdout)[0];
    assert_eq!((&record["kind"], &record["source"]), (&json!("opaque-redirect"), &json!("online")));
    assert_eq!((&record["canonical_url"], &record["verified"]), (&json!(links[0].url), &json!(true)));
}

#[test]
#[cfg(target_os = "linux")]
fn an_error_explains_why_no_client_can_be_built() {
    let mut command = program(&["resolve", OPAQUE]);
    // There are no certificates to trust.
    command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    let output = finish(command.spawn().unwrap(), "");
    let message = text(&output.stderr).strip_prefix("error: no HTTP client: builder error: ");
    assert!(message.is_some_and(|reason| reason.contains("certificates")), "{output:?}");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
}
