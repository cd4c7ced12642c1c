//! A service without a socket, and functions that check a resolution.

use google_news_link_loopback::{Article, Asked, answer, article, articles, read_post, row};
use google_news_link_resolve::{Error, ErrorKind, Options, Resolution};
use http::{Method, Request, Response};
use std::collections::BTreeMap;

pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.into()).unwrap()
}

pub(crate) fn redirect(location: &str) -> Response<Vec<u8>> {
    let builder = Response::builder().status(302).header("location", location);
    builder.header("set-cookie", "SOCS=CAAaBgiA").body(Vec::new()).unwrap()
}

/// A service that knows some articles.
pub(crate) struct Service {
    pub(crate) articles: BTreeMap<String, Article>,
    pub(crate) requests: Vec<Request<Vec<u8>>>,
}

impl Service {
    pub(crate) fn new(articles: &[Article]) -> Self {
        let articles = articles.iter().map(|article| (article.id.clone(), article.clone())).collect();
        Service { articles, requests: Vec::new() }
    }

    pub(crate) fn pages(&self) -> usize {
        self.requests.iter().filter(|request| request.method() == Method::GET).count()
    }

    pub(crate) fn posts(&self) -> usize {
        self.requests.len() - self.pages()
    }

    pub(crate) fn article_of(&self, request: &Request<Vec<u8>>) -> &Article {
        &self.articles[request.uri().path().rsplit_once('/').unwrap().1]
    }

    pub(crate) fn answer_of(&self, asked: &Asked) -> Result<&str, u16> {
        let article = self.articles.get(&asked.id).ok_or(5u16)?;
        let is_signed = (asked.timestamp, &asked.signature) == (article.timestamp(), &article.signature());
        if is_signed { Ok(&article.url) } else { Err(3) }
    }

    /// Returns the right response.
    pub(crate) fn respond(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        if request.method() == Method::GET {
            return response(200, self.article_of(request).page());
        }
        let rows = read_post(request.body()).unwrap();
        response(200, answer(rows.iter().map(|asked| row(&asked.tag, self.answer_of(asked))).collect()))
    }

    /// Runs the resolution, one request after the other.
    pub(crate) fn run(
        &mut self,
        resolution: &mut Resolution,
        respond: impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>>,
    ) {
        while let Some((request, exchange)) = resolution.next_request() {
            let response = respond(self, &request);
            self.requests.push(request);
            resolution.on_response(exchange, &response);
        }
        assert!(resolution.is_done());
    }
}

pub(crate) fn resolution_of(articles: &[Article]) -> Resolution {
    let mut resolution = Resolution::new(Options::new());
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < resolution.len()));
    resolution
}

pub(crate) fn kinds(resolution: &Resolution) -> Vec<Option<ErrorKind>> {
    resolution.outcomes().map(|outcome| outcome.err().map(|error| error.kind())).collect()
}

/// Returns the URL of a link that was resolved.
pub(crate) fn url_of(resolution: &Resolution, number: usize) -> Option<&str> {
    resolution.outcome(number).unwrap().ok().map(|found| found.url())
}

pub(crate) fn assert_resolved(resolution: &Resolution, articles: &[Article]) {
    let urls: Vec<_> = resolution.outcomes().map(|outcome| outcome.map(|found| found.url())).collect();
    let expected: Vec<_> = articles.iter().map(|article| Ok(article.url.as_str())).collect();
    assert_eq!(urls, expected);
}

/// Returns the error of an article with this page and answer.
pub(crate) fn error_of(page: Response<Vec<u8>>, post: Option<Response<Vec<u8>>>) -> Error {
    let articles = articles(1);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |_, request| match request.method() {
        &Method::GET => page.clone(),
        _ => post.clone().unwrap(),
    });
    resolution.outcome(0).unwrap().unwrap_err()
}

/// Returns the error of an article with a valid page and this answer.
pub(crate) fn answer_error(post: Response<Vec<u8>>) -> Error {
    error_of(response(200, article(0).page()), Some(post))
}

/// Refuses the page of an article, and answers everything else.
pub(crate) fn refuse_page<'a>(id: &'a str) -> impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>> + 'a {
    move |service, request| match request.uri().path().ends_with(id) {
        true => response(429, ""),
        false => service.respond(request),
    }
}
