//! Imitates, on loopback, the service that `google-news-link-resolve` uses: [`Server`] answers over HTTP. The functions
//! create articles, pages and answers for tests without a socket.
#![forbid(unsafe_code)]

mod news_page;
mod server;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use google_news_link::OpaqueArticle;
pub use news_page::{
    Pair, anchor, anchor_with, batchexecute, decoys, jslog, news_page, old_anchor, record, recorded_pairs,
    script,
};
use serde_json::{Value, json};
pub use server::{Block, Goto, NewsPage, Page, Play, Rows, Seen, Server};

/// An opaque article that the service knows.
#[derive(Clone, Debug)]
pub struct Article {
    pub id: String,
    pub token: String,
    pub url: String,
}

impl Article {
    pub fn opaque(&self) -> OpaqueArticle<'static> {
        OpaqueArticle::new(&self.token, None).unwrap().into_owned()
    }

    pub fn link(&self) -> String {
        format!("https://news.google.com/rss/articles/{}?oc=5", self.id)
    }

    /// Returns the page with the signature only in `data-p`.
    pub fn page_without_attributes(&self) -> String {
        format!(
            "<!doctype html><title>Google News</title><c-wiz data-p=\"%.@.[1],&quot;CBMiother&quot;,1,1,null,false,1790000001,\
             &quot;other&quot;]\"><c-wiz data-p=\"%.@.[[&quot;en-US&quot;],1],&quot;{id}&quot;,1,1,null,false,{ts},&quot;{sg}&quot;]\">\
             <div data-new-id=\"{id}\" data-new-ts=\"{ts}\" data-new-sg=\"{sg}\"></div></c-wiz></c-wiz>",
            id = self.id,
            sg = self.signature(),
            ts = self.timestamp(),
        )
    }

    pub fn timestamp(&self) -> u64 {
        1_790_000_000 + self.url.len() as u64
    }

    pub fn signature(&self) -> String {
        let mut random = fastrand::Rng::with_seed(self.id.bytes().map(u64::from).sum());
        URL_SAFE_NO_PAD.encode(std::array::from_fn::<u8, 21, _>(|_| random.u8(..)))
    }

    pub fn page(&self) -> String {
        format!(
            "<!doctype html><title>Google News</title><script>var x = '<div data-n-a-id=\"{id}\" data-n-a-ts=\"1\" \
             data-n-a-sg=\"no\">';</script><c-wiz data-n-a-id=\"CBMiother\" data-n-a-ts=\"2\" data-n-a-sg=\"other\">\
             <div jscontroller=\"aLI87\" data-n-a-sg=\"{sg}\" data-n-a-id=\"{id}\" data-n-a-ts=\"{ts}\"></div></c-wiz>",
            id = self.id,
            sg = self.signature(),
            ts = self.timestamp(),
        )
    }
}

/// Creates article number `n`. The lengths of the URLs repeat after 61 articles, so that those of 61 consecutive articles differ.
pub fn article(n: usize) -> Article {
    article_of_url(&format!("https://publisher.example/{n:08}?a=1&b={}", "x".repeat(n % 61)))
}

/// Creates an article with a token of the right length.
pub fn article_of_url(url: &str) -> Article {
    let mut random = fastrand::Rng::with_seed(
        url.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into())),
    );
    let mut token = vec![0x01, 0x4f, 0xf2, 0xa8, 0xb3];
    token.extend((0..16 + url.len()).map(|_| random.u8(..)));
    let token = URL_SAFE_NO_PAD.encode(token);
    let id = OpaqueArticle::new(&token, None).unwrap().to_id();
    Article { id, token, url: url.into() }
}

/// Creates an encrypted redirect with a token of the right length. Each seed gives another token for the same URL.
pub fn redirect_of_url(url: &str, seed: u64) -> Article {
    let mut random = fastrand::Rng::with_seed(seed);
    let overhead = if url.len() < 128 { 56 } else { 57 };
    let mut payload = vec![0x01, 0xee, 0x47, 0xaa, 0x4d];
    payload.extend((5..overhead + url.len()).map(|_| random.u8(..)));
    let mut message = vec![0x08, 0x01, 0x12];
    match payload.len() {
        len @ 0..128 => message.push(len as u8),
        len => message.extend([len as u8 | 0x80, (len >> 7) as u8]),
    }
    message.extend(payload);
    let token = URL_SAFE_NO_PAD.encode(message);
    Article { id: token.clone(), token, url: url.into() }
}

/// Creates an article without a token, whose URL cannot be verified.
pub fn article_of_id(id: &str, url: &str) -> Article {
    Article { id: id.into(), token: String::new(), url: url.into() }
}

pub fn articles(count: usize) -> Vec<Article> {
    (0..count).map(article).collect()
}

/// A row of a POST.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub tag: String,
    pub id: String,
    pub timestamp: u64,
    pub signature: String,
}

/// Reads the body of a POST. Returns `None` if the service would answer with HTTP 400.
pub fn read_post(body: &[u8]) -> Option<Vec<Asked>> {
    let pairs: Vec<_> = url::form_urlencoded::parse(body).collect();
    let [(name, json)] = &pairs[..] else { return None };
    let request: [[Vec<Value>; 1]; 1] = match serde_json::from_str::<Value>(json).ok()? {
        // Three levels: a list of lists of rows.
        Value::Array(outer) => [[outer.first()?.as_array()?.clone()]],
        _ => return None,
    };
    let [[rows]] = request;
    let row = |row: &Value| {
        let [rpc, inner, Value::Null, tag] = &row.as_array()?[..] else { return None };
        let inner: Value = serde_json::from_str(inner.as_str()?).ok()?;
        let context = json!([
            "X",
            "X",
            ["X", "X"],
            null,
            null,
            1,
            1,
            "US:en",
            null,
            1,
            null,
            null,
            null,
            null,
            null,
            0,
            1
        ]);
        let before = json!(["garturlreq", context, "X", "X", 1, [1, 1, 1], 1, 1, null, 0, 0, null, 0]);
        let (fixed, last) = inner.as_array()?.split_at_checked(13)?;
        let [id, timestamp, signature] = last else { return None };
        (rpc == "Fbv4je" && fixed == before.as_array()?).then_some(())?;
        Some(Asked {
            tag: tag.as_str()?.into(),
            id: id.as_str()?.into(),
            timestamp: timestamp.as_u64()?,
            signature: signature.as_str()?.into(),
        })
    };
    (name == "f.req").then_some(())?;
    rows.iter().map(row).collect()
}

/// Creates a row of an answer.
pub fn row(tag: &str, outcome: Result<&str, u16>) -> Value {
    match outcome {
        Ok(url) => {
            // `=` and `&` arrive escaped, inside the inner JSON.
            let inner = json!(["garturlres", url, 1]).to_string();
            let inner = inner.replace('=', "\\u003d").replace('&', "\\u0026");
            json!(["wrb.fr", "Fbv4je", inner, null, null, null, tag])
        }
        Err(code) => json!(["wrb.fr", "Fbv4je", null, null, null, [code], tag]),
    }
}

pub fn answer(mut rows: Vec<Value>) -> String {
    rows.push(json!(["di", 23]));
    rows.push(json!(["af.httprm", 23, "-3215980805061980216", 25]));
    format!(")]}}'\n\n{}", Value::from(rows))
}
