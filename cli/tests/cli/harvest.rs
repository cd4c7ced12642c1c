//! The command `harvest`, and pages with several links in `resolve` and `feed`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use google_news_link_loopback::{
    Article, Block, NewsPage, Pair, Play, Server, article, articles, news_page, recorded_pairs,
    redirect_of_url,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{AMU, AMU_URL, objects, run, text};

fn pairs(articles: &[Article]) -> Vec<Pair> {
    articles.iter().map(Pair::from).collect()
}

fn write(directory: &TempDir, name: &str, content: &str) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn lines(articles: &[Article]) -> String {
    articles.iter().map(|article| article.link() + "\n").collect()
}

fn urls(articles: &[Article]) -> String {
    articles.iter().map(|article| format!("{}\n", article.url)).collect()
}

#[test]
fn harvest_prints_a_table() {
    let mut pairs = recorded_pairs();
    let count = pairs.len();
    // A URL that its link refutes, and one that nothing can confirm.
    pairs.push(Pair { url: "https://a.example/".into(), ..Pair::from(&article(0)) });
    let keyed = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
    pairs.push(Pair { id: keyed.into(), url: "https://jetstream.bz/archives/160044".into(), amp_url: None });
    let directory = tempfile::tempdir().unwrap();
    let page = write(&directory, "page.html", &news_page(&pairs, 0));
    let page = page.to_str().unwrap();
    for (args, input) in [
        (vec!["harvest", page], String::new()),
        (vec!["harvest"], std::fs::read_to_string(page).unwrap()),
        (vec!["harvest", "-", page], news_page(&pairs[..3], 0)),
    ] {
        let output = run(&args, input);
        let expected: String = pairs
            .iter()
            .enumerate()
            .filter(|&(n, _)| n != count)
            .map(|(n, Pair { id, url, amp_url })| {
                let amp_url = amp_url.as_deref().unwrap_or_default();
                let verified = n < count;
                format!(
                    "{id}\t{url}\t{amp_url}\t{verified}\t1724400000\tPublisher\tA \"title\" <b>&amp;</b>\n"
                )
            })
            .collect();
        let header = "id\tcanonical_url\tamp_url\tverified\ttime\tsource_name\ttitle\n";
        assert_eq!(text(&output.stdout), format!("{header}{expected}"));
        let summary =
            format!("{} links with a URL in pages: {count} confirmed, 1 unverified, 1 refuted\n", count + 2);
        assert_eq!((text(&output.stderr), output.status.code()), (summary.as_str(), Some(1)));
    }
    let output = run(&["harvest"], news_page(&pairs[..count], 0));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn harvest_prints_objects() {
    let known = article(1);
    let mut pairs = pairs(std::slice::from_ref(&known));
    pairs.push(Pair { url: "https://a.example/".into(), ..Pair::from(&article(0)) });
    pairs.push(Pair { id: AMU.into(), url: AMU_URL.into(), amp_url: None });
    pairs.push(Pair { id: "CBMiYmh0dHBzOi8vdGhhbmhuaWVuLnZu".into(), url: AMU_URL.into(), amp_url: None });
    let records = objects(&run(&["harvest", "--json"], news_page(&pairs, 0)).stdout);
    let title = "A \"title\" <b>&amp;</b>";
    assert_eq!(
        records[0],
        json!({"link": null, "kind": "opaque-article", "id": known.id, "canonical_url": known.url, "amp_url": null,
               "token": known.token, "url_len": known.url.len(), "error": null, "source": "page",
               "verified": true, "title": title, "source_name": "Publisher", "time": 1_724_400_000})
    );
    let facts: Vec<_> = records
        .iter()
        .map(|record| [&record["canonical_url"], &record["error"], &record["source"], &record["verified"]])
        .collect();
    assert_eq!(facts[1], [&Value::Null, &json!("URL of another length"), &Value::Null, &Value::Null]);
    assert_eq!(facts[2], [&json!(AMU_URL), &Value::Null, &json!("page"), &json!(true)]);
    assert_eq!(facts[3], [&json!(AMU_URL), &Value::Null, &json!("page"), &json!(false)]);
    assert_eq!((&records[3]["kind"], &records[3]["id"]), (&Value::Null, &json!(pairs[3].id)));
}

#[test]
fn a_page_without_links_is_reported() {
    for args in [&["harvest"][..], &["harvest", "--json"]] {
        let output = run(args, "<html>");
        assert_eq!(text(&output.stderr), "no link with a URL in the pages\n");
        assert_eq!(output.status.code(), Some(1));
    }
    let output = run(&["harvest", "no/such/page.html"], "");
    assert!(text(&output.stderr).starts_with("error: no/such/page.html: "), "{output:?}");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
}

#[test]
fn harvested_urls_are_used_by_resolve() {
    let articles = articles(10);
    let directory = tempfile::tempdir().unwrap();
    let page = write(&directory, "page.html", &news_page(&pairs(&articles[..8]), 0));
    let cache = directory.path().join("answers.jsonl");
    let (page, cache) = (page.to_str().unwrap(), cache.to_str().unwrap());
    for _ in 0..2 {
        assert_eq!(run(&["harvest", "--cache", cache, page], "").status.code(), Some(0));
        assert_eq!(std::fs::read_to_string(cache).unwrap().lines().count(), 8, "each answer once");
    }
    let server = Server::start(&articles, Play::default());
    let output = run(&["resolve", "--base", &server.base, "--cache", cache], lines(&articles));
    assert_eq!(text(&output.stdout), urls(&articles));
    assert_eq!(server.requests(), (2, 1));

    // With the page but without the cache, and with both.
    let second = directory.path().join("second.jsonl");
    for option in [&[][..], &["--cache", second.to_str().unwrap()]] {
        let server = Server::start(&articles, Play::default());
        let args = [&["resolve", "--json", "--base", &server.base, "--learn", page], option].concat();
        let records = objects(&run(&args, lines(&articles)).stdout);
        let sources: Vec<_> = records.iter().map(|record| record["source"].as_str().unwrap()).collect();
        assert_eq!(sources, [vec!["page"; 8], vec!["online"; 2]].concat());
        assert!(records.iter().all(|record| record["verified"] == true));
        assert_eq!(server.requests(), (2, 1));
    }
    assert_eq!(std::fs::read_to_string(second).unwrap().lines().count(), 10);
}

#[test]
fn resolve_requests_pages_first() {
    let mut articles = articles(100);
    let server = Server::start_with_page(&articles, &pairs(&articles[..90]), Play::default());
    let page = "https://news.google.com/rss/search?q=climate&hl=en-US";
    let args = ["resolve", "--base", &server.base, "--page", page, "--page", page];
    let output = run(&args, lines(&articles));
    assert_eq!(text(&output.stdout), urls(&articles));
    assert_eq!(
        text(&output.stderr),
        "90 links with a URL in pages: 90 confirmed, 0 unverified, 0 refuted\n\
         100 links: 100 with a URL, 0 without; requested 1 page with several links, 10 pages and 1 POST\n"
    );
    assert_eq!(*server.seen.news_paths.lock().unwrap(), ["/search?q=climate&hl=en-US"]);
    assert_eq!(server.requests(), (10, 1));

    // The page is not requested if no link needs it.
    let server = Server::start(&[], Play::default());
    let output = run(&["resolve", "--base", &server.base, "--page", page, AMU], "");
    assert_eq!(text(&output.stdout), format!("{AMU_URL}\n"));
    assert_eq!(server.seen.news_pages.load(Ordering::SeqCst), 0);

    // A page that is refused is a block; one without links is reported.
    articles.truncate(2);
    for (news_page, message, requests) in [
        (
            NewsPage::Refused(Block::TooManyRequests),
            "blocked by the service: 2 links left\n2 links: 0 with a URL, 2 without; requested 1 page with several links, 0 pages and 0 POSTs\n",
            (0, 0),
        ),
        (
            NewsPage::Empty,
            "2 links: 2 with a URL, 0 without; requested 1 page with several links, 2 pages and 1 POST\n",
            (2, 1),
        ),
    ] {
        let server = Server::start(&articles, Play { news_page, ..Play::default() });
        let output = run(&["resolve", "--base", &server.base, "--page", page], lines(&articles));
        let error = match news_page {
            NewsPage::Empty => "no links with their URLs in the page",
            _ => "rate limited by Google (HTTP 429)",
        };
        assert_eq!(text(&output.stderr), format!("{page}: {error}\n{message}"));
        assert_eq!(server.requests(), requests);
    }
}

#[test]
fn other_addresses_are_not_pages() {
    let link = article(0).link();
    let output =
        run(&["resolve", "--base", "http://127.0.0.1:1", "--page", "https://example.com/", &link], "");
    assert_eq!(
        text(&output.stderr),
        "error: https://example.com/: not the address of a Google News page with several links\n"
    );
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
}

fn feed(page: &str, links: impl IntoIterator<Item = String>) -> String {
    let items: String = links.into_iter().map(|link| format!("<item><link>{link}</link></item>")).collect();
    format!(
        "<rss><channel><title>x</title>{page}<image><link>https://news.google.com/</link></image>{items}</channel></rss>"
    )
}

#[test]
fn feed_requests_the_page_of_the_feed_first() {
    let articles = articles(100);
    let page = "<link>https://news.google.com/search?q=climate&amp;hl=de&amp;gl=DE&amp;ceid=DE:de</link>";
    let links = || articles.iter().map(Article::link);
    let replaced = || articles.iter().map(|article| article.url.replace('&', "&amp;"));
    for (count, requests) in [(90, (10, 1)), (0, (100, 2)), (100, (0, 0))] {
        let server = Server::start_with_page(&articles, &pairs(&articles[..count]), Play::default());
        let output = run(&["feed", "--resolve", "--base", &server.base], feed(page, links()));
        assert_eq!(text(&output.stdout), feed(page, replaced()), "{count}");
        assert_eq!(*server.seen.news_paths.lock().unwrap(), ["/search?q=climate&hl=de&gl=DE&ceid=DE:de"]);
        assert_eq!(server.requests(), requests);
        let message = match count {
            0 => {
                "https://news.google.com/search?q=climate&hl=de&gl=DE&ceid=DE:de: no links with their URLs in the page"
            }
            90 => "90 links with a URL in pages: 90 confirmed, 0 unverified, 0 refuted",
            _ => "100 links with a URL in pages: 100 confirmed, 0 unverified, 0 refuted",
        };
        assert!(text(&output.stderr).starts_with(message), "{}", text(&output.stderr));
    }
    // Feeds that name other pages or no page, and a feed without opaque links.
    for (page, links, expected) in [
        ("<link>https://news.google.com/?hl=de</link>", 2, vec!["/?hl=de"]),
        (
            "<link>https://news.google.com/topics/CAAqBwgKMI7rigMwlq88?hl=de</link>",
            2,
            vec!["/topics/CAAqBwgKMI7rigMwlq88?hl=de"],
        ),
        ("<link>https://example.com/</link>", 2, vec![]),
        ("", 2, vec![]),
        ("<link>https://news.google.com/?hl=de</link>", 0, vec![]),
    ] {
        let server = Server::start(&articles, Play::default());
        let links = articles[..links].iter().map(Article::link);
        let output = run(&["feed", "--resolve", "--base", &server.base], feed(page, links));
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(*server.seen.news_paths.lock().unwrap(), expected, "{page}");
    }
    let server = Server::start(&articles, Play::default());
    let atom = format!(
        "<feed><link href='https://news.google.com/search?q=x&amp;hl=de'/><entry><link href='{}'/></entry></feed>",
        articles[0].link()
    );
    assert_eq!(run(&["feed", "--resolve", "--base", &server.base], atom).status.code(), Some(0));
    assert_eq!(*server.seen.news_paths.lock().unwrap(), ["/search?q=x&hl=de"]);
}

#[test]
fn feed_resolves_encrypted_redirects() {
    let link = redirect_of_url("https://publisher.example/redirect", 1);
    let server = Server::start(std::slice::from_ref(&link), Play::default());
    let with = |url: &str| feed("", [url.to_owned()]);
    let output = run(
        &["feed", "--resolve", "--base", &server.base],
        with(&format!("https://www.google.com/goto?url={}", link.token)),
    );
    assert_eq!(text(&output.stdout), with(&link.url), "{output:?}");
    assert_eq!(server.seen.redirects.load(Ordering::SeqCst), 1);
}
