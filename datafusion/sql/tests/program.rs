//! Runs the program with the arguments that users and the READMEs pass to it.

use std::process::{Command, Output, Stdio};

const LINKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/links.csv");

/// Returns the program with the folder `datafusion` as its working directory, as in the READMEs.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_google-news-link-sql"));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command
}

/// Splits a command line into arguments as a shell does: at white space outside of double quotes.
fn split_arguments(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// How the READMEs run the program.
const RUN: &str = "$ cargo run --release -p google-news-link-sql -- ";

/// Returns the commands in a README, each as its arguments and the output shown.
fn commands(readme: &str) -> Vec<(Vec<String>, String)> {
    let blocks = readme.split("```console\n").skip(1).map(|block| block.split_once("\n```").unwrap().0);
    blocks
        .filter_map(|block| block.strip_prefix(RUN))
        .map(|block| {
            let mut lines = block.lines();
            let mut command = String::new();
            // A line that ends inside quotes continues in the next one.
            while command.is_empty() || command.matches('"').count() % 2 == 1 {
                command.push_str(lines.next().unwrap());
                command.push('\n');
            }
            (split_arguments(&command), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

#[test]
fn readme_commands_print_the_output_shown() {
    for readme in [include_str!("../../README.md"), include_str!("../README.md")] {
        let commands = commands(readme);
        assert!(!commands.is_empty());
        // Every command is in a console block: others would not be run.
        assert_eq!(commands.len(), readme.matches("google-news-link-sql -- ").count());
        for (args, expected) in commands {
            let output = program().args(&args).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
            assert!(output.status.success());
            assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), expected, "{args:?}");
        }
    }
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// Returns what the program prints.
fn printed(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_format_can_be_written_and_read_back() {
    const QUERY: &str = "SELECT published, google_news_kind(link) AS kind, google_news_url(link) AS url, \
                         google_news_error(link) AS error, link FROM links ORDER BY published";
    let expected = printed(&[QUERY, "links=tests/data/links.csv"]);
    let dates: Vec<_> = std::fs::read_to_string(LINKS)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap().0.to_owned())
        .collect();
    const FRAME: usize = 4;
    assert_eq!(expected.lines().count(), dates.len() + FRAME);
    let rows_of_a = dates.iter().filter(|date| date.as_str() <= "2024-06-17").count();
    assert!(0 < rows_of_a && rows_of_a < dates.len());
    let folder = tempfile::tempdir().unwrap();
    for extension in [
        "parquet",
        "csv",
        "csv.gz",
        "csv.zst",
        "jsonl",
        "ndjson",
        "json",
        "jsonl.gz",
        "json.zst",
        "ndjson.zst",
    ] {
        let files = folder.path().join(extension.replace('.', "-"));
        std::fs::create_dir(&files).unwrap();
        let files = files.to_str().unwrap();
        // In two parts, the first without damaged links.
        for (part, condition) in [("a", "<= '2024-06-17'"), ("b", "> '2024-06-17'")] {
            let file = format!("{files}/{part}.{extension}");
            let select = format!("SELECT * FROM links WHERE published {condition}");
            assert_eq!(printed(&[&select, "links=tests/data/links.csv", "--output", &file]), "");
            assert_ne!(std::fs::read(file).unwrap(), b"");
        }
        // Hidden files are ignored.
        std::fs::write(format!("{files}/_SUCCESS"), "").unwrap();
        std::fs::copy(format!("{files}/a.{extension}"), format!("{files}/_a.{extension}")).unwrap();
        std::fs::copy(format!("{files}/a.{extension}"), format!("{files}/.a.{extension}")).unwrap();
        // JSON has no dates.
        let query = QUERY.replacen("published", "published::date AS published", 1);
        assert_eq!(printed(&[&query, &format!("links={files}")]), expected, "{extension}");
        let one = printed(&["SELECT count(*) AS rows FROM links", &format!("links={files}/a.{extension}")]);
        assert_eq!(one.lines().nth(3), Some(&*format!("| {rows_of_a:<4} |")), "{extension}");
        // The contents have the format of the extension.
        let start = std::fs::read(format!("{files}/a.{extension}")).unwrap();
        let magic: &[u8] = match extension {
            "parquet" => b"PAR1",
            "csv" => b"published,link\n2024-05-03,",
            _ if extension.ends_with(".gz") => b"\x1f\x8b",
            _ if extension.ends_with(".zst") => b"\x28\xb5\x2f\xfd",
            _ => b"{\"published\":\"2024-05-03\",",
        };
        assert!(start.starts_with(magic), "{extension}");
    }
}

#[test]
fn queries_can_join_tables() {
    let found = printed(&[
        "SELECT count(*) AS both FROM links JOIN crawl ON google_news_token(link) = google_news_token(url)",
        "links=tests/data/links.csv",
        "crawl=tests/data/crawl",
    ]);
    assert_eq!(found.lines().nth(3), Some("| 2    |"));
}

#[test]
fn file_names_are_not_glob_patterns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("[a]*");
    std::fs::create_dir(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let links = "links=tests/data/links.csv";
    for (name, rows) in [("links1.csv", "3"), ("links[1].csv", "2"), ("100%20 ?#.csv", "1")] {
        assert_eq!(
            printed(&[&format!("SELECT * FROM links LIMIT {rows}"), links, "--output", &file(name)]),
            ""
        );
        let found = printed(&["SELECT count(*) FROM links", &format!("links={}", file(name))]);
        assert_eq!(found.lines().nth(3), Some(&*format!("| {rows}        |")), "{name}");
    }
    let found = printed(&["SELECT count(*) FROM links", &format!("links={}", folder.display())]);
    assert_eq!(found.lines().nth(3), Some("| 6        |"));
}

#[test]
fn column_types_are_inferred_from_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let id = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
    let csv = format!("number,link\n{}1,{id}\nx,{id}\n", "7,\n".repeat(2_000));
    let json =
        format!("{}{{\"number\":1,\"link\":\"{id}\"}}\n", "{\"number\":7,\"link\":null}\n".repeat(2_000));
    for (name, text, expected) in [("a.csv", csv, "| 2     |"), ("a.jsonl", json, "| 1     |")] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let table = format!("links={}", file.display());
        let found = printed(&["SELECT count(google_news_url(link)) AS found FROM links", &table]);
        assert_eq!(found.lines().nth(3), Some(expected), "{name}");
    }
}

#[test]
fn failed_queries_leave_the_output_file_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = folder.path().join("numbers.csv");
    let text: String = (1..=20_000).map(|number| format!("{number}\n")).collect();
    std::fs::write(&numbers, format!("n\n{text}")).unwrap();
    let numbers = format!("numbers={}", numbers.display());
    for extension in ["parquet", "csv", "csv.gz", "jsonl"] {
        let file = folder.path().join(format!("kept.{extension}"));
        let output = ["--output", file.to_str().unwrap()];
        printed(&[&["SELECT n FROM numbers", numbers.as_str()], &output[..]].concat());
        let kept = std::fs::read(&file).unwrap();
        let failed =
            run(&[&["SELECT 1 / (n - 19000) AS n FROM numbers", numbers.as_str()], &output[..]].concat());
        assert_eq!(failed.status.code(), Some(1), "{extension}");
        assert!(std::fs::read(&file).unwrap() == kept, "{extension}");
    }
    // No temporary file is left.
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["kept.csv", "kept.csv.gz", "kept.jsonl", "kept.parquet", "numbers.csv"]);
}

