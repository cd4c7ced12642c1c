//! Links in any text: `find` and `rewrite`.

use std::borrow::Cow;

use google_news_link::Error;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString};

use crate::error::new_decode_error;
use crate::target::{new_target, type_name};
use crate::text::{Text, Unit};

/// The links that are searched and decoded at a time. Other threads run meanwhile, and signals are handled after it.
const LINKS_AT_ONCE: usize = 1024;

/// Finds every link to Google News in a text: a str, bytes or bytearray.
///
/// Returns a list of Match objects in the order of the text. With relative=True, links without a host are found as well,
/// such as those in saved pages of Google News.
#[pyfunction]
#[pyo3(signature = (text, /, *, relative = false))]
pub(crate) fn find<'py>(text: &Bound<'py, PyAny>, relative: bool) -> PyResult<Bound<'py, PyList>> {
    let py = text.py();
    let source = text_of(text)?;
    let mut links = google_news_link::find(&source.bytes).relative(relative);
    let list = PyList::empty(py);
    let mut indices = Indices::new(&source);
    loop {
        let found: Vec<Found> =
            py.detach(|| links.by_ref().take(LINKS_AT_ONCE).map(|link| Found::of(&link)).collect());
        py.check_signals()?;
        if found.is_empty() {
            return Ok(list);
        }
        for found in found {
            list.append(found.into_match(py, text, &mut indices)?)?;
        }
    }
}

/// Replaces the links to Google News in a text: a str, bytes or bytearray.
///
/// replace is called with the Match of each link and returns the URL to write in its place, or None to keep the link. By
/// default, each link is replaced by its canonical URL, if it has one. URLs are escaped as the links were. Returns a str for a
/// str, and bytes otherwise.
#[pyfunction]
#[pyo3(signature = (text, replace = None, /, *, relative = false))]
pub(crate) fn rewrite<'py>(
    text: &Bound<'py, PyAny>,
    replace: Option<&Bound<'py, PyAny>>,
    relative: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = text.py();
    let source = text_of(text)?;
    let mut out = Vec::new();
    let mut copied = 0;
    let mut indices = Indices::new(&source);
    let mut links = google_news_link::find(&source.bytes).relative(relative);
    loop {
        let found: Vec<_> = py.detach(|| {
            let links = links.by_ref().take(LINKS_AT_ONCE);
            links
                .map(|link| {
                    let found = Found::of(&link);
                    (link, found)
                })
                .collect()
        });
        py.check_signals()?;
        if found.is_empty() {
            break;
        }
        for (link, found) in found {
            let url = match replace {
                None => found.outcome.ok().and_then(|target| target.canonical_url().map(str::to_owned)),
                Some(replace) => replace.call1((found.into_match(py, text, &mut indices)?,))?.extract()?,
            };
            if let Some(url) = url {
                let range = link.range();
                out.extend_from_slice(&source.bytes[copied..range.start]);
                out.extend_from_slice(&link.escape(&url));
                copied = range.end;
            }
        }
    }
    if copied == 0 && !text.is_instance_of::<PyByteArray>() {
        return Ok(text.clone());
    }
    out.extend_from_slice(&source.bytes[copied..]);
    match source.unit {
        Unit::Bytes => Ok(PyBytes::new(py, &out).into_any()),
        // The text may have lone surrogates, which were encoded as such.
        Unit::Characters => PyBytes::new(py, &out).call_method1("decode", ("utf-8", "surrogatepass")),
    }
}

fn text_of<'a>(text: &'a Bound<'_, PyAny>) -> PyResult<Text<'a>> {
    Text::of(text)?.ok_or_else(|| {
        let name = type_name(text);
        PyTypeError::new_err(format!("a text is a str, bytes or bytearray, not {name}"))
    })
}

/// A link in a text. The range counts bytes.
struct Found {
    range: std::ops::Range<usize>,
    outcome: Result<google_news_link::Target<'static>, Error>,
}

impl Found {
    fn of(link: &google_news_link::Match<'_>) -> Self {
        Found { range: link.range(), outcome: google_news_link::decode(link.as_bytes()) }
    }

    fn into_match<'py>(
        self,
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        indices: &mut Indices<'_>,
    ) -> PyResult<Bound<'py, Match>> {
        let (start, end) = (indices.of(self.range.start), indices.of(self.range.end));
        let link = text.get_item(pyo3::types::PySlice::new(py, start as isize, end as isize, 1))?;
        let target = match self.outcome {
            Ok(target) => new_target(py, target)?,
            Err(error) => {
                let link = text_of(&link)?;
                new_decode_error(py, &error, link.offset(error.offset()))?
            }
        };
        Bound::new(py, Match { start, end, link: link.unbind(), target: target.unbind() })
    }
}

/// Converts ascending offsets in bytes into indices of the Python object, in one pass.
struct Indices<'a> {
    bytes: &'a [u8],
    counts_characters: bool,
    offset: usize,
    index: usize,
}

impl<'a> Indices<'a> {
    fn new(text: &'a Text<'_>) -> Self {
        let counts_characters = text.unit == Unit::Characters && !text.bytes.is_ascii();
        Indices { bytes: &text.bytes, counts_characters, offset: 0, index: 0 }
    }

    fn of(&mut self, offset: usize) -> usize {
        if !self.counts_characters {
            return offset;
        }
        let passed = self.bytes.get(self.offset..offset).unwrap_or_default();
        self.index += passed.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        self.offset = self.offset.max(offset);
        self.index
    }
}

/// A link in a text.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct Match {
    /// The index of the link's first character or byte in the text.
    #[pyo3(get)]
    start: usize,
    /// The index after the link's last character or byte.
    #[pyo3(get)]
    end: usize,
    /// The link as it is written in the text.
    #[pyo3(get)]
    link: Py<PyAny>,
    /// The decoded target, or the error if the link cannot be decoded.
    #[pyo3(get)]
    target: Py<PyAny>,
}

#[pymethods]
impl Match {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("link", "target")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let target = self.target.bind(py).repr()?;
        let target: Cow<'_, str> = target.cast::<PyString>()?.to_string_lossy();
        Ok(format!("<Match {}:{} {target}>", self.start, self.end))
    }
}
