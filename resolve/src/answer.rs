//! The answer to a POST: rows of JSON, with JSON inside, behind a line that keeps browsers from running it.

use serde_core::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Problem, RowError};
use crate::service::{RPC, tag_of};

/// What an answer says of the rows that were asked for.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// In the order of the request: the URL, or why there is none; `None` where there is no row.
    pub(crate) rows: Vec<Option<Result<String, Problem>>>,
    /// Whether all of it could be read. If not, a row that is missing may have been in the rest.
    pub(crate) is_whole: bool,
}

/// Reads the answer to a POST of `rows` rows.
///
/// It is one array of rows or, if `rt=c` was asked for, several with their lengths before them. Of the lengths
/// no use is made.
pub(crate) fn read(answer: &[u8], rows: usize) -> Answer {
    let mut found = Answer { rows: vec![None; rows], is_whole: false };
    // Anything else is a page of some kind.
    let Some(text) = answer.trim_ascii_start().strip_prefix(b")]}'") else { return found };
    let mut is_answer = false;
    for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
        let Ok(value) = value else { return found };
        if parse::<u64>(value).is_some() {
            continue;
        }
        let Some(values) = parse::<Vec<&RawValue>>(value) else { return found };
        values.into_iter().for_each(|row| found.add(row));
        is_answer = true;
    }
    found.is_whole = is_answer;
    found
}

fn parse<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

impl Answer {
    /// Adds a row, if it belongs to one that was asked for: kind, RPC, inner JSON or null, two nulls, error or
    /// null, tag. Rows of other kinds tell how long it took.
    fn add(&mut self, row: &RawValue) {
        let Some(row) = parse::<Vec<&RawValue>>(row) else { return };
        let text = |at: usize| row.get(at).and_then(|value| parse::<String>(value));
        if text(0).as_deref() != Some("wrb.fr") || text(1).as_deref() != Some(RPC) {
            return;
        }
        let Some(tag) = text(6) else { return };
        let place = tag.parse().ok().and_then(|tag: usize| tag.checked_sub(1));
        // `01` and `+1` are no tags.
        let Some(place) = place.filter(|&place| tag_of(place) == tag) else { return };
        let Some(place) = self.rows.get_mut(place) else { return };
        let outcome = match text(2) {
            Some(inner) => url_of(&inner).ok_or(Problem::InvalidAnswer),
            None => {
                Err(row.get(5).and_then(|error| code_of(error)).map_or(Problem::InvalidAnswer, Problem::Row))
            }
        };
        // Of two answers that differ, one at least is wrong.
        let is_other = place.as_ref().is_some_and(|before| *before != outcome);
        *place = Some(if is_other { Err(Problem::InvalidAnswer) } else { outcome });
    }
}

/// The URL of the inner JSON, `["garturlres","https://…",1]`.
fn url_of(inner: &str) -> Option<String> {
    let values: Vec<&RawValue> = serde_json::from_str(inner).ok()?;
    match parse::<String>(values.first()?)?.as_str() {
        "garturlres" => parse(values.get(1)?),
        _ => None,
    }
}

