//! The command `resolve`, and `feed --resolve`, against a real HTTP server on loopback.

use std::process::{Command, Output, Stdio};

use google_news_link_loopback::{Article, Play, Rows, Server, articles};
use serde_json::{Value, json};

/// Runs a command of the program.
fn program(name: &str, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_google-news-link"))
        .arg(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
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
