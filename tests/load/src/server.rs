//! The service on loopback, with each kind of failure for a share of the requests.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::routing::{get, post};
use futures_util::stream;
use google_news_link_loopback::{Article, Asked, answer, read_post, row};
use http::{HeaderMap, Response, StatusCode, header};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A fault in the response to a request. Each fault occurs in 1 % of the pages, of the POSTs or of the rows of the POSTs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Fault {
    /// No response.
    Hang,
    /// The body ends before its announced length.
    Cut,
    TooManyRequests,
    Unavailable,
    /// A redirect to the same path.
    RedirectLoop,
    /// A page of 1 GB without a signature.
    HugePage,
    /// A row with the URL of another one, which has another length. (If two URLs have the same length, nothing in an ID tells one from
    /// the other.)
    WrongRow,
    /// A row whose URL lacks its last byte.
    WrongLength,
}

const FAULTS_OF_PAGES: [Fault; 6] = [
    Fault::Hang,
    Fault::Cut,
    Fault::TooManyRequests,
    Fault::Unavailable,
    Fault::RedirectLoop,
    Fault::HugePage,
];
const FAULTS_OF_POSTS: [Fault; 4] = [Fault::Hang, Fault::Cut, Fault::TooManyRequests, Fault::Unavailable];
const FAULTS_OF_ROWS: [Fault; 2] = [Fault::WrongRow, Fault::WrongLength];

/// Draws a fault, each with a probability of 1 %.
fn draw(random: &mut fastrand::Rng, faults: &[Fault]) -> Option<Fault> {
    faults.get(random.usize(..100)).copied()
}

pub(crate) struct Record {
    random: fastrand::Rng,
    /// The value of User-Agent of the requests of this run. Requests of a run that was killed can arrive later.
    user_agent: String,
    /// IDs whose answers the program had when it was started.
    known: HashSet<String>,
    /// IDs whose page was sent as a whole since the program was started.
    sent_pages: HashSet<String>,
    /// Requests for articles whose answers the program had.
    pub(crate) repeated: Vec<String>,
    pub(crate) pages: usize,
    pub(crate) posts: usize,
    pub(crate) faults: HashMap<Fault, usize>,
    /// Called when this number of pages has been requested.
    kill: Option<(usize, Box<dyn FnOnce() + Send>)>,
}

impl Record {
    fn is_of_run(&self, headers: &HeaderMap) -> bool {
        headers.get(header::USER_AGENT).is_some_and(|value| *value == *self.user_agent)
    }
}

