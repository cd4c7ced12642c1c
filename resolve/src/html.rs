//! Creates the tokenizer of all pages.

use std::convert::Infallible;

use html5gum::{Emitter, Readable, Reader, StringReader, Tokenizer};

/// Returns a tokenizer whose stack does not grow with the number of attributes of an element.
pub(crate) fn tokenizer<'a, E: Emitter>(page: &'a [u8], emitter: E) -> Tokenizer<SpacedReader<'a>, E> {
    Tokenizer::new_with_emitter(SpacedReader { reader: page.to_reader(), has_equals_sign: false }, emitter)
}

/// Reads a page, with a space between the name of each attribute and the equals sign.
///
/// html5gum 0.8 calls the functions of these states from one another:
///
/// ```text
/// attribute name → before value → value in double quotes → after value → before name → attribute name → …
/// ```
///
/// It returns only where an attribute is written in another form, so 50,000 attributes `a="b"` overflow a stack of
/// 8 MiB. A space after the name is such a form, and means the same.
pub(crate) struct SpacedReader<'a> {
    reader: StringReader<'a>,
    /// Whether an equals sign follows, before the rest of the page.
    has_equals_sign: bool,
}

impl Reader for SpacedReader<'_> {
    type Error = Infallible;

    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        if std::mem::take(&mut self.has_equals_sign) {
            return Ok(Some(b'='));
        }
        self.reader.read_byte()
    }

    fn try_read_string(&mut self, string: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        Ok(!self.has_equals_sign && self.reader.try_read_string(string, case_sensitive)?)
    }

    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        buffer: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Infallible> {
        if std::mem::take(&mut self.has_equals_sign) {
            return Ok(Some(b"="));
        }
        let read = self.reader.read_until(needle, buffer)?;
        if read == Some(b"=") && is_in_attribute_name(needle) {
            self.has_equals_sign = true;
            return Ok(Some(b" "));
        }
        Ok(read)
    }
}

/// Returns `true` if an attribute name is read. A value without quotes may contain character references as well.
fn is_in_attribute_name(needle: &[u8]) -> bool {
    needle.contains(&b'=') && !needle.contains(&b'&')
}

#[cfg(test)]
mod tests {
    use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
    use html5gum::{DefaultEmitter, Span, Token};

    use super::*;

    #[test]
    fn elements_are_those_of_the_page() {
        for page in [
            r#"<a b="c" d='e' f=g h i = "j" k= "l" m ="n">o=p</a>"#,
            r#"<a b=c=d =e==f "g"="h=i" j=>"#,
            r#"<a/b="c"/d="e"f="g"/><!-- h="i" --><!doctype j="k">"#,
            r#"<a B="&amp;=" b="d" c=&lt;=e>&#61;="f"="#,
            r#"<a b="#,
            r#"<a b="c"#,
            "<a b\n=\r\n\"c\"\td\0=\"e\">",
        ] {
            let expected: Vec<Token<()>> =
                Tokenizer::new(page).flatten().filter(|token| !matches!(token, Token::Error(_))).collect();
            let found: Vec<Token<()>> = tokenizer(page.as_bytes(), DefaultEmitter::default())
                .flatten()
                .filter(|token| !matches!(token, Token::Error(_)))
                .collect();
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{page}");
        }
    }

    #[test]
    fn elements_of_many_attributes_do_not_overflow_the_stack() {
        let count = 50_000;
        for attribute in [" a=\"b\"", "\na=\"b\"", " a='b'", " a=b", " a", "/a=\"b\"", " a=\"\"", " \"=\"b\""]
        {
            let page = format!("<p{}>", attribute.repeat(count));
            let mut attributes = 0;
            let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
                attributes += usize::from(matches!(event, CallbackEvent::AttributeName { .. }));
                None::<()>
            });
            assert_eq!(tokenizer(page.as_bytes(), emitter).count(), 0);
            assert_eq!(attributes, count, "{attribute}");
        }
    }
}
