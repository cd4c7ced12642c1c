//! How long it takes to resolve articles whose pages take 50 ms each: one at a time, and 20 at once.
//!
//!     cargo bench -p google-news-link-benches --bench resolve

use std::time::Duration;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use google_news_link_loopback::{Play, Server, articles};
use google_news_link_resolve::{Options, ReqwestDriver, Resolution};
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

criterion_group!(benches, pages_in_flight);
criterion_main!(benches);
