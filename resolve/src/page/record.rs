//! Records of articles in scripts.
//!
//! ```text
//! [13,[13,"CBMi…"],"title",null,[1724400000],null,"https://publisher.example/…","https://amp…",…
//!  │   │                                        └ 6: the URL
//!  │   └ the ID, in an array after a number
//!  └ a number
//! ```
//!
//! A record is found by its beginning, wherever it is: neither the name of the script's function nor the arrays around
//! the record matter. It is then parsed as JSON. Which of its URLs is that of the article is decided by their indices and by the ID.

use std::borrow::Cow;

use memchr::memmem;
use serde_core::Deserialize;
use serde_json::value::RawValue;

use super::jslog::is_http;
use crate::base64url::is_base64url;

/// A record: an ID and the URLs next to it.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    /// The indices at which the record has a URL, and these URLs.
    pub(super) urls: Vec<(usize, String)>,
    pub(super) title: Option<String>,
    pub(super) source_name: Option<String>,
    pub(super) time: Option<u64>,
}

/// The maximum length of a record. Real ones have up to about 10,000 bytes; longer ones are ignored.
const MAX_RECORD_LEN: usize = 1 << 16;

/// The indices of the values in a record.
const TITLE: usize = 2;
const TIME: usize = 4;
pub(super) const URL: usize = 6;
/// A second copy of the URL.
pub(super) const SAME_URL: usize = 38;
pub(super) const AMP_URL: usize = 40;
const SOURCE: usize = 10;

/// The number of bytes of a page that may still be parsed as JSON.
///
/// If records seem to begin within records, the same bytes are parsed several times. The limit applies to a whole page,
/// so that the total time is proportional to its length, regardless of how it is divided into scripts.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    spent: usize,
}

impl Budget {
    /// Creates the budget of a page of `len` bytes. Real pages need less than their own length.
    pub(super) fn of_page(len: usize) -> Self {
        Budget { limit: len.saturating_mul(8).saturating_add(MAX_RECORD_LEN), spent: 0 }
    }

    fn is_left(&self) -> bool {
        self.spent < self.limit
    }

    fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
    }
}

/// Iterates over the records of a script.
pub(super) struct Records<'a, 'b> {
    script: &'a [u8],
    /// Everything before this offset has been searched.
    searched: usize,
    budget: &'b mut Budget,
    finder: memmem::Finder<'static>,
}

impl<'a, 'b> Records<'a, 'b> {
    pub(super) fn new(script: &'a [u8], budget: &'b mut Budget) -> Self {
        // IDs of articles begin with CBMi, CAIi or CCAi.
        Records { script, searched: 0, budget, finder: memmem::Finder::new(b"\"C") }
    }

    /// Returns the offset of the next beginning of a record.
    fn next_beginning(&mut self) -> Option<usize> {
        loop {
            let at = self.searched + self.finder.find(self.script.get(self.searched..)?)?;
            self.searched = at + 2;
            if let Some(start) = beginning_before(self.script.get(..at)?) {
                return Some(start);
            }
        }
    }
}

impl Iterator for Records<'_, '_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.budget.is_left() {
            let start = self.next_beginning()?;
            let rest = self.script.get(start..)?;
            let window = rest.get(..MAX_RECORD_LEN).unwrap_or(rest);
            let mut values = serde_json::Deserializer::from_slice(window).into_iter::<Vec<&RawValue>>();
            let record = values.next().transpose();
            self.budget.spend(match &record {
                Ok(_) => values.byte_offset(),
                Err(error) if error.line() == 1 => error.column(),
                Err(_) => window.len(),
            });
            // The search continues inside the record, because a story contains the records of its articles.
            if let Ok(Some(record)) = record
                && let Some(record) = read_record(&record)
            {
                return Some(record);
            }
        }
        None
    }
}

/// Returns the offset of `[13,[13,` at the end of `before`, with any numbers and white space.
///
/// The bytes that are read contain no quote, so they are not read again for the next ID.
fn beginning_before(before: &[u8]) -> Option<usize> {
    let inner = strip_bracket_and_number(before)?;
    let outer = strip_bracket_and_number(inner)?;
    Some(outer.len())
}

/// Removes `[13,` from the end.
fn strip_bracket_and_number(text: &[u8]) -> Option<&[u8]> {
    const MAX_DIGITS: usize = 9;
    let text = trim_end(text).strip_suffix(b",")?;
    let text = trim_end(text);
    // Without a digit, the array is not JSON.
    let digits = text.iter().rev().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    trim_end(text.get(..text.len() - digits)?).strip_suffix(b"[")
}

/// Removes the white space of JSON from the end.
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let len = text.iter().rposition(|byte| !is_white_space(byte)).map_or(0, |at| at + 1);
    text.get(..len).unwrap_or_default()
}

