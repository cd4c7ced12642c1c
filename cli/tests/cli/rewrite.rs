//! The command `rewrite`.

use std::fs;

use google_news_link_loopback::{Article, Block, Pair, Play, Server, articles, redirect_of_url};

use crate::program::{AMU, AMU_URL, OPAQUE, program, run, text};

fn link() -> String {
    format!("https://news.google.com/articles/{AMU}")
}

#[test]
fn links_are_replaced_and_all_other_bytes_are_kept() {
    let before = [
        b"\xff\0 ".as_slice(),
        format!(
            "[a]({}) <a href=\"{}?hl=en&amp;gl=US\"> {{\"u\":\"https:\\/\\/news.google.com\\/read\\/{AMU}\"}} \
             https://news.google.com/read/{OPAQUE} https://news.google.com/topics/CAAqBwgKMI7rigMwlq88 \
             https://news.google.com/articles/CBMiYmh0dHBzO... ./read/{AMU}\r\n",
            link(),
            link()
        )
        .as_bytes(),
        b"\xfe",
    ]
    .concat();
    let after = [
        b"\xff\0 ".as_slice(),
        format!(
            "[a]({AMU_URL}) <a href=\"{AMU_URL}\"> {{\"u\":\"https:\\/\\/amu.tv\\/111931\\/\"}} \
             https://news.google.com/read/{OPAQUE} https://news.google.com/topics/CAAqBwgKMI7rigMwlq88 \
             https://news.google.com/articles/CBMiYmh0dHBzO... ./read/{AMU}\r\n",
        )
        .as_bytes(),
        b"\xfe",
    ]
    .concat();
    let output = run(&["rewrite"], &before);
    assert_eq!(output.stdout.escape_ascii().to_string(), after.escape_ascii().to_string());
    let summary = "3 links replaced, 3 kept (1 encrypted, 1 without a URL, 1 invalid)\n";
    assert_eq!((text(&output.stderr), output.status.code()), (summary, Some(0)));
}

#[test]
fn relative_replaces_links_without_a_host() {
    let page = format!("<a href=\"./read/{AMU}\">");
    let output = run(&["rewrite"], &page);
    assert_eq!((text(&output.stdout), text(&output.stderr)), (&*page, "0 links replaced, 0 kept\n"));
    let output = run(&["rewrite", "--relative"], &page);
    assert_eq!(text(&output.stdout), format!("<a href=\"{AMU_URL}\">"));
    assert_eq!((text(&output.stderr), output.status.code()), ("1 link replaced, 0 kept\n", Some(0)));
}

#[test]
fn the_text_comes_from_a_file_or_a_pipe_and_goes_to_either() {
    let directory = tempfile::tempdir().unwrap();
    let [input, output] = ["in.md", "out.md"].map(|name| directory.path().join(name));
    let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
    fs::write(input, link()).unwrap();
    for args in
        [&["rewrite", input][..], &["rewrite", "-"], &["rewrite"], &["rewrite", input, "--output", "-"]]
    {
        assert_eq!(text(&run(args, link()).stdout), AMU_URL, "{args:?}");
    }
    for args in [&["rewrite", input, "--output", output][..], &["rewrite", "--output", output]] {
        let result = run(args, link());
        assert_eq!((text(&result.stdout), text(&result.stderr)), ("", "1 link replaced, 0 kept\n"));
        assert_eq!(fs::read_to_string(output).unwrap(), AMU_URL, "{args:?}");
        fs::remove_file(output).unwrap();
    }
}

#[test]
fn links_are_replaced_in_a_text_that_is_read_in_parts() {
    let link = link() + " ";
    for shift in [0, 23, 46, 69] {
        let output = run(&["rewrite"], " ".repeat(shift) + &link.repeat(40_000));
        assert!(text(&output.stdout) == " ".repeat(shift) + &format!("{AMU_URL} ").repeat(40_000));
    }
}

