//! An HTTP server on loopback that imitates the service, with every kind of failure.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::routing::{any, get, post};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::{Article, Asked, Pair, answer, news_page, read_post, row};

/// The way in which the server answers the request for a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    Whole,
    /// The beginning of the page, with the signature; the rest never arrives.
    Begun,
    /// An endless page without a signature.
    Endless,
    /// A byte every 50 milliseconds.
    Slow,
    /// The body ends before its announced length.
    Truncated,
    /// The connection is closed before there is a response.
    Closed,
    /// Compressed, if the client accepts that.
    Gzip,
    /// A redirect to a consent page, with a cookie. A client that sends the cookie does not get the article.
    Consent,
}

/// The way in which the server answers the rows of a POST.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    InOrder,
    Reversed,
    /// Every third row is missing.
    Dropped,
    /// Each row has the URL of the next one.
    Swapped,
    /// The rows are in chunks, each after its length.
    Chunked,
    /// The body ends before its announced length.
    Truncated,
}

/// The way in which the server answers the request for an encrypted redirect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goto {
    Found,
    /// HTTP 402 with a location.
    PaymentRequired,
    /// HTTP 405 for HEAD.
    GetOnly,
    /// A URL with another length.
    Truncated,
}

/// The way in which the server answers the request for a page with several links.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewsPage {
    Found,
    Refused(Block),
    /// A page without links.
    Empty,
}

/// The behavior of the server.
#[derive(Clone, Copy, Debug)]
pub struct Play {
    pub page: Page,
    pub rows: Rows,
    pub goto: Goto,
    pub news_page: NewsPage,
    /// The time that each page takes, for benchmarks.
    pub delay: Duration,
    /// The number of pages that must be in flight before one is answered.
    pub wait_for: usize,
    /// The number of pages before a block.
    pub budget: usize,
    /// The response to requests during a block.
    pub block: Block,
    /// The number of pages that a block refuses. After that, the budget begins anew.
    pub refusals: usize,
    /// The number of pages that are answered. Requests for more of them wait until [`Server::answer_all`] is called.
    pub answered: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    TooManyRequests,
    Sorry,
    /// HTTP 503.
    Unavailable,
}

impl Block {
    fn response(self) -> Response<Body> {
        match self {
            Block::TooManyRequests => status(StatusCode::TOO_MANY_REQUESTS),
            Block::Unavailable => status(StatusCode::SERVICE_UNAVAILABLE),
            Block::Sorry => redirect("/sorry/index?continue=x").body(Body::empty()).unwrap(),
        }
    }
}

impl Default for Play {
    fn default() -> Self {
        Play {
            page: Page::Whole,
            rows: Rows::InOrder,
            goto: Goto::Found,
            news_page: NewsPage::Found,
            delay: Duration::ZERO,
            wait_for: 0,
            budget: usize::MAX,
            block: Block::TooManyRequests,
            refusals: usize::MAX,
            answered: usize::MAX,
        }
    }
}

/// Counts the requests that the server has received.
#[derive(Default, Debug)]
pub struct Seen {
    pub pages: AtomicUsize,
    pub posts: AtomicUsize,
    /// Pages with several links.
    pub news_pages: AtomicUsize,
    /// The paths and queries of the requests for them.
    pub news_paths: Mutex<Vec<String>>,
    /// Requests for encrypted redirects.
    pub redirects: AtomicUsize,
    pub consents: AtomicUsize,
    /// Requests with a cookie.
    pub cookies: AtomicUsize,
    /// Compressed pages.
    pub compressed: AtomicUsize,
    pub in_flight: AtomicUsize,
    pub most_in_flight: AtomicUsize,
    /// The number of IDs in each POST.
    pub rows: Mutex<Vec<usize>>,
    /// The values of the header User-Agent, each once.
    pub user_agents: Mutex<BTreeSet<String>>,
}

struct Shared {
    articles: HashMap<String, Article>,
    /// The links of the page with several links.
    pairs: Vec<Pair>,
    play: Play,
    seen: Arc<Seen>,
    /// Notified whenever more pages are in flight than ever before.
    more_in_flight: Notify,
    /// [`Play::answered`], until it is raised.
    answered: watch::Receiver<usize>,
}

/// A server that stops when it is dropped.
pub struct Server {
    pub base: String,
    pub seen: Arc<Seen>,
    answered: watch::Sender<usize>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts a server.
    ///
    /// Also installs a cryptography provider for rustls. The program builds reqwest without one, and so do all packages that are
    /// built together with it. A client needs one even if it connects without TLS.
    pub fn start(articles: &[Article], play: Play) -> Self {
        Server::start_with_page(articles, &[], play)
    }

