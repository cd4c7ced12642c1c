use std::borrow::Cow;

use thiserror::Error;

/// The language and region of a Google News page: the parameters `hl`, `gl` and `ceid` of its address.
///
/// Google redirects a request without them to the same page with other values, which costs a request.
///
/// ```
/// use google_news_link_resolve::Locale;
///
/// let locale = Locale::new("pt-BR", "BR", "BR:pt-419")?;
/// assert_eq!(locale.ceid(), "BR:pt-419");
/// assert!(Locale::new("pt-BR", "BR", "BR").is_err());
/// # Ok::<(), google_news_link_resolve::InvalidLocale>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Locale {
    hl: Cow<'static, str>,
    gl: Cow<'static, str>,
    ceid: Cow<'static, str>,
}

/// The error of [`Locale::new`] for a value that is not in the form of its parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
#[error(
    "invalid locale: hl and gl consist of letters, digits and hyphens; ceid is a region, a colon and a language"
)]
#[non_exhaustive]
pub struct InvalidLocale;

impl Locale {
    /// English in the United States: `hl=en-US&gl=US&ceid=US:en`.
    pub const EN_US: Locale =
        Locale { hl: Cow::Borrowed("en-US"), gl: Cow::Borrowed("US"), ceid: Cow::Borrowed("US:en") };

    /// Creates a locale from the values of the three parameters.
    ///
    /// Only their form is checked, because Google uses more codes than those of a standard: `iw`, `zh-Hans`, `es-419`.
    ///
    /// # Errors
    ///
    /// Returns an error if a value is empty, has more than 35 characters, contains anything else than letters, digits
    /// and `-` (`en_US`), or if `ceid` has no colon between a region and a language.
    pub fn new(
        hl: impl Into<String>,
        gl: impl Into<String>,
        ceid: impl Into<String>,
    ) -> Result<Self, InvalidLocale> {
        let owned = Cow::Owned;
        let locale = Locale { hl: owned(hl.into()), gl: owned(gl.into()), ceid: owned(ceid.into()) };
        let (region, language) = locale.ceid.split_once(':').ok_or(InvalidLocale)?;
        let is_valid = [&locale.hl, &locale.gl, region, language].into_iter().all(is_tag);
        if is_valid { Ok(locale) } else { Err(InvalidLocale) }
    }

    /// Returns the language of the page: `en-US`.
    pub fn hl(&self) -> &str {
        &self.hl
    }

    /// Returns the region: `US`.
    pub fn gl(&self) -> &str {
        &self.gl
    }

    /// Returns the edition, a region and a language: `US:en`.
    pub fn ceid(&self) -> &str {
        &self.ceid
    }
}

impl Default for Locale {
    /// Returns [`EN_US`](Self::EN_US).
    fn default() -> Self {
        Locale::EN_US
    }
}

/// Returns `true` for 1 to 35 characters of a language tag. BCP 47 recommends to accept tags of up to 35.
fn is_tag(tag: &str) -> bool {
    (1..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_another_form_are_errors() {
        for (hl, gl, ceid, is_valid) in [
            ("en-US", "US", "US:en", true),
            ("es-419", "MX", "MX:es-419", true),
            ("iw", "IL", "IL:iw", true),
            ("", "US", "US:en", false),
            ("en_US", "US", "US:en", false),
            ("en-US", "U S", "US:en", false),
            ("en-US", "US", "US", false),
            ("en-US", "US", "US:", false),
            ("en-US", "US", ":en", false),
            ("en-US", "US", "US:en:x", false),
            ("en-US", "US&x=y", "US:en", false),
        ] {
            assert_eq!(Locale::new(hl, gl, ceid).is_ok(), is_valid, "{hl} {gl} {ceid}");
        }
        assert!(Locale::new("x".repeat(36), "US", "US:en").is_err());
        // The values need not be `'static`.
        let text = "en-US US US:en".to_owned();
        let [hl, gl, ceid] = text.split(' ').collect::<Vec<_>>()[..] else { unreachable!() };
        assert_eq!(Locale::new(hl, gl, ceid), Ok(Locale::default()));
    }
}
