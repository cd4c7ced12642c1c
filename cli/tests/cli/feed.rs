//! The command `feed`.

use std::path::{Path, PathBuf};

use google_news_link_loopback::{Article, Play, Server, articles};

use crate::program::{program, run, text};

const LINK: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/feeds").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// A feed as Google writes it, and one with everything that Atom and XML allow, each with the expected summary.
const FEEDS: [(&str, &str, &str); 2] = [
    ("google.xml", "google.expected.xml", "11 links replaced; 4 opaque and 3 other links unchanged\n"),
    ("atom.xml", "atom.expected.xml", "13 links replaced; 1 opaque and 3 other links unchanged\n"),
];

#[test]
fn links_are_replaced_and_nothing_else() {
    for (feed, expected, summary) in FEEDS {
        let output = run(&["feed"], file(feed));
        assert_eq!(text(&output.stdout), text(&file(expected)), "{feed}");
        assert_eq!((text(&output.stderr), output.status.code()), (summary, Some(0)));
    }
}

#[test]
fn the_feed_comes_from_a_file_or_a_pipe_and_goes_to_either() {
    let (feed, expected, summary) = FEEDS[0];
    let path = path(feed);
    for args in [&["feed", path.to_str().unwrap()][..], &["feed", "-"], &["feed"]] {
        assert_eq!(run(args, file(feed)).stdout, file(expected), "{args:?}");
    }

    // The output may be the input.
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("feed.xml");
    std::fs::copy(path, &copy).unwrap();
    let name = copy.to_str().unwrap();
    let output = run(&["feed", name, "--output", name], "");
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("", summary));
    assert_eq!(std::fs::read(&copy).unwrap(), file(expected));

    // If a feed is not well-formed, the output file is not changed.
    let output = run(&["feed", "--output", name], "<rss><channel></rss>");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read(&copy).unwrap(), file(expected));
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn malformed_feeds_are_errors() {
    let output = run(&["feed"], format!("<rss><link>{LINK}</link>"));
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
    assert_eq!(text(&output.stderr), "error: standard input: an element that is not closed, at byte 0\n");
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions_and_symbolic_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let directory = tempfile::tempdir().unwrap();
    let [file, link, second, dangling] =
        ["feed.xml", "link.xml", "second.xml", "dangling.xml"].map(|name| directory.path().join(name));
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o604)).unwrap();
    symlink("feed.xml", &link).unwrap();
    symlink(&link, &second).unwrap();
    symlink("new.xml", &dangling).unwrap();
    for (output, written) in
        [(&file, &file), (&link, &file), (&second, &file), (&dangling, &directory.path().join("new.xml"))]
    {
        std::fs::write(&file, "old").unwrap();
        let result = run(&["feed", "--output", output.to_str().unwrap()], "<rss/>");
        assert_eq!(result.status.code(), Some(0), "{result:?}");
        assert_eq!(std::fs::read_to_string(written).unwrap(), "<rss/>", "{output:?}");
    }
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o604);
    // A new file has the permissions of any other new file.
    let other = directory.path().join("other");
    std::fs::write(&other, "").unwrap();
    assert_eq!(mode(&directory.path().join("new.xml")), mode(&other));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(std::fs::symlink_metadata(&dangling).unwrap().is_symlink());

    // A cycle of symbolic links.
    let circle = directory.path().join("circle");
    symlink("circle", &circle).unwrap();
    let result = run(&["feed", "--output", circle.to_str().unwrap()], "<rss/>");
    assert!(text(&result.stderr).contains("circle: Too many levels of symbolic links"), "{result:?}");
    assert_eq!(result.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_file_is_replaced_at_once() {
    // The old file is not written to: a reader that has it open still sees the old content.
    use std::io::Read;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("feed.xml");
    std::fs::write(&path, "old").unwrap();
    let mut old = std::fs::File::open(&path).unwrap();
    let output = program(&["feed", "--output", "feed.xml"]).current_dir(&directory).spawn();
    let output = crate::program::finish(output.unwrap(), "<rss/>");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut content = String::new();
    old.read_to_string(&mut content).unwrap();
    assert_eq!(content, "old");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "<rss/>");
}

#[test]
fn feed_replaces_opaque_links_with_resolved_urls() {
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
    let output = run(
        &["feed", "--resolve", "--base", &server.base],
        feed(&Article::link, &|article| article.id.clone(), &Article::link),
    );
    assert_eq!(
        text(&output.stdout),
        feed(
            &|article| url_or(article, article.link(), "&amp;"),
            &|article| url_or(article, article.id.clone(), "&amp;"),
            &|article| url_or(article, article.link(), "&amp;amp;"),
        )
    );
    assert_eq!(
        text(&output.stderr),
        "3 opaque links: unexpected status 404\n6 links replaced; 3 opaque and 0 other links unchanged\n"
    );
    assert_eq!(output.status.code(), Some(1), "a link has no URL");
    assert_eq!(server.requests(), (4, 1));
}