pub(super) fn is_white_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn parse<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

fn read_record(record: &[&RawValue]) -> Option<Record> {
    let string = |value: &RawValue| parse::<String>(value);
    let item = |index: usize| record.get(index).copied();
    let [_, id, ..] = parse::<Vec<&RawValue>>(item(1)?)?[..] else { return None };
    let id = parse::<Cow<'_, str>>(id)?.into_owned();
    if !is_base64url(&id) {
        return None;
    }
    let url_at = |index: usize| {
        let value = item(index).filter(|value| value.get().starts_with("\"http"))?;
        Some((index, string(value).filter(|url| is_http(url))?))
    };
    // The title may be a URL.
    let urls: Vec<(usize, String)> = (TITLE + 1..record.len()).filter_map(url_at).collect();
    if urls.is_empty() {
        return None;
    }
    let element = |array: usize, index: usize| {
        let values = parse::<Vec<&RawValue>>(item(array)?)?;
        values.get(index).copied()
    };
    Some(Record {
        id,
        urls,
        title: item(TITLE).and_then(string),
        source_name: element(SOURCE, 2).and_then(string),
        time: element(TIME, 0).and_then(parse),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(script: &str) -> Vec<Record> {
        Records::new(script.as_bytes(), &mut Budget::of_page(script.len())).collect()
    }

    fn ids(script: &str) -> Vec<String> {
        records(script).into_iter().map(|record| record.id).collect()
    }

    #[test]
    fn records_are_found_wherever_they_are() {
        let record = |id: &str| {
            format!(
                r#"[13,[13,"{id}"],"a \"title\"",null,[1724400000],null,"https://a.example/?a\u003d1",null,[["x"]],null,[12,[12,"PublisherOf{id}"],"A","https://a.example"],null,"https://a.example/amp"]"#
            )
        };
        let expected = |id: &str| Record {
            id: id.into(),
            urls: vec![(6, "https://a.example/?a=1".into()), (12, "https://a.example/amp".into())],
            title: Some("a \"title\"".into()),
            source_name: Some("A".into()),
            time: Some(1_724_400_000),
        };
        for script in [
            record("CBMiA"),
            format!(
                "AF_initDataCallback({{key: 'ds:2', hash: '3', data:[\"gsrres\",[[{}]]], sideChannel: {{}}}});",
                record("CBMiA")
            ),
            format!("other([\"x\",[[[{}", record("CBMiA")),
            format!("[13,[13,\"CBMiX{}", record("CBMiA")),
            format!("[13,[13,\"CBMiX\",{}", record("CBMiA")),
            record("CBMiA").replace("[13,[13,", "[1,[200,"),
        ] {
            assert_eq!(records(&script), [expected("CBMiA")], "{script}");
        }
        let two = format!("[{},{}]", record("CBMiA"), record("CAIiB"));
        assert_eq!(records(&two), [expected("CBMiA"), expected("CAIiB")]);
        let cut = &two[..two.len() - 3];
        assert_eq!(records(cut), [expected("CBMiA")]);
    }

    #[test]
    fn urls_are_found_with_their_indices() {
        for (rest, urls) in [
            (
                r#""t",null,[1],null,null,"https://b/","https://c/""#,
                &[(7, "https://b/"), (8, "https://c/")][..],
            ),
            (
                r#""https://title/",null,"https://b/",null,"https://c/""#,
                &[(4, "https://b/"), (6, "https://c/")],
            ),
            (r#""https://title/","https://b/""#, &[(3, "https://b/")]),
            (r#""t",1,2,3,"http://b/""#, &[(6, "http://b/")]),
        ] {
            let records = records(&format!(r#"[13,[13,"CBMiA"],{rest}]"#));
            assert_eq!(records.len(), 1, "{rest}");
            let found: Vec<_> = records[0].urls.iter().map(|(index, url)| (*index, url.as_str())).collect();
            assert_eq!(found, urls, "{rest}");
        }
    }

    #[test]
    fn records_in_a_record_are_found() {
        let inner = r#"[13,[13,"CBMiB"],"t",null,[1],null,"https://b/"]"#;
        let outer = format!(r#"[13,[13,"CAAqA"],"story",null,[1],null,"https://a/",[[{inner}]]]"#);
        assert_eq!(ids(&outer), ["CAAqA", "CBMiB"]);
    }

    #[test]
    fn beginnings_that_are_not_json_cost_only_the_bytes_that_were_read() {
        let script =
            r#"[13,[13,"CAAq"],\x]"#.repeat(40) + r#"[13,[13,"CBMiB"],"t",null,[1],null,"https://b/"]"#;
        assert_eq!(ids(&script), ["CBMiB"]);
    }

    #[test]
    fn other_arrays_are_not_records() {
        for script in [
            r#"[13,[13,"PublisherOfCBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[13,["CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[[13,"CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"["x",[13,"CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[13,[13,"CBMiA"],"t",null,[1],null,"ftp://a/"]"#,
            r#"[13,[13,"CBMiA"],"t",null,[1],null,["https://a/"]]"#,
            r#"[13,[13,"CBMiA"],"https://title/"]"#,
            r#"[13,[13,"CBMiA"]]"#,
            r#"[13,[13,"CBMi A"],"t",null,[1],null,"https://a/"]"#,
            r#"[13,[13,"CBMiA"],"t",null,[1],null,"https://a/""#,
            r#"[1234567890,[13,"CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[,[13,"CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[13,[,"CBMiA"],"t",null,[1],null,"https://a/"]"#,
            r#"[13,[13,\"CBMiA\"],\"t\",null,[1],null,\"https://a/\"]"#,
        ] {
            assert_eq!(ids(script), [""; 0], "{script}");
        }
        // A record that is too long, and the next one.
        let long =
            format!(r#"[13,[13,"CBMiA"],"{}",null,[1],null,"https://a/"]"#, "t".repeat(MAX_RECORD_LEN));
        assert_eq!(ids(&format!(r#"{long},[13,[13,"CBMiB"],"https://t/","https://b/"]"#)), ["CBMiB"]);
    }

    #[test]
    fn white_space_between_the_values_makes_no_difference() {
        for script in [
            r#"[13, [13, "CBMiA"], "t", null, [1], null, "https://a/"]"#,
            "[ 13 ,\n\t[ 13 ,\r\n \"CBMiA\" ] , \"t\" , null , [ 1 ] , null , \"https://a/\" ]",
        ] {
            assert_eq!(ids(script), ["CBMiA"], "{script}");
        }
        assert_eq!(ids("[1 3,[13,\"CBMiA\"],\"t\",null,[1],null,\"https://a/\"]"), [""; 0]);
    }

    #[test]
    fn nothing_is_parsed_after_the_budget_is_spent() {
        let record = r#"[13,[13,"CBMiA"],"t",null,[1],null,"https://a/"]"#;
        let two = [record; 2].concat();
        for (limit, count) in [(0, 0), (1, 1), (record.len(), 1), (record.len() + 1, 2)] {
            let mut budget = Budget { limit, spent: 0 };
            assert_eq!(Records::new(two.as_bytes(), &mut budget).count(), count, "{limit}");
            assert_eq!(budget.spent, count * record.len(), "{limit}");
        }
    }

    #[test]
    fn an_array_that_is_not_json_costs_the_bytes_before_the_error_or_all_of_the_window() {
        let rest = " ".repeat(1000);
        for (array, spent) in [
            (r#"[13,[13,"CBMiA"],x"#, 18),
            // Only the line and the column of the error are known.
            ("[13,[13,\"CBMiA\"],\nx", 1019),
        ] {
            let script = format!("{array}{rest}");
            let mut budget = Budget::of_page(script.len());
            assert_eq!(Records::new(script.as_bytes(), &mut budget).next(), None);
            assert_eq!(budget.spent, spent, "{array}");
        }
    }

    #[test]
    fn the_budget_of_a_page_limits_what_is_parsed_in_all_its_scripts() {
        // In each script, every beginning is parsed to the end of the script or of the window.
        let beginning = r#"[13,[13,"CBMiA"],"#;
        for beginnings in [10, 100, 1000, 100_000] {
            let script = beginning.repeat(beginnings);
            let scripts = 200_000 / beginnings;
            let len = script.len() * scripts;
            let mut budget = Budget::of_page(len);
            let mut begun = 0;
            for _ in 0..scripts {
                let mut records = Records::new(script.as_bytes(), &mut budget);
                assert_eq!(records.next(), None);
                begun += records.searched / beginning.len();
            }
            let Budget { limit, spent } = budget;
            assert!(spent <= limit + MAX_RECORD_LEN, "{beginnings}: {spent} of {limit}");
            assert!(begun > 0, "{beginnings}");
            if beginnings >= 1000 {
                assert!(spent >= limit && begun < 200_000, "{beginnings}: {begun} were parsed");
            }
        }
    }

    #[test]
    fn garbage_is_parsed_at_most_as_often_as_the_budget_allows() {
        for garbage in
            ["[", "[13,", "[13,[13,\"C", "\"C", "AF_initDataCallback({key: 'ds:2', data:[13,[13,\"CBMiA\","]
        {
            let script = garbage.repeat(2_000_000 / garbage.len());
            let mut budget = Budget::of_page(script.len());
            assert_eq!(Records::new(script.as_bytes(), &mut budget).next(), None);
            let Budget { limit, spent } = budget;
            assert!(spent <= limit + MAX_RECORD_LEN, "{garbage}: {spent} of {limit}");
        }
    }
}
