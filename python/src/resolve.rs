//! The online protocol, without a client: the classes `Resolution` and `Exchange`.
//!
//! No method runs Python code while it holds a lock. Otherwise another thread could run, wait for the lock and never give up
//! the interpreter.

use std::sync::{Mutex, MutexGuard, PoisonError};

use google_news_link::OpaqueArticle;
use google_news_link_resolve::page::Pairs;
use google_news_link_resolve::{self as online, AnswerKey, Failure, Locale, Next, Options, RequestKind};
use http::{HeaderName, HeaderValue};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyType};

use crate::error::{new_decode_error, new_resolve_error};
use crate::page::page_of;
use crate::target::{Target, type_name};
use crate::text::Text;

/// The state of resolving links: it takes links and responses, and returns requests and one outcome per link, in order.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct Resolution {
    state: Mutex<State>,
}

struct State {
    online: online::Resolution,
    links: Vec<Given>,
    /// The number of answers that `take_answers` has returned.
    taken: usize,
}

/// A link that was added.
enum Given {
    /// The number of its outcome.
    Number(usize),
    /// A link without an ID that could be sent to Google.
    Invalid(google_news_link::Error, Option<usize>),
}

impl Resolution {
    /// Locks the state. It stays usable after a panic in another thread.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Resolution {
    #[new]
    #[pyo3(signature = (
        *,
        base_url = "https://news.google.com",
        locale = ("en-US", "US", "US:en"),
        pages_in_flight = 4,
        ids_per_post = 50,
        max_body_len = 4 << 20,
    ))]
    fn new(
        base_url: &str,
        locale: (&str, &str, &str),
        pages_in_flight: usize,
        ids_per_post: usize,
        max_body_len: usize,
    ) -> PyResult<Self> {
        let invalid = |error: &dyn std::error::Error| PyValueError::new_err(error.to_string());
        let (hl, gl, ceid) = locale;
        let locale = Locale::new(hl, gl, ceid).map_err(|error| invalid(&error))?;
        let options = Options::new()
            .base_url(base_url)
            .map_err(|error| invalid(&error))?
            .locale(locale)
            .pages_in_flight(pages_in_flight)
            .ids_per_post(ids_per_post)
            .max_body_len(max_body_len);
        let online = online::Resolution::new(options);
        Ok(Resolution { state: Mutex::new(State { online, links: Vec::new(), taken: 0 }) })
    }

    /// Adds a link or target. Returns the key under which its answer can be stored, and inserted in a later run. None
    /// if there is nothing to store: for a link that contains its URL, for an encrypted redirect, and for a link that
    /// cannot be resolved.
    #[pyo3(signature = (link, /))]
    fn push(&self, link: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        if let Ok(target) = link.cast::<Target>() {
            let mut state = self.lock();
            let number = state.online.push_target(&target.get().inner);
            return Ok(state.add(number));
        }
        let text = Text::of(link)?.ok_or_else(|| {
            let name = type_name(link);
            PyTypeError::new_err(format!("a link is a str, bytes, bytearray or Target, not {name}"))
        })?;
        let mut state = self.lock();
        Ok(match state.online.push_link(&text.bytes) {
            Ok(number) => state.add(number),
            Err(error) => {
                state.links.push(Given::Invalid(error, text.offset(error.offset())));
                None
            }
        })
    }

    /// Adds a page with several links, which is requested before any article, and returns its number.
    #[pyo3(signature = (url, /))]
    fn push_page(&self, url: &str) -> PyResult<usize> {
        self.lock().online.push_page(url).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Takes the URLs of links from a page that was saved or received. Returns the number of links with a URL.
    #[pyo3(signature = (page, /))]
    fn learn(&self, page: &Bound<'_, PyAny>) -> PyResult<usize> {
        let source = page_of(page)?;
        let pairs = page.py().detach(|| Pairs::read(&source.bytes));
        let counts = self.lock().online.learn_pairs(&pairs);
        Ok(counts.confirmed + counts.unverified)
    }

    /// Returns the error of the page with this number, None if it was read or has not been requested.
    #[pyo3(signature = (number, /))]
    fn page_error<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let outcome = self.lock().online.page_outcome(number);
        match outcome {
            Some(Err(error)) => new_resolve_error(py, &error).map(Some),
            Some(Ok(_)) | None => Ok(None),
        }
    }

    /// Inserts an answer from an earlier run, so that the article is not requested. Returns False if the URL
    /// contradicts the article, or if the key is not that of an article. The article is then requested.
    #[pyo3(signature = (key, url, /))]
    fn insert_known(&self, key: &str, url: &str) -> bool {
        let key = if is_token(key) { AnswerKey::Token(key) } else { AnswerKey::Id(key) };
        self.lock().online.insert_known(key, url).is_ok()
    }

    /// Returns the next request. None if a response must arrive first, or if nothing is left to request.
    fn next_request(&self) -> PyResult<Option<Exchange>> {
        let Some((request, exchange)) = self.lock().online.next_request() else { return Ok(None) };
        let (parts, body) = request.into_parts();
        let headers = parts.headers.iter();
        let headers = headers
            .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
            .collect::<Result<_, http::header::ToStrError>>()
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Some(Exchange {
            method: parts.method.to_string(),
            url: parts.uri.to_string(),
            headers,
            body,
            exchange: Mutex::new(Some(exchange)),
        }))
    }

    /// Ends an exchange: its response is complete, or no more of it is needed.
    #[pyo3(signature = (exchange, /))]
    fn finish(&self, exchange: &Bound<'_, Exchange>) {
        if let Some(exchange) = exchange.get().lock().take() {
            self.lock().online.finish(exchange);
        }
    }

    /// Ends an exchange that failed: its response did not arrive, or only in part.
    #[pyo3(signature = (exchange, /, message = "", *, timed_out = false))]
    fn on_failure(&self, exchange: &Bound<'_, Exchange>, message: &str, timed_out: bool) {
        let failure =
            if timed_out { Failure::TimedOut } else { Failure::ConnectionFailed(message.to_owned()) };
        if let Some(exchange) = exchange.get().lock().take() {
            self.lock().online.on_failure(exchange, failure);
        }
    }

    /// Puts all requests that are in flight back into the queue. Their exchanges are ignored from then on.
    fn requeue_in_flight(&self) {
        self.lock().online.requeue_in_flight();
    }

    /// Lifts a block after a pause: what the service refused is requested again.
    fn resume(&self) {
        self.lock().online.resume();
    }

    /// True after the service has refused requests: no page is requested until `resume`.
    #[getter]
    fn is_blocked(&self) -> bool {
        self.lock().online.is_blocked()
    }

    /// True if nothing is left to request and no response is awaited.
    #[getter]
    fn is_done(&self) -> bool {
        self.lock().online.is_done()
    }

    /// The number of requests for pages of articles.
    #[getter]
    fn pages(&self) -> usize {
        self.lock().online.requests(RequestKind::ArticlePage)
    }

    /// The number of requests for pages with several links.
    #[getter]
    fn news_pages(&self) -> usize {
        self.lock().online.requests(RequestKind::NewsPage)
    }

    /// The number of requests for the URLs of signed articles.
    #[getter]
    fn posts(&self) -> usize {
        self.lock().online.requests(RequestKind::Post)
    }

    /// The number of different articles without an outcome.
    #[getter]
    fn remaining(&self) -> usize {
        self.lock().online.remaining()
    }

    fn __len__(&self) -> usize {
        self.lock().links.len()
    }

    /// Returns the outcome of each link: a URL, a `ResolveError`, or the `DecodeError` of a link without an ID.
    fn outcomes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        // Objects are created after the lock is released: creating them runs Python code, and lets other threads run.
        let outcomes: Vec<_> = {
            let State { online, links, .. } = &*self.lock();
            links.iter().map(|link| link.outcome(online)).collect()
        };
        let list = PyList::empty(py);
        for outcome in outcomes {
            list.append(outcome.into_object(py)?)?;
        }
        Ok(list)
    }

    /// Returns the answers that arrived since the last call, each with the key under which it can be inserted in a later
    /// run.
    fn take_answers(&self) -> Vec<(String, String)> {
        let mut state = self.lock();
        let answers: Vec<_> = state
            .online
            .answers_from(state.taken)
            .filter_map(|(key, resolved)| match key {
                AnswerKey::Token(key) | AnswerKey::Id(key) => {
                    Some((key.to_owned(), resolved.url().to_owned()))
                }
                _ => None,
            })
            .collect();
        state.taken = state.online.answered();
        answers
    }

    fn __repr__(&self) -> String {
        let state = self.lock();
        format!("<Resolution of {} links, {} remaining>", state.links.len(), state.online.remaining())
    }
}