/// The code of an error, `[3]`.
fn code_of(error: &RawValue) -> Option<RowError> {
    parse::<Vec<&RawValue>>(error)?.first().and_then(|code| parse(code)).map(RowError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(answer: &str, rows: usize) -> Vec<Option<Result<String, Problem>>> {
        let answer = read(answer.as_bytes(), rows);
        assert!(answer.is_whole);
        answer.rows
    }

    fn url(url: &str) -> Option<Result<String, Problem>> {
        Some(Ok(url.into()))
    }

    #[test]
    fn rows_are_matched_by_tag() {
        let answer = r#")]}'

[["wrb.fr","Fbv4je","[\"garturlres\",\"https://b.example/2\",1]",null,null,null,"2"],
 ["wrb.fr","Fbv4je",null,null,null,[5],"4"],["di",12],
 ["wrb.fr","Fbv4je","[\"garturlres\",\"https://a.example/?a\\u003d1\\u0026b\",1]",null,null,null,"1"],
 ["wrb.fr","Other","[\"garturlres\",\"https://c.example/3\",1]",null,null,null,"3"],
 ["wrb.fr","Fbv4je","[\"garturlres\",\"https://c.example/3\",1]",null,null,null,"03"],
 ["wrb.fr","Fbv4je","[\"garturlres\",\"https://c.example/3\",1]",null,null,null,"0"],
 ["wrb.fr","Fbv4je","[\"garturlres\",\"https://c.example/3\",1]",null,null,null,"5"],
 ["wrb.fr","Fbv4je","[\"garturlres\",\"https://c.example/3\",1]",null,null,null,""],
 ["af.httprm",12,"-123",70]]"#;
        let not_found = Some(Err(Problem::Row(RowError(5))));
        assert_eq!(
            rows(answer, 4),
            [url("https://a.example/?a=1&b"), url("https://b.example/2"), None, not_found]
        );
    }

    #[test]
    fn chunks_are_read_whatever_their_lengths_say() {
        let answer = ")]}'\n\n7\n[[\"wrb.fr\",\"Fbv4je\",\"[\\\"garturlres\\\",\\\"https://a.example/\\\",1]\",null,null,null,\"1\"]]\n\
                      99999\n[[\"wrb.fr\",\"Fbv4je\",null,null,null,[3],\"2\"]]\n25\n[[\"e\",4,null,null,143]]\n";
        assert_eq!(rows(answer, 2), [url("https://a.example/"), Some(Err(Problem::Row(RowError(3))))]);
        // What came before the break stands.
        let cut = read(&answer.as_bytes()[..answer.len() - 40], 2);
        assert_eq!((cut.rows, cut.is_whole), (vec![url("https://a.example/"), None], false));
    }

    #[test]
    fn two_answers_to_one_row_are_none_unless_they_are_equal() {
        let row =
            |url: &str| format!(r#"["wrb.fr","Fbv4je","[\"garturlres\",\"{url}\",1]",null,null,null,"1"]"#);
        let (one, other) = (row("https://a.example/"), row("https://b.example/"));
        assert_eq!(rows(&format!(")]}}'\n[{one},{one}]"), 1), [url("https://a.example/")]);
        assert_eq!(rows(&format!(")]}}'\n[{one},{other},{one}]"), 1), [Some(Err(Problem::InvalidAnswer))]);
    }

    #[test]
    fn what_is_not_an_answer_is_not_whole() {
        for answer in
            ["", "[]", ")]}'", ")]}'\n", ")]}'\n12", ")]}'\n{}", ")]}'\n[[", "<html>", ")]}'\n[] \"x\""]
        {
            assert!(!read(answer.as_bytes(), 1).is_whole, "{answer}");
        }
        assert!(!read(b")]}'\n[[\"\xff\"]]", 1).is_whole);
    }

    #[test]
    fn rows_of_another_form_are_no_answers() {
        for inner in [
            "null",
            r#""[]""#,
            r#""x""#,
            "5",
            r#""[\"other\",\"https://a.example/\"]""#,
            r#""[\"garturlres\"]""#,
        ] {
            let answer = format!(r#")]}}' [["wrb.fr","Fbv4je",{inner},null,null,null,"1"]]"#);
            assert_eq!(rows(&answer, 1), [Some(Err(Problem::InvalidAnswer))], "{inner}");
        }
        for row in ["[]", "{}", "5", "null", r#"["wrb.fr"]"#, r#"["wrb.fr","Fbv4je","x",null,null,null,1]"#] {
            assert_eq!(rows(&format!(")]}}' [{row}]"), 1), [None], "{row}");
        }
        // Nested too deep to be read, and not worth a stack.
        let deep = format!(")]}}' [{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(rows(&deep, 1), [None]);
    }
}
