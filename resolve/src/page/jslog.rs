//! The attribute `jslog`, which contains the URL of a link.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

/// The number of the events of links to articles. Others have the same form: 85008 and 93789 contain the URL of a
/// picture, 95062 that of a post.
const ARTICLE: &str = "95014";

/// Accepts missing padding.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Returns the URL in `95014; 5:BASE64; track:click` or, as up to 2022, in `95014; 4:https://…; track:click`.
///
/// The base64 text encodes a JSON array whose last value is the URL.
pub(super) fn url_of_jslog(jslog: &str) -> Option<String> {
    let (number, mut rest) = jslog.split_once(';')?;
    if number.trim() != ARTICLE {
        return None;
    }
    loop {
        rest = rest.trim_start();
        if let Some(url) = value_of_field(rest).and_then(|(number, value)| url_of_value(number, value)) {
            return Some(url);
        }
        (_, rest) = rest.split_once(';')?;
    }
}

/// Returns the number of a field, and everything after its colon, including later fields.
///
/// Only the number is read, so that a value full of semicolons takes linear time.
fn value_of_field(field: &str) -> Option<(&str, &str)> {
    let digits = field.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = field.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
    Some((number, rest.strip_prefix(':')?))
}

/// The field with a URL that is not encoded.
const PLAIN: &str = "4";

fn url_of_value(number: &str, value: &str) -> Option<String> {
    if is_http(value) && number != PLAIN {
        return None;
    }
    if is_http(value) {
        // A URL may contain a semicolon, but no space.
        let end = ["; ", ";track:"].iter().filter_map(|end| value.find(end)).min().unwrap_or(value.len());
        return value.get(..end).map(|url| url.trim_end_matches([';', ' ']).to_owned());
    }
    let base64 = value.split([';', ' ']).next()?;
    // Both alphabets of base64 are accepted.
    let base64 = base64.replace('+', "-").replace('/', "_");
    let json = ENGINE.decode(base64).ok()?;
    let values: Vec<serde_json::Value> = serde_json::from_slice(&json).ok()?;
    values.last()?.as_str().filter(|url| is_http(url)).map(str::to_owned)
}

pub(super) fn is_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const URL: &str = "https://example.com/?a=~~~>&b=????";

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        let json = format!(r#"[null,null,"{}"]"#, URL.replace('=', "\\u003d"));
        let texts = [STANDARD.encode(&json), URL_SAFE.encode(&json), STANDARD_NO_PAD.encode(&json)];
        assert!(texts[0].contains(['+', '/']) && texts[0].ends_with('='), "{texts:?}");
        for text in texts.into_iter().chain([URL_SAFE_NO_PAD.encode(&json)]) {
            for jslog in [
                format!("95014; 5:{text}; track:click,vis"),
                format!("95014;5:{text};track:click"),
                format!("95014; track:click; 5:{text}"),
                format!("95014; 12:{text}"),
            ] {
                assert_eq!(url_of_jslog(&jslog).as_deref(), Some(URL), "{jslog}");
            }
        }
    }

    #[test]
    fn plain_urls_are_read() {
        for (jslog, url) in [
            ("95014; 4:https://example.com/a; track:click", "https://example.com/a"),
            ("95014; 4:https://example.com/a;b=c; track:click", "https://example.com/a;b=c"),
            ("95014; 4:http://example.com/", "http://example.com/"),
            ("95014; 4:http://example.com/;", "http://example.com/"),
            ("95014; 4:https://example.com/a;track:click", "https://example.com/a"),
            ("95014; 3:https://other.example/; 4:https://example.com/", "https://example.com/"),
        ] {
            assert_eq!(url_of_jslog(jslog).as_deref(), Some(url), "{jslog}");
        }
    }

    #[test]
    fn other_events_and_values_are_ignored() {
        let text = |json: &str| STANDARD.encode(json);
        let own = text(r#"["https://example.com/"]"#);
        for jslog in [
            "".into(),
            "95014".into(),
            "95014;".into(),
            format!("85008; 5:{own}; track:click"),
            format!("93789; 5:{own}; track:click"),
            format!("95062; 5:{own}; track:click"),
            format!("950140; 5:{own}"),
            format!("95014; :{own}"),
            format!("95014; x:{own}"),
            format!("95014; {own}"),
            format!("95014; 5:{}", text(r#"["https://example.com/",1]"#)),
            format!("95014; 5:{}", text(r#"["ftp://example.com/"]"#)),
            format!("95014; 5:{}", text(r#"{"a":"https://example.com/"}"#)),
            format!("95014; 5:{}", text(r#"["https://example.com/""#)),
            format!("95014; 5:{}", text("[]")),
            "95014; 5:*; 4:ftp://example.com/".into(),
        ] {
            assert_eq!(url_of_jslog(&jslog), None, "{jslog}");
        }
    }

    #[test]
    fn no_more_of_a_field_is_read_than_its_number() {
        assert_eq!(value_of_field("5:a:b; c"), Some(("5", "a:b; c")));
        for field in [";;;;5:a", "5;;;:a", "a5:a", ":a", "5 :a", "5", ""] {
            assert_eq!(value_of_field(field), None, "{field}");
        }
    }
}