    /// Starts a server whose pages with several links contain these.
    pub fn start_with_page(articles: &[Article], pairs: &[Pair], play: Play) -> Self {
        // Another server may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let seen = Arc::new(Seen::default());
        let articles = articles.iter().map(|article| (article.id.clone(), article.clone())).collect();
        let (answered, receiver) = watch::channel(play.answered);
        let shared = Arc::new(Shared {
            articles,
            pairs: pairs.into(),
            play,
            seen: seen.clone(),
            more_in_flight: Notify::new(),
            answered: receiver,
        });
        let router = Router::new()
            .route("/rss/articles/{id}", get(page))
            .route("/articles/{id}", get(page))
            .route("/ml", get(consent))
            .route("/goto", any(goto))
            .route("/", get(several_links))
            .route("/search", get(several_links))
            .route("/topics/{id}", get(several_links))
            .route("/_/DotsSplashUi/data/batchexecute", post(batchexecute))
            .with_state(shared);
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Server { base, seen, answered, runtime: Some(runtime) }
    }

    /// Answers the pages that wait, and from now on all others at once.
    pub fn answer_all(&self) {
        self.answered.send_replace(usize::MAX);
    }

    pub fn requests(&self) -> (usize, usize) {
        (self.seen.pages.load(Ordering::SeqCst), self.seen.posts.load(Ordering::SeqCst))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A graceful shutdown would wait for endless bodies.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn count(counter: &AtomicUsize) -> usize {
    counter.fetch_add(1, Ordering::SeqCst) + 1
}

fn status(status: StatusCode) -> Response<Body> {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

fn redirect(location: &str) -> http::response::Builder {
    Response::builder().status(StatusCode::FOUND).header(header::LOCATION, location)
}

/// Returns a body of pieces.
fn body_of(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(pieces.map(Ok::<_, Infallible>))
}

async fn page(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let Shared { articles, play, seen, .. } = &*shared;
    if headers.contains_key(header::COOKIE) {
        count(&seen.cookies);
    }
    let number = count(&seen.pages);
    let at_once = count(&seen.in_flight);
    if seen.most_in_flight.fetch_max(at_once, Ordering::SeqCst) < at_once {
        shared.more_in_flight.notify_waiters();
    }
    if let Some(agent) = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        seen.user_agents.lock().unwrap().insert(agent.to_owned());
    }
    if shared.answered.clone().wait_for(|&answered| number <= answered).await.is_err() {
        // The server is being dropped.
        std::future::pending::<()>().await;
    }
    sleep(play.delay).await;
    loop {
        let more_in_flight = shared.more_in_flight.notified();
        if seen.most_in_flight.load(Ordering::SeqCst) >= play.wait_for {
            break;
        }
        more_in_flight.await;
    }
    seen.in_flight.fetch_sub(1, Ordering::SeqCst);
    if (number - 1) % play.budget.saturating_add(play.refusals) >= play.budget {
        return play.block.response();
    }
    let Some(article) = articles.get(&id) else { return status(StatusCode::NOT_FOUND) };
    let page = article.page();
    let filler = Bytes::from(vec![b' '; 16 << 10]);
    let whole = |body: Body| Response::new(body);
    match play.page {
        Page::Whole => whole(page.into()),
        Page::Begun => whole(body_of(stream::iter([page.into()]).chain(stream::pending()))),
        Page::Endless => whole(body_of(stream::repeat(filler))),
        Page::Slow => whole(body_of(stream::repeat(Bytes::from_static(b" ")).then(async |byte| {
            sleep(Duration::from_millis(50)).await;
            byte
        }))),
        Page::Truncated => {
            // A stream that fails breaks the connection.
            let cut = Bytes::from(page[..page.len() / 2].to_owned());
            whole(Body::from_stream(stream::iter([Ok(cut), Err(std::io::Error::other("cut"))])))
        }
        Page::Closed => {
            // A stream that fails before anything was sent also breaks the connection; the client sees its end.
            Response::builder()
                .header(header::CONTENT_LENGTH, "1000")
                .body(Body::from_stream(stream::iter([Err::<Bytes, _>(std::io::Error::other("closed"))])))
                .unwrap()
        }
        Page::Gzip => {
            let takes = headers
                .get(header::ACCEPT_ENCODING)
                .is_some_and(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
            if !takes {
                return whole(page.into());
            }
            count(&seen.compressed);
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(page.as_bytes()).unwrap();
            let body = Body::from(encoder.finish().unwrap());
            Response::builder().header(header::CONTENT_ENCODING, "gzip").body(body).unwrap()
        }
        // The first request is redirected to the consent page, the second one is answered if it has no cookie.
        Page::Consent if number % 2 == 1 => redirect(&format!("/ml?continue=/articles/{id}"))
            .header(header::SET_COOKIE, "SOCS=CAAaBgiA; path=/")
            .body(Body::empty())
            .unwrap(),
        Page::Consent if headers.contains_key(header::COOKIE) => whole("before you continue".into()),
        Page::Consent => whole(page.into()),
    }
}

async fn several_links(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let Shared { pairs, play, seen, .. } = &*shared;
    count(&seen.news_pages);
    seen.news_paths.lock().unwrap().push(uri.to_string());
    if headers.contains_key(header::COOKIE) {
        count(&seen.cookies);
    }
    match play.news_page {
        NewsPage::Found => Response::new(news_page(pairs, 100_000).into()),
        NewsPage::Refused(block) => block.response(),
        NewsPage::Empty => Response::new("<!doctype html><p>Nothing found</p>".into()),
    }
}

async fn goto(
    State(shared): State<Arc<Shared>>,
    method: Method,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let Shared { articles, play, seen, .. } = &*shared;
    if headers.contains_key(header::COOKIE) {
        count(&seen.cookies);
    }
    let number = count(&seen.redirects);
    if (number - 1) % play.budget.saturating_add(play.refusals) >= play.budget {
        return play.block.response();
    }
    let query = query.unwrap_or_default();
    let token = query.strip_prefix("url=").unwrap_or_default();
    let Some(article) = articles.get(token) else { return status(StatusCode::NOT_FOUND) };
    let url = match play.goto {
        Goto::GetOnly if method == Method::HEAD => return status(StatusCode::METHOD_NOT_ALLOWED),
        Goto::Truncated => &article.url[..article.url.len() - 1],
        _ => &article.url,
    };
    let code = match play.goto {
        Goto::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        _ => StatusCode::FOUND,
    };
    let builder = Response::builder().status(code).header(header::LOCATION, url);
    builder.header(header::SET_COOKIE, "SOCS=CAAaBgiA; path=/").body(Body::empty()).unwrap()
}

async fn consent(
    State(shared): State<Arc<Shared>>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    count(&shared.seen.consents);
    if headers.contains_key(header::COOKIE) {
        count(&shared.seen.cookies);
    }
    let query = query.unwrap_or_default();
    redirect(query.strip_prefix("continue=").unwrap_or("/")).body(Body::empty()).unwrap()
}

async fn batchexecute(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let Shared { articles, play, seen, .. } = &*shared;
    count(&seen.posts);
    if headers.contains_key(header::COOKIE) {
        count(&seen.cookies);
    }
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == "application/x-www-form-urlencoded;charset=UTF-8");
    let Some(asked) = read_post(&body).filter(|_| is_form) else { return status(StatusCode::BAD_REQUEST) };
    seen.rows.lock().unwrap().push(asked.len());
    let url_of = |asked: &Asked| {
        let article = articles.get(&asked.id).ok_or(5u16)?;
        let is_signed = (asked.timestamp, &asked.signature) == (article.timestamp(), &article.signature());
        if is_signed { Ok(article.url.as_str()) } else { Err(3) }
    };
    let mut rows: Vec<_> = asked.iter().map(|asked| row(&asked.tag, url_of(asked))).collect();
    match play.rows {
        Rows::InOrder | Rows::Chunked | Rows::Truncated => {}
        Rows::Reversed => rows.reverse(),
        Rows::Dropped => {
            rows = rows.into_iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, row)| row).collect()
        }
        Rows::Swapped => {
            let urls = asked.iter().cycle().skip(1).map(url_of);
            rows = asked.iter().zip(urls).map(|(asked, url)| row(&asked.tag, url)).collect();
        }
    }
    let text = match play.rows {
        Rows::Chunked => {
            let chunks = rows.into_iter().map(|row| format!("7\n{}\n", serde_json::Value::from(vec![row])));
            format!(")]}}'\n\n{}25\n[[\"e\",4,null,null,143]]\n", chunks.collect::<String>())
        }
        _ => answer(rows),
    };
    match play.rows {
        Rows::Truncated => {
            let cut = Bytes::from(text[..text.len() / 2].to_owned());
            Response::new(Body::from_stream(stream::iter([Ok(cut), Err(std::io::Error::other("cut"))])))
        }
        _ => Response::new(text.into()),
    }
}