#[test]
fn answers_without_rows_have_columns() {
    const QUERY: &str = "SELECT published, google_news_url(link) AS url FROM links WHERE false";
    let links = "links=tests/data/links.csv";
    assert_eq!(printed(&[QUERY, links]).lines().nth(1), Some("| published | url |"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["none.csv", "none.parquet"] {
        let file = folder.path().join(name);
        let file = file.to_str().unwrap();
        printed(&[QUERY, links, "--output", file]);
        let found = printed(&["SELECT * FROM answer", &format!("answer={file}")]);
        assert_eq!(found.lines().nth(1), Some("| published | url |"), "{name}");
    }
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let mut command = program();
    command.args(["SELECT 1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    drop(running.stdout.take());
    let output = running.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn wrong_arguments_and_queries_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, "").unwrap();
        path.to_str().unwrap().to_owned()
    };
    let unknown = file("links.txt");
    let mixed = folder.path().join("mixed");
    std::fs::create_dir(&mixed).unwrap();
    std::fs::write(mixed.join("a.csv"), "").unwrap();
    std::fs::write(mixed.join("b.csv.gz"), "").unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::create_dir_all(folder.path().join("deep/inner")).unwrap();
    let turned = folder.path().join("turned");
    std::fs::create_dir(&turned).unwrap();
    std::fs::write(turned.join("1.csv"), "title,link\na,b\n").unwrap();
    std::fs::write(turned.join("2.csv"), "link,title\nb,a\n").unwrap();
    let links = "links=tests/data/links.csv";
    let copy = folder.path().join("copy.csv");
    std::fs::copy(LINKS, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    for (args, code, message) in [
        (vec!["SELECT nope(link) FROM links", links], 1, "Invalid function 'nope'"),
        (vec!["SELECT google_news_url(nope) FROM links", links], 1, "No field named nope"),
        (vec!["SELECT google_news_url(1)"], 1, "google_news_url(link: String)"),
        (vec!["SELEC"], 1, "Expected"),
        (vec!["SELECT 1", "links"], 2, "no `=` between the name and the file"),
        (vec!["SELECT 1", "=a.csv"], 2, "no name before the `=`"),
        (vec!["SELECT 1", "links=nope.csv"], 2, "No such file or directory"),
        (vec!["SELECT 1", &format!("links={unknown}")], 2, "links.txt: neither .parquet nor .csv nor .jsonl"),
        (vec!["SELECT 1", &format!("links={}", mixed.display())], 2, "mixed: files of more than one format"),
        (vec!["SELECT 1", &format!("links={}", empty.display())], 2, "empty: no files"),
        (
            vec!["SELECT 1", &format!("links={}", folder.path().join("deep").display())],
            2,
            "inner: a folder in the folder",
        ),
        (vec!["SELECT 1", "--output", "a.txt"], 2, "a.txt: neither .parquet nor .csv nor .jsonl"),
        (vec!["SELECT 1", "--output", "a.parquet.gz"], 2, "a.parquet.gz: neither .parquet nor"),
        (vec!["SELECT 1", "--output", "nope/a.csv"], 1, "nope: No such file or directory"),
        (
            vec!["SELECT * FROM links", &format!("links={copy}"), "--output", copy],
            1,
            "copy.csv: is what the query reads",
        ),
        (
            vec![
                "SELECT * FROM links",
                &format!("links={}", turned.display()),
                "--output",
                turned.join("3.csv").to_str().unwrap(),
            ],
            1,
            "3.csv: is what the query reads",
        ),
        (
            vec!["SELECT 1", &format!("links={}", turned.display())],
            1,
            "2.csv: not the columns of the other files",
        ),
    ] {
        let output = run(&args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{args:?}: {stderr}");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(std::fs::read(copy).unwrap(), std::fs::read(LINKS).unwrap());
}