/// The outcome of a link, independent of the resolution.
enum Outcome {
    Url {
        url: String,
        source: &'static str,
        verification: &'static str,
    },
    Unresolved(online::Error),
    Invalid(google_news_link::Error, Option<usize>),
    /// There is no outcome with this number. It cannot occur: the numbers are those that the resolution returned.
    Missing,
}

impl Given {
    fn outcome(&self, online: &online::Resolution) -> Outcome {
        match self {
            Given::Invalid(error, offset) => Outcome::Invalid(*error, *offset),
            Given::Number(number) => match online.outcome(*number) {
                Some(Ok(resolved)) => Outcome::Url {
                    url: resolved.url().to_owned(),
                    source: resolved.source().as_str(),
                    verification: resolved.verification().as_str(),
                },
                Some(Err(error)) => Outcome::Unresolved(error),
                None => Outcome::Missing,
            },
        }
    }
}

impl Outcome {
    fn into_object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        match self {
            Outcome::Url { url, source, verification } => CLASS
                .import(py, "google_news_link._errors", "ResolvedUrl")?
                .call1((url, source, verification)),
            Outcome::Unresolved(error) => new_resolve_error(py, &error),
            Outcome::Invalid(error, offset) => new_decode_error(py, &error, offset),
            Outcome::Missing => Err(PyRuntimeError::new_err("a link without an outcome")),
        }
    }
}