#[test]
fn a_file_can_be_rewritten_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.md");
    // The text is longer than the window in which it is read.
    let notes = (link() + "\n" + &"x".repeat(1000) + "\n").repeat(2_000);
    fs::write(&path, &notes).unwrap();
    let output = run(&["rewrite", path.to_str().unwrap(), "--output", path.to_str().unwrap()], "");
    assert_eq!((text(&output.stderr), output.status.code()), ("2000 links replaced, 0 kept\n", Some(0)));
    assert!(fs::read_to_string(&path).unwrap() == notes.replace(&link(), AMU_URL));
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn an_input_that_cannot_be_read_does_not_change_the_output() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.md");
    fs::write(&path, "old").unwrap();
    let folder = directory.path().to_str().unwrap();
    for args in [&["rewrite", folder][..], &["rewrite", "--resolve", folder]] {
        let output = run(&[args, &["--output", path.to_str().unwrap()]].concat(), "");
        let message = format!("error: {folder}: Is a directory (os error 21)\n");
        assert_eq!((text(&output.stderr), output.status.code()), (&*message, Some(2)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no temporary file is left");
    }
}

#[cfg(unix)]
#[test]
fn standard_output_must_not_be_the_input() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.md");
    fs::write(&path, link()).unwrap();
    let open = || fs::OpenOptions::new().append(true).open(&path).unwrap();
    for (args, stdin) in [
        (&["rewrite", path.to_str().unwrap()][..], None),
        (&["rewrite"], Some(fs::File::open(&path).unwrap())),
    ] {
        let mut command = program(args);
        if let Some(stdin) = stdin {
            command.stdin(stdin);
        }
        let output = command.stdout(open()).output().unwrap();
        assert_eq!(text(&output.stderr), "error: standard output: input and output are the same file\n");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(fs::read_to_string(&path).unwrap(), link());
    }
}

