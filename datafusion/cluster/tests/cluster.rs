//! A cluster of real processes on this machine returns the same answers as the engine in this process, or an error.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use google_news_link_datafusion::register_all;
use tempfile::TempDir;

/// A process that is killed at the end of the test, even if the test panics.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        Process(command.spawn().unwrap())
    }

    /// Kills it without a chance to clean up, like a power failure.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `done` returns true. The number of attempts is limited only so that a test that fails does not hang.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    const ATTEMPTS: usize = 6_000;
    for _ in 0..ATTEMPTS {
        if done() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("{what}: not after {ATTEMPTS} attempts");
}

/// A scheduler and its executors.
struct Cluster {
    scheduler: Process,
    executors: Vec<Process>,
    port: u16,
    folder: TempDir,
    /// One cluster at a time: two would overload a small machine.
    _lock: MutexGuard<'static, ()>,
}

/// The number of executors. Each has one core, so that every query with two tasks needs both.
const EXECUTORS: usize = 2;

impl Cluster {
    fn start() -> Self {
        static LOCK: Mutex<()> = Mutex::new(());
        let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports::<{ 1 + 2 * EXECUTORS }>();
        let [port, executor_ports @ ..] = ports;
        let log = |name: &str| fs::File::create(folder.path().join(name)).unwrap();
        let scheduler = Process::start(
            Command::new(env!("CARGO_BIN_EXE_scheduler"))
                .args(["--port", &port.to_string(), "--executors", &EXECUTORS.to_string()])
                .args(["--executor-timeout", "6", "--check-interval", "1"])
                .stderr(log("scheduler.log")),
        );
        wait_for("scheduler", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let executors = executor_ports
            .chunks(2)
            .enumerate()
            .map(|(at, ports)| {
                let work_dir = folder.path().join(format!("executor-{at}"));
                fs::create_dir(&work_dir).unwrap();
                Process::start(
                    Command::new(env!("CARGO_BIN_EXE_executor"))
                        .args(["--scheduler-host", "127.0.0.1", "--scheduler-port", &port.to_string()])
                        .args(["--external-host", "127.0.0.1"])
                        .args(["--port", &ports[0].to_string(), "--task-port", &ports[1].to_string()])
                        .args(["--cores", "1", "--heartbeat", "2", "--work-dir"])
                        .arg(&work_dir)
                        // Logs every task.
                        .env("RUST_LOG", "warn,ballista_executor=info")
                        .stderr(log(&format!("executor-{at}.log"))),
                )
            })
            .collect();
        let mut cluster = Cluster { scheduler, executors, port, folder, _lock: lock };
        wait_for("executors", || {
            assert!(cluster.scheduler.is_running(), "{}", cluster.logs());
            let running = cluster.executors.iter_mut().all(Process::is_running);
            assert!(running, "{}", cluster.logs());
            is_ready(port)
        });
        cluster
    }

    fn client(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_client"));
        command.args(args).args(["--scheduler", &format!("df://127.0.0.1:{}", self.port)]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Returns what the client prints.
    fn printed(&self, args: &[&str]) -> String {
        let output = self.client(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}{}", self.logs());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the folder of the data that an executor has written.
    fn work_dir(&self, executor: usize) -> PathBuf {
        self.folder.path().join(format!("executor-{executor}"))
    }

    fn logs(&self) -> String {
        let names = ["scheduler.log", "executor-0.log", "executor-1.log"];
        names.map(|name| format!("\n{name}:\n{}", self.log(name))).concat()
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Returns `true` if an executor has received a task.
    fn has_started_a_task(&self) -> bool {
        (0..EXECUTORS).any(|at| {
            let log = self.log(&format!("executor-{at}.log"));
            log.contains("Received task") || log.contains("Execute task")
        })
    }
}

/// Returns unused ports.
fn free_ports<const N: usize>() -> [u16; N] {
    // All of them are bound before the first is released, so that they differ.
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// Returns `true` if the scheduler reports that its executors have connected.
fn is_ready(port: u16) -> bool {
    let answer = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

/// Returns `true` if `folder` or one of its subfolders contains a file.
fn contains_files(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| match entry.path() {
            path if path.is_dir() => contains_files(&path),
            _ => true,
        })
    })
}

fn context() -> SessionContext {
    let mut ctx = SessionContext::new_with_config(SessionConfig::new());
    register_all(&mut ctx).unwrap();
    ctx
}

/// Writes `files` Parquet files of `rows` rows each to `folder`. The column `id` counts from 0, and `link` repeats the
/// vectors and NULL.
async fn write_links(folder: &Path, files: usize, rows: usize) {
    let tables = [
        include_str!("../../../tests/data/vectors/links.tsv"),
        include_str!("../../../tests/data/vectors/hostile.tsv"),
    ];
    let links: Vec<Option<&str>> = tables
        .iter()
        .flat_map(|table| table.lines().skip(1).map(|line| line.split('\t').next()))
        .chain([None])
        .collect();
    let lines: usize = tables.iter().map(|table| table.lines().count()).sum();
    assert_eq!(links.len(), lines - tables.len() + 1);
    let ctx = context();
    for file in 0..files {
        let ids = file * rows..(file + 1) * rows;
        let link: ArrayRef = Arc::new(StringArray::from_iter(ids.clone().map(|id| links[id % links.len()])));
        let id: ArrayRef = Arc::new(Int64Array::from_iter_values(ids.map(|id| id as i64)));
        let batch =
            RecordBatch::try_from_iter_with_nullable([("id", id, false), ("link", link, true)]).unwrap();
        let path = folder.join(format!("part-{file}.parquet"));
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        ctx.read_batch(batch).unwrap().write_parquet(path.to_str().unwrap(), options, None).await.unwrap();
    }
}

/// Returns the answer of the engine in this process for the Parquet files in `folder`.
async fn local(sql: &str, folder: &Path) -> String {
    let ctx = context();
    let folder = format!("{}/", folder.display());
    ctx.register_parquet("links", folder, ParquetReadOptions::new()).await.unwrap();
    ctx.sql(sql).await.unwrap().to_string().await.unwrap()
}

const SUITE: [&str; 9] = [
    "SELECT id, google_news_url(link) AS url, google_news_amp_url(link) AS amp_url, google_news_kind(link) AS kind, \
            google_news_id(link) AS link_id, google_news_token(link) AS token, google_news_url_len(link) AS url_len, \
            google_news_error(link) AS error \
     FROM links WHERE id % 7 = 0 ORDER BY id",
    "SELECT id, unnest(news) FROM (SELECT id, google_news_decode(link) AS news FROM links) WHERE id < 1000 ORDER BY id",
    "SELECT id, google_news_decode(link)['url_len'] AS len FROM links \
     WHERE google_news_decode(link)['kind'] = 'opaque-article' ORDER BY id",
    "SELECT id, google_news_url(link) AS url FROM links \
     WHERE google_news_url(link) LIKE 'https://www.%' ORDER BY url, id LIMIT 500",
    "SELECT google_news_kind(link) AS kind, count(*) AS links, count(DISTINCT google_news_url(link)) AS urls \
     FROM links GROUP BY kind ORDER BY kind",
    "SELECT split_part(google_news_url(link), '/', 3) AS host, count(*) AS articles FROM links \
     WHERE google_news_kind(link) = 'article' GROUP BY host ORDER BY articles DESC, host",
    "WITH tokens AS (SELECT id, google_news_token(link) AS token FROM links WHERE id < 2000) \
     SELECT a.token, count(*) AS pairs, min(a.id) AS first, max(b.id) AS last \
     FROM tokens a JOIN tokens b ON a.token = b.token AND a.id < b.id GROUP BY a.token ORDER BY a.token",
    // Ballista 55 can't send a dictionary from one stage to the next, so the first stage casts it.
    "SELECT arrow_cast(google_news_error(arrow_cast(link, 'Dictionary(Int32, Utf8)')), 'Utf8') AS error, \
            count(*) AS links FROM links GROUP BY error ORDER BY error",
    "SELECT google_news_kind(arrow_cast(link, 'Binary')) AS kind, sum(id) AS ids FROM links GROUP BY kind ORDER BY kind",
];

#[tokio::test(flavor = "multi_thread")]
async fn cluster_answers_equal_those_of_one_process() {
    let cluster = Cluster::start();
    let data = tempfile::tempdir().unwrap();
    let (links, copies) = (data.path().join("links"), data.path().join("copies"));
    for folder in [&links, &copies] {
        fs::create_dir(folder).unwrap();
    }
    write_links(&links, 8, 5_000).await;
    let table = format!("links={}", links.display());
    for sql in SUITE {
        let expected = local(sql, &links).await;
        assert!(expected.lines().count() > 4, "{sql}: {expected}");
        assert_eq!(cluster.printed(&[sql, &table]), format!("{expected}\n"), "{sql}");
    }
    // Both executors have run tasks.
    for executor in 0..EXECUTORS {
        assert!(contains_files(&cluster.work_dir(executor)), "executor {executor}");
    }

    const SELECT: &str =
        "SELECT id, google_news_url(link) AS link, google_news_error(link) AS error FROM links";
    const ALL: &str = "SELECT * FROM links ORDER BY id";
    let expected = local(&format!("{SELECT} ORDER BY id"), &links).await;
    let copy = format!("COPY ({SELECT}) TO '{}/' STORED AS PARQUET", copies.display());
    let count = cluster.printed(&[&copy, &table]);
    assert_eq!(count.lines().nth(3), Some("| 40000 |"), "{count}");
    assert_eq!(local(ALL, &copies).await, expected);

    // The client writes dates unchanged, and the columns of an answer without rows.
    let csv = data.path().join("dates.csv");
    fs::write(&csv, "day,at,link\n2024-06-02,2024-06-02T01:02:03,hello\n2024-06-03,,\"a, b\"\n").unwrap();
    let table_of_dates = format!("dates={}", csv.display());
    let answer = data.path().join("answer.csv");
    for (condition, expected) in [
        ("true", "day,at,link\n2024-06-02,2024-06-02T01:02:03,hello\n2024-06-03,,\"a, b\"\n"),
        ("false", "day,at,link\n"),
    ] {
        let sql = format!("SELECT * FROM dates WHERE {condition} ORDER BY day");
        assert_eq!(cluster.printed(&[&sql, &table_of_dates, "--output", answer.to_str().unwrap()]), "");
        assert_eq!(fs::read_to_string(&answer).unwrap(), expected, "{condition}");
    }
    let packed = data.path().join("dates.csv.gz");
    fs::write(&packed, "").unwrap();
    let refused = cluster.client(&["SELECT 1", &format!("dates={}", packed.display())]).output().unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(message, "error: dates: a cluster can't read .gz and .zst; unpack it, or write Parquet\n");

    let file = data.path().join("one").join("links.parquet");
    fs::create_dir(file.parent().unwrap()).unwrap();
    assert_eq!(cluster.printed(&[SELECT, &table, "--output", file.to_str().unwrap()]), "");
    assert_eq!(local(ALL, file.parent().unwrap()).await, expected);
}

/// Returns the client's arguments in the README and the output shown.
fn readme_example() -> ([&'static str; 2], &'static str) {
    let (_, command) = include_str!("../README.md").split_once("$ target/release/client \"").unwrap();
    let (sql, rest) = command.split_once("\" ").unwrap();
    let (table, rest) = rest.split_once('\n').unwrap();
    let (output, _) = rest.split_once("```").unwrap();
    ([sql, table], output)
}

#[test]
fn the_readme_shows_the_output_of_its_query() {
    let cluster = Cluster::start();
    let (args, expected) = readme_example();
    let output =
        cluster.client(&args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{}", cluster.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_an_executor_neither_loses_nor_duplicates_rows() {
    let mut cluster = Cluster::start();
    let links = tempfile::tempdir().unwrap();
    // Enough rows for some seconds on a fast machine.
    const FILES: usize = 32;
    const ROWS: usize = 10_000;
    write_links(links.path(), FILES, ROWS).await;
    let table = format!("links={}", links.path().display());
    let sql = "SELECT id, google_news_kind(link) AS kind, google_news_error(link) AS error FROM links";
    let mut client = cluster.client(&[sql, &table]).spawn().unwrap();
    let mut stdout = client.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).map(|_| printed)
    });
    let mut client = Process(client);
    // Part of the work has been done and is lost with the executor.
    let work_dir = cluster.work_dir(1);
    wait_for("work", || contains_files(&work_dir));
    cluster.executors[1].kill();
    assert!(client.is_running(), "the query was over before the executor was killed");
    fs::remove_dir_all(&work_dir).unwrap();
    wait_for("answer", || !client.is_running());
    let printed = reader.join().unwrap().unwrap();
    assert!(client.0.wait().unwrap().success(), "{}", cluster.logs());
    let ids: Vec<i64> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_whitespace().next()?.parse().ok())
        .collect();
    let rows = (FILES * ROWS) as i64;
    assert_eq!(ids.len(), FILES * ROWS);
    assert_eq!(ids.iter().copied().collect::<HashSet<_>>(), (0..rows).collect());
}

/// Checks that the query has failed and returns the client's message.
fn failure_message(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_unreachable_scheduler_is_an_error() {
    let mut cluster = Cluster::start();
    let [sql, table] = endless();
    let mut client = cluster.client(&[&sql, &table, "--timeout", "60"]);
    let running = client.spawn().unwrap();
    wait_for("task", || cluster.has_started_a_task());
    cluster.scheduler.kill();
    for output in [running.wait_with_output().unwrap(), client.output().unwrap()] {
        let message = failure_message(&output);
        assert!(
            message.starts_with(&format!("error: no scheduler at df://127.0.0.1:{}: ", cluster.port)),
            "{message}"
        );
    }
}

/// Returns a query that does not end, and its table.
fn endless() -> [String; 2] {
    let table = concat!("links=", env!("CARGO_MANIFEST_DIR"), "/../tests/data/links.csv");
    // 21 rows, to the power of 12.
    let tables: Vec<_> = ('a'..='l').map(|name| format!("links {name}")).collect();
    [format!("SELECT count(*) FROM {}", tables.join(", ")), table.to_owned()]
}

#[test]
fn a_query_that_exceeds_the_timeout_is_an_error() {
    let cluster = Cluster::start();
    let [sql, table] = endless();
    let message = failure_message(&cluster.client(&[&sql, &table, "--timeout", "2"]).output().unwrap());
    assert_eq!(message, "error: no answer within 2 s; the cluster may still be at it\n");
}

#[test]
fn errors_of_a_query_reach_the_client() {
    let cluster = Cluster::start();
    for (sql, message) in [
        // Errors in the client, on the scheduler and on an executor.
        ("SELECT nope(1)", "Invalid function 'nope'"),
        ("SELECT 1 FROM generate_series(1, 2)", "LogicalExtensionCodec is not provided"),
        ("SELECT 1 / (n - 1) FROM (VALUES (1), (2)) AS numbers (n)", "DivideByZero"),
    ] {
        let stderr = failure_message(&cluster.client(&[sql]).output().unwrap());
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{stderr}");
    }
    for scheduler in ["localhost:50050", "df://localhost", "df://:1", "http://localhost:50050"] {
        let mut client = Command::new(env!("CARGO_BIN_EXE_client"));
        let output = client.args(["SELECT 1", "--scheduler", scheduler]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("not df://HOST:PORT"), "{scheduler}");
    }
}
