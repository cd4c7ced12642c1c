//! Reads the answer to a POST: rows of JSON that contain JSON, after a line that prevents browsers from executing them.

use serde_core::Deserialize;
use serde_json::value::RawValue;

use crate::error::{AnswerChange, Problem, RowError};
use crate::service::{RPC, tag_of};

/// The rows of an answer.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// One for each row of the request, in its order: the URL or an error, `None` for a missing row.
    pub(crate) rows: Vec<Option<Result<String, Problem>>>,
    /// The reason why a part of the answer could not be read. Missing rows may have been in that part.
    pub(crate) change: Option<AnswerChange>,
}

/// Reads the answer to a POST of `rows` rows.
///
/// It consists of one array of rows or, if `rt=c` was requested, of several, each after its length. The lengths are
/// ignored.
pub(crate) fn read(answer: &[u8], rows: usize) -> Answer {
    let mut found = Answer { rows: vec![None; rows], change: None };
    found.change = found.add_all(answer).err();
    found
}

fn parse<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

impl Answer {
    fn add_all(&mut self, answer: &[u8]) -> Result<(), AnswerChange> {
        let json = answer.trim_ascii_start().strip_prefix(b")]}'").ok_or(AnswerChange::NoPrefix)?;
        let mut is_answer = false;
        for value in serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>() {
            let value = value.map_err(|_| AnswerChange::NotJson)?;
            if parse::<u64>(value).is_some() {
                continue;
            }
            let rows = parse::<Vec<&RawValue>>(value).ok_or(AnswerChange::NotRows)?;
            rows.into_iter().for_each(|row| self.add(row));
            is_answer = true;
        }
        if is_answer { Ok(()) } else { Err(AnswerChange::NotRows) }
    }

    /// Adds a row if it answers a row of the request. Its items are a kind, the RPC, inner JSON or null, two nulls, an
    /// error or null, and the tag. Rows of other kinds contain timings.
    fn add(&mut self, row: &RawValue) {
        let Some(row) = parse::<Vec<&RawValue>>(row) else { return };
        let string = |at: usize| row.get(at).and_then(|value| parse::<String>(value));
        if string(0).as_deref() != Some("wrb.fr") || string(1).as_deref() != Some(RPC) {
            return;
        }
        let Some(tag) = string(6) else { return };
        let index = tag.parse().ok().and_then(|tag: usize| tag.checked_sub(1));
        // `01` and `+1` are not tags.
        let Some(index) = index.filter(|&index| tag_of(index) == tag) else { return };
        let Some(found) = self.rows.get_mut(index) else { return };
        let outcome = match string(2) {
            Some(inner) => url_of(&inner).ok_or(Problem::InvalidAnswer(AnswerChange::OtherResult)),
            None => Err(row
                .get(5)
                .and_then(|error| code_of(error))
                .map_or(Problem::InvalidAnswer(AnswerChange::NoResult), Problem::Row)),
        };
        // Of two different answers, at least one is wrong.
        let is_other = found.as_ref().is_some_and(|before| *before != outcome);
        *found = Some(if is_other { Err(Problem::InvalidAnswer(AnswerChange::TwoRows)) } else { outcome });
    }
}

/// Returns the URL of the inner JSON, `["garturlres","https://…",1]`.
fn url_of(inner: &str) -> Option<String> {
    let values: Vec<&RawValue> = serde_json::from_str(inner).ok()?;
    match parse::<String>(values.first()?)?.as_str() {
        "garturlres" => parse(values.get(1)?),
        _ => None,
    }
}

/// Returns the code of an error, `[3]`.
fn code_of(error: &RawValue) -> Option<RowError> {
    parse::<Vec<&RawValue>>(error)?.first().and_then(|code| parse(code)).map(RowError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(answer: &str, rows: usize) -> Vec<Option<Result<String, Problem>>> {
        let answer = read(answer.as_bytes(), rows);
        assert_eq!(answer.change, None);
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
    fn lengths_of_chunks_are_ignored() {
        let answer = ")]}'\n\n7\n[[\"wrb.fr\",\"Fbv4je\",\"[\\\"garturlres\\\",\\\"https://a.example/\\\",1]\",null,null,null,\"1\"]]\n\
                      99999\n[[\"wrb.fr\",\"Fbv4je\",null,null,null,[3],\"2\"]]\n25\n[[\"e\",4,null,null,143]]\n";
        assert_eq!(rows(answer, 2), [url("https://a.example/"), Some(Err(Problem::Row(RowError(3))))]);
        // The rows before the end of a truncated answer are used.
        let cut = read(&answer.as_bytes()[..answer.len() - 40], 2);
        let not_json = Some(AnswerChange::NotJson);
        assert_eq!((cut.rows, cut.change), (vec![url("https://a.example/"), None], not_json));
    }

    #[test]
    fn two_different_rows_for_one_id_are_an_error() {
        let row =
            |url: &str| format!(r#"["wrb.fr","Fbv4je","[\"garturlres\",\"{url}\",1]",null,null,null,"1"]"#);
        let (one, other) = (row("https://a.example/"), row("https://b.example/"));
        assert_eq!(rows(&format!(")]}}'\n[{one},{one}]"), 1), [url("https://a.example/")]);
        assert_eq!(
            rows(&format!(")]}}'\n[{one},{other},{one}]"), 1),
            [Some(Err(Problem::InvalidAnswer(AnswerChange::TwoRows)))]
        );
    }

    #[test]
    fn other_bodies_are_not_answers() {
        use AnswerChange::{NoPrefix, NotJson, NotRows};
        for (answer, change) in [
            ("", NoPrefix),
            ("[]", NoPrefix),
            ("<html>", NoPrefix),
            (")]}'", NotRows),
            (")]}'\n", NotRows),
            (")]}'\n12", NotRows),
            (")]}'\n{}", NotRows),
            (")]}'\n[] \"x\"", NotRows),
            (")]}'\n[[", NotJson),
            (")]}'\n[[\"\u{0}\"]]", NotJson),
        ] {
            assert_eq!(read(answer.as_bytes(), 1).change, Some(change), "{answer}");
        }
        assert_eq!(read(b")]}'\n[[\"\xff\"]]", 1).change, Some(NotJson));
    }

    #[test]
    fn rows_of_another_form_are_errors() {
        let no_result = Some(Err(Problem::InvalidAnswer(AnswerChange::NoResult)));
        let other_result = Some(Err(Problem::InvalidAnswer(AnswerChange::OtherResult)));
        for inner in [
            "null",
            "5",
            r#""[]""#,
            r#""x""#,
            r#""[\"other\",\"https://a.example/\"]""#,
            r#""[\"garturlres\"]""#,
        ] {
            let answer = format!(r#")]}}' [["wrb.fr","Fbv4je",{inner},null,null,null,"1"]]"#);
            let expected = if inner.starts_with('"') { &other_result } else { &no_result };
            assert_eq!(rows(&answer, 1)[0], *expected, "{inner}");
        }
        for row in ["[]", "{}", "5", "null", r#"["wrb.fr"]"#, r#"["wrb.fr","Fbv4je","x",null,null,null,1]"#] {
            assert_eq!(rows(&format!(")]}}' [{row}]"), 1), [None], "{row}");
        }
        // Too deeply nested to be parsed recursively.
        let deep = format!(")]}}' [{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(rows(&deep, 1), [None]);
    }
}
