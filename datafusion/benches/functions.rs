//! Each function on a million links, in one partition and in two: `cargo bench --bench functions`.
//!
//! They are compared with `Batch::push` on the same strings, which the functions are built on, and with plain SQL,
//! which extracts the ID by `regexp_replace` and decodes it by `decode`. Plain SQL returns bytes that contain the URL,
//! and one damaged ID fails the whole query, so it runs on valid articles only.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::datasource::MemTable;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use google_news_link::{Batch, Kind, decode};
use google_news_link_benches::corpus;
use tokio::runtime::Runtime;

/// DataFusion's default number of rows per batch.
const ROWS: usize = 8_192;

/// Returns the links as arrays, one per batch.
fn arrays(links: &[&str]) -> Vec<ArrayRef> {
    links.chunks(ROWS).map(|links| Arc::new(StringArray::from_iter_values(links)) as ArrayRef).collect()
}

/// Creates a session with the table `links`, whose column `link` has type `of`, in `partitions` partitions.
fn session(batches: &[ArrayRef], of: &DataType, partitions: usize) -> SessionContext {
    let batches: Vec<RecordBatch> = batches
        .iter()
        .map(|links| {
            let links = cast(links, of).expect("a type for text");
            RecordBatch::try_from_iter([("link", links)]).expect("a column")
        })
        .collect();
    let schema = batches[0].schema();
    let parts = batches.chunks(batches.len().div_ceil(partitions)).map(<[_]>::to_vec).collect();
    let config = SessionConfig::new().with_target_partitions(partitions);
    let mut ctx = SessionContext::new_with_config(config);
    google_news_link_datafusion::register_all(&mut ctx).expect("a registry");
    ctx.register_table("links", Arc::new(MemTable::try_new(schema, parts).expect("a table")))
        .expect("a name");
    ctx
}

/// A query that has been planned and can be run repeatedly.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
}

impl Planned {
    async fn new(ctx: &SessionContext, sql: &str) -> Self {
        let planned = ctx.sql(sql).await.expect(sql);
        let plan = planned.create_physical_plan().await.expect(sql);
        Planned { plan, task: ctx.task_ctx() }
    }

    /// Drops each batch when the next one arrives, as an aggregate or a writer does.
    async fn run(&self) {
        let answer = execute_stream(Arc::clone(&self.plan), Arc::clone(&self.task)).expect("a stream");
        let batches = answer.map(|batch| black_box(batch.expect("an answer")).num_rows());
        black_box(batches.fold(0, async |rows, more| rows + more).await);
    }
}