impl State {
    /// Adds the number of an outcome and returns the key of its answer.
    fn add(&mut self, number: usize) -> Option<String> {
        self.links.push(Given::Number(number));
        match self.online.answer_key(number)? {
            AnswerKey::Token(key) | AnswerKey::Id(key) => Some(key.to_owned()),
            _ => None,
        }
    }
}

/// Returns True if a key of an answer is a token, not an ID.
#[pyfunction]
#[pyo3(name = "_is_token", signature = (key, /))]
pub(crate) fn is_token(key: &str) -> bool {
    OpaqueArticle::new(key, None).is_ok()
}

/// A request, and the part of its response that was received.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct Exchange {
    /// The method: GET, POST, or HEAD for an encrypted redirect.
    #[pyo3(get)]
    method: String,
    /// The absolute URL.
    #[pyo3(get)]
    url: String,
    /// The names and values of the headers.
    #[pyo3(get)]
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// `None` once it has finished or failed.
    exchange: Mutex<Option<online::Exchange>>,
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, Option<online::Exchange>> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Exchange {
    /// The body, empty unless the method is POST.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.body)
    }

    /// Handles the status and the headers of the response. Returns True if its body is needed.
    #[pyo3(signature = (status, headers, /))]
    fn on_head(&self, status: u16, headers: &Bound<'_, PyAny>) -> PyResult<bool> {
        let mut response = http::Response::new(());
        *response.status_mut() =
            http::StatusCode::from_u16(status).map_err(|error| PyValueError::new_err(error.to_string()))?;
        for header in headers.try_iter()? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = header?.extract()?;
            let (name, value) = (header_bytes(&name)?, header_bytes(&value)?);
            // An invalid header is ignored, as in other clients.
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&name), HeaderValue::from_bytes(&value)) {
                response.headers_mut().append(name, value);
            }
        }
        let mut exchange = self.lock();
        let exchange = exchange.as_mut().ok_or_else(finished)?;
        Ok(exchange.on_head(&response) == Next::Read)
    }

    /// Handles the next piece of the body. Returns True if more of it is needed.
    #[pyo3(signature = (chunk, /))]
    fn on_body(&self, chunk: &[u8]) -> PyResult<bool> {
        let mut exchange = self.lock();
        let exchange = exchange.as_mut().ok_or_else(finished)?;
        Ok(exchange.on_body(chunk) == Next::Read)
    }

    fn __repr__(&self) -> String {
        format!("<Exchange {} {}>", self.method, self.url)
    }
}

/// Returns the name or value of a header as it was received: a `str` is decoded as Latin-1 by `http.client`.
fn header_bytes(header: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = header.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let header: String = header.extract()?;
    let latin: Result<Vec<u8>, _> = header.chars().map(|char| u8::try_from(u32::from(char))).collect();
    Ok(latin.unwrap_or_else(|_| header.into_bytes()))
}

fn finished() -> PyErr {
    PyValueError::new_err("the exchange has finished")
}
