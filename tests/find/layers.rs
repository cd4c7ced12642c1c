//! Tests of links in nested formats, such as HTML in JSON in HTML.

use google_news_link::{find, rewrite};
use quickcheck::{Arbitrary, Gen};
use url::form_urlencoded;

use crate::generators::{below, check_cases, choose};
use Layer::*;

/// A format in which text is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layer {
    Text,
    Element,
    Attribute,
    Cdata,
    Script,
    Json,
    JsonWithSlashes,
    /// JSON as Go and scripts in browsers write it, with `\u003c`.
    JsonWithNumbers,
    Parameter,
    /// A parameter as Python writes it: slashes are not escaped.
    ParameterWithSlashes,
}

impl Layer {
    /// Returns the text before and after the encoded text.
    fn frame(self) -> (&'static str, &'static str) {
        match self {
            Text => ("see ", " and more"),
            Element => ("<item><title>a</title><p>", "</p></item>"),
            Attribute => ("<p>a</p><a title='b' href=\"", "\">c</a>"),
            Cdata => ("<d><![CDATA[", "]]></d>"),
            Script => ("<p>a</p><script>var b = ", ";</script><p>c</p>"),
            Json | JsonWithSlashes | JsonWithNumbers => (r#"{"a":"b","c":""#, r#"","d":[1]}"#),
            Parameter | ParameterWithSlashes => ("https://example.com/share?a=b&u=", "&c=d"),
        }
    }

    fn encode(self, text: &str) -> String {
        match self {
            Text | Cdata | Script => text.to_owned(),
            Element | Attribute => {
                text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
            }
            Json | JsonWithSlashes | JsonWithNumbers => {
                let json = serde_json::to_string(text).unwrap();
                let json = json[1..json.len() - 1].to_owned();
                match self {
                    JsonWithSlashes => json.replace('/', r"\/"),
                    JsonWithNumbers => {
                        json.replace('&', r"\u0026").replace('<', r"\u003c").replace('>', r"\u003e")
                    }
                    _ => json,
                }
            }
            Parameter => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            ParameterWithSlashes => Parameter.encode(text).replace("%2F", "/"),
        }
    }

    /// Returns `None` if a `&` is not escaped. Browsers would accept some of these.
    fn decode(self, text: &str) -> Option<String> {
        Some(match self {
            Text | Cdata | Script => text.to_owned(),
            Element | Attribute => {
                let is_reference =
                    |rest: &str| ["amp;", "lt;", "gt;", "quot;"].iter().any(|name| rest.starts_with(name));
                if !text.split('&').skip(1).all(is_reference) {
                    return None;
                }
                text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
            }
            Json | JsonWithSlashes | JsonWithNumbers => serde_json::from_str(&format!("\"{text}\"")).ok()?,
            Parameter | ParameterWithSlashes => {
                let query = format!("u={text}");
                form_urlencoded::parse(query.as_bytes()).next()?.1.into_owned()
            }
        })
    }
}

/// A link, and the layers around it, the innermost first.
#[derive(Clone, Debug)]
struct Layers {
    layers: Vec<Layer>,
    link: &'static str,
}

impl Layers {
    fn write(&self, link: &str) -> String {
        self.layers.iter().fold(link.to_owned(), |text, layer| {
            let (before, after) = layer.frame();
            format!("{before}{}{after}", layer.encode(&text))
        })
    }

    /// Returns `false` if a layer contains the characters that end it.
    fn are_valid(&self) -> bool {
        (1..self.layers.len()).all(|at| {
            let inner = Layers { layers: self.layers[..at].to_vec(), link: self.link }.write(self.link);
            match self.layers[at] {
                Cdata => !inner.contains("]]>"),
                Script => !inner.contains("</script"),
                _ => true,
            }
        })
    }

    /// Returns `false` for links that are escaped more often than any real one. They may be left as they are.
    fn are_real(&self) -> bool {
        let of_url =
            self.layers.iter().filter(|layer| matches!(layer, Parameter | ParameterWithSlashes)).count();
        let of_json =
            self.layers.iter().filter(|layer| matches!(layer, Json | JsonWithSlashes | JsonWithNumbers));
        let are_slashes_plain = self.layers.contains(&ParameterWithSlashes)
            && (of_url > 1 || self.layers.contains(&JsonWithSlashes));
        of_url <= 2 && of_url + of_json.count() <= 3 && !are_slashes_plain
    }

    /// Decodes the result of [`Layers::write`].
    fn read(&self, text: &str) -> Option<String> {
        self.layers.iter().rev().try_fold(text.to_owned(), |text, layer| {
            let (before, after) = layer.frame();
            layer.decode(text.strip_prefix(before)?.strip_suffix(after)?)
        })
    }
}

const LINKS: [&str; 4] = [
    "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
    "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5",
    "https://news.google.com/read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl=en-US&gl=US&ceid=US%3Aen",
    "https://www.google.com/url?q=https://amu.tv/111931/&sa=D&source=x",
];

impl Arbitrary for Layers {
    fn arbitrary(g: &mut Gen) -> Self {
        const ALL: [Layer; 10] = [
            Text,
            Element,
            Attribute,
            Cdata,
            Script,
            Json,
            JsonWithSlashes,
            JsonWithNumbers,
            Parameter,
            ParameterWithSlashes,
        ];
        let count = 1 + below(g, 4);
        Layers { layers: (0..count).map(|_| choose(g, &ALL)).collect(), link: choose(g, &LINKS) }
    }

    /// Removes one of the layers.
    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let all = self.clone();
        Box::new((0..all.layers.len()).map(move |at| {
            let mut fewer = all.clone();
            fewer.layers.remove(at);
            fewer
        }))
    }
}

#[test]
fn a_url_is_escaped_for_all_layers() {
    const URL: &str = "https://example.com/a?b=1&copy=2&lt=3#d";
    fn property(layers: Layers) {
        if !layers.are_valid() {
            return;
        }
        let text = layers.write(layers.link);
        let rewritten = rewrite(text.as_bytes(), |_| Some(URL.into())).into_owned();
        let rewritten = String::from_utf8(rewritten).unwrap();
        if !layers.are_real() && rewritten == text {
            return;
        }
        let read = layers.read(&rewritten);
        assert_eq!(
            read.as_deref(),
            Some(URL),
            "{layers:?}\n{text}\n{rewritten}\n{:?}",
            find(text.as_bytes()).collect::<Vec<_>>()
        );
    }
    check_cases(5000, property as fn(_));
}
