//! Measures the time to resolve articles whose pages take 50 ms each, one at a time and 20 at the same time, and the time to read a
//! page with 100 links.
//!
//!     cargo bench -p google-news-link-benches --bench resolve

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use google_news_link_loopback::{Pair, Play, Server, articles, news_page};
use google_news_link_resolve::{Options, ReqwestDriver, Resolution, page};
use reqwest::redirect::Policy;
use tokio::runtime::Runtime;

fn pages_in_flight(criterion: &mut Criterion) {
    let articles = articles(40);
    let server = Server::start(&articles, Play { delay: Duration::from_millis(50), ..Play::default() });
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("40 pages of 50 ms");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for pages in [1, 20] {
        group.bench_function(format!("{pages} in flight"), |bencher| {
            bencher.iter(|| {
                let options = Options::new().base_url(&server.base).unwrap().pages_in_flight(pages);
                let mut resolution = Resolution::new(options);
                for article in &articles {
                    resolution.push(&article.opaque());
                }
                runtime.block_on(ReqwestDriver::new(&client).run(&mut resolution));
                assert_eq!(resolution.answers().count(), articles.len());
            });
        });
    }
    group.finish();
}

/// A search page has 2.4 MB.
fn page_with_several_links(criterion: &mut Criterion) {
    let pairs: Vec<_> = articles(100).iter().map(Pair::from).collect();
    let html = news_page(&pairs, 2_400_000);
    let mut group = criterion.benchmark_group("page of 2.4 MB with 100 links");
    group.throughput(Throughput::Bytes(html.len() as u64)).sample_size(20);
    group.bench_function("links", |bencher| {
        bencher.iter(|| assert_eq!(page::links(black_box(html.as_bytes())).count(), 200));
    });
    group.finish();
}

criterion_group!(benches, pages_in_flight, page_with_several_links);
criterion_main!(benches);