fn bench(criterion: &mut Criterion) {
    // As a test, it only has to run, and the build is not optimized.
    let is_measured =
        std::env::args().any(|arg| arg == "--bench") && !std::env::args().any(|arg| arg == "--test");
    let count = if is_measured { 1_000_000 } else { 20_000 };
    let dump = String::from_utf8(corpus::lines(count, 1)).expect("text");
    let batches = arrays(&dump.lines().collect::<Vec<_>>());
    let runtime = Runtime::new().expect("threads");

    let mut group = criterion.benchmark_group("a million links");
    group.throughput(Throughput::Elements(count as u64)).sample_size(10);

    let pushed = |batch: &mut Batch| {
        for links in &batches {
            batch.clear();
            for link in links.as_string::<i32>().iter().flatten() {
                batch.push(link).unwrap();
            }
            black_box(batch.len());
        }
    };
    group.bench_function("Batch::push, used again", |bencher| {
        let mut batch = Batch::new();
        bencher.iter(|| pushed(&mut batch));
    });
    group.bench_function("Batch::push, all in one", |bencher| {
        bencher.iter_batched(
            Batch::new,
            |mut batch| {
                for links in &batches {
                    for link in links.as_string::<i32>().iter().flatten() {
                        batch.push(link).unwrap();
                    }
                }
                batch
            },
            BatchSize::PerIteration,
        );
    });

    let one = session(&batches, &DataType::Utf8, 1);
    let two = session(&batches, &DataType::Utf8, 2);
    let views = session(&batches, &DataType::Utf8View, 1);
    let bytes = session(&batches, &DataType::Binary, 1);
    for (name, ctx, sql) in [
        ("google_news_url", &one, "SELECT google_news_url(link) FROM links"),
        ("google_news_amp_url", &one, "SELECT google_news_amp_url(link) FROM links"),
        ("google_news_kind", &one, "SELECT google_news_kind(link) FROM links"),
        ("google_news_id", &one, "SELECT google_news_id(link) FROM links"),
        ("google_news_token", &one, "SELECT google_news_token(link) FROM links"),
        ("google_news_url_len", &one, "SELECT google_news_url_len(link) FROM links"),
        ("google_news_error", &one, "SELECT google_news_error(link) FROM links"),
        ("google_news_decode", &one, "SELECT google_news_decode(link) FROM links"),
        ("google_news_decode, unnested", &one, "SELECT unnest(google_news_decode(link)) FROM links"),
        ("google_news_url of Utf8View", &views, "SELECT google_news_url(link) FROM links"),
        ("google_news_url of Binary", &bytes, "SELECT google_news_url(link) FROM links"),
        ("google_news_url, two partitions", &two, "SELECT google_news_url(link) FROM links"),
        (
            "google_news_url as Utf8View",
            &one,
            "SELECT arrow_cast(google_news_url(link), 'Utf8View') FROM links",
        ),
        (
            "urls by host, Utf8",
            &one,
            "SELECT count(*) FROM (SELECT split_part(google_news_url(link), '/', 3) AS host FROM links) GROUP BY host",
        ),
        (
            "urls by host, Utf8View",
            &one,
            "SELECT count(*) FROM (SELECT split_part(arrow_cast(google_news_url(link), 'Utf8View'), '/', 3) AS host FROM links) GROUP BY host",
        ),
        (
            "tokens, Utf8",
            &one,
            "SELECT count(*) FROM (SELECT google_news_token(link) AS token FROM links) GROUP BY token",
        ),
        (
            "tokens, Utf8View",
            &one,
            "SELECT count(*) FROM (SELECT arrow_cast(google_news_token(link), 'Utf8View') AS token FROM links) GROUP BY token",
        ),
        (
            "urls that are there, Utf8",
            &one,
            "SELECT url FROM (SELECT google_news_url(link) AS url FROM links) WHERE url LIKE 'https://www.%'",
        ),
        (
            "urls that are there, Utf8View",
            &one,
            "SELECT url FROM (SELECT arrow_cast(google_news_url(link), 'Utf8View') AS url FROM links) WHERE url LIKE 'https://www.%'",
        ),
    ] {
        let planned = runtime.block_on(Planned::new(ctx, sql));
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(planned.run())));
    }

    let articles: Vec<&str> = batches
        .iter()
        .flat_map(|links| links.as_string::<i32>().iter().flatten())
        .filter(|link| link.contains("/articles/"))
        .filter(|link| {
            decode(link).is_ok_and(|target| matches!(target.kind(), Kind::Article | Kind::OpaqueArticle))
        })
        .collect();
    group.throughput(Throughput::Elements(articles.len() as u64));
    let articles = session(&arrays(&articles), &DataType::Utf8, 1);
    let id = "regexp_replace(link, '^.*/articles/([A-Za-z0-9_-]+).*$', '\\1')";
    let by_hand = format!("SELECT decode(translate({id}, '-_', '+/'), 'base64') FROM links");
    for (name, sql) in [
        ("google_news_url, of sound articles", "SELECT google_news_url(link) FROM links"),
        ("regexp_replace and decode, of sound articles", &by_hand),
    ] {
        let planned = runtime.block_on(Planned::new(&articles, sql));
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(planned.run())));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5));
    targets = bench
}
criterion_main!(benches);