pub(crate) struct Server {
    pub(crate) base: String,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    articles: HashMap<String, Article>,
    state: Mutex<Record>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Record> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Server {
    pub(crate) fn start(articles: &[Article], seed: u64) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let shared = Arc::new(Shared {
            articles: articles.iter().map(|article| (article.id.clone(), article.clone())).collect(),
            state: Mutex::new(Record {
                random: fastrand::Rng::with_seed(seed),
                user_agent: String::new(),
                known: HashSet::new(),
                sent_pages: HashSet::new(),
                repeated: Vec::new(),
                pages: 0,
                posts: 0,
                faults: HashMap::new(),
                kill: None,
            }),
        });
        let router = Router::new()
            .route("/rss/articles/{id}", get(page))
            .route("/articles/{id}", get(page))
            .route("/_/DotsSplashUi/data/batchexecute", post(batchexecute))
            .with_state(shared.clone());
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))?;
        let base = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Server { base, shared, runtime: Some(runtime) })
    }

    /// Begins a run of the program with this `--user-agent`, which knows the answers for these IDs.
    pub(crate) fn begin_run(&self, user_agent: &str, known: HashSet<String>) {
        let mut state = self.shared.state();
        user_agent.clone_into(&mut state.user_agent);
        state.known = known;
        state.sent_pages.clear();
        state.kill = None;
    }

    /// Calls `kill` when `pages` more pages have been requested.
    pub(crate) fn kill_after(&self, pages: usize, kill: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state();
        let limit = state.pages + pages;
        state.kill = Some((limit, Box::new(kill)));
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Record> {
        self.shared.state()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A graceful shutdown would wait for responses that hang.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Returns a body whose connection breaks after half of the text.
fn cut(text: &str) -> Response<Body> {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    Response::new(Body::from_stream(stream::iter([Ok(half), Err(std::io::Error::other("cut"))])))
}

async fn page(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: http::Uri,
    headers: HeaderMap,
) -> Response<Body> {
    // A client that follows the redirect receives it again.
    let is_in_loop = uri.query() == Some("loop");
    let Some(article) = shared.articles.get(&id) else { return status(StatusCode::NOT_FOUND) };
    let (fault, kill) = {
        let mut state = shared.state();
        if !state.is_of_run(&headers) {
            return status(StatusCode::NOT_FOUND);
        }
        state.pages += 1;
        if state.known.contains(&id) {
            state.repeated.push(format!("the page of {id}, whose URL was in the cache"));
        }
        if state.sent_pages.contains(&id) {
            state.repeated.push(format!("the page of {id}, which had been sent"));
        }
        let fault =
            if is_in_loop { Some(Fault::RedirectLoop) } else { draw(&mut state.random, &FAULTS_OF_PAGES) };
        match fault {
            Some(fault) => *state.faults.entry(fault).or_default() += 1,
            None => drop(state.sent_pages.insert(id.clone())),
        }
        let pages = state.pages;
        (fault, state.kill.take_if(|(limit, _)| *limit <= pages))
    };
    if let Some((_, kill)) = kill {
        kill();
    }
    match fault {
        None | Some(Fault::WrongRow | Fault::WrongLength) => Response::new(article.page().into()),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Cut) => cut(&article.page()),
        Some(Fault::TooManyRequests) => status(StatusCode::TOO_MANY_REQUESTS),
        Some(Fault::Unavailable) => status(StatusCode::SERVICE_UNAVAILABLE),
        Some(Fault::RedirectLoop) => {
            let mut response = status(StatusCode::FOUND);
            if let Ok(location) = http::HeaderValue::from_str(&format!("/articles/{id}?loop")) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Some(Fault::HugePage) => {
            const PIECE: usize = 64 << 10;
            let piece = Bytes::from(vec![b' '; PIECE]);
            let pieces = std::iter::repeat_n(piece, (1 << 30) / PIECE).map(Ok::<_, Infallible>);
            Response::new(Body::from_stream(stream::iter(pieces)))
        }
    }
}

async fn batchexecute(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let Some(asked) = read_post(&body) else { return status(StatusCode::BAD_REQUEST) };
    let url_of = |asked: &Asked| {
        let article = shared.articles.get(&asked.id).ok_or(5_u16)?;
        let is_signed = (asked.timestamp, &asked.signature) == (article.timestamp(), &article.signature());
        if is_signed { Ok(article.url.as_str()) } else { Err(3) }
    };
    let (fault, faults_of_rows) = {
        let mut state = shared.state();
        if !state.is_of_run(&headers) {
            return status(StatusCode::NOT_FOUND);
        }
        state.posts += 1;
        for asked in &asked {
            if state.known.contains(&asked.id) {
                state.repeated.push(format!("the URL of {}, which was in the cache", asked.id));
            }
        }
        let fault = draw(&mut state.random, &FAULTS_OF_POSTS);
        let of_rows: Vec<_> = asked.iter().map(|_| draw(&mut state.random, &FAULTS_OF_ROWS)).collect();
        for fault in fault.iter().chain(of_rows.iter().flatten().filter(|_| fault.is_none())) {
            *state.faults.entry(*fault).or_default() += 1;
        }
        (fault, of_rows)
    };
    let rows = asked.iter().enumerate().map(|(n, asked_row)| {
        let url = match faults_of_rows[n] {
            Some(Fault::WrongRow) => {
                let own_len = url_of(asked_row).map(str::len);
                let others = asked.iter().cycle().skip(n + 1).take(asked.len()).map(url_of);
                others.into_iter().find(|url| url.map(str::len) != own_len).unwrap_or(Err(13))
            }
            Some(Fault::WrongLength) => url_of(asked_row).map(|url| &url[..url.len() - 1]),
            _ => url_of(asked_row),
        };
        row(&asked_row.tag, url)
    });
    let text = answer(rows.collect());
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Cut) => cut(&text),
        Some(Fault::TooManyRequests) => status(StatusCode::TOO_MANY_REQUESTS),
        Some(Fault::Unavailable) => status(StatusCode::SERVICE_UNAVAILABLE),
        _ => Response::new(text.into()),
    }
}