#[test]
fn resolve_replaces_encrypted_links() {
    let articles = articles(3);
    let redirect = redirect_of_url("https://publisher.example/a(b)", 1);
    let known = [&articles[..2], std::slice::from_ref(&redirect)].concat();
    let server = Server::start(&known, Play::default());
    let notes = |urls: [&str; 4]| {
        format!("[a]({}) [a again]({}) [b]({}) [c]({}) {{}}", urls[0], urls[0], urls[1], urls[2])
            + &format!(" [d]({})", urls[3])
    };
    let [first, second, third] = [0, 1, 2].map(|n| articles[n].link());
    let goto = format!("https://www.google.com/goto?url={}", redirect.token);
    let before = notes([&first, &second, &third, &goto]);
    let after = notes([&articles[0].url, &articles[1].url, &third, "https://publisher.example/a%28b%29"]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.md");
    fs::write(&path, &before).unwrap();
    let resolve = ["rewrite", "--resolve", "--base", &server.base];
    for file in [&[path.to_str().unwrap()][..], &[]] {
        let output = run(&[&resolve[..], file].concat(), &before);
        assert_eq!(text(&output.stdout), after);
        assert_eq!(
            text(&output.stderr),
            "1 encrypted link: unexpected status 404\n\
             4 links replaced, 1 kept (1 encrypted); requested 4 pages, 1 redirect and 1 POST\n"
        );
        assert_eq!(output.status.code(), Some(1), "a link has no URL");
    }

    // The output is the input, and no link has to be requested.
    let name = path.to_str().unwrap();
    let output = run(&[&resolve[..], &["--output", name, name]].concat(), "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&path).unwrap(), after);
    let output = run(&resolve, link());
    assert_eq!(text(&output.stdout), AMU_URL);
    assert_eq!(text(&output.stderr), "1 link replaced, 0 kept; requested 0 pages and 0 POSTs\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn all_options_of_resolve_are_accepted() {
    let articles = articles(5);
    let before: String = articles.iter().map(|article| format!("({})\n", article.link())).collect();
    let after: String = articles.iter().map(|article| format!("({})\n", article.url)).collect();
    let feed = |links: &dyn Fn(&Article) -> String| {
        let items: String =
            articles.iter().map(|article| format!("<item><link>{}</link></item>", links(article))).collect();
        format!("<rss><channel>{items}</channel></rss>\n")
    };
    let (feed_before, feed_after) =
        (feed(&Article::link), feed(&|article| article.url.replace('&', "&amp;")));

    let page = "https://news.google.com/search?q=a";
    for (command, before, after) in [("rewrite", &before, &after), ("feed", &feed_before, &feed_after)] {
        let pairs: Vec<_> = articles.iter().map(Pair::from).collect();
        let server = Server::start_with_page(&articles, &pairs, Play::default());
        let output = run(&[command, "--resolve", "--base", &server.base, "--page", page], before);
        assert_eq!((text(&output.stdout), output.status.code()), (&**after, Some(0)), "{output:?}");
        assert_eq!(server.requests(), (0, 0), "all are in the page");

        let server = Server::start(&articles, Play { budget: 2, refusals: 1, ..Play::default() });
        let args = [command, "--resolve", "--base", &server.base, "--wait", "1", "--in-flight", "1"];
        let output = run(&args, before);
        assert_eq!((text(&output.stdout), output.status.code()), (&**after, Some(0)), "{output:?}");
        assert!(text(&output.stderr).contains("continuing in 1 second with 3 articles\n"), "{output:?}");

        let server = Server::start(&articles, Play { answered: 0, ..Play::default() });
        let args = [command, "--resolve", "--base", &server.base, "--timeout", "60", "--deadline", "1"];
        let output = run(&args, before);
        assert_eq!((text(&output.stdout), output.status.code()), (&**before, Some(1)), "{output:?}");
        assert!(text(&output.stderr).contains("\ndeadline reached: "), "{output:?}");
    }
    for option in ["--page", "--wait", "--deadline", "--learn", "--cache"] {
        let output = run(&["rewrite", option, "1"], "");
        assert_eq!(output.status.code(), Some(2), "{option} has no use without --resolve");
    }
}

#[test]
fn answers_are_kept_in_the_cache() {
    let articles = articles(60);
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("answers.jsonl");
    let before: String = articles.iter().map(|article| format!("<{}>\n", article.link())).collect();
    let after: String = articles.iter().map(|article| format!("<{}>\n", article.url)).collect();
    let server =
        Server::start(&articles, Play { budget: 50, block: Block::TooManyRequests, ..Play::default() });
    let resolve = ["rewrite", "--resolve", "--cache", cache.to_str().unwrap(), "--base", &server.base];
    let output = run(&resolve, &before);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("\nblocked by the service: "), "{output:?}");
    assert!(text(&output.stdout).contains(&articles[0].url));
    assert!(text(&output.stdout).contains(&articles[59].link()));

    let server = Server::start(&articles, Play::default());
    let resolve = ["rewrite", "--resolve", "--cache", cache.to_str().unwrap(), "--base", &server.base];
    let output = run(&resolve, &before);
    assert_eq!((text(&output.stdout), output.status.code()), (&*after, Some(0)));
    assert!(server.requests().0 < 60, "{:?}", server.requests());
    let output = run(&resolve, &before);
    assert_eq!(
        text(&output.stderr),
        "60 links replaced, 0 kept; requested 0 pages and 0 POSTs\n",
        "all answers are in the cache"
    );
}

/// Rewrites `len` bytes and returns the peak memory of the program, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(len: usize) -> u64 {
    use std::io::{Read, Write};

    let mut child = program(&["rewrite"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let piece = format!("{}\n{}\n", link(), "text ".repeat(400)).repeat(500);
        for _ in 0..len.div_ceil(piece.len()) {
            stdin.write_all(piece.as_bytes()).unwrap();
        }
        stdin
    });
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        let mut count = 0;
        while let Ok(read @ 1..) = stdout.read(&mut buffer) {
            count += read;
        }
        count
    });
    // The program waits for the end of its input while it is measured.
    let stdin = writer.join().unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(reader.join().unwrap() > len * 9 / 10);
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes a minute without optimization"]
fn a_gigabyte_is_rewritten_in_less_than_32_mb() {
    let peak = peak_memory(1 << 30);
    println!("{:.1} MB", peak as f64 / 1e6);
    assert!(peak < 32_000_000, "{peak}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_text() {
    let peak = peak_memory(16 << 20);
    assert!(peak < 32_000_000, "{peak}");
}
