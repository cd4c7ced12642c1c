//! Pages of Google News that contain links with their URLs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::Article;

/// An ID and the URLs next to it on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    pub id: String,
    pub url: String,
    pub amp_url: Option<String>,
}

impl From<&Article> for Pair {
    fn from(article: &Article) -> Self {
        Pair { id: article.id.clone(), url: article.url.clone(), amp_url: None }
    }
}

/// Reads `page_pairs.tsv`: pairs in real pages, with their source.
pub fn recorded_pairs() -> Vec<Pair> {
    let table = include_str!("../../../tests/data/pages/page_pairs.tsv");
    let pair = |row: &str| {
        let [id, url, amp_url, ..] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        Pair { id: id.into(), url: url.into(), amp_url: (!amp_url.is_empty()).then(|| amp_url.into()) }
    };
    table.lines().skip(1).map(pair).collect()
}

/// Escapes an attribute.
fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;").replace('=', "&#61;")
}

/// Creates the attribute `jslog` of an event, with a URL in base64. `n` chooses the alphabet, the padding and the number of
/// values before the URL.
pub fn jslog(event: u32, url: &str, n: usize) -> String {
    let mut values = vec![Value::Null; n % 9];
    values.push(url.into());
    // `=` and `&` are escaped in scripts.
    let text = Value::from(values).to_string().replace('=', "\\u003d").replace('&', "\\u0026");
    let text = match n % 4 {
        0 => URL_SAFE.encode(text),
        1 => STANDARD.encode(text),
        2 => STANDARD_NO_PAD.encode(text),
        _ => URL_SAFE_NO_PAD.encode(text),
    };
    format!("{event}; 5:{text}; track:click,vis")
}

/// Creates an element with a link and the given `jslog`.
pub fn anchor_with(id: &str, jslog: &str) -> String {
    let href = format!("./read/{id}?hl=en-US&gl=US&ceid=US%3Aen");
    format!(
        "<a class=\"WwrzSb\" jslog=\"{}\" href=\"{}\" target=\"_blank\" jsname=\"hXwDdf\">title</a>",
        escape(jslog),
        escape(&href).replace("&#61;", "=")
    )
}

/// Creates the element of a pair.
pub fn anchor(pair: &Pair, n: usize) -> String {
    anchor_with(&pair.id, &jslog(95014, &pair.url, n))
}

/// Creates the element of a pair in the form that was in use until 2022.
pub fn old_anchor(pair: &Pair) -> String {
    anchor_with(&pair.id, &format!("95014; 4:{}; track:click", pair.url)).replace("./read/", "./articles/")
}

/// Creates the record of a pair.
pub fn record(pair: &Pair) -> Value {
    let mut record = vec![Value::Null; 52];
    for (index, value) in [
        (0, json!(13)),
        (1, json!([13, pair.id])),
        (2, json!("A \"title\" <b>&amp;</b>")),
        (4, json!([1_724_400_000])),
        (6, json!(pair.url)),
        (8, json!([["https://picture.example/a.jpg", null, 640, 360]])),
        (10, json!([12, [12, format!("PublisherOf{}", pair.id)], "Publisher", "https://icon.example/"])),
        (36, json!("https://publisher.example")),
        (38, json!(pair.url)),
        (40, json!(pair.amp_url)),
        (51, json!(["An author"])),
    ] {
        record[index] = value;
    }
    Value::from(record)
}

/// Creates a script with records.
pub fn script(records: impl IntoIterator<Item = Value>) -> String {
    let records: Vec<_> = records.into_iter().collect();
    let data = json!(["gsrres", [[records]], null]).to_string();
    let data = data.replace('=', "\\u003d").replace('&', "\\u0026").replace('<', "\\u003c");
    format!(
        "<script nonce=\"x\">AF_initDataCallback({{key: 'ds:2', hash: '3', data:{data}, sideChannel: {{}}}});</script>"
    )
}

/// Creates an answer of `batchexecute` with records.
pub fn batchexecute(records: impl IntoIterator<Item = Value>) -> String {
    let inner = json!(["gsrres", records.into_iter().collect::<Vec<_>>()]).to_string();
    let rows = json!([["wrb.fr", "HOnZud", inner, null, null, null, "generic"], ["di", 12]]);
    format!(")]}}'\n\n1234\n{rows}\n25\n[[\"e\",4,null,null,143]]\n")
}

/// Creates elements and records that look like those of a pair but are not: pictures and posts next to its ID, and its
/// publisher.
pub fn decoys(pair: &Pair) -> String {
    // A URL of the same length, so that only the form of the elements tells them apart.
    let decoy: String = format!("https://picture.example/{}", "x".repeat(pair.url.len()));
    let decoy = &decoy[..pair.url.len().max(12)];
    let anchors: String =
        [85008, 93789, 95062].map(|event| anchor_with(&pair.id, &jslog(event, decoy, 8))).concat();
    let mut publisher = record(&Pair { url: decoy.into(), ..pair.clone() });
    publisher[1] = json!([12, format!("PublisherOf{}", pair.id)]);
    let text = anchor(&Pair { url: decoy.into(), ..pair.clone() }, 8);
    format!("{anchors}{}<!-- {text} --><textarea>{text}</textarea><title>{text}</title>", script([publisher]))
}

/// Creates a page of at least `len` bytes with the elements and the records of all pairs.
pub fn news_page(pairs: &[Pair], len: usize) -> String {
    let mut page = String::from("<!doctype html><html><head><title>Google News</title></head><body>");
    while page.len() < len * 3 / 5 {
        page += "<script>var style = \"a { color: red }\";</script><div class=\"x\" jsname=\"y\"><svg><path d=\"M0 0h24v24H0z\"/></svg></div>";
    }
    for (n, pair) in pairs.iter().enumerate() {
        page +=
            &format!("<c-wiz jsdata=\"oM6qxc;{};{n}\">{}{}</c-wiz>", pair.id, anchor(pair, n), decoys(pair));
    }
    page += &script(pairs.iter().map(record));
    while page.len() < len {
        page += "<script>AF_initDataCallback({key: 'ds:3', data:[[1,2,[3]],\"x\"]});</script><p>filler filler filler</p>";
    }
    page + "</body></html>"
}
