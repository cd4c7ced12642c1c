//! Iterates over the parameters of queries.

use std::borrow::Cow;
use std::iter::FusedIterator;
use std::ops::Range;

use url::form_urlencoded;

use super::grammar::Part;
use crate::base64url::is_base64url;

/// The remainders of an escaped `&` before the name of a parameter, after splitting at `&`.
const AMP: [&[u8]; 5] = [b"amp;", b"amp%3B", b"amp%3b", b"amp%253B", b"amp%253b"];

/// An iterator over the parameters of a query, which must not include the `?`.
#[derive(Clone, Debug)]
pub(super) struct Parameters<'a> {
    query: &'a [u8],
    /// The offset of the next parameter, or more than the length of the query after the last one.
    next: usize,
}

/// A parameter, as it is spelled in the query.
pub(super) struct Parameter<'a> {
    /// Its range in the query, including an `amp;` before its name.
    pub(super) range: Range<usize>,
    /// `name=value` or `name`.
    pub(super) pair: &'a [u8],
}

impl<'a> Parameters<'a> {
    pub(super) fn of(query: &'a [u8]) -> Self {
        Parameters { query, next: 0 }
    }

    /// Returns an iterator over the parameters of a query with its `?`. The query may be empty.
    fn of_tail(tail: &'a [u8]) -> Self {
        let query = tail.strip_prefix(b"?").unwrap_or(tail);
        Parameters::of(&query[..Part::Query.end(query, 0)])
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        let rest = self.query.get(self.next..)?;
        let start = self.next;
        let end = start + memchr::memchr(b'&', rest).unwrap_or(rest.len());
        self.next = end + 1;
        let mut pair = &self.query[start..end];
        // `&amp;` next to an unescaped `&`, so that the query was not unescaped. Its semicolon may be percent-encoded.
        while pair.starts_with(b"amp")
            && let Some(rest) = AMP.iter().find_map(|amp| pair.strip_prefix(*amp))
        {
            pair = rest;
        }
        Some(Parameter { range: start..end, pair })
    }
}

/// An iterator over the names and values of the parameters of a link, returned by [`Link::params`](super::Link::params).
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Params<'a> {
    parameters: Parameters<'a>,
    /// The rest of the current parameter: one pair, or several if a query was escaped as a whole, `hl%3Den-IE%26gl%3DIE`.
    pairs: std::vec::IntoIter<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Params<'a> {
    /// Returns an iterator over the parameters of a query with its `?`.
    pub(super) fn of_tail(tail: &'a [u8]) -> Self {
        Params { parameters: Parameters::of_tail(tail), pairs: Vec::new().into_iter() }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.pairs.next() {
                return Some(pair);
            }
            self.pairs = decode_pairs(self.parameters.next()?.pair).into_iter();
        }
    }
}

impl FusedIterator for Params<'_> {}

fn decode_pairs(pair: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let unescaped = if pair.contains(&b'=') {
        None
    } else {
        form_urlencoded::parse(pair).next().map(|(name, _)| name).filter(|name| name.contains('='))
    };
    match unescaped {
        Some(pairs) => form_urlencoded::parse(pairs.as_bytes())
            .map(|(name, value)| (name.into_owned().into(), value.into_owned().into()))
            .collect(),
        None => form_urlencoded::parse(pair).collect(),
    }
}

/// Returns the value of `uo=` in a query with its `?`.
pub(crate) fn find_uo(tail: &[u8]) -> Option<Cow<'_, [u8]>> {
    if let Some(value) = Parameters::of_tail(tail).find_map(|parameter| parameter.pair.strip_prefix(b"uo=")) {
        // Text that follows the link is dropped, such as the dot in `?uo=CAUi….`.
        let len = value.iter().take_while(|&&byte| is_base64url(byte)).count();
        return Some(Cow::Borrowed(&value[..len]));
    }
    memchr::memmem::find(tail, b"uo%3")?;
    let (_, value) = Params::of_tail(tail).find(|(name, _)| name == "uo")?;
    Some(Cow::Owned(value.into_owned().into_bytes()))
}
